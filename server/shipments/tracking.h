/* Carriers, and what they say of shipments on their way: over the API, or by a signed webhook. */
#pragma once
#include "server/api/call.h"

#define CARRIER_SECRET_MIN 24
#define CARRIER_SECRET_MAX 200
/* For this long the secret that was replaced signs too. */
#define CARRIER_SECRET_OVERLAP_US (INT64_C(24) * 3600 * 1000000)
#define TRACKING_EVENTS_MAX 1000 /* of a shipment */
#define TRACKING_BATCH_MAX 100   /* of a request */
#define TRACKING_AHEAD_US                                                                          \
    (INT64_C(24) * 3600 * 1000000) /* a carrier's clock may be ahead by this */

extern const char *const tracking_statuses[]; /* picked_up … lost */
extern const char *const tracking_sources[];  /* api, webhook */
extern const char *const webhook_results[];   /* recorded, known, unknown_shipment, refused */

/* ---- carriers ---- */

#define CARRIER_DELIVERS_DOC                                                                       \
    "Its word that a shipment was delivered delivers it in full, as POST "                         \
    "/v1/shipments/{shipment_id}/deliver does; default: only somebody with the proof does."

#define CARRIER_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the carrier, unique.")  \
    VALUE(T, string, name, .required = true, .min = 1, .max = 100,                                 \
          .doc = "What shipments say in carrier, unique.", .example = "\"Post\"")                  \
    VALUE(T, string, webhook_secret, .min = CARRIER_SECRET_MIN, .max = CARRIER_SECRET_MAX,         \
          .doc = "Signs what the carrier sends to webhook_path. It is kept and never shown.",      \
          .example = "\"a-secret-of-at-least-24-characters\"")                                     \
    VALUE(T, boolean, delivers, .doc = CARRIER_DELIVERS_DOC, .example = "false")
JSON_STRUCT(carrier_new, CARRIER_NEW_FIELDS);

#define CARRIER_PATCH_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, name, .min = 1, .max = 100, .doc = "What shipments say in carrier, unique.")  \
    VALUE(T, string, webhook_secret, .min = CARRIER_SECRET_MIN, .max = CARRIER_SECRET_MAX,         \
          .doc = "A new secret; the one before it signs for another day. null: nothing is signed " \
                 "any more, at once.",                                                             \
          .example = "\"a-secret-of-at-least-24-characters\"")                                     \
    VALUE(T, boolean, delivers, .doc = CARRIER_DELIVERS_DOC, .example = "false")
JSON_STRUCT(carrier_patch, CARRIER_PATCH_FIELDS);

#define CARRIER_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "car", .doc = "The carrier's id.")                                  \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, name, .doc = "What shipments say in carrier.")                                \
    VALUE(T, boolean, has_webhook_secret, .doc = "The webhook takes what is signed.")              \
    VALUE(T, instant, old_secret_until,                                                            \
          .doc = "Until then the secret before the present one signs too.")                        \
    VALUE(T, boolean, delivers, .doc = CARRIER_DELIVERS_DOC, .example = "false")                   \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
/* A carrier in a list. */
JSON_STRUCT(carrier_summary, CARRIER_HEADER_FIELDS);

#define CARRIER_FIELDS(T, VALUE, OBJECT, LIST)                                                     \
    CARRIER_HEADER_FIELDS(T, VALUE, OBJECT, LIST)                                                  \
    VALUE(T, string, webhook_path, .doc = "Where the carrier sends updates.",                      \
          .example = "\"/v1/webhooks/ten_0bz8y2w1h4000/car_0bz8y2w1h4000\"")
JSON_STRUCT(carrier, CARRIER_FIELDS);

/* ---- tracking ---- */

#define TRACKING_EVENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, string, event_id, .required = true, .min = 1, .max = 100,                             \
          .doc = "The carrier's id of the update, unique in the shipment: the first one of an id " \
                 "is kept, repeats change nothing.",                                               \
          .example = "\"e-1\"")                                                                    \
    VALUE(T, choice, status, .required = true, .choices = tracking_statuses,                       \
          .doc = "What happened.")                                                                 \
    VALUE(T, instant, occurred_at, .required = true, .doc = "When, by the carrier's clock.")       \
    VALUE(T, integer, package_no, .min = 1, .max = 1000,                                           \
          .doc = "To which package; default: the shipment.", .example = "1")                       \
    VALUE(T, string, place, .max = 200, .doc = "Where.")                                           \
    VALUE(T, string, description, .max = 1000, .doc = "In words.")
