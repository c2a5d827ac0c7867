/* Runs a company through the whole cycle over HTTP: see company.h. */
#include "tests/support/company.h"
#include <stdlib.h>
#include <string.h>

static const char *copy(struct world *w, const char *s)
{
    return fmt(w, "%s", s);
}

static struct reply made(struct world *w, struct company *c, struct reply r, int status)
{
    expect(r, status);
    ck_assert_uint_lt(c->n_requests, sizeof(c->requests) / sizeof(c->requests[0]));
    c->requests[c->n_requests++] = copy(w, header(r, "X-Request-Id"));
    return r;
}

static const char *create(struct world *w, struct company *c, struct reply r)
{
    return copy(w, text(made(w, c, r, 201), "/id"));
}

static void masters(struct world *w, struct company *c)
{
    c->group = create(
        w, c, post(w, "/v1/customer-groups", "{'external_id':'G1','code':'G','name':'Dealers'}"));
    c->customer = given_customer(w, "'external_id':'C1','tax_id':'DE1','email':'a@example.com',"
                                    "'group_id':'ext:G1'");
    struct reply credit = get(w, "/v1/customers/%s/credit", c->customer);
    c->credit_account = copy(w, text(credit, "/credit_account_id"));
    c->credit_application = create(w, c,
                                   post(w, "/v1/credit-applications",
                                        "{'customer_id':'%s','requested_limit':'1000.00'}",
                                        c->customer));
    const char *text_plain[] = {"Content-Type: text/plain", NULL};
    struct request_options o = {.headers = text_plain};
    struct reply sheet = request(
        w, "POST",
        fmt(w, "/v1/credit-applications/%s/documents?kind=balance_sheet", c->credit_application),
        "assets", &o);
    c->credit_document = copy(w, text(made(w, c, sheet, 200), "/id"));
    world_sql(w, "INSERT INTO bureau_request (tenant_id, id, application_id, status, reason,"
                 " asked_at, updated_at) SELECT tenant_id, id, id, 'refused', 'unknown', now(),"
                 " now() FROM credit_application");
    c->credit_policy = create(w, c,
                              post(w, "/v1/credit-policies", "{'name':'Careful','mode':'warn'}"));
    c->product = given_product(w, "A", "10.00", 100);
    c->service = given_service(w, "S", "50.00");
    c->tax_code = copy(w, text(get(w, "/v1/tax-codes?code=T19"), "/data/0/id"));
    c->warehouse = copy(w, text(get(w, "/v1/warehouses?code=MAIN"), "/data/0/id"));
    c->price_list = create(w, c,
                           post(w, "/v1/price-lists",
                                "{'external_id':'PL1','name':'Dealers','valid_from':'2000-01-01',"
                                "'priority':1,'buyers':[{'group_id':'%s'}]}",
                                c->group));
    c->price = copy(w, text(get(w, "/v1/prices?product_id=%s", c->product), "/data/0/id"));
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'external_id':'M1','product_id':'%s','kind':"
                          "'adjustment','quantity':'-1','reason':'broken'},{'sku':'A','kind':"
                          "'receipt','quantity':'50.5'}]}",
                          c->product);
    c->movement = copy(w, text(made(w, c, r, 201), "/movements/0/id"));
}

static void orders(struct world *w, struct company *c)
{
    c->order = create(w, c,
                      post(w, "/v1/orders",
                           "{'external_id':'O1','customer_id':'%s','customer_po':'PO1',"
                           "'confirm':true,'lines':[{'sku':'A','quantity':'10'},"
                           "{'sku':'S','quantity':'1'}]}",
                           c->customer));
    c->draft_order = create(w, c,
                            post(w, "/v1/orders",
                                 "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}",
                                 c->customer));
    c->held_order = create(w, c,
                           post(w, "/v1/orders",
                                "{'customer_id':'%s','confirm':true,'channel':'web',"
                                "'lines':[{'sku':'A','quantity':'2'}]}",
                                c->customer));
    made(w, c, post(w, fmt(w, "/v1/orders/%s/hold", c->held_order), "{'reason':'asked to wait'}"),
         200);
    const char *canceled = create(
        w, c,
        post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'3'}]}",
             c->customer));
    made(w, c, act(w, fmt(w, "/v1/orders/%s", canceled), "cancel"), 200);
}

