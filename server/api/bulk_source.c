/* Cuts bodies into lines, and makes JSON of CSV. */
#include "server/api/bulk_source.h"
#include "lib/base/buf.h"
#include "lib/json/decode.h"
#include <ctype.h>
#include <string.h>

#define JSON_OF_A_LINE_MAX ((size_t)256 << 20)
#define INTEGER_CHARS_MAX 18

struct bulk_column {
    const char *name;               /* as the header writes it */
    const char *path;               /* of the member below the line or item: "/customer_id" */
    bool of_item;                   /* a member of the list's items */
    bool by_external_id;            /* an id, given as external id */
    const struct json_field *outer; /* the object or metadata that it is in, or NULL */
    const char *member;             /* its own name there */
    enum json_kind kind;
};

/* ---- lines of NDJSON ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next line that is not blank, without the blanks around it; false at the end. */
static bool next_line(struct csv *rest, struct bulk_item *ret)
{
    while (rest->p < rest->end) {
        const char *begin = rest->p;
        const char *end = memchr(begin, '\n', (size_t)(rest->end - begin));
        rest->p = end != NULL ? end + 1 : rest->end;
        *ret = (struct bulk_item){
            .origin = {.row = rest->line++}, .text = begin, .end = end != NULL ? end : rest->end};
        for (; ret->text < ret->end && is_blank(ret->text[0]); ret->text++)
            ;
        while (ret->text < ret->end && is_blank(ret->end[-1]))
            ret->end--;
        if (ret->text < ret->end)
            return true;
    }
    return false;
}

/* ---- the header of CSV ---- */

static const struct json_field *member_of(const struct json_type *t, const char *name)
{
    for (size_t i = 0; i < t->n_fields; i++)
        if (strcmp(t->fields[i].name, name) == 0)
            return &t->fields[i];
    return NULL;
}

static bool fits_a_cell(const struct json_field *f)
{
    return f->kind != JSON_KIND_money && f->kind != JSON_KIND_raw && f->kind != JSON_KIND_strings &&
           f->kind != JSON_KIND_metadata && f->kind != JSON_KIND_object &&
           f->kind != JSON_KIND_list;
}

/* <x>_external_id means the id <x>_id. */
static const struct json_field *id_member(struct arena *a, const struct json_type *t,
                                          const char *name)
{
    static const char suffix[] = "_external_id";
    size_t len = strlen(name), tail = sizeof(suffix) - 1;
    if (len <= tail || strcmp(name + len - tail, suffix) != 0)
        return NULL;
    const struct json_field *f = member_of(t, arena_printf(a, "%.*s_id", (int)(len - tail), name));
    return f != NULL && f->kind == JSON_KIND_id ? f : NULL;
}

/* What the name means as a member of t; false: nothing. */
static bool find_member(struct arena *a, const struct json_type *t, const char *name,
                        struct bulk_column *c)
{
    const char *dot = strchr(name, '.');
    const struct json_field *f = member_of(t, name), *id = id_member(a, t, name);
    if (f == NULL && id == NULL && dot != NULL && c->outer == NULL) {
        c->outer = member_of(t, arena_strndup(a, name, (size_t)(dot - name)));
        if (c->outer != NULL && c->outer->kind == JSON_KIND_object &&
            find_member(a, c->outer->type, dot + 1, c))
            return true;
        if (c->outer != NULL && c->outer->kind == JSON_KIND_metadata && dot[1] != '\0') {
            c->member = dot + 1;
            c->kind = JSON_KIND_string;
            return true;
        }
        c->outer = NULL;
        return false;
    }
    if (f == NULL && id != NULL)
        c->by_external_id = true;
    f = f != NULL ? f : id;
    if (f == NULL || !fits_a_cell(f))
        return false;
    c->member = f->name;
    c->kind = f->kind;
    return true;
}

static bool find_column(const struct bulk_source *s, const char *name, struct bulk_column *c)
{
    size_t prefix = s->items != NULL ? strlen(s->items->name) : 0;
    *c = (struct bulk_column){.name = name};
    if (s->items != NULL && strncmp(name, s->items->name, prefix) == 0 && name[prefix] == '.') {
        c->of_item = true;
        return find_member(s->arena, s->items->type, name + prefix + 1, c);
    }
    if (find_member(s->arena, s->type, name, c))
        return true;
    c->of_item = true;
    return s->items != NULL && find_member(s->arena, s->items->type, name, c);
}

