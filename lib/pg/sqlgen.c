/* Host tool: makes typed C functions from .sql files, see sqlgen.md.
 * sqlgen OUTDIR FILE.sql … */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 128, PARAMS_MAX = 32, BINDS_MAX = 128, LIST_MAX = 32, INCLUDES_MAX = 32 };

struct type {
    const char *name, *pg, *c;
};
static const struct type types[] = {
    {"i64", "PG_I64", "int64_t"},        {"i32", "PG_I32", "int32_t"},
    {"bool", "PG_BOOL", "bool"},         {"text", "PG_TEXT", "const char *"},
    {"date", "PG_DATE", "int32_t"},      {"instant", "PG_INSTANT", "int64_t"},
    {"json", "PG_JSON", "const char *"}, {"bytes", "PG_BYTES", "struct bytes"},
};

struct column {
    const char *name;
    const struct type *type;
    bool array, nullable;
};

enum shape { SCALAR, ARRAY, ROWS };
struct param { /* of the C function */
    enum shape shape;
    struct column column; /* of ROWS only the name */
    const char *row;      /* ROWS: the struct's name */
    bool foreign;         /* ROWS: the struct is declared elsewhere */
    size_t first, n;      /* its binds */
};

struct bind { /* a $n of the statement */
    struct column column;
    const struct param *param; /* NULL: taken from the transaction */
    bool used;
};

struct filter {
    const char *name, *prefix, *expr;
    const struct type *type;
};
struct sort {
    const char *name, *expr;
    const struct column *column;
    bool unique;
    int line;
};

enum kind { EXEC, ONE, MAYBE, MANY, LIST };
static const char *const kind_names[] = {"exec", "one", "maybe", "many", "list"};

struct fn {
    const char *name, *file;
    int line;
    enum kind kind;
    unsigned number;
    struct param params[PARAMS_MAX];
    size_t n_params;
    struct bind binds[BINDS_MAX];
    size_t n_binds;
    const char *row, *row_list; /* struct names of the result */
    bool foreign;
    struct column columns[COLUMNS_MAX];
    size_t n_columns;
    struct filter filters[LIST_MAX];
    size_t n_filters;
    struct sort sorts[LIST_MAX];
    size_t n_sorts;
    const struct sort *id; /* the tie-break of a list, or NULL */
    int places;            /* how often :filters occurs */
    const char *sql;
    struct fn *next;
};

struct file {
    const char *path, *stem; /* stem: "credit.sql" */
    const char *includes[INCLUDES_MAX];
    size_t n_includes;
    bool lists;
    struct fn *first, **end;
    struct file *next;
};

/* ---- memory: kept until exit, and reachable so that leak checkers stay quiet ---- */

struct block {
    struct block *next;
    max_align_t data[];
};
static struct block *blocks;

static void *take(size_t bytes)
{
    struct block *b = calloc(1, sizeof(struct block) + bytes);
    if (!b) {
        fputs("sqlgen: out of memory\n", stderr);
        exit(1);
    }
    b->next = blocks;
    blocks = b;
    return b->data;
}

static char *take_text(const char *s, size_t len)
{
    char *copy = take(len + 1);
    memcpy(copy, s, len);
    return copy;
}

__attribute__((format(printf, 1, 2))) static char *take_printf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = take((size_t)len + 1);
    va_start(ap, fmt);
    vsnprintf(s, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return s;
}

/* ---- reading ---- */

struct source {
    const char *path, *p;
    int line;
};

__attribute__((format(printf, 3, 4), noreturn)) static void die(const char *path, int line,
                                                                const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", path, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}
#define DIE(s, ...) die((s)->path, (s)->line, __VA_ARGS__)

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die(path, 1, "cannot be read: %s", strerror(errno));
    size_t cap = 1 << 16, len = 0, got;
    char *text = take(cap);
    while ((got = fread(text + len, 1, cap - 1 - len, f)) > 0) {
        len += got;
        if (len == cap - 1) {
            char *more = take(cap *= 2);
            memcpy(more, text, len);
            text = more;
        }
    }
    if (ferror(f) || memchr(text, '\0', len))
        die(path, 1, "is not a readable text");
    fclose(f);
    return text;
}

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool word_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static bool word_char(char c)
{
    return word_start(c) || (c >= '0' && c <= '9');
}

static bool at_line_start(const struct source *s, const char *text)
{
    return s->p == text || s->p[-1] == '\n';
}

/* A declaration goes on over lines that start with two dashes and three spaces. */
static bool continues(const struct source *s)
{
    return s->p[0] == '\n' && starts(s->p + 1, "--   ");
}

static void skip_space(struct source *s)
{
    for (;;) {
        if (continues(s)) {
            s->p += strlen("\n--   ");
            s->line++;
        } else if (*s->p == ' ' || *s->p == '\t' || *s->p == '\r') {
            s->p++;
        } else {
            return;
        }
    }
}

static void skip_line(struct source *s)
{
    s->p += strcspn(s->p, "\n");
    if (*s->p == '\n') {
        s->p++;
        s->line++;
    }
}

