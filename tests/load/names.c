/* Puts syllables together. */
#include "tests/load/names.h"
#include "lib/base/value.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const forms_de[] = {"GmbH", "GmbH & Co. KG", "AG", "KG", "e.K.", NULL};
static const char *const forms_at[] = {"GmbH", "AG", "OG", NULL};
static const char *const forms_fr[] = {"SARL", "SAS", "SA", NULL};
static const char *const forms_nl[] = {"B.V.", "N.V.", NULL};
static const char *const forms_it[] = {"S.r.l.", "S.p.A.", NULL};
static const char *const forms_es[] = {"S.L.", "S.A.", NULL};
static const char *const forms_pl[] = {"sp. z o.o.", "S.A.", NULL};
static const char *const forms_dk[] = {"ApS", "A/S", NULL};
static const char *const forms_se[] = {"AB", NULL};
static const char *const forms_cz[] = {"s.r.o.", "a.s.", NULL};
static const char *const forms_ie[] = {"Ltd", "DAC", NULL};

static const struct place places[] = {
    {"DE", "DE", "Hamburg", "20457", "de", "%sstraße", forms_de},
    {"DE", "DE", "Berlin", "10115", "de", "%sallee", forms_de},
    {"DE", "DE", "München", "80331", "de", "%sstraße", forms_de},
    {"DE", "DE", "Köln", "50667", "de", "%sweg", forms_de},
    {"DE", "DE", "Leipzig", "04109", "de", "%sring", forms_de},
    {"DE", "DE", "Stuttgart", "70173", "de", "%sgasse", forms_de},
    {"DE", "DE", "Bremen", "28195", "de", "%sdeich", forms_de},
    {"DE", "DE", "Nürnberg", "90402", "de", "%splatz", forms_de},
    {"AT", "ATU", "Wien", "1010", "de", "%sgasse", forms_at},
    {"AT", "ATU", "Graz", "8010", "de", "%sstraße", forms_at},
    {"FR", "FR", "Lyon", "69002", "fr", "rue %s", forms_fr},
    {"FR", "FR", "Lille", "59000", "fr", "avenue %s", forms_fr},
    {"NL", "NL", "Rotterdam", "3011 AA", "nl", "%sstraat", forms_nl},
    {"IT", "IT", "Milano", "20121", "it", "Via %s", forms_it},
    {"ES", "ES", "Valencia", "46001", "es", "Calle %s", forms_es},
    {"PL", "PL", "Gdańsk", "80-001", "pl", "ul. %s", forms_pl},
    {"DK", "DK", "Aarhus", "8000", "da", "%sgade", forms_dk},
    {"SE", "SE", "Göteborg", "411 04", "sv", "%sgatan", forms_se},
    {"CZ", "CZ", "Brno", "602 00", "cs", "%sova", forms_cz},
    {"IE", "IE", "Cork", "T12 W8KP", "en", "%s Street", forms_ie},
};

static const char *const begins[] = {"Bal", "Bre", "Dal", "Dor", "Fal", "Gra", "Hel",
                                     "Jor", "Kal", "Lan", "Lin", "Mar", "Mor", "Nor",
                                     "Ost", "Per", "Ros", "Sal", "Tar", "Vel", "Wes"};
static const char *const middles[] = {"a",   "an", "be",  "da",  "do", "en", "fe",  "ga", "in",
                                      "lem", "li", "mer", "nov", "or", "ri", "ten", "ve", "zi"};
static const char *const ends[] = {"ba",   "dal",  "den", "dorf", "gen", "ka",
                                   "land", "mann", "mar", "nico", "ra",  "rin",
                                   "sen",  "sky",  "ta",  "ter",  "ton", "vik"};
static const char *const trades[] = {"Technik",  "Logistics", "Foods",   "Systems", "Design",
                                     "Interior", "Tools",     "Medical", "Supply",  "Trading",
                                     "Elektro",  "Print",     "Energy",  "Studio",  "Marine"};
static const char *const firsts[] = {"Ada",   "Bela", "Cora", "Dario", "Elin",  "Femke", "Goran",
                                     "Hanne", "Ivo",  "Jana", "Karel", "Lena",  "Milo",  "Nora",
                                     "Otto",  "Pia",  "Remy", "Sofia", "Tomas", "Vera"};
static const char *const materials[] = {"Oak",   "Steel",   "Linen", "Glass",    "Cork",   "Copper",
                                        "Paper", "Ceramic", "Wool",  "Aluminum", "Bamboo", "Slate"};
static const char *const goods[] = {"desk lamp", "shelf",    "storage box",  "tray",  "hook",
                                    "bottle",    "notebook", "cable set",    "chair", "bench",
                                    "bin",       "frame",    "clamp",        "hinge", "panel",
                                    "stool",     "vase",     "cutting board"};

#define ANY(r, list) ((list)[rng_between((r), 0, (int64_t)COUNT_OF(list) - 1)])

const struct place *name_place(struct rng *r)
{
    return &ANY(r, places);
}

void name_word(struct rng *r, char *out, size_t size)
{
    const char *begin = ANY(r, begins), *end;
    const char *middle = rng_chance(r, 60) ? ANY(r, middles) : "";
    end = ANY(r, ends);
    snprintf(out, size, "%s%s%s", begin, middle, end);
}

void name_company(struct rng *r, const struct place *p, char *out, size_t size)
{
    char word[40];
    int n = 0;
    while (p->forms[n] != NULL)
        n++;
    name_word(r, word, sizeof(word));
    const char *trade = ANY(r, trades);
    snprintf(out, size, "%s %s %s", word, trade, p->forms[rng_between(r, 0, n - 1)]);
}

void name_person(struct rng *r, char *out, size_t size)
{
    char word[40];
    const char *first = ANY(r, firsts);
    name_word(r, word, sizeof(word));
    snprintf(out, size, "%s %s", first, word);
}

void name_goods(struct rng *r, char *out, size_t size)
{
    char word[40];
    const char *material = ANY(r, materials), *thing = ANY(r, goods);
    name_word(r, word, sizeof(word));
    snprintf(out, size, "%s %s %s", material, thing, word);
}
