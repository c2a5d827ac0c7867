/* What the server says about itself (log, metrics) and what it is told (settings). */
#include "lib/base/date.h"
#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "lib/base/settings.h"
#include "lib/base/value.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAPTURE_MAX 65536

/* A descriptor replaced by a datagram socket: every write(2) to it arrives as one piece. */
struct capture {
    int fd, saved, reader;
    char text[CAPTURE_MAX];
};

static void capture_start(struct capture *c, int fd)
{
    int pair[2];
    fflush(NULL);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    c->fd = fd;
    c->saved = dup(fd);
    c->reader = pair[0];
    dup2(pair[1], fd);
    close(pair[1]);
}

/* The next piece, or NULL when there is none. */
static const char *capture_next(struct capture *c)
{
    ssize_t n = recv(c->reader, c->text, sizeof c->text - 1, 0);
    if (n <= 0)
        return NULL;
    c->text[n] = '\0';
    return c->text;
}

/* All pieces together. */
static const char *capture_all(struct capture *c)
{
    fflush(NULL);
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(c->reader, c->text + len, sizeof c->text - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    c->text[len] = '\0';
    return c->text;
}

static void capture_stop(struct capture *c)
{
    fflush(NULL);
    dup2(c->saved, c->fd);
    close(c->saved);
    close(c->reader);
}

static struct capture capture;

/* Checks the time of a line and returns what follows it. */
static const char *after_time(const char *line)
{
    const char *head = "{\"time\":\"";
    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strncmp(line, head, strlen(head)) == 0, "%s", line);
    char time[INSTANT_TEXT] = "";
    memcpy(time, line + strlen(head), 24);
    int64_t us = 0;
    ck_assert_int_eq(instant_parse(time, &us), OK);
    ck_assert_int_le(us, clock_now_us());
    ck_assert_int_gt(us, clock_now_us() - 60000000);
    return line + strlen(head) + 24;
}

START_TEST(a_log_line_is_one_write_of_one_json_object)
{
    log_set_level(LOG_INFO);
    capture_start(&capture, STDERR_FILENO);
    log_line(LOG_INFO, "listening", LOG_S("address", "127.0.0.1"), LOG_I("port", 8080));
    log_line(LOG_ERROR, "a \"quoted\"\nline", LOG_S("none", NULL), LOG_I("low", INT64_MIN));
    log_line(LOG_WARN, "bare");
    ck_assert_str_eq(after_time(capture_next(&capture)),
                     "\",\"level\":\"info\",\"message\":\"listening\",\"address\":\"127.0.0.1\","
                     "\"port\":8080}\n");
    ck_assert_str_eq(after_time(capture_next(&capture)),
                     "\",\"level\":\"error\",\"message\":\"a \\\"quoted\\\"\\nline\",\"none\":\"\","
                     "\"low\":-9223372036854775808}\n");
    ck_assert_str_eq(after_time(capture_next(&capture)),
                     "\",\"level\":\"warn\",\"message\":\"bare\"}\n");
    ck_assert_ptr_null(capture_next(&capture));
    capture_stop(&capture);
}
END_TEST

START_TEST(lines_below_the_level_are_not_written_and_errno_survives)
{
    capture_start(&capture, STDERR_FILENO);
    log_set_level(LOG_WARN);
    log_line(LOG_INFO, "quiet");
    ck_assert_ptr_null(capture_next(&capture));
    errno = ENOENT;
    log_line(LOG_WARN, "heard");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_nonnull(capture_next(&capture));
    log_set_level(LOG_OFF);
    log_line(LOG_ERROR, "off");
    log_line(LOG_OFF, "never");
    ck_assert_ptr_null(capture_next(&capture));
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "detail");
    ck_assert_str_eq(after_time(capture_next(&capture)),
                     "\",\"level\":\"debug\",\"message\":\"detail\"}\n");
    capture_stop(&capture);
    log_set_level(LOG_INFO);
}
END_TEST

START_TEST(a_log_that_cannot_be_written_is_no_failure_of_the_caller)
{
    int saved = dup(STDERR_FILENO), read_only = open("/dev/null", O_RDONLY);
    dup2(read_only, STDERR_FILENO);
    errno = ENOENT;
    log_line(LOG_ERROR, "lost");
    int after = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(read_only);
    ck_assert_int_eq(after, ENOENT);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters_and_the_line_stays_whole)
{
    char text[3001] = "";
    for (size_t i = 0; i < 3000; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    capture_start(&capture, STDERR_FILENO);
    log_line(LOG_INFO, "m", LOG_S("long", text), LOG_I("after", 1));
    char expected[3000];
    /* 1024 bytes hold 341 characters of three. */
    snprintf(
        expected, sizeof expected,
        "\",\"level\":\"info\",\"message\":\"m\",\"long\":\"%.1023s\xE2\x80\xA6\",\"after\":1}\n",
        text);
    ck_assert_str_eq(after_time(capture_next(&capture)), expected);

    char control[1025];
    memset(control, '\x01', 1024);
    control[1024] = '\0';
    log_line(LOG_INFO, "m", LOG_S("a", control), LOG_S("b", control), LOG_S("c", control),
             LOG_I("d", 7));
    const char *line = capture_next(&capture);
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "\",\"b\":\"\\u0001"));
    ck_assert_ptr_null(strstr(line, "\"c\":"));
    const char *tail = "\\u0001\",\"d\":7,\"truncated\":true}\n";
    ck_assert_str_eq(line + strlen(line) - strlen(tail), tail);
    capture_stop(&capture);
}
END_TEST