static bool peek_char(struct source *s, char c)
{
    skip_space(s);
    return *s->p == c;
}

static bool take_char(struct source *s, char c)
{
    bool there = peek_char(s, c);
    if (there)
        s->p++;
    return there;
}

static void need_char(struct source *s, char c)
{
    if (!take_char(s, c))
        DIE(s, "'%c' expected before \"%.*s\"", c, (int)strcspn(s->p, "\n"), s->p);
}

static const char *need_word(struct source *s, const char *what)
{
    skip_space(s);
    size_t len = 0;
    while (word_char(s->p[len]))
        len++;
    if (len == 0 || !word_start(s->p[0]))
        DIE(s, "%s expected before \"%.*s\"", what, (int)strcspn(s->p, "\n"), s->p);
    s->p += len;
    return take_text(s->p - len, len);
}

static bool take_word(struct source *s, const char *word)
{
    skip_space(s);
    bool there = starts(s->p, word) && !word_char(s->p[strlen(word)]);
    if (there)
        s->p += strlen(word);
    return there;
}

static void need_line_end(struct source *s)
{
    skip_space(s);
    if (*s->p && *s->p != '\n')
        DIE(s, "end of line expected before \"%.*s\"", (int)strcspn(s->p, "\n"), s->p);
    skip_line(s);
}

/* ---- declarations ---- */

static const struct type *need_type(struct source *s)
{
    const char *name = need_word(s, "type");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    DIE(s, "unknown type %s", name);
}

static bool is_type(const struct column *c, const char *name)
{
    return strcmp(c->type->name, name) == 0;
}

/* i64, i64?, i64[], i64?[] */
static void read_type(struct source *s, struct column *c)
{
    c->type = need_type(s);
    c->nullable = take_char(s, '?');
    if (take_char(s, '[')) {
        need_char(s, ']');
        c->array = true;
    }
    c->nullable |= take_char(s, '?');
}

static const struct column *find_column(const struct fn *f, const char *name)
{
    for (size_t i = 0; i < f->n_columns; i++)
        if (strcmp(f->columns[i].name, name) == 0)
            return &f->columns[i];
    return NULL;
}

static void add_bind(struct source *s, struct fn *f, const struct column *c, const struct param *p)
{
    if (f->n_binds == BINDS_MAX)
        DIE(s, "more than %d parameters", BINDS_MAX);
    f->binds[f->n_binds++] = (struct bind){.column = *c, .param = p};
}

static void refuse_param_type(struct source *s, const struct column *c)
{
    if (c->nullable && is_type(c, "bool"))
        DIE(s, "parameter %s: a bool cannot be absent", c->name);
}

static void read_rows_member(struct source *s, struct fn *f, struct param *p)
{
    struct column c = {.name = need_word(s, "name of a member")};
    read_type(s, &c);
    refuse_param_type(s, &c);
    if (c.array)
        DIE(s, "member %s of a rows parameter cannot be an array", c.name);
    for (size_t i = p->first; i < f->n_binds; i++)
        if (strcmp(f->binds[i].column.name, c.name) == 0)
            DIE(s, "member %s is declared twice", c.name);
    add_bind(s, f, &c, p);
}

/* After "rows name[". */
static void read_rows(struct source *s, struct fn *f, struct param *p)
{
    p->shape = ROWS;
    p->foreign = take_word(s, "struct");
    if (p->foreign) {
        p->row = need_word(s, "name of a struct");
        need_char(s, ':');
    } else {
        p->row = take_printf("%s_%s", f->name, p->column.name);
    }
    do
        read_rows_member(s, f, p);
    while (take_char(s, ','));
    need_char(s, ']');
}

/* `rows x[` begins a set of rows, `rows x[]` a plain parameter called rows. */
static bool begins_rows(struct source *s)
{
    struct source ahead = *s;
    skip_space(&ahead);
    if (!word_start(*ahead.p))
        return false;
    need_word(&ahead, "name");
    return take_char(&ahead, '[') && !peek_char(&ahead, ']');
}

static void refuse_param_name(struct source *s, const struct fn *f, const char *name)
{
    static const char *const taken[] = {"tx",  "q",       "ret",   "ret_found", "tenant",
                                        "now", "filters", "today", NULL};
    for (const char *const *t = taken; *t; t++)
        if (strcmp(*t, name) == 0)
            DIE(s, "parameter %s: the name is reserved", name);
    for (size_t i = 0; i < f->n_params; i++)
        if (strcmp(f->params[i].column.name, name) == 0)
            DIE(s, "parameter %s is declared twice", name);
}

