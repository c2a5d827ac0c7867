/* What the files of this folder share. */
#pragma once
#include "server/picking/picking.h"

/* The list as it is shown, and its parts (NULL: not wanted). ERR_NO_ROW. */
err pick_list_load(struct tx *tx, int64_t id, struct pick_list *ret,
                   struct pick_row_list *ret_rows) MUST_CHECK;
const char *pick_list_json(struct tx *tx, const struct pick_list *l);
/* Locks the list of the path, whose orders are locked, and loads it, if the action is allowed. */
err pick_list_lock_for(struct tx *tx, const struct call *c, const char *action,
                       struct pick_list *ret, struct pick_row_list *ret_rows) MUST_CHECK;
/* The orders behind a list, locked; they never change. */
err pick_list_lock_orders(struct tx *tx, int64_t id, struct order_state_list *ret) MUST_CHECK;
