/* Holds every reply against what openapi.json promises of it. */
#pragma once
#include <jansson.h>

/* What the reply breaks of the contract of the operation behind method and path (with its query),
 * or NULL. The text lives until the next call of the same thread. Paths outside the route table
 * promise nothing. Also remembers that the operation answered with success. Thread-safe. */
const char *contract_breach(const char *method, const char *path, int status, const json_t *body);
/* Writes the names of the operations that answered with success, a line each, into the file
 * O2C_EXERCISED/<program>, when the variable is set. */
void contract_save_exercised(void);
