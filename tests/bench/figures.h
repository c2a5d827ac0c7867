/* The ratios that a run measured: printed as they come, saved, compared with those of before. */
#pragma once
#include <stdint.h>

#define REPETITIONS 3

/* ratio: ours over the yardstick's, or what else was to hold. least: what it must reach at least; a
 * negative one is what it may reach at most; 0: nothing is asked. */
void figure(const char *name, double ratio, double least, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Something to know that is no ratio. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int64_t median(int64_t *v, int n);

void figures_save(const char *path);
/* Prints what fell behind the figures of the file by more than the noise. Returns how many. */
int figures_compare(const char *path);
/* How many missed what they must reach. */
int figures_missed(void);