static void read_param(struct source *s, struct fn *f)
{
    if (f->n_params == PARAMS_MAX)
        DIE(s, "more than %d parameters", PARAMS_MAX);
    struct param *p = &f->params[f->n_params];
    p->first = f->n_binds;
    p->column.name = need_word(s, "name of a parameter");
    bool rows = strcmp(p->column.name, "rows") == 0 && begins_rows(s);
    if (rows)
        p->column.name = need_word(s, "name of a parameter");
    refuse_param_name(s, f, p->column.name);
    if (rows) {
        need_char(s, '[');
        read_rows(s, f, p);
    } else {
        read_type(s, &p->column);
        refuse_param_type(s, &p->column);
        p->shape = p->column.array ? ARRAY : SCALAR;
        add_bind(s, f, &p->column, p);
    }
    p->n = f->n_binds - p->first;
    f->n_params++;
}

static void read_params(struct source *s, struct fn *f)
{
    need_char(s, '(');
    if (take_char(s, ')'))
        return;
    do
        read_param(s, f);
    while (take_char(s, ','));
    need_char(s, ')');
}

static void read_column(struct source *s, struct fn *f)
{
    if (f->n_columns == COLUMNS_MAX)
        DIE(s, "more than %d columns", COLUMNS_MAX);
    struct column c = {.name = need_word(s, "name of a column")};
    read_type(s, &c);
    if (c.array)
        DIE(s, "column %s: a result cannot be an array", c.name);
    if (find_column(f, c.name))
        DIE(s, "column %s is declared twice", c.name);
    f->columns[f->n_columns++] = c;
}

static void read_result(struct source *s, struct fn *f)
{
    need_char(s, '-');
    need_char(s, '>');
    const char *word = need_word(s, "exec, one, maybe, many or list");
    for (f->kind = EXEC; strcmp(kind_names[f->kind], word) != 0; f->kind++)
        if (f->kind == LIST)
            DIE(s, "unknown kind of result %s: exec, one, maybe, many or list expected", word);
    if (f->kind == EXEC)
        return;
    f->foreign = take_word(s, "struct");
    f->row = f->foreign ? need_word(s, "name of a struct") : take_printf("%s_row", f->name);
    f->row_list = take_printf("%s_list", f->row);
    need_char(s, '(');
    do
        read_column(s, f);
    while (take_char(s, ','));
    need_char(s, ')');
}

/* ---- SQL: :name becomes $n ---- */

struct text {
    char *p;
    size_t len, cap;
};

static void put(struct text *t, const char *s, size_t len)
{
    if (t->len + len + 1 > t->cap) {
        t->cap = (t->len + len + 1) * 2;
        char *more = take(t->cap);
        if (t->len)
            memcpy(more, t->p, t->len);
        t->p = more;
    }
    assert(t->p != NULL);
    memcpy(t->p + t->len, s, len);
    t->len += len;
    t->p[t->len] = '\0';
}

/* Copies len characters of the source. */
static void copy(struct source *s, struct text *out, size_t len)
{
    put(out, s->p, len);
    for (size_t i = 0; i < len; i++)
        s->line += s->p[i] == '\n';
    s->p += len;
}

/* 'it''s' and "a ""name""": a doubled quote reads as two literals side by side, which is enough. */
static void copy_quoted(struct source *s, struct text *out)
{
    const char *end = strchr(s->p + 1, *s->p);
    if (!end)
        DIE(s, "quote %c is not closed", *s->p);
    copy(s, out, (size_t)(end + 1 - s->p));
}

static void copy_dollar_quoted(struct source *s, struct text *out)
{
    size_t len = 1;
    while (isalpha((unsigned char)s->p[len]) || s->p[len] == '_')
        len++;
    if (isdigit((unsigned char)s->p[len]))
        DIE(s, "numbered parameters are not for .sql files: use :name");
    if (s->p[len++] != '$') {
        copy(s, out, 1);
        return;
    }
    const char *end = strstr(s->p + len, take_text(s->p, len));
    if (!end)
        DIE(s, "quote %.*s is not closed", (int)len, s->p);
    copy(s, out, (size_t)(end - s->p) + len);
}

/* With the whole line when there is nothing else on it. */
static void skip_comment(struct source *s, struct text *out)
{
    while (out->len && out->p[out->len - 1] == ' ')
        out->p[--out->len] = '\0';
    s->p += strcspn(s->p, "\n");
    if (*s->p && (out->len == 0 || out->p[out->len - 1] == '\n')) {
        s->p++;
        s->line++;
    }
}

static void skip_block_comment(struct source *s)
{
    const char *end = strstr(s->p, "*/");
    if (!end)
        DIE(s, "comment is not closed");
    for (; s->p < end + 2; s->p++)
        s->line += *s->p == '\n';
}

/* What every statement may name without declaring it. */
static bool add_implicit(struct source *s, struct fn *f, const char *name)
{
    static const struct {
        const char *name;
        size_t type;
    } implicit[] = {{"tenant", 0}, {"now", 5}, {"today", 4}};
    for (size_t i = 0; i < sizeof(implicit) / sizeof(implicit[0]); i++)
        if (strcmp(implicit[i].name, name) == 0) {
            struct column c = {.name = implicit[i].name, .type = &types[implicit[i].type]};
            add_bind(s, f, &c, NULL);
            return true;
        }
    return false;
}

