/* What is measured. Each prints its figures; all share one stage. */
#pragma once
#include "tests/bench/stage.h"

struct bench {
    struct stage stage;
    int seconds; /* of one measurement */
};

void bench_orders(struct bench *b);
void bench_reads(struct bench *b);
void bench_floor(struct bench *b);
void bench_documents(struct bench *b);
void bench_bulk(struct bench *b);
void bench_reports(struct bench *b);
void bench_memory(struct bench *b);
void bench_overload(struct bench *b);
void bench_sustained(struct bench *b);