static void rules(struct world *w, struct company *c)
{
    c->approval_rule = create(
        w, c, post(w, "/v1/approval-rules", "{'name':'Big','gross_from':'1000000.00'}"));
}

static void blankets(struct world *w, struct company *c)
{
    c->blanket = create(w, c,
                        post(w, "/v1/blanket-orders",
                             "{'external_id':'B1','customer_id':'%s','valid_to':'2199-01-01',"
                             "'lines':[{'sku':'A','quantity':'50','unit_price':'9.00'}]}",
                             c->customer));
    const char *order = create(w, c,
                               post(w, fmt(w, "/v1/blanket-orders/%s/call-offs", c->blanket),
                                    "{'confirm':true,'lines':[{'line_no':1,'quantity':'5'}]}"));
    made(w, c,
         post(w, fmt(w, "/v1/orders/%s/cancel", order), "{'lines':[{'line_no':1,'quantity':'2'}]}"),
         200);
}

static void quotes(struct world *w, struct company *c)
{
    const char *body = fmt(w, "'lines':[{'sku':'A','quantity':'3'},{'sku':'S','quantity':'1'}]");
    c->quote = create(
        w, c,
        post(w, "/v1/quotes", "{'external_id':'Q1','customer_id':'%s',%s}", c->customer, body));
    made(w, c,
         post(w, fmt(w, "/v1/quotes/%s/revise", c->quote), "{'discount_percent':'5',%s}", body),
         200);
    c->accepted_quote = create(w, c,
                               post(w, "/v1/quotes", "{'customer_id':'%s',%s}", c->customer, body));
    create(w, c, act(w, fmt(w, "/v1/quotes/%s", c->accepted_quote), "accept"));
}

