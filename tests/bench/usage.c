/* See usage.h. */
#include "tests/bench/usage.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t ticks_us(unsigned long long ticks)
{
    return (int64_t)(ticks * 1000000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

struct usage {
    pid_t parent;
    int64_t own_us, of_the_ended_us; /* its own; of its children that have ended */
};

static bool usage_of(pid_t pid, struct usage *ret)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    bool good = f != NULL && fgets(line, sizeof line, f) != NULL;
    if (f != NULL)
        fclose(f);
    char *at = good ? strrchr(line, ')') : NULL; /* the name may have spaces */
    if (at == NULL)
        return false;
    /* The fields behind the name: state, parent, …, from the 12th on user and system time, and the
     * same of children that have ended (proc(5)). */
    unsigned long long fields[16] = {0};
    at += strlen(") S");
    for (size_t i = 1; i < 16; i++)
        fields[i] = strtoull(at, &at, 10);
    *ret = (struct usage){(pid_t)fields[1], ticks_us(fields[11] + fields[12]),
                          ticks_us(fields[13] + fields[14])};
    return true;
}

/* Calls each for the postmaster and its children. */
static void each_of_postgres(const struct stage *s,
                             void (*each)(pid_t, const struct usage *, void *), void *arg)
{
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        die("no /proc");
    for (const struct dirent *e; (e = readdir(proc)) != NULL;) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        struct usage u;
        if (pid > 0 && usage_of(pid, &u) && (pid == s->postmaster || u.parent == s->postmaster))
            each(pid, &u, arg);
    }
    closedir(proc);
}

static void add_cpu(pid_t pid, const struct usage *u, void *arg)
{
    (void)pid;
    *(int64_t *)arg += u->own_us + u->of_the_ended_us;
}

struct cpu cpu_now(const struct stage *s, const struct server *server)
{
    struct cpu ret = {0};
    struct usage u = {0};
    struct rusage self;
    if (usage_of(server->pid, &u))
        ret.server_us = u.own_us;
    each_of_postgres(s, add_cpu, &ret.postgres_us);
    getrusage(RUSAGE_SELF, &self);
    ret.load_us = (int64_t)(self.ru_utime.tv_sec + self.ru_stime.tv_sec) * 1000000 +
                  self.ru_utime.tv_usec + self.ru_stime.tv_usec;
    return ret;
}

struct cpu cpu_since(const struct stage *s, const struct server *server, struct cpu before)
{
    struct cpu now = cpu_now(s, server);
    return (struct cpu){now.server_us - before.server_us, now.postgres_us - before.postgres_us,
                        now.load_us - before.load_us};
}

/* The number behind the label in a file of /proc, 0 when there is none. */
static int64_t kib_in(pid_t pid, const char *file, const char *label)
{
    char path[64], line[256];
    int64_t ret = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, label, strlen(label)) == 0)
            ret = strtoll(line + strlen(label), NULL, 10);
    fclose(f);
    return ret;
}

int64_t resident_kib(pid_t pid)
{
    return kib_in(pid, "status", "VmRSS:");
}

static void add_memory(pid_t pid, const struct usage *u, void *arg)
{
    (void)u;
    *(int64_t *)arg += kib_in(pid, "smaps_rollup", "Pss:");
}

int64_t postgres_kib(const struct stage *s)
{
    int64_t ret = 0;
    each_of_postgres(s, add_memory, &ret);
    return ret;
}
