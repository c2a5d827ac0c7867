/* Private to lib/pg and its tests: migrate.h for a list that is not the program's own. */
#pragma once
#include "lib/pg/migrate.h"

err migrate_list(const char *conninfo, const struct migration *list, int n) MUST_CHECK;
err migrate_check_list(const char *conninfo, const struct migration *list, int n) MUST_CHECK;