/* Goods to come, an order that waits for them, and stock that is held for somebody. */
static void scarce(struct world *w, struct company *c)
{
    given_product(w, "W", "7.00", 3);
    c->supply = create(w, c,
                       post(w, "/v1/stock/supplies",
                            "{'external_id':'SU1','sku':'W','quantity':'20','expected_date':"
                            "'2099-01-31'}"));
    made(w, c,
         post(w, "/v1/stock/movements",
              "{'movements':[{'sku':'W','kind':'receipt','quantity':'4','supply_id':'%s'}]}",
              c->supply),
         201);
    struct reply r = post(w, "/v1/stock/reservations",
                          "{'owner':'cart-1','expires_at':'%s','reservations':[{'external_id':"
                          "'RS1','sku':'W','quantity':'2'}]}",
                          world_sql(w, "SELECT to_char(now() + interval '1 day',"
                                       " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
    c->reservation = copy(w, text(made(w, c, r, 201), "/reservations/0/id"));
    c->waiting = create(w, c,
                        post(w, "/v1/orders",
                             "{'customer_id':'%s','confirm':true,'backorder':true,'priority':5,"
                             "'lines':[{'sku':'W','quantity':'9'}]}",
                             c->customer));
    c->allocation_of_stock = create(w, c, post(w, "/v1/stock/allocations", "{}"));
    const char *posted = create(w, c, post(w, "/v1/stock/counts", "{'products':[{'sku':'W'}]}"));
    made(w, c,
         post(w, fmt(w, "/v1/stock/counts/%s/entries", posted),
              "{'entries':[{'line_no':1,'counted':'8'}]}"),
         200);
    made(w, c, act(w, fmt(w, "/v1/stock/counts/%s", posted), "post"), 200);
    c->count = create(w, c, post(w, "/v1/stock/counts", "{'external_id':'CN1'}"));
}

/* One list that is picked, one that somebody picks. */
static void picking(struct world *w, struct company *c)
{
    const char *lists[2];
    for (size_t i = 0; i < 2; i++) {
        const char *order = create(
            w, c,
            post(w, "/v1/orders",
                 "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'2'}]}",
                 c->customer));
        lists[i] = create(w, c, post(w, "/v1/pick-lists", "{'orders':[{'order_id':'%s'}]}", order));
    }
    made(w, c, act(w, fmt(w, "/v1/pick-lists/%s", lists[0]), "confirm"), 200);
    c->picking = lists[1];
    made(w, c, act(w, fmt(w, "/v1/pick-lists/%s", lists[1]), "start"), 200);
}

/* Services that are fulfilled bit by bit. */
static void services(struct world *w, struct company *c)
{
    static const char *const kinds[] = {"milestone", "access", "usage"};
    static const char *const lines[] = {"Content-Type: application/x-ndjson", NULL};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *service = given_service(w, kinds[i], "20.00");
        made(w, c, patch(w, fmt(w, "/v1/products/%s", service), "{'fulfillment':'%s'}", kinds[i]),
             200);
    }
    c->services = create(
        w, c,
        post(w, "/v1/orders",
             "{'external_id':'SV1','customer_id':'%s','confirm':true,'lines':[{'sku':'milestone',"
             "'quantity':'1'},{'sku':'access','quantity':'5'},{'sku':'usage','quantity':'100'}]}",
             c->customer));
    struct reply r = made(w, c,
                          post(w, fmt(w, "/v1/orders/%s/milestones", c->services),
                               "{'order_line_no':1,'milestones':[{'name':'Half','percent':'50'},"
                               "{'name':'All','percent':'50'}]}"),
                          201);
    const char *reached = copy(w, text(r, "/milestones/0/id"));
    c->milestone = copy(w, text(r, "/milestones/1/id"));
    made(w, c, act(w, fmt(w, "/v1/milestones/%s", reached), "complete"), 200);
    c->access = create(w, c,
                       post(w, "/v1/access-grants",
                            "{'external_id':'AG1','order_id':'%s','order_line_no':2,"
                            "'quantity':'2'}",
                            c->services));
    struct request_options o = {.headers = lines};
    made(w, c,
         request(w, "POST", "/v1/usage-records", company_body(w, c, "usage_records_create"), &o),
         200);
}

/* Two lots of which some has shipped and come back, one of them blocked. */
static void lots(struct world *w, struct company *c)
{
    const char *product = given_product(w, "L", "3.00", 0);
    made(w, c, patch(w, fmt(w, "/v1/products/%s", product), "{'track_lots':true}"), 200);
    struct reply r = post(w, "/v1/stock/movements",
                          "{'movements':[{'sku':'L','kind':'receipt','quantity':'6',"
                          "'lot':{'lot_number':'L1','expiry_date':'2099-01-31'}},"
                          "{'sku':'L','kind':'receipt','quantity':'8',"
                          "'lot':{'lot_number':'L2','expiry_date':'2099-06-30'}}]}");
    c->lot = copy(w, text(made(w, c, r, 201), "/movements/1/lot_id"));
    const char *order = create(
        w, c,
        post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'lines':[{'sku':'L','quantity':'7'}]}",
             c->customer));
    const char *shipment = create(w, c,
                                  post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order));
    made(w, c,
         post(w, fmt(w, "/v1/shipments/%s/deliver", shipment),
              "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'2','resolution':"
              "'close','restock':true,'lots':[{'lot_number':'L1','quantity':'2'}]}]}]}"),
         200);
    const char *first = copy(w, text(get(w, "/v1/stock/lots?lot_number=L1"), "/data/0/id"));
    made(w, c, post(w, fmt(w, "/v1/stock/lots/%s/block", first), "{'reason':'sample'}"), 200);
    made(w, c,
         put(w, fmt(w, "/v1/products/%s/substitutes", product), "{'substitutes':[{'sku':'A'}]}"),
         200);
    create(w, c,
           post(w, "/v1/orders",
                "{'customer_id':'%s','confirm':true,'substitution':'accept','lines':[{'sku':'L',"
                "'quantity':'9'}]}",
                c->customer));
}

