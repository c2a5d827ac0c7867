/* GET /v1/orders/{id} with its lines against the same statements run by pgbench. */
#include "lib/base/id.h"
#include "tests/bench/bench.h"
#include "tests/bench/figures.h"
#include "tests/bench/requests.h"
#include "tests/bench/yardstick.h"
#include "tests/load/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_ORDERS 20000
#define FIRST_READ STAGE_ID(32)

static size_t make_read(void *arg, uint64_t n, char *out)
{
    const struct bench *b = arg;
    struct rng r = rng_of(1, "read", n);
    char id[ID_TEXT_MAX], path[64];
    id_format("ord", FIRST_READ + rng_between(&r, 0, READ_ORDERS - 1), id);
    snprintf(path, sizeof path, "/v1/orders/%s", id);
    return make_request(&b->stage, out, "GET", path, NULL, NULL);
}

static bool is_order(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    (void)arg;
    (void)n;
    static const char lines[] = "\"line_no\":5";
    return status == 200 && memmem(body, len, lines, sizeof lines - 1) != NULL;
}

/* READ_ORDERS copies of one order, with ids that follow each other. */
static void make_orders(struct bench *b)
{
    struct order_mix mix = {.stage = &b->stage, .spread = UNIFORM, .seed = fresh_seed()};
    struct recording one = record(&b->stage, make_order, &mix, 201);
    int64_t id = id_after(one.reply, "\"id\":\"", "ord");
    stage_clone(&b->stage, "sales_order", id, "id", READ_ORDERS,
                "id = %lld + g\nnumber = 'READ-' || g\ncustomer_po = NULL\npo_copy = NULL",
                (long long)FIRST_READ);
    stage_clone(&b->stage, "order_line", id, "order_id", READ_ORDERS, "order_id = %lld + g",
                (long long)FIRST_READ);
    stage_sql(&b->stage, "ANALYZE sales_order; ANALYZE order_line");
}

static int64_t read_rate(struct bench *b, int connections)
{
    struct http_load_result result;
    struct http_load load = {.port = b->stage.main.port,
                             .connections = connections,
                             .for_us = (int64_t)b->seconds * 1000000,
                             .make = make_read,
                             .check = is_order,
                             .arg = b};
    if (!http_load_run(&load, &result) || result.wrong > 0)
        die("an order was read as: %s", result.sample);
    return http_load_rate(&result);
}

void bench_reads(struct bench *b)
{
    static struct yardstick y;
    make_orders(b);
    yardstick_begin(&y, record(&b->stage, make_read, b, 200));
    int64_t id = id_after(y.recording.reply, "\"id\":\"", "ord");
    yardstick_set(&y, "\\set order random(0, %d)\n", READ_ORDERS - 1);
    yardstick_vary_id(&y, id, "%lld + :order", (long long)FIRST_READ);
    yardstick_keep_masters(&y, &b->stage);
    read_rate(b, 64);
    struct tps best = yardstick_best(&b->stage, &y, b->seconds, yardstick_tps);
    int64_t ours[REPETITIONS], theirs[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = read_rate(b, 64);
        theirs[i] = yardstick_tps(&b->stage, &y, best.clients, b->seconds);
    }
    int64_t o = median(ours, REPETITIONS), t = median(theirs, REPETITIONS);
    figure("order by id", (double)o / (double)t, 1.0, "%lld/s, pgbench %lld/s at %d clients",
           (long long)o, (long long)t, best.clients);
}
