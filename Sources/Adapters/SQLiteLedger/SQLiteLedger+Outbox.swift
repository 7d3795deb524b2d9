internal import Events
internal import GRDB
package import Ports

extension SQLiteLedger: Outbox {
    package func pending(limit: Int) async throws(LedgerError) -> [OutboxEntry] {
        try await read("reading the outbox") { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql:
                        "SELECT position, project_id, event_id, received_at, event FROM outbox ORDER BY position LIMIT ?"
                ),
                arguments: [limit]
            ).map { row in
                let event: String = row[4]
                return OutboxEntry(
                    position: row[0],
                    event: OutboxEvent(
                        projectID: ProjectID(trusted: row[1]), eventID: row[2],
                        receivedAt: Timestamp(microseconds: row[3]), event: Array(event.utf8)))
            }
        }
    }

    package func remove(through position: Int64) async throws(LedgerError) {
        try await write("emptying the outbox") { db in
            try db.cachedStatement(sql: "DELETE FROM outbox WHERE position <= ?").execute(arguments: [position])
        }
    }

    package var commitCount: UInt64 { commits.count }

    package func waitForCommit(beyond seen: UInt64) async { await commits.wait(beyond: seen) }
}
