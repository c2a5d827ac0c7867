/* See figures.h. */
#include "tests/bench/figures.h"
#include "tests/bench/stage.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIGURES_MAX 128
#define NOISE 0.20 /* shared machines differ by this from one minute to the next */

static struct {
    char name[64];
    double ratio, least;
} figures[FIGURES_MAX];
static int n_figures;

static bool missed(double ratio, double least)
{
    return least > 0 ? ratio < least : least < 0 && ratio > -least;
}

void figure(const char *name, double ratio, double least, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    printf("%-34s %7.2f  ", name, ratio);
    if (least > 0)
        printf("(at least %4.2f%s)", least, missed(ratio, least) ? ", MISSED" : "");
    else if (least < 0)
        printf("(at most %5.2f%s)", -least, missed(ratio, least) ? ", MISSED" : "");
    printf("  %s\n", text);
    fflush(stdout);
    if (n_figures == FIGURES_MAX)
        die("too many figures");
    snprintf(figures[n_figures].name, sizeof figures[n_figures].name, "%s", name);
    figures[n_figures].ratio = ratio;
    figures[n_figures++].least = least;
}

void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int64_t median(int64_t *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return v[n / 2];
}

void figures_save(const char *path)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        die("cannot write %s", path);
    for (int i = 0; i < n_figures; i++)
        fprintf(f, "%s\t%.2f\n", figures[i].name, figures[i].ratio);
    fclose(f);
}

int figures_compare(const char *path)
{
    char line[256];
    int worse = 0;
    FILE *f = fopen(path, "re");
    if (f == NULL)
        die("cannot read %s", path);
    while (fgets(line, sizeof line, f) != NULL) {
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            continue;
        *tab = '\0';
        double was = strtod(tab + 1, NULL);
        for (int i = 0; i < n_figures; i++) {
            bool down = figures[i].least < 0 ? figures[i].ratio > was * (1 + NOISE)
                                             : figures[i].ratio < was * (1 - NOISE);
            if (strcmp(figures[i].name, line) != 0 || !down)
                continue;
            printf("slower: %s was %.2f, is %.2f\n", line, was, figures[i].ratio);
            worse++;
        }
    }
    fclose(f);
    if (worse == 0)
        puts("nothing became slower by more than the noise");
    return worse;
}

int figures_missed(void)
{
    int n = 0;
    for (int i = 0; i < n_figures; i++)
        n += missed(figures[i].ratio, figures[i].least);
    return n;
}