static const struct param *find_rows(const struct fn *f, const char *name)
{
    for (size_t i = 0; i < f->n_params; i++)
        if (f->params[i].shape == ROWS && strcmp(f->params[i].column.name, name) == 0)
            return &f->params[i];
    return NULL;
}

static size_t find_bind(struct source *s, struct fn *f, const char *name)
{
    const struct param *rows = find_rows(f, name);
    const char *member = NULL;
    if (rows) {
        if (*s->p != '.')
            DIE(s, "parameter %s is a set of rows: write :%s.member", name, name);
        s->p++;
        member = need_word(s, "name of a member");
    }
    for (size_t i = 0; i < f->n_binds; i++) {
        const struct bind *b = &f->binds[i];
        bool member_of_rows = b->param && b->param->shape == ROWS;
        if (rows ? b->param == rows && strcmp(b->column.name, member) == 0
                 : !member_of_rows && strcmp(b->column.name, name) == 0)
            return i;
    }
    if (rows)
        DIE(s, "parameter %s has no member %s", name, member);
    if (!add_implicit(s, f, name))
        DIE(s, "parameter %s is not declared", name);
    return f->n_binds - 1;
}

static void replace_param(struct source *s, struct fn *f, struct text *out, bool statement)
{
    if (!word_start(s->p[1])) {
        copy(s, out, s->p[1] == ':' || s->p[1] == '=' ? 2 : 1);
        return;
    }
    s->p++;
    const char *name = need_word(s, "name");
    if (f->kind == LIST && statement && strcmp(name, "filters") == 0) {
        f->places++;
        put(out, ":filters", strlen(":filters"));
        return;
    }
    size_t i = find_bind(s, f, name);
    f->binds[i].used = true;
    char number[24];
    size_t len = (size_t)snprintf(number, sizeof(number), "$%zu", i + 1);
    put(out, number, len);
}

/* One piece of SQL: quotes are copied, comments dropped, parameters numbered. */
static void translate_piece(struct source *s, struct fn *f, struct text *out, bool statement)
{
    switch (*s->p) {
    case '\'':
    case '"':
        copy_quoted(s, out);
        return;
    case '$':
        copy_dollar_quoted(s, out);
        return;
    case ':':
        replace_param(s, f, out, statement);
        return;
    case '\t':
    case '\r':
        put(out, " ", 1);
        s->p++;
        return;
    default:
        if (starts(s->p, "--") && statement)
            skip_comment(s, out);
        else if (starts(s->p, "/*"))
            skip_block_comment(s);
        else
            copy(s, out, 1);
    }
}

static const char *trimmed(struct text *t)
{
    while (t->len && isspace((unsigned char)t->p[t->len - 1]))
        t->p[--t->len] = '\0';
    return t->len ? t->p : "";
}

static const char *translate_statement(struct source *s, struct fn *f)
{
    struct text out = {0};
    const char *begin = s->p;
    while (*s->p != ';') {
        if (!*s->p || (starts(s->p, "-- fn ") && at_line_start(s, begin)))
            die(s->path, f->line, "statement %s does not end with ';'", f->name);
        translate_piece(s, f, &out, true);
    }
    s->p++;
    s->p += strspn(s->p, " \t\r");
    if (!starts(s->p, "--"))
        need_line_end(s);
    else
        skip_line(s);
    return trimmed(&out);
}

static const char *translate_expr(struct source *s, struct fn *f)
{
    struct text out = {0};
    skip_space(s);
    while (*s->p && (*s->p != '\n' || continues(s))) {
        if (*s->p == '\n') {
            skip_space(s);
            put(&out, " ", 1);
        } else {
            translate_piece(s, f, &out, false);
        }
    }
    if (out.len == 0)
        DIE(s, "expression expected");
    skip_line(s);
    return trimmed(&out);
}

/* ---- lists ---- */

static void read_filter(struct source *s, struct fn *f)
{
    static const char *const reserved[] = {"sort", "limit", "cursor"};
    if (f->kind != LIST || f->n_filters == LIST_MAX)
        DIE(s, f->kind == LIST ? "too many filters" : "filters are for lists");
    struct filter x = {.name = need_word(s, "name of a filter")};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcmp(reserved[i], x.name) == 0)
            DIE(s, "filter %s: the name is reserved", x.name);
    for (size_t i = 0; i < f->n_filters; i++)
        if (strcmp(f->filters[i].name, x.name) == 0)
            DIE(s, "filter %s is declared twice", x.name);
    if (take_word(s, "id")) {
        x.prefix = need_word(s, "prefix of the id");
        x.type = &types[0];
    } else {
        x.type = need_type(s);
    }
    if (strcmp(x.type->name, "json") == 0 || strcmp(x.type->name, "bytes") == 0)
        DIE(s, "filter %s: %s cannot be filtered by", x.name, x.type->name);
    need_char(s, ':');
    x.expr = translate_expr(s, f);
    f->filters[f->n_filters++] = x;
}

