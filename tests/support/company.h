/* A small company with documents of every kind and state, for tests that need "one of each". */
#pragma once
#include "tests/support/world.h"

struct company {
    const char *credit_account, *credit_policy, *credit_application, *credit_document;
    const char *customer, *group, *tax_code, *product, *service, *price, *price_list, *warehouse,
        *movement;
    const char *order;          /* in fulfillment: goods half shipped, invoiced */
    const char *draft_order;    /* never confirmed */
    const char *held_order;     /* customer_request */
    const char *blanket;        /* called off in part */
    const char *approval_rule;  /* that asks for nothing here */
    const char *quote;          /* open, second revision */
    const char *accepted_quote; /* an order came of it */
    const char *shipment;       /* delivered */
    const char *draft_shipment;
    const char *failed_shipment; /* in a package, delivered in part */
    const char *tenant, *carrier, *document;
    const char *invoice; /* partly paid, partly credited */
    const char *draft_invoice;
    const char *dispute; /* of an invoice, open */
    const char *void_invoice;
    const char *credit_note; /* on the invoice */
    const char *free_credit; /* of no invoice, partly applied and refunded */
    const char *draft_credit;
    const char *payment;    /* partly applied, refunded in part */
    const char *promise;    /* to pay, open */
    const char *pending;    /* a payment that has not cleared */
    const char *allocation; /* of the payment to the invoice */
    const char *reversed;   /* an allocation that was taken back */
    const char *refund;
    const char *supply;      /* partly received */
    const char *reservation; /* held */
    const char *allocation_of_stock;
    const char *count;     /* open */
    const char *lot;       /* not blocked; part of it has shipped */
    const char *waiting;   /* an order that waits for stock */
    const char *picking;   /* a list, begun */
    const char *services;  /* an order of them, each fulfilled in part */
    const char *milestone; /* planned */
    const char *access;    /* active */
    const char *transfer;
    const char *job; /* queued */
    /* X-Request-Id of every write that made it. */
    const char *requests[96];
    size_t n_requests;
};
/* Its texts live until world_free. */
void company_found(struct world *w, struct company *ret);
/* The id that stands for a parameter of a path ("customer_id"), or NULL. */
const char *company_id(const struct company *c, const char *parameter);
/* The path of a route with the company's ids in it. */
const char *company_path(struct world *w, const struct company *c, const char *template);
/* A body that the operation (its name in routes.def) can decode, "{}" for most. */
const char *company_body(struct world *w, const struct company *c, const char *operation);