JSON_STRUCT(tracking_event_new, TRACKING_EVENT_NEW_FIELDS);

#define TRACKING_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    LIST(T, tracking_event_new, events, .required = true, .min = 1, .max = TRACKING_BATCH_MAX,     \
         .doc = "Updates, in any order.")
JSON_STRUCT(tracking_new, TRACKING_NEW_FIELDS);

#define TRACKING_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, event_id, .doc = "The carrier's id of the update.")                           \
    VALUE(T, choice, status, .choices = tracking_statuses, .doc = "What happened.")                \
    VALUE(T, instant, occurred_at, .doc = "When, by the carrier's clock.")                         \
    VALUE(T, integer, package_no, .doc = "To which package; null: the shipment.")                  \
    VALUE(T, string, place, .doc = "Where.")                                                       \
    VALUE(T, string, description, .doc = "In words.")                                              \
    VALUE(T, choice, source, .choices = tracking_sources, .doc = "How it came in.")                \
    VALUE(T, instant, recorded_at, .doc = "When it came in.")
JSON_STRUCT(tracking_event, TRACKING_EVENT_FIELDS);

#define SHIPMENT_TRACKING_FIELDS(T, VALUE, OBJECT, LIST)                                           \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment.")                             \
    VALUE(T, choice, tracking_status, .choices = tracking_statuses,                                \
          .doc = "The last word by the carrier's clock; null: none yet.")                          \
    VALUE(T, instant, tracking_at, .doc = "When that was.")                                        \
    LIST(T, tracking_event, events, .max = TRACKING_EVENTS_MAX,                                    \
         .doc = "Every update, by the carrier's clock.")
JSON_STRUCT(shipment_tracking, SHIPMENT_TRACKING_FIELDS);

/* ---- the webhook ---- */

#define WEBHOOK_EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, tracking_number, .required = true, .min = 1, .max = 100,                      \
          .doc = "Of a shipment of this carrier, or of a package of it.", .example = "\"T1\"")     \
    VALUE(T, string, event_id, .required = true, .min = 1, .max = 100,                             \
          .doc = "Your id of the update: repeats change nothing.", .example = "\"e-1\"")           \
    VALUE(T, choice, status, .required = true, .choices = tracking_statuses,                       \
          .doc = "What happened.")                                                                 \
    VALUE(T, instant, occurred_at, .required = true, .doc = "When.")                               \
    VALUE(T, string, place, .max = 200, .doc = "Where.")                                           \
    VALUE(T, string, description, .max = 1000, .doc = "In words.")
JSON_STRUCT(webhook_event, WEBHOOK_EVENT_FIELDS);

#define WEBHOOK_EVENTS_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    LIST(T, webhook_event, events, .required = true, .min = 1, .max = TRACKING_BATCH_MAX,          \
         .doc = "Updates, in any order, of any shipments.")
JSON_STRUCT(webhook_events, WEBHOOK_EVENTS_FIELDS);

#define WEBHOOK_RESULT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, string, tracking_number, .doc = "As sent.")                                           \
    VALUE(T, string, event_id, .doc = "As sent.")                                                  \
    VALUE(T, choice, result, .choices = webhook_results,                                           \
          .doc = "recorded; known: it came before; unknown_shipment: no shipment of this carrier " \
                 "has the number; refused: the shipment has not left or has too many updates.")
JSON_STRUCT(webhook_result, WEBHOOK_RESULT_FIELDS);

#define WEBHOOK_REPLY_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, integer, recorded, .doc = "How many were new.")                                       \
    LIST(T, webhook_result, results, .max = TRACKING_BATCH_MAX,                                    \
         .doc = "What became of each, in the order of the request.")
JSON_STRUCT(webhook_reply, WEBHOOK_REPLY_FIELDS);