START_TEST(log_levels_have_names)
{
    static const char *const names[] = {"debug", "info", "warn", "error", "off"};
    enum log_level level = LOG_DEBUG;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ck_assert_int_eq(log_level_parse(names[i], &level), OK);
        ck_assert_int_eq((int)level, (int)i);
    }
    ck_assert_int_eq(log_level_parse("INFO", &level), ERR_INVALID);
    ck_assert_int_eq(log_level_parse(NULL, &level), ERR_INVALID);
    ck_assert_int_eq((int)level, LOG_OFF);
}
END_TEST

START_TEST(the_exposition_lists_families_and_series_in_order)
{
    struct metric *b = metric_counter("t_requests_total", "Requests\nby \\status.",
                                      "status=\"500\"");
    struct metric *a = metric_counter("t_requests_total", "Requests\nby \\status.",
                                      "status=\"200\"");
    struct metric *open = metric_gauge("t_open", "Open connections.", "");
    struct metric *batch = metric_histogram("t_batch", "Batch size.", "", METRIC_SIZE);
    struct metric *took = metric_histogram("t_took_seconds", "Duration.", "op=\"x\"",
                                           METRIC_SECONDS);
    ck_assert_ptr_eq(metric_counter("t_requests_total", "", "status=\"500\""), b);
    ck_assert_ptr_ne(a, b);
    metric_add(a, 41);
    metric_add(a, 1);
    metric_set(open, 9);
    metric_add(open, -2);
    const int64_t sizes[] = {1, 2, 3, 128, 129};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        metric_observe(batch, sizes[i]);
    const int64_t durations[] = {0, 500, 501, 1000000, 10000001};
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        metric_observe_us(took, durations[i]);
    ck_assert_int_eq(metric_value(a), 42);
    ck_assert_int_eq(metric_value(b), 0);
    ck_assert_int_eq(metric_value(open), 7);
    ck_assert_int_eq(metric_value(took), 5);

    struct arena *arena = arena_new(1 << 20);
    struct buf out;
    buf_init(&out, arena, 64, 1 << 16);
    metrics_write(&out);
    ck_assert_str_eq(out.p, "# HELP t_batch Batch size.\n"
                            "# TYPE t_batch histogram\n"
                            "t_batch_bucket{le=\"1\"} 1\n"
                            "t_batch_bucket{le=\"2\"} 2\n"
                            "t_batch_bucket{le=\"4\"} 3\n"
                            "t_batch_bucket{le=\"8\"} 3\n"
                            "t_batch_bucket{le=\"16\"} 3\n"
                            "t_batch_bucket{le=\"32\"} 3\n"
                            "t_batch_bucket{le=\"64\"} 3\n"
                            "t_batch_bucket{le=\"128\"} 4\n"
                            "t_batch_bucket{le=\"+Inf\"} 5\n"
                            "t_batch_sum 263\n"
                            "t_batch_count 5\n"
                            "# HELP t_open Open connections.\n"
                            "# TYPE t_open gauge\n"
                            "t_open 7\n"
                            "# HELP t_requests_total Requests\\nby \\\\status.\n"
                            "# TYPE t_requests_total counter\n"
                            "t_requests_total{status=\"200\"} 42\n"
                            "t_requests_total{status=\"500\"} 0\n"
                            "# HELP t_took_seconds Duration.\n"
                            "# TYPE t_took_seconds histogram\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.0005\"} 2\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.001\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.0025\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.005\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.01\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.025\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.05\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.1\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.25\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"0.5\"} 3\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"1\"} 4\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"2.5\"} 4\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"5\"} 4\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"10\"} 4\n"
                            "t_took_seconds_bucket{op=\"x\",le=\"+Inf\"} 5\n"
                            "t_took_seconds_sum{op=\"x\"} 11.001002\n"
                            "t_took_seconds_count{op=\"x\"} 5\n");
    arena_free(arena);
}
END_TEST

#define THREADS 4
#define ROUNDS 20000

static void *count_up(void *ignored)
{
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(metric_counter("z_total", "Shared.", "k=\"v\""), 1);
        metric_observe_us(metric_histogram("z_seconds", "Shared.", "", METRIC_SECONDS), i);
    }
    return ignored;
}

START_TEST(threads_lose_no_update_while_another_reads)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    struct arena *arena = arena_new(1 << 20);
    for (int i = 0; i < 20; i++) {
        struct buf out;
        buf_init(&out, arena, 64, 1 << 16);
        metrics_write(&out);
        arena_reset(arena);
    }
    arena_free(arena);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(metric_value(metric_counter("z_total", "", "k=\"v\"")), THREADS * ROUNDS);
    ck_assert_int_eq(metric_value(metric_histogram("z_seconds", "", "", METRIC_SECONDS)),
                     THREADS * ROUNDS);
}
END_TEST

