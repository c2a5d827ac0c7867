/* Services that are fulfilled bit by bit: milestones, access, usage. What is fulfilled counts as
 * shipped and delivered on the order line, so that it can be invoiced, counts as unbilled in the
 * exposure until it is, and moves the status of the order as goods do. All that is here changes
 * under the lock of the order. */
#pragma once
#include "server/api/bulk.h"
#include "server/orders/orders.h"

extern const char *const milestone_statuses[]; /* planned, completed, replaced */
extern const char *const access_statuses[];    /* granted … expired */

#define SERVICE_QUANTITY_MAX 1000000000000000

/* ---- milestones ---- */

#define MILESTONE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "What is reached.",      \
          .example = "\"Design approved\"")                                                        \
    VALUE(T, date, planned_date, .doc = "When it should be.")                                      \
    VALUE(T, decimal, percent, .min = 1, .max = 100000000,                                         \
          .doc = "Percent of what is open of the line; or quantity, or amount; all milestones of " \
                 "a plan say the same.")                                                           \
    VALUE(T, decimal, quantity, .min = 1, .max = SERVICE_QUANTITY_MAX,                             \
          .doc = "Quantity of the line.")                                                          \
    VALUE(T, decimal, amount, .min = 1, .max = 1000000000000000000,                                \
          .doc = "Part of the line's net.", .example = "\"250.00\"")
JSON_STRUCT(milestone_new, MILESTONE_NEW_FIELDS);

#define MILESTONES_MAX 1000
#define MILESTONE_PLAN_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, integer, order_line_no, .required = true, .min = 1, .max = 10000,                     \
          .doc = "A line that is fulfilled by milestones.")                                        \
    LIST(T, milestone_new, milestones, .required = true, .min = 1, .max = 100,                     \
         .doc = "They add up exactly to what is open of the line: 100 percent, its quantity or "   \
                "its net.")
JSON_STRUCT(milestone_plan_new, MILESTONE_PLAN_NEW_FIELDS);

#define MILESTONE_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, id, .prefix = "mil", .doc = "The milestone's id.")                                \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line.")                                           \
    VALUE(T, integer, milestone_no, .doc = "Number of the milestone in the line, from 1.")         \
    VALUE(T, string, name, .doc = "What is reached.", .example = "\"Design approved\"")            \
    VALUE(T, choice, status, .choices = milestone_statuses,                                        \
          .doc = "replaced: by another plan, before it was reached.")                              \
    VALUE(T, date, planned_date, .doc = "When it should be.")                                      \
    VALUE(T, decimal, quantity, .doc = "Quantity of the line that it fulfills.")                   \
    VALUE(T, currency, currency, .doc = "Currency of the amount.")                                 \
    VALUE(T, money, net, .doc = "Its part of the line's net when it was planned.")                 \
    VALUE(T, date, completed_on, .doc = "When it was reached.")                                    \
    VALUE(T, string, evidence, .doc = "What shows that it was.")                                   \
    VALUE(T, instant, created_at, .doc = "When it was planned.")                                   \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(milestone, MILESTONE_FIELDS);

#define MILESTONE_PLAN_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line.")                                           \
    LIST(T, milestone, milestones, .max = MILESTONES_MAX,                                          \
         .doc = "All milestones of the line, by number; also those that were replaced.")
JSON_STRUCT(milestone_plan, MILESTONE_PLAN_FIELDS);

#define MILESTONE_COMPLETE_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, date, completed_on, .doc = "When it was reached; default: today.")                    \
    VALUE(T, string, evidence, .max = 2000, .doc = "What shows that it was.")
JSON_STRUCT(milestone_complete, MILESTONE_COMPLETE_FIELDS);

#define MILESTONE_REOPEN_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500,                               \
          .doc = "Why it was not reached after all.")
JSON_STRUCT(milestone_reopen, MILESTONE_REOPEN_FIELDS);

/* ---- access ---- */

#define ACCESS_GRANT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the grant, unique.")    \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "The order.")                 \
    VALUE(T, integer, order_line_no, .required = true, .min = 1, .max = 10000,                     \
          .doc = "A line that is fulfilled by access.")                                            \
    VALUE(T, decimal, quantity, .min = 1, .max = SERVICE_QUANTITY_MAX,                             \
          .doc = "Seats, licenses, …; default: all that is open of the line.")                     \
    VALUE(T, instant, starts_at, .doc = "From when on; default: now.")                             \
    VALUE(T, instant, ends_at, .doc = "Until when; default: for good.")
