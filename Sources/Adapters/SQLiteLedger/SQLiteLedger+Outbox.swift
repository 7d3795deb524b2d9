package import Events
internal import GRDB
package import Ports
internal import Synchronization

extension SQLiteLedger: Outbox {
    package func pending(after position: Int64, limit: Int) async throws(LedgerError) -> [OutboxEntry] {
        let durable = durableOutbox.withLock { $0 }
        return try await read("reading the outbox") { db in
            var statement = try BoundStatement(
                """
                SELECT position, project_id, event_id, received_at, event FROM outbox
                WHERE position > ? AND position <= ? ORDER BY position LIMIT ?
                """, in: db)
            statement.bind(position)
            statement.bind(durable)
            statement.bind(Int64(limit))
            return try statement.all { columns in
                OutboxEntry(
                    position: columns.integer(0),
                    event: OutboxEvent(
                        projectID: ProjectID(trusted: columns.text(1)), eventID: columns.text(2),
                        receivedAt: Timestamp(microseconds: columns.integer(3)), event: columns.blob(4)))
            }
        }
    }

    package func waiting(
        of project: ProjectID, receivedBefore end: Timestamp
    ) async throws(LedgerError) -> Int64 {
        try await read("counting the outbox") { db in
            try Int64.fetchOne(
                db, sql: "SELECT count(*) FROM outbox WHERE project_id = ? AND received_at < ?",
                arguments: [project.text, end.microseconds]) ?? 0
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