static void refuse_sort_column(struct source *s, const struct sort *x)
{
    static const char *const refused[] = {"bool", "json", "bytes"};
    if (!x->column)
        DIE(s, "sort %s: no column of the result has this name", x->name);
    if (x->column->nullable)
        DIE(s, "sort %s: the column may be NULL", x->name);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (is_type(x->column, refused[i]))
            DIE(s, "sort %s: %s cannot be sorted by", x->name, refused[i]);
    if (strcmp(x->name, "id") == 0 && !is_type(x->column, "i64"))
        DIE(s, "sort id: the column must be i64");
}

static void read_sort(struct source *s, struct fn *f)
{
    if (f->kind != LIST || f->n_sorts == LIST_MAX)
        DIE(s, f->kind == LIST ? "too many sorts" : "sorts are for lists");
    struct sort x = {.name = need_word(s, "name of a sort"), .line = s->line};
    for (size_t i = 0; i < f->n_sorts; i++)
        if (strcmp(f->sorts[i].name, x.name) == 0)
            DIE(s, "sort %s is declared twice", x.name);
    x.column = find_column(f, x.name);
    refuse_sort_column(s, &x);
    x.unique = take_word(s, "unique") || strcmp(x.name, "id") == 0;
    need_char(s, ':');
    x.expr = translate_expr(s, f);
    f->sorts[f->n_sorts] = x;
    if (strcmp(x.name, "id") == 0)
        f->id = &f->sorts[f->n_sorts];
    f->n_sorts++;
}

static void check_list(const struct fn *f)
{
    if (f->places != 1)
        die(f->file, f->line, "list %s needs :filters once in its WHERE", f->name);
    if (f->n_sorts == 0)
        die(f->file, f->line, "list %s has no sort", f->name);
    for (size_t i = 0; i < f->n_sorts; i++)
        if (!f->sorts[i].unique && !f->id)
            die(f->file, f->sorts[i].line,
                "sort %s of list %s needs a column id and '-- sort id: …' as tie-break, or unique",
                f->sorts[i].name, f->name);
}

static void check_used(const struct fn *f)
{
    for (size_t i = 0; i < f->n_binds; i++) {
        const struct bind *b = &f->binds[i];
        if (b->used)
            continue;
        bool rows = b->param->shape == ROWS;
        die(f->file, f->line, "parameter %s%s%s of %s is not used", b->param->column.name,
            rows ? "." : "", rows ? b->column.name : "", f->name);
    }
}

/* ---- files ---- */

/* The lines between the signature and the statement. */
static void read_declarations(struct source *s, struct fn *f)
{
    for (;;) {
        const char *line = s->p;
        if (starts(line, "-- fn "))
            die(s->path, f->line, "function %s has no statement", f->name);
        if (starts(line, "-- filter ")) {
            s->p += strlen("-- filter ");
            read_filter(s, f);
        } else if (starts(line, "-- sort ")) {
            s->p += strlen("-- sort ");
            read_sort(s, f);
        } else if (starts(line, "--") || line[strspn(line, " \t\r")] == '\n') {
            skip_line(s);
        } else {
            return;
        }
    }
}

static void refuse_duplicate(struct source *s, const struct file *files, const char *name)
{
    for (const struct file *file = files; file; file = file->next)
        for (const struct fn *f = file->first; f; f = f->next)
            if (strcmp(f->name, name) == 0)
                DIE(s, "function %s is already declared at %s:%d", name, f->file, f->line);
}

static struct fn *read_fn(struct source *s, const struct file *files)
{
    struct fn *f = take(sizeof(struct fn));
    s->p += strlen("-- fn ");
    f->file = s->path;
    f->line = s->line;
    f->name = need_word(s, "name of a function");
    refuse_duplicate(s, files, f->name);
    read_params(s, f);
    read_result(s, f);
    need_line_end(s);
    read_declarations(s, f);
    f->sql = translate_statement(s, f);
    if (f->kind == LIST)
        check_list(f);
    check_used(f);
    return f;
}

static void read_include(struct source *s, struct file *file)
{
    s->p += strlen("-- include ");
    size_t len = strcspn(s->p, "\r\n");
    if (len < 3 || s->p[0] != '"' || s->p[len - 1] != '"')
        DIE(s, "write -- include \"path/of/header.h\"");
    if (file->n_includes == INCLUDES_MAX)
        DIE(s, "more than %d includes", INCLUDES_MAX);
    file->includes[file->n_includes++] = take_text(s->p, len);
    skip_line(s);
}

static void read_sql(struct file *file, const struct file *files, unsigned *number)
{
    struct source s = {.path = file->path, .p = read_file(file->path), .line = 1};
    while (*s.p) {
        if (starts(s.p, "-- fn ")) {
            struct fn *f = read_fn(&s, files);
            f->number = (*number)++;
            file->lists |= f->kind == LIST;
            *file->end = f;
            file->end = &f->next;
        } else if (starts(s.p, "-- include ")) {
            read_include(&s, file);
        } else if (starts(s.p, "--") || s.p[strspn(s.p, " \t\r\n")] == '\0' ||
                   s.p[strspn(s.p, " \t\r")] == '\n') {
            skip_line(&s);
        } else {
            die(s.path, s.line, "SQL without a '-- fn' line above it");
        }
    }
}