static bool named_before(const struct bulk_source *s, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (strcmp(s->columns[i].name, s->columns[k].name) == 0)
            return true;
    return false;
}

static void read_column(struct bulk_source *s, size_t k, const struct csv_cell *cell,
                        struct problem *p)
{
    struct bulk_column *c = &s->columns[k];
    const char *name = arena_strndup(s->arena, cell->p, cell->len);
    const char *at = arena_printf(s->arena, "/header/%zu", k);
    c->name = name;
    if (!utf8_valid(cell->p, cell->len))
        fault(p, at, "encoding", "The name of column %zu is not UTF-8.", k + 1);
    else if (!find_column(s, name, c))
        fault(p, at, "unknown_column",
              "Column %zu, \"%s\", is no member that a cell can hold; remove it.", k + 1, name);
    else if (named_before(s, k))
        fault(p, at, "duplicate", "Column %zu, \"%s\", was there before.", k + 1, name);
    else if (!c->of_item && c->outer == NULL && strcmp(c->member, "external_id") == 0)
        s->key = k;
    if (p->code == OK)
        c->path = c->outer != NULL ? arena_printf(s->arena, "/%s/%s", c->outer->name, c->member)
                                   : arena_printf(s->arena, "/%s", c->member);
}

static err read_header(struct bulk_source *s, struct problem *p)
{
    struct csv_record r;
    if (!csv_next(&s->csv, &r)) {
        fault(p, "", "too_few", "Send a header line and at least one row.");
        return p->code;
    }
    if (r.fault != NULL)
        return fail(p, ERR_SYNTAX, "The header line cannot be read: %s", r.fault);
    s->header = (struct bytes){.p = (const unsigned char *)r.text, .len = (size_t)(r.end - r.text)};
    s->n_columns = s->key = r.n;
    s->columns = ARENA_ARRAY(s->arena, struct bulk_column, r.n);
    for (size_t k = 0; k < r.n; k++)
        read_column(s, k, &r.cells[k], p);
    return p->code;
}

/* ---- rows ---- */

static struct csv_cell cell_of(const struct csv_record *r, size_t column)
{
    return r->fault == NULL && column < r->n ? r->cells[column] : (struct csv_cell){.p = ""};
}

static bool same_cell(struct csv_cell a, struct csv_cell b)
{
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static bool goes_on(const struct bulk_source *s, const struct csv_record *first)
{
    struct csv_cell key = cell_of(&s->next, s->key);
    return s->items != NULL && key.len > 0 && same_cell(key, cell_of(first, s->key));
}

static void add_row(struct bulk_source *s, struct bulk_item *item, size_t *cap)
{
    if (item->n_rows == *cap) {
        *cap = *cap > 0 ? *cap * 2 : 1;
        struct csv_record *rows = ARENA_ARRAY(s->arena, struct csv_record, *cap);
        if (item->n_rows > 0)
            memcpy(rows, item->rows, item->n_rows * sizeof(*rows));
        item->rows = rows;
    }
    item->rows[item->n_rows++] = s->next;
    item->end = s->next.end;
    s->has_next = csv_next(&s->csv, &s->next);
}

static bool next_rows(struct bulk_source *s, struct bulk_item *ret)
{
    if (!s->has_next)
        return false;
    size_t cap = 0;
    *ret = (struct bulk_item){.text = s->next.text};
    do
        add_row(s, ret, &cap);
    while (s->has_next && !arena_over(s->arena) && goes_on(s, &ret->rows[0]));
    int64_t *lines = ARENA_ARRAY(s->arena, int64_t, ret->n_rows);
    for (size_t i = 0; i < ret->n_rows; i++)
        lines[i] = ret->rows[i].line;
    ret->origin = (struct bulk_origin){
        .row = lines[0], .item_rows = lines, .n_items = s->items != NULL ? ret->n_rows : 0};
    return true;
}

/* ---- cells into JSON ---- */

static void put_text(struct buf *b, const char *before, const char *p, size_t len)
{
    buf_char(b, '"');
    buf_str(b, before);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else
            buf_char(b, (char)c);
    }
    buf_char(b, '"');
}