static void shipments(struct world *w, struct company *c)
{
    c->shipment = create(w, c,
                         post(w, "/v1/shipments",
                              "{'external_id':'SH1','order_id':'%s','ship':true,'carrier':"
                              "'Post','lines':[{'order_line_no':1,'quantity':'6'}]}",
                              c->order));
    made(w, c, act(w, fmt(w, "/v1/shipments/%s", c->shipment), "deliver"), 200);
    c->draft_shipment = create(w, c,
                               post(w, "/v1/shipments",
                                    "{'order_id':'%s','lines':[{'order_line_no':1,"
                                    "'quantity':'2'}]}",
                                    c->order));
    made(w, c,
         put(w, "/v1/freight-policy",
             "{'rules':[{'currency':'EUR','mode':'actual','tax_code_id':'ext:T19'}]}"),
         200);
    const char *order = create(
        w, c,
        post(w, "/v1/orders",
             "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A','quantity':'3'}]}",
             c->customer));
    c->failed_shipment = create(w, c,
                                post(w, "/v1/shipments",
                                     "{'order_id':'%s','ship':true,'freight':'4.00',"
                                     "'packages':[{'weight_kg':'1.5',"
                                     "'lines':[{'line_no':1,'quantity':'3'}]}]}",
                                     order));
    made(w, c,
         post(w, fmt(w, "/v1/shipments/%s/deliver", c->failed_shipment),
              "{'lines':[{'line_no':1,'exceptions':[{'kind':'refused','quantity':'1','restock':"
              "true},{'kind':'damaged','quantity':'1'}]}]}"),
         200);
    made(w, c,
         post(w, fmt(w, "/v1/shipments/%s/tracking", c->failed_shipment),
              "{'events':[{'event_id':'1','status':'in_transit','occurred_at':"
              "'2026-01-02T03:04:05Z'}]}"),
         200);
    c->carrier = create(w, c, post(w, "/v1/carriers", "{'name':'Post'}"));
    const char *text_plain[] = {"Content-Type: text/plain", NULL};
    struct request_options o = {.headers = text_plain};
    struct reply r = request(
        w, "POST", fmt(w, "/v1/shipments/%s/documents?kind=packing_slip", c->shipment), "6 A", &o);
    c->document = copy(w, text(made(w, c, r, 200), "/id"));
}

static void invoices(struct world *w, struct company *c)
{
    c->invoice = create(w, c,
                        post(w, "/v1/invoices",
                             "{'external_id':'I1','order_id':'%s','finalize':true}",
                             c->order)); /* 110.00 + 20.90 */
    const char *billed = create(w, c,
                                post(w, "/v1/invoices", "{'shipment_id':'%s','finalize':true}",
                                     c->failed_shipment)); /* with freight: 14.00 + 2.66 */
    made(w, c,
         post(w, fmt(w, "/v1/invoices/%s/dispute", billed),
              "{'amount':'5.00','kind':'quality','reason':'broken'}"),
         200);
    c->promise = create(w, c,
                        post(w, "/v1/promises",
                             "{'customer_id':'%s','invoices':[{'invoice_id':'%s'}],'due_date':"
                             "'2099-01-31'}",
                             c->customer, billed));
    made(w, c, put(w, fmt(w, "/v1/customers/%s/collections", c->customer), "{'dunning_level':1}"),
         200);
    c->dispute = copy(w, text(get(w, "/v1/disputes?invoice_id=%s", billed), "/data/0/id"));
    const char *joint[2];
    for (size_t i = 0; i < 2; i++)
        joint[i] = create(w, c,
                          post(w, "/v1/orders",
                               "{'customer_id':'%s','confirm':true,'lines':[{'sku':'S',"
                               "'quantity':'1'}]}",
                               c->customer));
    create(w, c,
           post(w, "/v1/invoices",
                "{'finalize':true,'orders':[{'order_id':'%s'},{'order_id':'%s'}]}", joint[0],
                joint[1]));
    c->draft_invoice = create(
        w, c,
        post(w, "/v1/invoices",
             "{'customer_id':'%s','lines':[{'description':'Advice','quantity':'2',"
             "'unit_price':'30.00','tax_code_id':'ext:T19'}]}",
             c->customer));
    c->void_invoice = create(
        w, c,
        post(w, "/v1/invoices",
             "{'customer_id':'%s','finalize':true,'lines':[{'sku':'S','quantity':'1',"
             "'unit_price':'5.00'}]}",
             c->customer));
    made(w, c, post(w, fmt(w, "/v1/invoices/%s/void", c->void_invoice), "{'reason':'wrong'}"), 200);
}

