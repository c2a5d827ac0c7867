/* Faults on demand, for torture tests only. Process-wide, one shot; off costs one relaxed load. */
#pragma once
#include "lib/base/err.h"

/* The nth (1 = next) statement that a transaction sends fails with e instead; what was queued
 * before it runs, what follows is not sent. ERR_CONNECTION: the connection really breaks there. */
void pg_inject(int nth_statement, err e);

enum pg_inject_commit {
    INJECT_COMMIT_UNSENT,  /* the network breaks before the COMMIT reaches the server */
    INJECT_COMMIT_SENT,    /* the server commits, the answer is lost */
    INJECT_COMMIT_ROLLBACK /* the server rolls back and says so */
};
/* At the nth COMMIT from now. */
void pg_inject_commit(int nth_commit, enum pg_inject_commit how);
void pg_inject_off(void);
/* What is still waiting to happen. */
int pg_inject_pending(void);