static bool is_integer(struct csv_cell cell)
{
    size_t sign = cell.len > 0 && cell.p[0] == '-', digits = cell.len - sign;
    if (digits == 0 || digits > INTEGER_CHARS_MAX || (cell.p[sign] == '0' && digits > 1))
        return false;
    for (size_t i = sign; i < cell.len; i++)
        if (!isdigit((unsigned char)cell.p[i]))
            return false;
    return true;
}

static bool says(struct csv_cell cell, const char *word)
{
    return cell.len == strlen(word) && strncasecmp(cell.p, word, cell.len) == 0;
}

/* What is no integer or boolean goes along as text, for the decoder to refuse. */
static void put_value(struct buf *b, const struct bulk_column *c, struct csv_cell cell)
{
    if (c->kind == JSON_KIND_integer && is_integer(cell))
        buf_put(b, cell.p, cell.len);
    else if (c->kind == JSON_KIND_boolean && (says(cell, "true") || says(cell, "false")))
        buf_str(b, says(cell, "true") ? "true" : "false");
    else
        put_text(b, c->by_external_id ? "ext:" : "", cell.p, cell.len);
}

/* Is there something to write for this column, and may it be written? */
static bool filled(const struct bulk_source *s, size_t k, const struct csv_record *r, bool of_item)
{
    struct csv_cell cell = cell_of(r, k);
    return s->columns[k].of_item == of_item && cell.len > 0 && utf8_valid(cell.p, cell.len);
}

static void put_name(struct buf *b, const char *name)
{
    if (b->len > 0 && b->p[b->len - 1] != '{')
        buf_char(b, ',');
    put_text(b, "", name, strlen(name));
    buf_char(b, ':');
}

/* An object with those of its members that the columns from k on have. */
static void put_outer(struct buf *b, const struct bulk_source *s, size_t k,
                      const struct csv_record *r, bool of_item)
{
    const struct json_field *outer = s->columns[k].outer;
    put_name(b, outer->name);
    buf_char(b, '{');
    for (; k < s->n_columns; k++)
        if (s->columns[k].outer == outer && filled(s, k, r, of_item)) {
            put_name(b, s->columns[k].member);
            put_value(b, &s->columns[k], r->cells[k]);
        }
    buf_char(b, '}');
}

static bool outer_is_written(const struct bulk_source *s, size_t k, const struct csv_record *r,
                             bool of_item)
{
    for (size_t i = 0; i < k; i++)
        if (s->columns[i].outer == s->columns[k].outer && filled(s, i, r, of_item))
            return true;
    return false;
}

static void put_members(struct buf *b, const struct bulk_source *s, const struct csv_record *r,
                        bool of_item)
{
    for (size_t k = 0; k < s->n_columns; k++) {
        const struct bulk_column *c = &s->columns[k];
        if (!filled(s, k, r, of_item))
            continue;
        if (c->outer == NULL) {
            put_name(b, c->member);
            put_value(b, c, r->cells[k]);
        } else if (!outer_is_written(s, k, r, of_item)) {
            put_outer(b, s, k, r, of_item);
        }
    }
}

static bool has_item_columns(const struct bulk_source *s)
{
    for (size_t k = 0; k < s->n_columns; k++)
        if (s->columns[k].of_item)
            return true;
    return false;
}

static const char *pointer_of(const struct bulk_source *s, size_t row, const struct bulk_column *c)
{
    if (row == 0 && (c == NULL || !c->of_item))
        return c != NULL ? c->path : "";
    return arena_printf(s->arena, "/%s/%zu%s", s->items->name, row, c != NULL ? c->path : "");
}