/* ---- writing: pieces of both files ---- */

static const char *pointer_space(const struct type *t)
{
    return t->c[strlen(t->c) - 1] == '*' ? "" : " ";
}

static void write_struct(FILE *o, const char *name, const struct column *columns, size_t n,
                         size_t stride)
{
    fprintf(o, "struct %s {\n", name);
    for (size_t i = 0; i < n; i++) {
        const struct column *c = (const void *)((const char *)columns + i * stride);
        fprintf(o, "    %s%s%s;\n", c->type->c, pointer_space(c->type), c->name);
    }
    fprintf(o, "};\n");
}

static void write_param(FILE *o, const struct param *p)
{
    const char *name = p->column.name;
    if (p->shape == ROWS) {
        fprintf(o, ", const struct %s *%s, size_t %s_n", p->row, name, name);
        return;
    }
    const struct type *t = p->column.type;
    bool text = strcmp(t->c, "const char *") == 0;
    if (p->shape == ARRAY)
        fprintf(o, ", %s*%s, size_t %s_n",
                text ? "const char *const " : take_printf("const %s ", t->c), name, name);
    else
        fprintf(o, ", %s%s%s", t->c, pointer_space(t), name);
}

static void write_prototype(FILE *o, const struct fn *f, const char *suffix)
{
    fprintf(o, "err %s%s(struct tx *tx", f->name, suffix);
    for (size_t i = 0; i < f->n_params; i++)
        write_param(o, &f->params[i]);
    if (f->kind == LIST)
        fprintf(o, ", struct list_query *q");
    if (f->kind != EXEC)
        fprintf(o, ", struct %s *ret", f->kind == ONE || f->kind == MAYBE ? f->row : f->row_list);
    if (f->kind == MAYBE)
        fprintf(o, ", bool *ret_found");
    fprintf(o, ")");
}

static void write_header_fn(FILE *o, const struct fn *f)
{
    fprintf(o, "\n/* %s:%d */\n", f->file, f->line);
    for (size_t i = 0; i < f->n_params; i++) {
        const struct param *p = &f->params[i];
        if (p->shape == ROWS && !p->foreign)
            write_struct(o, p->row, &f->binds[p->first].column, p->n, sizeof(struct bind));
    }
    if (f->kind != EXEC && !f->foreign) {
        write_struct(o, f->row, f->columns, f->n_columns, sizeof(struct column));
        if (f->kind == MANY || f->kind == LIST)
            fprintf(o, "struct %s {\n    struct %s *v;\n    size_t n;\n};\n", f->row_list, f->row);
    }
    fprintf(o, "extern const struct stmt %s_stmt;\n", f->name);
    if (f->kind == LIST)
        fprintf(o, "extern const struct list_def %s_def;\n", f->name);
    write_prototype(o, f, "");
    fprintf(o, " MUST_CHECK;\n");
    if (f->kind == MANY) {
        write_prototype(o, f, "_queue");
        fprintf(o, " MUST_CHECK;\n");
    }
}

static void write_header(FILE *o, const struct file *file)
{
    fprintf(o, "/* Made by sqlgen from %s. */\n#pragma once\n", file->path);
    fprintf(o, "#include \"lib/pg/%s.h\"\n", file->lists ? "list" : "pg");
    for (size_t i = 0; i < file->n_includes; i++)
        fprintf(o, "#include %s\n", file->includes[i]);
    for (const struct fn *f = file->first; f; f = f->next)
        write_header_fn(o, f);
}

/* ---- writing: the .c file ---- */

/* As a C string literal, one line of source each. */
static void write_literal(FILE *o, const char *s, const char *indent)
{
    while (*s) {
        size_t len = strcspn(s, "\n");
        fprintf(o, "\n%s\"", indent);
        for (size_t i = 0; i < len; i++) {
            if (s[i] == '"' || s[i] == '\\' || s[i] == '?')
                fputc('\\', o);
            fputc(s[i], o);
        }
        fprintf(o, "%s\"", s[len] ? "\\n" : "");
        s += len + (s[len] == '\n');
    }
}

/* The members of a struct from elsewhere must have the types that the columns say. */
static void write_member_check(FILE *o, const char *row, const struct column *c)
{
    fprintf(o,
            "_Static_assert(__builtin_types_compatible_p(typeof(((struct %s *)0)->%s), %s),\n"
            "               \"%s.%s is not %s\");\n",
            row, c->name, c->type->c, row, c->name, c->type->c);
}

static void write_checks(FILE *o, const struct fn *f)
{
    for (size_t i = 0; i < f->n_binds; i++) {
        const struct bind *b = &f->binds[i];
        if (b->param && b->param->foreign)
            write_member_check(o, b->param->row, &b->column);
    }
    if (!f->foreign)
        return;
    for (size_t i = 0; i < f->n_columns; i++)
        write_member_check(o, f->row, &f->columns[i]);
    if (f->kind == MANY || f->kind == LIST)
        fprintf(o,
                "_Static_assert(sizeof(struct %s) == sizeof(struct pg_rows) &&\n"
                "               offsetof(struct %s, n) == offsetof(struct pg_rows, n),\n"
                "               \"%s is not a list\");\n",
                f->row_list, f->row_list, f->row_list);
}

