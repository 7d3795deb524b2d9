#ifndef DAYBOOK_SQLITE_SETTINGS_H
#define DAYBOOK_SQLITE_SETTINGS_H

/// Switches SQLite's counters of memory off, for the whole process: every allocation took a lock to move them, and nobody reads
/// them (SQLITE_CONFIG_MEMSTATUS). To be called before the
/// library is first used; afterwards it changes nothing. Returns an SQLite result code.
int daybook_sqlite_without_memory_counters(void);

#endif
