/* JSON types of shipments. */
#include "server/shipments/shipments.h"

const char *const shipment_statuses[] = {"draft",     "shipped",  "delivered",
                                         "exception", "canceled", NULL};
const char *const shipment_exception_kinds[] = {"short", "damaged", "refused", "lost", NULL};
const char *const shipment_resolutions[] = {"reship", "close", NULL};

JSON_TYPE(shipment_lot_new, SHIPMENT_LOT_NEW_FIELDS, .doc = "A lot to take.");
JSON_TYPE(shipment_line_lots, SHIPMENT_LINE_LOTS_FIELDS, .doc = "The lots that a line takes.");
JSON_TYPE(shipment_lot_back, SHIPMENT_LOT_BACK_FIELDS, .doc = "What came back of a lot.");
JSON_TYPE(shipment_lot, SHIPMENT_LOT_FIELDS, .doc = "What a line took of a lot.");
JSON_TYPE(shipment_line_new, SHIPMENT_LINE_NEW_FIELDS, .doc = "A line to ship.");
JSON_TYPE(shipment_order, SHIPMENT_ORDER_FIELDS, .doc = "An order of a shipment.");
JSON_TYPE(shipment_package_line, SHIPMENT_PACKAGE_LINE_FIELDS, .doc = "What is in a package.");
JSON_TYPE(shipment_package_new, SHIPMENT_PACKAGE_NEW_FIELDS, .doc = "A package to send.");
JSON_TYPE(shipment_package, SHIPMENT_PACKAGE_FIELDS, .doc = "A package of a shipment.");
JSON_TYPE(shipment_new, SHIPMENT_NEW_FIELDS, .doc = "A shipment to create.");
JSON_TYPE(shipment_ship, SHIPMENT_SHIP_FIELDS, .doc = "How and when a shipment left.");
JSON_TYPE(shipment_proof, SHIPMENT_PROOF_FIELDS, .doc = "Proof of delivery.");
JSON_TYPE(shipment_exception_new, SHIPMENT_EXCEPTION_NEW_FIELDS,
          .doc = "What of a line did not arrive.");
JSON_TYPE(shipment_exception, SHIPMENT_EXCEPTION_FIELDS,
          .doc = "What of a shipment did not arrive, and what followed.");
JSON_TYPE(shipment_deliver_line, SHIPMENT_DELIVER_LINE_FIELDS,
          .doc = "A line that did not arrive in full.");
JSON_TYPE(shipment_deliver, SHIPMENT_DELIVER_FIELDS, .doc = "What arrived, and the proof of it.");
JSON_TYPE(shipment_line, SHIPMENT_LINE_FIELDS, .doc = "A line of a shipment.");
JSON_TYPE(shipment_summary, SHIPMENT_HEADER_FIELDS, .doc = "A shipment without its lines.");
JSON_TYPE(shipment, SHIPMENT_FIELDS, .doc = "A shipment.");
