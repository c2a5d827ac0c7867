/* How shipments are packed: which package holds how much of which line. */
#include "server/shipments/internal.h"
#include "shipments.sql.h"

/* ---- what the request says ---- */

/* What is left of each line, and the last package that held some of it. */
struct unpacked {
    int64_t quantity;
    size_t package; /* counted from 1 */
};

static void package_fault(const struct call *c, size_t package, size_t line, const char *member,
                          const char *code, const char *detail)
{
    struct problem *p = c->problem;
    fault(p, arena_printf(p->arena, "/packages/%zu/lines/%zu/%s", package, line, member), code,
          "%s", detail);
}

static void pack(const struct call *c, const struct shipment_package_new *package, size_t at,
                 struct unpacked *left, size_t n)
{
    for (size_t j = 0; j < package->lines.n; j++) {
        const struct shipment_package_line *l = &package->lines.v[j];
        if ((size_t)l->line_no > n) {
            package_fault(c, at, j, "line_no", "unknown_reference",
                          "The shipment has no such line.");
            continue;
        }
        struct unpacked *of = &left[l->line_no - 1];
        if (of->package == at + 1)
            package_fault(c, at, j, "line_no", "repeated",
                          "The line stands in this package already; add the quantities up.");
        else if (l->quantity > of->quantity)
            package_fault(c, at, j, "quantity", "too_large",
                          "The packages hold more of the line than ships.");
        else
            of->quantity -= l->quantity;
        of->package = at + 1;
    }
}

void packages_check(const struct call *c, const struct shipment_package_new_list *packages,
                    const int64_t *quantities, size_t n)
{
    struct unpacked *left = ARENA_ARRAY(c->problem->arena, struct unpacked, n);
    for (size_t i = 0; i < n; i++)
        left[i].quantity = quantities[i];
    for (size_t i = 0; i < packages->n; i++)
        pack(c, &packages->v[i], i, left, n);
}

struct shipment_package_list packages_of(struct arena *a,
                                         const struct shipment_package_new_list *in)
{
    struct shipment_package_list ret = {.v = ARENA_ARRAY(a, struct shipment_package, in->n)};
    for (size_t i = 0; i < in->n; i++) {
        const struct shipment_package_new *p = &in->v[i];
        ret.v[ret.n++] = (struct shipment_package){.package_no = (int64_t)i + 1,
                                                   .tracking_number = p->tracking_number,
                                                   .weight_kg = p->weight_kg,
                                                   .length_cm = p->length_cm,
                                                   .width_cm = p->width_cm,
                                                   .height_cm = p->height_cm,
                                                   .lines = p->lines};
    }
    return ret;
}

/* ---- store ---- */

static struct shipment_packages_insert_p package_row(int64_t shipment_id,
                                                     const struct shipment_package *p)
{
    return (struct shipment_packages_insert_p){.shipment_id = shipment_id,
                                               .package_no = p->package_no,
                                               .tracking_number = p->tracking_number,
                                               .weight_kg = p->weight_kg,
                                               .length_cm = p->length_cm,
                                               .width_cm = p->width_cm,
                                               .height_cm = p->height_cm};
}

err packages_store(struct tx *tx, const struct shipment_packages *v, size_t n)
{
    size_t most = 0, most_lines = 0, n_rows = 0, n_lines = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < v[i].packages.n; j++, most++)
            most_lines += v[i].packages.v[j].lines.n;
    if (most == 0)
        return OK;
    struct shipment_packages_insert_p *rows = ARENA_ARRAY(tx->arena,
                                                          struct shipment_packages_insert_p, most);
    struct shipment_package_lines_insert_l *lines = ARENA_ARRAY(
        tx->arena, struct shipment_package_lines_insert_l, most_lines);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < v[i].packages.n; j++) {
            const struct shipment_package *p = &v[i].packages.v[j];
            rows[n_rows++] = package_row(v[i].shipment_id, p);
            for (size_t k = 0; k < p->lines.n; k++)
                lines[n_lines++] = (struct shipment_package_lines_insert_l){
                    v[i].shipment_id, p->package_no, p->lines.v[k].line_no, p->lines.v[k].quantity};
        }
    TRY(shipment_packages_insert(tx, rows, n_rows));
    return n_lines == 0 ? OK : shipment_package_lines_insert(tx, lines, n_lines);
}

err packages_replace(struct tx *tx, const struct shipment_packages *v)
{
    TRY(shipment_package_lines_delete(tx, v->shipment_id));
    TRY(shipment_packages_delete(tx, v->shipment_id));
    return packages_store(tx, v, 1);
}

/* ---- load ---- */

struct packages_loading {
    struct shipment_package_list packages;
    struct shipment_package_lines_load_row_list lines;
};

err packages_load_queue(struct tx *tx, int64_t shipment_id, struct packages_loading **ret)
{
    *ret = ARENA_NEW(tx->arena, struct packages_loading);
    TRY(shipment_packages_load_queue(tx, shipment_id, &(*ret)->packages));
    return shipment_package_lines_load_queue(tx, shipment_id, &(*ret)->lines);
}

struct shipment_package_list packages_loaded(struct arena *a, struct packages_loading *k)
{
    size_t at = 0;
    for (size_t i = 0; i < k->packages.n; i++) {
        struct shipment_package *p = &k->packages.v[i];
        p->lines.v = ARENA_ARRAY(a, struct shipment_package_line, k->lines.n - at);
        for (; at < k->lines.n && k->lines.v[at].package_no == p->package_no; at++)
            p->lines.v[p->lines.n++] = (struct shipment_package_line){
                .line_no = k->lines.v[at].line_no, .quantity = k->lines.v[at].quantity};
    }
    return k->packages;
}
