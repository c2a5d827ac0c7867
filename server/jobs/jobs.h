/* Files that are worked off in the background. A row JOB of routes.def makes a kind of job: it
 * takes a file, and its function works off some lines of it at a time. The file, the progress and
 * the result of each line are in the database; some lines, their results and the progress commit
 * together, so that each line is worked off exactly once whatever happens to the servers, which
 * share the jobs. A job acts for the API key that made it. */
#pragma once
#include "server/api/bulk.h"

#define JOB_LINES_MAX 1000000

extern const char *const job_statuses[]; /* queued … canceled */

#define JOB_FIELDS(T, VALUE, OBJECT, LIST)                                                         \
    VALUE(T, id, id, .prefix = "job", .doc = "The job's id.")                                      \
    VALUE(T, string, kind, .doc = "What it does: the operation that made it.",                     \
          .example = "\"orders_import\"")                                                          \
    VALUE(T, boolean, validate_only,                                                               \
          .doc = "Its lines are only tried: accepted are those that would be.",                    \
          .example = "false")                                                                      \
    VALUE(T, choice, status, .choices = job_statuses,                                              \
          .doc = "queued and running go on; the others are the end: succeeded: every line was "    \
                 "accepted; partially_failed: some were; failed: none was, or it could not go "    \
                 "on; canceled: what was accepted before stays.")                                  \
    VALUE(T, integer, total, .doc = "Lines of the file.", .example = "25000")                      \
    VALUE(T, integer, done, .doc = "Lines that were worked off.", .example = "1500")               \
    VALUE(T, integer, accepted, .doc = "Lines of these that were accepted.", .example = "1499")    \
    VALUE(T, integer, refused, .doc = "Lines of these that were refused.", .example = "1")         \
    VALUE(T, string, reason, .doc = "Why it could not go on.")                                     \
    VALUE(T, id, api_key_id, .prefix = "key", .doc = "The key that it acts for.")                  \
    VALUE(T, instant, created_at, .doc = "When it was sent.")                                      \
    VALUE(T, instant, started_at, .doc = "When the first server took it.")                         \
    VALUE(T, instant, finished_at, .doc = "When it ended.")
JSON_STRUCT(job, JOB_FIELDS);

#define JOB_RESULT_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, integer, index, .doc = "Which line, from 0.", .example = "0")                         \
    VALUE(T, integer, row, .doc = "In which row of the file it begins, from 1.", .example = "1")   \
    VALUE(T, integer, status, .doc = "The HTTP status if it had come alone.", .example = "201")    \
    VALUE(T, string, id, .doc = "What was made of it; null when refused or only tried.",           \
          .example = "\"ord_01kq3v8d2e7g4\"")                                                      \
    VALUE(T, string, external_id, .doc = "Your id; null when the line could not be read.")         \
    VALUE(T, string, code, .doc = "Why it was refused; null when it was not.")                     \
    VALUE(T, string, detail, .doc = "A sentence that says what is wrong, and what to do.")         \
    VALUE(T, string, conflicting_id, .doc = "The resource in the way.")                            \
    LIST(T, bulk_fault, errors, .max = PROBLEM_FAULTS_MAX, .doc = "Faults of the line.")
JSON_STRUCT(job_result, JOB_RESULT_FIELDS);

extern const char *const job_outcomes[]; /* accepted, refused */

#define JOB_RESULTS_QUERY_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, integer, after, .max = JOB_LINES_MAX, .doc = "Lines behind this index.")              \
    VALUE(T, integer, limit, .min = 1, .max = 1000, .doc = "Most of them; default 100.")           \
    VALUE(T, choice, outcome, .choices = job_outcomes, .doc = "Only these.")
JSON_STRUCT(job_results_query, JOB_RESULTS_QUERY_FIELDS);

#define JOB_RESULTS_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, raw, results, .type = &job_result_type, .doc = "In the order of the file.")           \
    VALUE(T, boolean, has_more, .doc = "There are more behind these by now.", .example = "false")  \
    VALUE(T, integer, next_after, .doc = "after= for the next page; null: there are no more.")
JSON_STRUCT(job_results, JOB_RESULTS_FIELDS);

/* What a row JOB has in common: takes the file as a job of the route's kind. */
err jobs_take(struct tx *tx, struct call *c, const struct bulk_text *file,
              struct job *ret) MUST_CHECK;
/* Ends, moves or starts a job that this transaction has locked, and tells of it. was: as locked. */
err job_store(struct tx *tx, const struct call *c, const struct job *was, struct job now,
              const char *event) MUST_CHECK;
/* Forgets the files of jobs that ended before that instant. */
err jobs_prune(struct tx *tx, int64_t before) MUST_CHECK;
