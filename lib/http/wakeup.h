/* A descriptor that makes a thread come out of poll(). Any thread sends. */
#pragma once

int wakeup_open(void); /* -1: errno tells why; close() ends it */
void wakeup_send(int fd);
/* Takes all that were sent, or sleeps until one is. */
void wakeup_take(int fd);
