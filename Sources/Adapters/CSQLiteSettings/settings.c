#include "sqlite_settings.h"

#include <sqlite3.h>

/* sqlite3_config takes a variable number of arguments, which Swift cannot call. */
int daybook_sqlite_without_memory_counters(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