static void credits(struct world *w, struct company *c)
{
    c->credit_note = create(w, c,
                            post(w, "/v1/credit-notes",
                                 "{'external_id':'N1','invoice_id':'%s','reason':'quality',"
                                 "'issue':true,'lines':[{'invoice_line_no':1,'quantity':"
                                 "'1'}]}",
                                 c->invoice));
    c->free_credit = create(w, c,
                            post(w, "/v1/credit-notes",
                                 "{'customer_id':'%s','reason':'goodwill','issue':true,'lines':[{"
                                 "'description':'Bonus','quantity':'1','unit_price':'40.00',"
                                 "'tax_code_id':'ext:T0'}]}",
                                 c->customer));
    c->draft_credit = create(
        w, c,
        post(w, "/v1/credit-notes",
             "{'customer_id':'%s','reason':'goodwill','lines':[{'description':"
             "'Later','quantity':'1','unit_price':'1.00','tax_code_id':'ext:T0'}]}",
             c->customer));
}

static void cash(struct world *w, struct company *c)
{
    c->payment = create(w, c,
                        post(w, "/v1/payments",
                             "{'external_id':'P1','customer_id':'%s','method':"
                             "'bank_transfer','amount':'200.00','reference':'thanks',"
                             "'allocations':[{'invoice_id':'%s','amount':'50.00'}]}",
                             c->customer, c->invoice));
    const char *pay = fmt(w, "/v1/payments/%s", c->payment);
    struct reply r = made(w, c, get(w, "%s", pay), 200);
    c->n_requests--; /* a read */
    c->allocation = copy(w, text(r, "/allocations/0/id"));
    r = made(w, c,
             post(w, fmt(w, "%s/allocate", pay),
                  "{'allocations':[{'invoice_id':'%s','amount':'10.00'}]}", c->invoice),
             200);
    c->reversed = copy(w, text(r, "/allocations/1/id"));
    made(w, c, post(w, fmt(w, "/v1/allocations/%s/reverse", c->reversed), "{'reason':'mistake'}"),
         201);
    c->refund = create(w, c,
                       post(w, fmt(w, "%s/refund", pay), "{'external_id':'R1','amount':'20.00'}"));
    made(w, c,
         post(w, fmt(w, "/v1/credit-notes/%s/allocate", c->free_credit),
              "{'allocations':[{'invoice_id':'%s','amount':'1.00'}]}", c->invoice),
         200);
    create(w, c,
           post(w, fmt(w, "/v1/credit-notes/%s/refund", c->free_credit), "{'amount':'5.00'}"));
    c->pending = create(w, c,
                        post(w, "/v1/payments",
                             "{'customer_id':'%s','method':'check','amount':'3.00','cleared':false,"
                             "'allocations':[{'invoice_id':'%s','amount':'2.00'}]}",
                             c->customer, c->invoice));
    const char *bounced = create(
        w, c,
        post(w, "/v1/payments",
             "{'customer_id':'%s','method':'check','amount':'3.00','cleared':false,"
             "'allocations':[{'invoice_id':'%s','amount':'2.00'}]}",
             c->customer, c->invoice));
    made(w, c, post(w, fmt(w, "/v1/payments/%s/return", bounced), "{'reason':'no funds'}"), 200);
    c->transfer = copy(w, text(get(w, "/v1/ledger/transfers"), "/data/0/id"));
}

static void jobs(struct world *w, struct company *c)
{
    static const char *const ndjson[] = {"Content-Type: application/x-ndjson", NULL};
    struct request_options o = {.key = "", .headers = ndjson};
    const char *body = company_body(w, c, "orders_import");
    c->job = copy(
        w, text(made(w, c, request(w, "POST", "/v1/jobs/orders-import", body, &o), 202), "/id"));
}