struct example {
    const char *address, *key;
    int64_t port, offset;
};

static const struct setting table[] = {
    {"address", "T_ADDRESS", "Where to listen.", "127.0.0.1", false, 0, 0, 0,
     offsetof(struct example, address)},
    {"port", "T_PORT", "TCP port.", NULL, false, 8080, 1, 65535, offsetof(struct example, port)},
    {"key", "T_KEY", "Signs things.", "", true, 0, 0, 0, offsetof(struct example, key)},
    {"offset", "T_OFFSET", "Shift.", NULL, true, -3, INT64_MIN, INT64_MAX,
     offsetof(struct example, offset)},
};

static void clear_environment(void)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        unsetenv(table[i].env);
}

START_TEST(settings_have_defaults_and_the_environment_overrides_them)
{
    struct example e = {0};
    clear_environment();
    ck_assert_int_eq(settings_load(table, COUNT_OF(table), &e), OK);
    ck_assert_str_eq(e.address, "127.0.0.1");
    ck_assert_str_eq(e.key, "");
    ck_assert_int_eq(e.port, 8080);
    ck_assert_int_eq(e.offset, -3);
    setenv("T_ADDRESS", "::1", 1);
    setenv("T_KEY", "hush", 1);
    setenv("T_PORT", "65535", 1);
    setenv("T_OFFSET", "-9223372036854775808", 1);
    ck_assert_int_eq(settings_load(table, COUNT_OF(table), &e), OK);
    ck_assert_str_eq(e.address, "::1");
    ck_assert_str_eq(e.key, "hush");
    ck_assert_int_eq(e.port, 65535);
    ck_assert_int_eq(e.offset, INT64_MIN);
    clear_environment();
}
END_TEST

START_TEST(a_number_that_is_none_or_out_of_range_is_refused)
{
    static const char *const bad[] = {
        "",   "0",    "65536", "-1",   "+80",  " 80", "80 ",
        "8o", "0x50", "8e1",   "80.0", "port", "-",   "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct example e = {.port = 17};
        clear_environment();
        setenv("T_PORT", bad[i], 1);
        capture_start(&capture, STDERR_FILENO);
        err result = settings_load(table, COUNT_OF(table), &e);
        char expected[200];
        snprintf(expected, sizeof expected,
                 "T_PORT must be a whole number from 1 to 65535, not \"%s\".\n", bad[i]);
        ck_assert_str_eq(capture_all(&capture), expected);
        capture_stop(&capture);
        ck_assert_int_eq(result, ERR_PARAMETER);
        ck_assert_int_eq(e.port, 17);
        ck_assert_ptr_null(e.address);
    }
    clear_environment();
}
END_TEST

START_TEST(all_faults_are_told_at_once_and_secrets_are_not_repeated)
{
    struct example e = {0};
    setenv("T_PORT", "x", 1);
    setenv("T_OFFSET", "99999999999999999999", 1);
    capture_start(&capture, STDERR_FILENO);
    err result = settings_load(table, COUNT_OF(table), &e);
    ck_assert_str_eq(capture_all(&capture),
                     "T_PORT must be a whole number from 1 to 65535, not \"x\".\n"
                     "T_OFFSET must be a whole number from -9223372036854775808 to "
                     "9223372036854775807.\n");
    capture_stop(&capture);
    ck_assert_int_eq(result, ERR_PARAMETER);
    clear_environment();
}
END_TEST

START_TEST(settings_are_printed_with_secrets_masked)
{
    const struct example e = {.address = "::1", .key = "hush", .port = 80, .offset = 5};
    capture_start(&capture, STDOUT_FILENO);
    settings_print(table, COUNT_OF(table), &e);
    const char *printed = capture_all(&capture);
    capture_stop(&capture);
    ck_assert_str_eq(printed, "address = ::1  (T_ADDRESS: Where to listen.)\n"
                              "port = 80  (T_PORT: TCP port.)\n"
                              "key = ***  (T_KEY: Signs things.)\n"
                              "offset = ***  (T_OFFSET: Shift.)\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base: log, metrics and settings");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_log_line_is_one_write_of_one_json_object);
    tcase_add_test(t, lines_below_the_level_are_not_written_and_errno_survives);
    tcase_add_test(t, a_log_that_cannot_be_written_is_no_failure_of_the_caller);
    tcase_add_test(t, long_texts_are_cut_between_characters_and_the_line_stays_whole);
    tcase_add_test(t, log_levels_have_names);
    tcase_add_test(t, the_exposition_lists_families_and_series_in_order);
    tcase_add_test(t, threads_lose_no_update_while_another_reads);
    tcase_add_test(t, settings_have_defaults_and_the_environment_overrides_them);
    tcase_add_test(t, a_number_that_is_none_or_out_of_range_is_refused);
    tcase_add_test(t, all_faults_are_told_at_once_and_secrets_are_not_repeated);
    tcase_add_test(t, settings_are_printed_with_secrets_masked);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
