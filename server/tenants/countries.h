/* Country codes. */
#pragma once

/* ISO 3166-1 alpha-2, sorted, NULL at the end. */
extern const char *const country_codes[];