static void write_column(FILE *o, const struct column *c, bool array, const char *row)
{
    fprintf(o, "    {.name = \"%s\", .type = %s", c->name, c->type->pg);
    if (array)
        fprintf(o, ", .array = true");
    if (c->nullable)
        fprintf(o, ", .nullable = true");
    if (row)
        fprintf(o, ", .offset = offsetof(struct %s, %s)", row, c->name);
    fprintf(o, "},\n");
}

static void write_tables(FILE *o, const struct fn *f)
{
    if (f->n_binds) {
        fprintf(o, "static const struct pg_column %s_params[] = {\n", f->name);
        for (size_t i = 0; i < f->n_binds; i++) {
            const struct bind *b = &f->binds[i];
            write_column(o, &b->column, b->param && b->param->shape != SCALAR, NULL);
        }
        fprintf(o, "};\n");
    }
    if (f->n_columns) {
        fprintf(o, "static const struct pg_column %s_columns[] = {\n", f->name);
        for (size_t i = 0; i < f->n_columns; i++)
            write_column(o, &f->columns[i], false, f->row);
        fprintf(o, "};\n");
    }
}

static void write_stmt(FILE *o, const struct fn *f)
{
    fprintf(o, "const struct stmt %s_stmt = {\n    .name = \"%s\",\n    .file = \"%s\",\n", f->name,
            f->name, f->file);
    fprintf(o, "    .sql =");
    write_literal(o, f->sql, "        ");
    fprintf(o, ",\n");
    if (f->n_binds)
        fprintf(o, "    .params = %s_params,\n    .n_params = %zu,\n", f->name, f->n_binds);
    if (f->n_columns)
        fprintf(o,
                "    .columns = %s_columns,\n    .n_columns = %zu,\n"
                "    .row_size = sizeof(struct %s),\n",
                f->name, f->n_columns, f->row);
    fprintf(o, "    .number = %u,\n};\n", f->number);
}

static void write_filters(FILE *o, const struct fn *f)
{
    if (!f->n_filters)
        return;
    fprintf(o, "static const struct list_filter %s_filters[] = {\n", f->name);
    for (size_t i = 0; i < f->n_filters; i++) {
        const struct filter *x = &f->filters[i];
        fprintf(o, "    {.name = \"%s\", .type = %s, ", x->name, x->type->pg);
        if (x->prefix)
            fprintf(o, ".prefix = \"%s\", ", x->prefix);
        fprintf(o, ".expr =");
        write_literal(o, x->expr, "         ");
        fprintf(o, "},\n");
    }
    fprintf(o, "};\n");
}

static void write_list(FILE *o, const struct fn *f)
{
    write_filters(o, f);
    fprintf(o, "static const struct list_sort %s_sorts[] = {\n", f->name);
    for (size_t i = 0; i < f->n_sorts; i++) {
        const struct sort *x = &f->sorts[i];
        fprintf(o, "    {.name = \"%s\", .type = %s, .offset = offsetof(struct %s, %s), ", x->name,
                x->column->type->pg, f->row, x->name);
        fprintf(o, ".unique = %s, .expr =", x->unique ? "true" : "false");
        write_literal(o, x->expr, "         ");
        fprintf(o, "},\n");
    }
    fprintf(o, "};\nconst struct list_def %s_def = {\n    .name = \"%s\",\n", f->name, f->name);
    if (f->n_filters)
        fprintf(o, "    .filters = %s_filters,\n    .n_filters = %zu,\n", f->name, f->n_filters);
    fprintf(o, "    .sorts = %s_sorts,\n    .n_sorts = %zu,\n", f->name, f->n_sorts);
    if (f->id) {
        fprintf(o, "    .id_offset = offsetof(struct %s, id),\n    .id_expr =", f->row);
        write_literal(o, f->id->expr, "        ");
        fprintf(o, ",\n};\n");
    } else {
        fprintf(o, "    .id_offset = SIZE_MAX,\n};\n");
    }
}

static void write_value(FILE *o, const struct bind *b)
{
    const char *member = b->column.name;
    const char *name = b->param ? b->param->column.name : NULL;
    if (!b->param)
        fprintf(o, "        {.p = &tx->%s},\n", member);
    else if (b->param->shape == SCALAR)
        fprintf(o, "        {.p = &%s},\n", name);
    else if (b->param->shape == ARRAY)
        fprintf(o, "        {.p = %s, .n = %s_n, .stride = sizeof(*%s)},\n", name, name, name);
    else
        fprintf(o, "        {.p = %s_n ? &%s[0].%s : NULL, .n = %s_n, .stride = sizeof(*%s)},\n",
                name, name, member, name, name);
}

