/* The server's reports as tables. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct client;

void report_sales_by_month(struct client *c, int32_t from, int32_t to);
void report_top_customers(struct client *c, int32_t from, int32_t to, int rows);
void report_aging(struct client *c, int rows);
void report_dso(struct client *c, int days);
void report_trial_balance(struct client *c);
/* Every invariant that does not hold; false when there is one (advisory ones aside). */
bool report_proof(struct client *c);