JSON_STRUCT(access_grant_new, ACCESS_GRANT_NEW_FIELDS);

#define ACCESS_GRANT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, id, .prefix = "acg", .doc = "The grant's id.")                                    \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, status, .choices = access_statuses,                                           \
          .doc = "granted: begins later; expired: has ended, by the clock.")                       \
    VALUE(T, id, customer_id, .prefix = "cus", .doc = "Who has access.")                           \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "To what.")                                   \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line.")                                           \
    VALUE(T, decimal, quantity, .doc = "Seats, licenses, ….")                                      \
    VALUE(T, decimal, released,                                                                    \
          .doc = "What was not invoiced when it was revoked: it does not count as fulfilled.")     \
    VALUE(T, instant, starts_at, .doc = "From when on.")                                           \
    VALUE(T, instant, ends_at, .doc = "Until when; null: for good.")                               \
    VALUE(T, string, reason, .doc = "Why it was suspended, resumed or revoked.")                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(access_grant, ACCESS_GRANT_FIELDS);

#define ACCESS_CHANGE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.")
JSON_STRUCT(access_change, ACCESS_CHANGE_FIELDS);

#define ACCESS_REVOKE_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, reason, .required = true, .min = 1, .max = 500, .doc = "Why.")                \
    VALUE(T, boolean, keep_open,                                                                   \
          .doc = "What is not invoiced of it can be granted again; default: it is canceled.")
JSON_STRUCT(access_revoke, ACCESS_REVOKE_FIELDS);

/* ---- usage ---- */

#define USAGE_RECORD_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, string, external_id, .required = true, .min = 1, .max = 100,                          \
          .doc = "Your id of the record: it counts once, however often it comes.")                 \
    VALUE(T, id, order_id, .required = true, .prefix = "ord", .doc = "The order.")                 \
    VALUE(T, integer, order_line_no, .required = true, .min = 1, .max = 10000,                     \
          .doc = "A line that is fulfilled by usage, or metered.")                                 \
    VALUE(T, decimal, quantity, .required = true, .min = -SERVICE_QUANTITY_MAX,                    \
          .max = SERVICE_QUANTITY_MAX,                                                             \
          .doc = "What was used; negative: taken back, at most what is not invoiced.")             \
    VALUE(T, instant, used_at, .doc = "When; default: now.")                                       \
    VALUE(T, string, description, .max = 500, .doc = "What for.")
JSON_STRUCT(usage_record_new, USAGE_RECORD_NEW_FIELDS);

#define USAGE_RECORD_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, id, id, .prefix = "usg", .doc = "The record's id.")                                   \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, id, order_id, .prefix = "ord", .doc = "The order.")                                   \
    VALUE(T, integer, order_line_no, .doc = "The line.")                                           \
    VALUE(T, decimal, quantity, .doc = "What was used; negative: taken back.")                     \
    VALUE(T, instant, used_at, .doc = "When.")                                                     \
    VALUE(T, string, description, .doc = "What for.")                                              \
    VALUE(T, instant, recorded_at, .doc = "When it was recorded.")
JSON_STRUCT(usage_record, USAGE_RECORD_FIELDS);

#define USAGE_RESULT_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, integer, index, .doc = "Which line, from 0; blank lines do not count.",               \
          .example = "0")                                                                          \
    VALUE(T, integer, row, .doc = "In which row of the body it begins, from 1.", .example = "1")   \
    VALUE(T, integer, status, .doc = "201 recorded, 200 recorded before, or why it was refused.",  \
          .example = "201")                                                                        \
    VALUE(T, id, id, .prefix = "usg", .doc = "The record; null when refused.")                     \
    VALUE(T, string, external_id, .doc = "Your id; null when the line could not be read.")         \
    VALUE(T, string, code, .doc = "Why it was refused; null when it was not.")                     \
    VALUE(T, string, detail, .doc = "A sentence that says what is wrong, and what to do.")         \
    LIST(T, bulk_fault, errors, .max = PROBLEM_FAULTS_MAX, .doc = "Faults of the line.")
JSON_STRUCT(usage_result, USAGE_RESULT_FIELDS);

#define USAGE_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, integer, recorded, .doc = "Lines that became records.")                               \
    VALUE(T, integer, repeated, .doc = "Lines that were recorded before.")                         \
    VALUE(T, integer, refused, .doc = "Lines that were refused.")                                  \
    LIST(T, usage_result, results, .max = 10000, .doc = "One for each line, in order.")
JSON_STRUCT(usage_reply, USAGE_REPLY_FIELDS);