void company_found(struct world *w, struct company *c)
{
    *c = (struct company){0};
    c->tenant = world_tenant(w);
    masters(w, c);
    orders(w, c);
    rules(w, c);
    blankets(w, c);
    quotes(w, c);
    scarce(w, c);
    services(w, c);
    picking(w, c);
    shipments(w, c);
    lots(w, c);
    invoices(w, c);
    credits(w, c);
    cash(w, c);
    jobs(w, c);
}

const char *company_id(const struct company *c, const char *parameter)
{
    const struct {
        const char *parameter, *id;
    } ids[] = {
        {"customer_id", c->customer},
        {"customer_group_id", c->group},
        {"tax_code_id", c->tax_code},
        {"product_id", c->product},
        {"price_id", c->price},
        {"price_list_id", c->price_list},
        {"warehouse_id", c->warehouse},
        {"stock_movement_id", c->movement},
        {"order_id", c->order},
        {"shipment_id", c->shipment},
        {"invoice_id", c->invoice},
        {"credit_note_id", c->credit_note},
        {"payment_id", c->payment},
        {"allocation_id", c->allocation},
        {"dispute_id", c->dispute},
        {"promise_id", c->promise},
        {"approval_rule_id", c->approval_rule},
        {"blanket_order_id", c->blanket},
        {"quote_id", c->quote},
        {"tenant_id", c->tenant},
        {"carrier_id", c->carrier},
        {"document_id", c->document},
        {"credit_document_id", c->credit_document},
        {"refund_id", c->refund},
        {"transfer_id", c->transfer},
        {"credit_account_id", c->credit_account},
        {"credit_policy_id", c->credit_policy},
        {"credit_application_id", c->credit_application},
        {"stock_supply_id", c->supply},
        {"stock_reservation_id", c->reservation},
        {"stock_allocation_id", c->allocation_of_stock},
        {"job_id", c->job},
        {"stock_count_id", c->count},
        {"milestone_id", c->milestone},
        {"pick_list_id", c->picking},
        {"access_grant_id", c->access},
        {"stock_lot_id", c->lot},
    };
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (strcmp(ids[i].parameter, parameter) == 0)
            return ids[i].id;
    return NULL;
}

const char *company_path(struct world *w, const struct company *c, const char *template)
{
    const char *path = template, *open;
    while ((open = strchr(path, '{')) != NULL) {
        const char *close = strchr(open, '}');
        const char *id = company_id(c, fmt(w, "%.*s", (int)(close - open - 1), open + 1));
        ck_assert_msg(id != NULL, "no id for %s", template);
        path = fmt(w, "%.*s%s%s", (int)(open - path), path, id, close + 1);
    }
    return path;
}

