/* o2c-load: loads a running o2cd over HTTP. */
#include "tests/load/bench.h"
#include "tests/load/client.h"
#include "tests/load/company.h"
#include "tests/load/retail.h"
#include "tests/load/say.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: O2C_API_KEY=… o2c-load VERB [OPTIONS]\n"
    "\n"
    "  retail FILE.csv[.gz]   load an order book in the Online Retail layout, and compare\n"
    "  company                fill the tenant with a generated company, and print its reports\n"
    "  demo [FILE.csv[.gz]]   retail with a file, company without\n"
    "  orders (or: bench)     post confirmed orders, print rate and latencies\n"
    "\n"
    "  --url URL              the server (O2C_URL, else http://127.0.0.1:8080)\n"
    "  --connections N        requests at once (16)\n"
    "  --patience SECONDS     how long to repeat when no server answers (60)\n"
    "  --quiet                no progress line\n"
    "  company: --seed N (1)  --customers N (300)  --orders N (3000)\n"
    "  orders:  --n N (10000) --lines N (5)        --skew uniform|hot (uniform)\n";

enum option_id {
    OPT_URL = 1,
    OPT_CONNECTIONS,
    OPT_PATIENCE,
    OPT_QUIET,
    OPT_SEED,
    OPT_CUSTOMERS,
    OPT_ORDERS,
    OPT_N,
    OPT_LINES,
    OPT_SKEW
};

static const struct option options[] = {{"url", required_argument, NULL, OPT_URL},
                                        {"connections", required_argument, NULL, OPT_CONNECTIONS},
                                        {"patience", required_argument, NULL, OPT_PATIENCE},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"seed", required_argument, NULL, OPT_SEED},
                                        {"customers", required_argument, NULL, OPT_CUSTOMERS},
                                        {"orders", required_argument, NULL, OPT_ORDERS},
                                        {"n", required_argument, NULL, OPT_N},
                                        {"lines", required_argument, NULL, OPT_LINES},
                                        {"skew", required_argument, NULL, OPT_SKEW},
                                        {NULL, 0, NULL, 0}};

struct settings {
    struct client_options client;
    struct company_options company;
    struct bench_options bench;
    const char *verb, *file;
};

static _Noreturn void misuse(void)
{
    fputs(usage_text, stderr);
    exit(2);
}

static int64_t number(const char *text, int64_t most)
{
    char *end = NULL;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || v < 1 || v > most)
        die("%s is not a number from 1 to %s", text, say_count(most));
    return v;
}

static void take_option(struct settings *s, int id, const char *value)
{
    switch (id) {
    case OPT_URL:
        s->client.url = value;
        break;
    case OPT_CONNECTIONS:
        s->client.connections = (int)number(value, 4096);
        break;
    case OPT_PATIENCE:
        s->client.patience_s = (int)number(value, 86400);
        break;
    case OPT_QUIET:
        s->client.quiet = true;
        break;
    case OPT_SEED:
        s->company.seed = number(value, 1000000);
        break;
    case OPT_CUSTOMERS:
        s->company.customers = number(value, 50000);
        break;
    case OPT_ORDERS:
        s->company.orders = number(value, 1000000);
        break;
    case OPT_N:
        s->bench.orders = number(value, 100000000);
        break;
    case OPT_LINES:
        s->bench.lines = number(value, 10000);
        break;
    case OPT_SKEW:
        s->bench.hot = strcmp(value, "hot") == 0;
        if (!s->bench.hot && strcmp(value, "uniform") != 0)
            die("the skew is uniform or hot, not %s", value);
        break;
    default:
        misuse();
    }
}

static void take_arguments(struct settings *s, int argc, char **argv)
{
    int id;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1)
        take_option(s, id, optarg);
    if (optind < argc)
        s->verb = argv[optind++];
    if (optind < argc)
        s->file = argv[optind++];
    if (s->verb == NULL || optind < argc)
        misuse();
    if (s->client.api_key == NULL || *s->client.api_key == '\0')
        die("put the API key of the tenant into O2C_API_KEY");
}

/* The answer of the verb, -1 when there is none of this name. */
static int run(struct client *c, const struct settings *s)
{
    bool demo = strcmp(s->verb, "demo") == 0;
    if (s->file != NULL && (demo || strcmp(s->verb, "retail") == 0))
        return retail_run(c, s->file);
    if (s->file != NULL)
        return -1;
    if (demo || strcmp(s->verb, "company") == 0)
        return company_run(c, &s->company);
    if (strcmp(s->verb, "orders") == 0 || strcmp(s->verb, "bench") == 0)
        return bench_run(c, &s->bench);
    return -1;
}

int main(int argc, char **argv)
{
    const char *url = getenv("O2C_URL");
    struct settings s = {.client = {.url = url ? url : "http://127.0.0.1:8080",
                                    .api_key = getenv("O2C_API_KEY"),
                                    .connections = 16,
                                    .patience_s = 60},
                         .company = {.seed = 1, .customers = 300, .orders = 3000},
                         .bench = {.orders = 10000, .lines = 5}};
    take_arguments(&s, argc, argv);
    struct client *c = client_new(&s.client);
    int status = run(c, &s);
    client_free(c);
    if (status == -1)
        misuse();
    return status;
}