static void write_one(FILE *o, const struct fn *f, const char *values)
{
    bool maybe = f->kind == MAYBE;
    fprintf(o, "    struct pg_rows rows_ = {0};\n");
    fprintf(o, "    TRY(tx_query(tx, &%s_stmt, %s, &rows_));\n", f->name, values);
    if (!maybe)
        fprintf(o, "    if (rows_.n == 0)\n        return ERR_NO_ROW;\n");
    fprintf(o, "    if (rows_.n > 1)\n        return ERR_INTERNAL;\n");
    if (maybe)
        fprintf(o, "    *ret_found = rows_.n == 1;\n    if (rows_.n == 1)\n    ");
    fprintf(o, "    *ret = *(const struct %s *)rows_.v;\n    return OK;\n", f->row);
}

static void write_function(FILE *o, const struct fn *f, bool queue)
{
    const char *values = f->n_binds ? "values_" : "NULL";
    fprintf(o, "\n");
    write_prototype(o, f, queue ? "_queue" : "");
    fprintf(o, "\n{\n");
    if (f->n_binds) {
        fprintf(o, "    const struct pg_value values_[] = {\n");
        for (size_t i = 0; i < f->n_binds; i++)
            write_value(o, &f->binds[i]);
        fprintf(o, "    };\n");
    }
    switch (f->kind) {
    case EXEC:
        fprintf(o, "    return tx_queue(tx, &%s_stmt, %s, NULL);\n", f->name, values);
        break;
    case ONE:
    case MAYBE:
        write_one(o, f, values);
        break;
    case MANY:
        fprintf(o, "    return tx_%s(tx, &%s_stmt, %s, (struct pg_rows *)ret);\n",
                queue ? "queue" : "query", f->name, values);
        break;
    case LIST:
        fprintf(o, "    return list_run(tx, &%s_stmt, %s, q, (struct pg_rows *)ret);\n", f->name,
                values);
    }
    fprintf(o, "}\n");
}

static void write_code(FILE *o, const struct file *file)
{
    fprintf(o, "/* Made by sqlgen from %s. */\n#include \"%s.h\"\n", file->path, file->stem);
    for (const struct fn *f = file->first; f; f = f->next) {
        fprintf(o, "\n/* ---- %s ---- */\n\n", f->name);
        write_checks(o, f);
        write_tables(o, f);
        write_stmt(o, f);
        if (f->kind == LIST)
            write_list(o, f);
        write_function(o, f, false);
        if (f->kind == MANY)
            write_function(o, f, true);
    }
}

static void write_all_stmts(FILE *o, const struct file *files, unsigned n)
{
    fprintf(o, "/* Made by sqlgen: every statement, by number. */\n#include \"lib/pg/pg.h\"\n\n");
    for (const struct file *file = files; file; file = file->next)
        for (const struct fn *f = file->first; f; f = f->next)
            fprintf(o, "extern const struct stmt %s_stmt;\n", f->name);
    fprintf(o, "\nconst struct stmt *const all_stmts[] = {\n");
    for (const struct file *file = files; file; file = file->next)
        for (const struct fn *f = file->first; f; f = f->next)
            fprintf(o, "    &%s_stmt,\n", f->name);
    fprintf(o, "    NULL,\n};\nconst size_t n_all_stmts = %u;\n", n);
}

static FILE *open_out(const char *path)
{
    FILE *o = fopen(path, "w");
    if (!o)
        die(path, 1, "cannot be written: %s", strerror(errno));
    return o;
}

static void close_out(FILE *o, const char *path)
{
    bool failed = ferror(o);
    if (fclose(o) != 0 || failed)
        die(path, 1, "cannot be written: %s", strerror(errno));
}

static void write_file(const char *dir, const struct file *file)
{
    const char *header = take_printf("%s/%s.h", dir, file->stem);
    FILE *o = open_out(header);
    write_header(o, file);
    close_out(o, header);
    const char *code = take_printf("%s/%s.c", dir, file->stem);
    o = open_out(code);
    write_code(o, file);
    close_out(o, code);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: sqlgen OUTDIR FILE.sql …\n", stderr);
        return 2;
    }
    struct file *files = NULL, **end = &files;
    unsigned n = 0;
    for (int i = 2; i < argc; i++) {
        struct file *file = take(sizeof(struct file));
        const char *slash = strrchr(argv[i], '/');
        file->path = argv[i];
        file->stem = slash ? slash + 1 : argv[i];
        file->end = &file->first;
        for (const struct file *other = files; other; other = other->next)
            if (strcmp(other->stem, file->stem) == 0)
                die(file->path, 1, "has the same name as %s", other->path);
        *end = file;
        end = &file->next;
        read_sql(file, files, &n);
    }
    for (const struct file *file = files; file; file = file->next)
        write_file(argv[1], file);
    const char *all = take_printf("%s/all_stmts.c", argv[1]);
    FILE *o = open_out(all);
    write_all_stmts(o, files, n);
    close_out(o, all);
    return 0;
}
