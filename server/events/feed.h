/* How events are read: as a feed in the order of commits, and as the audit log. Both are lists over
 * one table whose numbers have no gaps: a reader who has seen n has missed nothing below it. */
#pragma once
#include "server/api/call.h"

#define EVENT_FIELDS(T, VALUE, OBJECT, LIST)                                                       \
    VALUE(T, integer, seq,                                                                         \
          .doc = "Its number: 1, 2, 3 … in the order of commits, without gaps. "                 \
                 "To follow the feed ask for seq[gt]=<the last one seen>.")                        \
    VALUE(T, string, type, .doc = "What happened.", .example = "\"invoice.finalized\"")            \
    VALUE(T, string, resource, .doc = "The kind of resource it happened to.",                      \
          .example = "\"invoice\"")                                                                \
    VALUE(T, string, resource_id, .doc = "The resource's id.", .example = "\"inv_01kq3v8d2e7g4\"") \
    VALUE(T, instant, at, .doc = "When it was recorded.")                                          \
    VALUE(T, string, request_id, .doc = "The request that caused it; null: none did.")             \
    VALUE(T, id, api_key_id, .prefix = "key", .doc = "The key that asked for it; null: none did.") \
    VALUE(T, raw, data, .doc = "The resource's main facts after it, where the event has some.",    \
          .example = "{\"status\":\"finalized\"}")
JSON_STRUCT(event, EVENT_FIELDS);

#define AUDIT_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, integer, seq, .doc = "Its number, the event's; the newest first with sort=-seq.")     \
    VALUE(T, instant, at, .doc = "When it was done.")                                              \
    VALUE(T, id, api_key_id, .prefix = "key", .doc = "The key that did it; null: the server.")     \
    VALUE(T, string, request_id, .doc = "The request that did it.")                                \
    VALUE(T, string, action, .doc = "What was done: the event's type.",                            \
          .example = "\"customer.updated\"")                                                       \
    VALUE(T, string, resource, .doc = "The kind of resource it was done to.",                      \
          .example = "\"customer\"")                                                               \
    VALUE(T, string, resource_id, .doc = "The resource's id.", .example = "\"cus_01kq3v8d2e7g4\"") \
    VALUE(T, raw, before, .doc = "The resource before; null when it was created.",                 \
          .example = "{\"status\":\"active\"}")                                                    \
    VALUE(T, raw, after, .doc = "The resource after.", .example = "{\"status\":\"blocked\"}")
JSON_STRUCT(audit_entry, AUDIT_ENTRY_FIELDS);
