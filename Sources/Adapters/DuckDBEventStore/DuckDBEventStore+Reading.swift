package import Events
package import Ports
internal import Synchronization

/// What questions share, and books and quarantine.
extension DuckDBEventStore: EventStoreReader, QuarantineRemover {
    package func books(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(EventStoreError) -> [LogicalDate: BooksDelta] {
        try await ask("books", project, none: [:]) { connection, projectNo throws(EventStoreError) in
            var byDate: [LogicalDate: BooksDelta] = [:]
            try connection.query("books", QuerySQL.books(dates, projectNo: projectNo)) { row in
                let count = row.int64(2)
                let date = LogicalDate(dayNumber: row.int32(3))
                var books = byDate[date] ?? BooksDelta()
                defer { byDate[date] = books }
                switch Verdict(rawValue: row.text(0)) {
                case .stored: books.stored += count
                case .duplicate: books.duplicate += count
                case .sampled: books.sampled += count
                case .rejected: books.rejected[row.text(1), default: 0] += count
                case .quarantined: books.quarantined[row.text(1), default: 0] += count
                case nil: books.received += count
                }
            }
            return byDate
        }
    }

    package func quarantined(
        _ project: ProjectID, before: QuarantineID?, limit: Int
    ) async throws(EventStoreError) -> [QuarantinedItem] {
        try await ask("quarantined", project, none: []) { connection, projectNo throws(EventStoreError) in
            let limit = min(max(0, limit), EventStoreLimits.pageRowsMax)
            let statement = QuerySQL.quarantined(before: before, limit: limit, projectNo: projectNo)
            return try Self.quarantined(statement, project, connection)
        }
    }

    package func quarantined(
        _ project: ProjectID, ids: [QuarantineID]
    ) async throws(EventStoreError) -> [QuarantinedItem] {
        try await ask("quarantined", project, none: []) { connection, projectNo throws(EventStoreError) in
            var found: [QuarantinedItem] = []
            for part in Self.parts(of: ids) {
                found += try Self.quarantined(
                    QuerySQL.quarantined(ids: part, projectNo: projectNo), project, connection)
            }
            return found
        }
    }

    private static func quarantined(
        _ statement: Statement, _ project: ProjectID, _ connection: Connection
    ) throws(EventStoreError) -> [QuarantinedItem] {
        var found: [QuarantinedItem] = []
        try connection.query("quarantined", statement) { row in
            found.append(
                QuarantinedItem(
                    projectID: project, receivedAt: Timestamp(microseconds: row.int64(0)),
                    logicalDate: LogicalDate(dayNumber: row.int32(1)), streamOffset: StreamOffset(row.int64(2)),
                    itemIndex: Int(row.int64(3)), code: row.text(4), message: row.text(5), bytes: row.bytes(6)))
        }
        return found
    }

    package func removeQuarantined(_ project: ProjectID, ids: [QuarantineID]) async throws(EventStoreError) -> Int {
        let parts = Self.parts(of: ids)
        return try await onWriter { core throws(EventStoreError) in
            guard let number = try core.connection.number("remove quarantined", Self.number(of: project)) else {
                return 0
            }
            return try core.transaction("remove quarantined") { () throws(EventStoreError) in
                var removed: Int64 = 0
                for part in parts {
                    removed +=
                        try core.connection.number(
                            "remove quarantined", QuerySQL.countQuarantined(ids: part, projectNo: Int32(number))) ?? 0
                    try core.connection.run(
                        "remove quarantined", QuerySQL.removeQuarantined(ids: part, projectNo: Int32(number)))
                }
                return Int(removed)
            }
        }
    }

    /// Each identifier once, as many to a part as one statement names.
    private static func parts(of ids: [QuarantineID]) -> [[QuarantineID]] {
        let ids = Set(ids).sorted(by: >)
        let size = EventStoreLimits.quarantineIDsPerStatement
        return stride(from: 0, to: ids.count, by: size).map { Array(ids[$0..<min($0 + size, ids.count)]) }
    }

    private static func number(of project: ProjectID) -> Statement {
        Statement("SELECT project_no::BIGINT FROM projects WHERE project_id = $1", [.text(project.text)])
    }

    /// Runs the question for the project's number; a project without rows gets `none`.
    func ask<Answer: Sendable>(
        _ operation: String, _ project: ProjectID, none: Answer,
        _ body: @escaping @Sendable (Connection, Int32) throws(EventStoreError) -> Answer
    ) async throws(EventStoreError) -> Answer {
        try await readers.ask(operation) { connection throws(EventStoreError) in
            guard let number = try self.number(of: project, operation, connection) else { return none }
            return try body(connection, number)
        }
    }

    /// Nil for a project without rows. The number of a project never changes.
    func number(of project: ProjectID, _ operation: String, _ connection: Connection) throws(EventStoreError) -> Int32?
    {
        if let known = projectNumbers.withLock({ $0[project.text] }) { return known }
        guard let found = try connection.number(operation, Self.number(of: project)) else { return nil }
        projectNumbers.withLock { $0[project.text] = Int32(found) }
        return Int32(found)
    }
}
