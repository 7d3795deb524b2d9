internal import GRDB
package import Ports

/// Filling a new ledger with years of history at once.
///
/// Of all that a submission writes, only the hashes of addresses and numbers land anywhere in their table: each new person
/// rewrites two pages of it. While it is filled they are kept in the order of their arrival, and sorted once at the end. In
/// between people are found by them all the same, but slowly, so this is for a ledger that nothing serves.
extension SQLiteLedger {
    package func beginSortingContactsOnce() async throws(LedgerError) {
        try await write("setting contacts aside") { db in
            try db.execute(
                sql: """
                    ALTER TABLE user_contacts RENAME TO sorted_user_contacts;
                    CREATE TABLE user_contacts (
                        project_id TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        hash_prefix INTEGER NOT NULL,
                        user_id TEXT NOT NULL
                    ) STRICT;
                    """)
        }
    }

    /// After `beginSortingContactsOnce`: the table is again as it was, with what came in between.
    package func endSortingContactsOnce() async throws(LedgerError) {
        try await write("sorting contacts") { db in
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO sorted_user_contacts (project_id, kind, hash_prefix, user_id)
                        SELECT project_id, kind, hash_prefix, user_id FROM user_contacts
                        ORDER BY project_id, kind, hash_prefix, user_id;
                    DROP TABLE user_contacts;
                    ALTER TABLE sorted_user_contacts RENAME TO user_contacts;
                    """)
        }
    }
}