/* What the decoder cannot see. */
static void check_row(const struct bulk_source *s, const struct bulk_item *item, size_t row,
                      struct problem *p)
{
    const struct csv_record *r = &item->rows[row], *first = &item->rows[0];
    if (r->fault != NULL) {
        fail(p, ERR_SYNTAX, "Row %lld cannot be read: %s", (long long)r->line, r->fault);
        return;
    }
    if (r->n != s->n_columns)
        fault(p, pointer_of(s, row, NULL), "cells", "The header has %zu cells, this row %zu.",
              s->n_columns, r->n);
    for (size_t k = 0; k < s->n_columns; k++) {
        const struct bulk_column *c = &s->columns[k];
        struct csv_cell cell = cell_of(r, k);
        if (!utf8_valid(cell.p, cell.len))
            fault(p, pointer_of(s, row, c), "encoding", "This is not UTF-8.");
        else if (!c->of_item && cell.len > 0 && !same_cell(cell, cell_of(first, k)))
            fault(p, pointer_of(s, row, c), "differs",
                  "Leave it empty or write the same as in row %lld, with which it belongs.",
                  (long long)first->line);
    }
}

static struct bytes json_of_rows(struct bulk_source *s, const struct bulk_item *item,
                                 struct problem *p)
{
    struct buf b;
    buf_init(&b, s->arena, 2 * (size_t)(item->end - item->text) + 64, JSON_OF_A_LINE_MAX);
    for (size_t i = 0; i < item->n_rows; i++)
        check_row(s, item, i, p);
    buf_char(&b, '{');
    put_members(&b, s, &item->rows[0], false);
    if (has_item_columns(s)) {
        put_name(&b, s->items->name);
        for (size_t i = 0; i < item->n_rows; i++) {
            buf_str(&b, i == 0 ? "[{" : ",{");
            put_members(&b, s, &item->rows[i], true);
            buf_char(&b, '}');
        }
        buf_char(&b, ']');
    }
    buf_char(&b, '}');
    return (struct bytes){.p = (const unsigned char *)b.p, .len = b.len};
}

/* ---- both ---- */

const struct json_field *bulk_items(const struct json_type *type)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].kind == JSON_KIND_list && type->fields[i].required)
            return &type->fields[i];
    return NULL;
}

err bulk_source_open(struct bulk_source *s, struct arena *a, const struct json_type *type,
                     const struct bulk_text *text, struct problem *p)
{
    *s = (struct bulk_source){.arena = a, .type = type, .media = text->media};
    s->items = bulk_items(type);
    csv_begin(&s->csv, a, (const char *)text->body.p, text->body.len);
    if (text->media == BULK_CSV)
        TRY(read_header(s, p));
    if (text->first_row > 0)
        s->csv.line = text->first_row;
    s->has_next = text->media == BULK_CSV && csv_next(&s->csv, &s->next);
    return OK;
}

bool bulk_source_next(struct bulk_source *s, struct bulk_item *ret)
{
    return s->media == BULK_CSV ? next_rows(s, ret) : next_line(&s->csv, ret);
}

struct bytes bulk_source_json(struct bulk_source *s, const struct bulk_item *item,
                              struct problem *p)
{
    if (s->media == BULK_CSV)
        return json_of_rows(s, item, p);
    return (struct bytes){.p = (const unsigned char *)item->text,
                          .len = (size_t)(item->end - item->text)};
}

static const char *column_at(const struct bulk_source *s, bool of_item, const char *path)
{
    for (size_t k = 0; k < s->n_columns; k++)
        if (s->columns[k].of_item == of_item && strcmp(s->columns[k].path, path) == 0)
            return s->columns[k].name;
    if (path[0] == '\0')
        return NULL;
    char *name = arena_strdup(s->arena, path + 1);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '/' ? '.' : *c;
    return name;
}

void bulk_source_locate(const struct bulk_source *s, const struct bulk_origin *o,
                        const char *pointer, int64_t *ret_row, const char **ret_column)
{
    size_t prefix = s->items != NULL ? strlen(s->items->name) + 2 : 0, at = 0;
    bool of_item = s->items != NULL && pointer[0] == '/' &&
                   strncmp(pointer + 1, s->items->name, prefix - 2) == 0 &&
                   pointer[prefix - 1] == '/' && isdigit((unsigned char)pointer[prefix]);
    *ret_row = o->row;
    *ret_column = NULL;
    if (s->media != BULK_CSV)
        return;
    if (of_item) {
        for (pointer += prefix; isdigit((unsigned char)*pointer) && at < o->n_items; pointer++)
            at = at * 10 + (size_t)(*pointer - '0');
        *ret_row = at < o->n_items ? o->item_rows[at] : o->row;
    }
    *ret_column = column_at(s, of_item, pointer);
}