const char *company_body(struct world *w, const struct company *c, const char *operation)
{
    const struct {
        const char *operation, *body;
    } bodies[] = {
        {"customers_create", "{'name':'Somebody'}"},
        {"customers_put", "{'name':'Somebody'}"},
        {"customer_groups_create", "{'code':'G2','name':'Others'}"},
        {"customer_groups_put", "{'code':'G','name':'Dealers'}"},
        {"credit_accounts_create", "{'name':'Group','credit_limit':'1000.00'}"},
        {"credit_accounts_patch", "{'reviewer':'Kim'}"},
        {"credit_accounts_join", fmt(w, "{'customer_id':'%s'}", c->customer)},
        {"credit_what_if", fmt(w, "{'customer_id':'%s','orders':[{'gross':'5.00'}]}", c->customer)},
        {"credit_applications_create",
         fmt(w, "{'customer_id':'%s','requested_limit':'1000.00'}", c->customer)},
        {"credit_applications_decide", "{'decision':'approve','reason':'known'}"},
        {"credit_policies_create", "{'name':'Strict','mode':'enforce'}"},
        {"credit_policies_put", "{'name':'Careful','mode':'enforce'}"},
        {"tax_codes_create",
         "{'code':'T7','name':'Seven','rates':[{'valid_from':'2000-01-01','rate':'7'}]}"},
        {"tax_codes_put",
         "{'code':'T19','name':'VAT','rates':[{'valid_from':'2000-01-01','rate':'19'}]}"},
        {"products_create", "{'sku':'B','name':'B','tax_code_id':'ext:T19'}"},
        {"products_put", "{'sku':'A','name':'A','tax_code_id':'ext:T19'}"},
        {"prices_create",
         fmt(w, "{'product_id':'%s','unit_price':'9.00','min_quantity':'100'}", c->product)},
        {"prices_put",
         fmt(w, "{'product_id':'%s','unit_price':'9.00','valid_from':'2000-01-01'}", c->product)},
        {"price_lists_create",
         fmt(w, "{'name':'All','buyers':[{'customer_id':'%s'}]}", c->customer)},
        {"price_lists_put", "{'name':'Dealers','valid_from':'2000-01-01'}"},
        {"warehouses_create", "{'code':'W2','name':'Second'}"},
        {"warehouses_put", "{'code':'MAIN','name':'Main'}"},
        {"stock_movements_create", "{'movements':[{'sku':'A','kind':'receipt','quantity':'1'}]}"},
        {"stock_patch", "{'safety':'1'}"},
        {"product_substitutes_put", "{'substitutes':[{'sku':'W'},{'sku':'L','valid_to':"
                                    "'2199-12-31'}]}"},
        {"orders_substitute", "{'lines':[{'line_no':1}]}"},
        {"stock_lots_patch", "{'best_before_date':'2099-05-31'}"},
        {"stock_lots_block", "{'reason':'A sample is tested'}"},
        {"stock_lots_unblock", "{'reason':'The sample is clean'}"},
        {"stock_counts_create", "{'products':[{'sku':'A'}]}"},
        {"stock_counts_enter", "{'entries':[{'line_no':1,'counted':'1000'}]}"},
        {"stock_availability_of", "{'items':[{'sku':'W','quantity':'1'}]}"},
        {"stock_supplies_create", "{'sku':'A','quantity':'5','expected_date':'2099-01-31'}"},
        {"stock_reservations_create",
         "{'owner':'cart-2','reservations':[{'sku':'A','quantity':'1'}]}"},
        {"stock_reservations_patch", fmt(w, "{'expires_at':'%s'}",
                                         world_sql(w, "SELECT to_char(now() + interval '2 days',"
                                                      " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"))},
        {"orders_create", fmt(w,
                              "{'customer_id':'%s','confirm':true,'lines':[{'sku':'A',"
                              "'quantity':'1'}]}",
                              c->customer)},
        {"orders_bulk",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", c->customer)},
        {"orders_import",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", c->customer)},
        {"orders_preview",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", c->customer)},
        {"orders_put",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", c->customer)},
        {"orders_patch", "{'notes':'changed'}"},
        {"orders_amend", "{'lines':[{'line_no':1,'quantity':'11'}]}"},
        {"orders_split", "{'lines':[{'line_no':1,'quantity':'1'}]}"},
        {"orders_hold", "{'reason':'wait'}"},
        {"orders_release", "{'reason':'go on'}"},
        {"orders_approve", "{'reason':'fine'}"},
        {"orders_reject", "{'reason':'no'}"},
        {"approval_rules_create", "{'name':'Dear','discount_from':'50'}"},
        {"approval_rules_put", "{'name':'Big','gross_from':'1000000.00'}"},
        {"blankets_create", fmt(w,
                                "{'customer_id':'%s','valid_to':'2199-01-01','lines':[{'sku':'A',"
                                "'quantity':'10'}]}",
                                c->customer)},
        {"blankets_put", fmt(w,
                             "{'customer_id':'%s','valid_to':'2199-01-01','lines':[{'sku':'A',"
                             "'quantity':'50','unit_price':'9.00'}]}",
                             c->customer)},
        {"quotes_put",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'2'}]}", c->customer)},
        {"blankets_call_off", "{'lines':[{'line_no':1,'quantity':'1'}]}"},
        {"blankets_close", "{'reason':'done'}"},
        {"quotes_create",
         fmt(w, "{'customer_id':'%s','lines':[{'sku':'A','quantity':'1'}]}", c->customer)},
        {"quotes_revise", "{'lines':[{'sku':'A','quantity':'1'}]}"},
        {"quotes_decline", "{'reason':'too dear'}"},
        {"invoices_dispute", "{'kind':'price','reason':'too dear'}"},
        {"invoices_resolve_dispute", "{'outcome':'invalid'}"},
        {"collections_put", "{'dunning_level':2}"},
        {"promises_create", fmt(w,
                                "{'customer_id':'%s','invoices':[{'invoice_id':'%s'}],'due_date':"
                                "'2099-01-31'}",
                                c->customer, c->invoice)},
        {"promises_cancel", "{'reason':'paid otherwise'}"},
        {"payments_return", "{'reason':'no funds'}"},
        {"pick_lists_create", fmt(w, "{'orders':[{'order_id':'%s'}]}", c->order)},
        {"pick_lists_recall", "{'reason':'wrong cart'}"},
        {"milestones_create", "{'order_line_no':1,'milestones':[{'name':'Rest','percent':'100'}]}"},
        {"milestones_reopen", "{'reason':'not yet'}"},
        {"access_grants_create", fmt(w, "{'order_id':'%s','order_line_no':2}", c->services)},
        {"access_grants_suspend", "{'reason':'unpaid'}"},
        {"access_grants_resume", "{'reason':'paid'}"},
        {"access_grants_revoke", "{'reason':'left'}"},
        {"usage_records_create",
         fmt(w, "{'external_id':'U1','order_id':'%s','order_line_no':3,'quantity':'7.5'}",
             c->services)},
        {"shipments_create", fmt(w,
                                 "{'order_id':'%s','ship':true,'lines':[{'order_line_no':1,"
                                 "'quantity':'1'}]}",
                                 c->order)},
        {"freight_policy_put", "{'rules':[]}"},
        {"shipments_track", "{'events':[{'event_id':'2','status':'delivered','occurred_at':"
                            "'2026-01-03T03:04:05Z'}]}"},
        {"carriers_create", "{'name':'Rail'}"},
        {"shipments_document", "%PDF-1.4"},
        {"credit_applications_document", "%PDF-1.4"},
        {"carriers_webhook", "{'events':[{'tracking_number':'T','event_id':'1','status':"
                             "'delivered','occurred_at':'2026-01-03T03:04:05Z'}]}"},
        {"shipments_put", fmt(w, "{'order_id':'%s'}", c->order)},
        {"invoices_create", fmt(w,
                                "{'customer_id':'%s','finalize':true,'lines':[{'description':"
                                "'Advice','quantity':'1','unit_price':'30.00','tax_code_id':"
                                "'ext:T19'}]}",
                                c->customer)},
        {"invoices_put", fmt(w, "{'order_id':'%s'}", c->order)},
        {"credit_notes_create", fmt(w,
                                    "{'customer_id':'%s','reason':'goodwill','issue':true,"
                                    "'lines':[{'description':'Bonus','quantity':'1',"
                                    "'unit_price':'3.00','tax_code_id':'ext:T19'}]}",
                                    c->customer)},
        {"credit_notes_put", fmt(w, "{'invoice_id':'%s','reason':'quality'}", c->invoice)},
        {"credit_notes_allocate",
         fmt(w, "{'allocations':[{'invoice_id':'%s','amount':'0.10'}]}", c->invoice)},
        {"credit_notes_refund", "{'amount':'1.00'}"},
        {"payments_create", fmt(w,
                                "{'customer_id':'%s','method':'cash','amount':'3.00',"
                                "'allocate':'oldest_due'}",
                                c->customer)},
        {"payments_put",
         fmt(w, "{'customer_id':'%s','method':'cash','amount':'3.00'}", c->customer)},
        {"payments_allocate",
         fmt(w, "{'allocations':[{'invoice_id':'%s','amount':'0.10'}]}", c->invoice)},
        {"payments_refund", "{'amount':'1.00'}"},
        {"allocations_reverse", "{'reason':'mistake'}"},
    };
    const char *body = "{}";
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        if (strcmp(bodies[i].operation, operation) == 0)
            body = bodies[i].body;
    char *json = strdup(body);
    for (char *p = json; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    const char *kept = copy(w, json);
    free(json);
    return kept;
}
