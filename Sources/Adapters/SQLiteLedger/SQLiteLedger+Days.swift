package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: DayLedger {
    package func dayExtent(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayExtent {
        try await read("measuring a day") { try DayRow.extent(project, date, in: $0) }
    }

    package func dayLastSequence(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> Int64? {
        try await read("reading a day's last attempt") { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: "SELECT max(sequence) FROM attempts WHERE project_id = ? AND logical_date = ?"),
                arguments: [project.text, date.description])
        }
    }

    package func dayAttempts(
        _ project: ProjectID, _ date: LogicalDate, after sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await attempts(project: project, date: date, afterSequence: sequence, limit: limit)
    }

    package func attemptHash(_ project: ProjectID, sequence: Int64) async throws(LedgerError) -> [UInt8]? {
        try await read("reading an attempt's hash") { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT hash FROM attempts WHERE project_id = ? AND sequence = ?"),
                arguments: [project.text, sequence]
            ).map { bytes($0[0]) }
        }
    }

    package func dayLeadCount(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> Int64 {
        try await read("counting a day's leads") { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT count(*) FROM attempts a JOIN leads l ON l.attempt_id = a.attempt_id
                        WHERE a.project_id = ? AND a.logical_date = ?
                        """),
                arguments: [project.text, date.description]) ?? 0
        }
    }

    package func logExtent(_ project: ProjectID) async throws(LedgerError) -> DayExtent {
        try await read("measuring the log") { db in
            try Row.fetchOne(
                db.cachedStatement(
                    // Each by the index on its own: asked together, every entry would be read out.
                    sql: """
                        SELECT (SELECT count(*) FROM attempts WHERE project_id = :project),
                            (SELECT min(sequence) FROM attempts WHERE project_id = :project),
                            (SELECT max(sequence) FROM attempts WHERE project_id = :project)
                        """),
                arguments: ["project": project.text]
            ).map(DayRow.extent) ?? .empty
        }
    }

    package func firstAttemptDate(_ project: ProjectID) async throws(LedgerError) -> LogicalDate? {
        try await read("reading the first day") { db in
            try String.fetchOne(
                db.cachedStatement(sql: "SELECT min(logical_date) FROM attempts WHERE project_id = ?"),
                arguments: [project.text]
            ).flatMap { LogicalDate($0) }
        }
    }

    package func attemptDates(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate] {
        try await read("reading dates with attempts") { db in
            try String.fetchAll(
                db.cachedStatement(
                    sql: Self.distinct(
                        "logical_date", of: "attempts",
                        where: "project_id = :project AND logical_date BETWEEN :first AND :last")),
                arguments: [
                    "project": project.text, "first": dates.lowerBound.description,
                    "last": dates.upperBound.description,
                ]
            ).compactMap { LogicalDate($0) }
        }
    }

    package func snapshot(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> StoredSnapshot? {
        try await snapshots(project, in: date...date, limit: 1).first
    }

    package func snapshots(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [StoredSnapshot] {
        try await snapshots(project, in: dates, limit: limit, columns: DayRow.snapshotColumns)
    }

    package func snapshotHeads(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [StoredSnapshot] {
        try await snapshots(project, in: dates, limit: limit, columns: DayRow.headColumns)
    }

    private func snapshots(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int, columns: String
    ) async throws(LedgerError) -> [StoredSnapshot] {
        try await read("reading snapshots") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(columns) FROM day_snapshots
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date DESC LIMIT ?
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description, limit]
            ).map { try DayRow.snapshot($0, path: path) }
        }
    }

    package func closedDates(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate] {
        try await read("reading closed days") { db in
            try String.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT logical_date FROM closed_days
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description]
            ).compactMap { LogicalDate($0) }
        }
    }

    package func seal(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DaySeal? {
        try await read("reading a seal") { [path] db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT \(SealRow.sealColumns) FROM day_seals WHERE project_id = ? AND logical_date = ?"),
                arguments: [project.text, date.description]
            ).map { try SealRow.seal($0, path: path) }
        }
    }

    package func replaceOpenSnapshot(_ snapshot: StoredSnapshot) async throws(LedgerError) -> Bool {
        precondition(snapshot.closedAt == nil, "an open snapshot has no closing time")
        return try await write("storing a snapshot") { db in
            guard try !DayRow.isClosed(snapshot.projectID, snapshot.date, in: db) else { return false }
            try DayRow.put(snapshot, in: db)
            return true
        }
    }

    package func closeDay(
        _ snapshot: StoredSnapshot, seal: DaySeal, extent: DayExtent, link: DaySealLink, tree: DayTree
    ) async throws(LedgerError) -> DayCloseOutcome {
        guard let closedAt = snapshot.closedAt else { preconditionFailure("a closing snapshot has its closing time") }
        let (project, date) = (snapshot.projectID, snapshot.date)
        return try await write("closing a day") { [path] db in
            if try DayRow.isClosed(project, date, in: db) { return .alreadyClosed }
            guard try DayRow.extent(project, date, in: db) == extent else { return .moved }
            let tip = try SealRow.tip(project, in: db, path: path)
            guard link.position == (tip?.position ?? 0) + 1,
                link.previousSealHash == tip?.sealHash ?? SealStatement.genesis
            else { return .moved }
            try DayRow.put(snapshot, in: db)
            try DayRow.insert(seal, in: db)
            try SealRow.insert(link, in: db)
            try SealRow.insert(tree, seal, in: db)
            try db.execute(
                sql: "INSERT INTO closed_days (project_id, logical_date, closed_at, created_at) VALUES (?, ?, ?, ?)",
                arguments: [project.text, date.description, closedAt.microseconds, closedAt.microseconds])
            return .closed
        }
    }
}

/// The rows of `day_snapshots` and `day_seals` as values.
enum DayRow {
    static let snapshotColumns = """
        project_id, logical_date, json, sha256, attempts, leads, failures, is_balanced, refreshed_at, closed_at
        """

    static let headColumns = """
        project_id, logical_date, '', sha256, attempts, leads, failures, is_balanced, refreshed_at, closed_at
        """

    static func extent(_ row: Row) -> DayExtent {
        DayExtent(rowCount: row[0], firstSequence: row[1], lastSequence: row[2])
    }

    static func extent(_ project: ProjectID, _ date: LogicalDate, in db: Database) throws -> DayExtent {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT count(*), min(sequence), max(sequence) FROM attempts
                    WHERE project_id = ? AND logical_date = ?
                    """),
            arguments: [project.text, date.description]
        ).map(extent) ?? .empty
    }

    static func isClosed(_ project: ProjectID, _ date: LogicalDate, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM closed_days WHERE project_id = ? AND logical_date = ?)"),
            arguments: [project.text, date.description]) ?? false
    }

    static func snapshot(_ row: Row, path: String) throws -> StoredSnapshot {
        let dateText: String = row[1]
        guard let date = LogicalDate(dateText) else {
            throw LedgerError.unreadable(path: path, detail: "a snapshot has the damaged date \(dateText)")
        }
        let closedAt: Int64? = row[9]
        return StoredSnapshot(
            projectID: ProjectID(trusted: row[0]), date: date, json: row[2], sha256: row[3], attempts: row[4],
            leads: row[5], failures: row[6], isBalanced: row[7], refreshedAt: Timestamp(microseconds: row[8]),
            closedAt: closedAt.map(Timestamp.init(microseconds:)))
    }

    static func optionalBytes(_ row: Row, _ index: Int) -> [UInt8]? {
        guard !row.hasNull(atIndex: index) else { return nil }
        return bytes(row[index])
    }

    /// Inserts the snapshot or writes over the open one of the same date.
    static func put(_ s: StoredSnapshot, in db: Database) throws {
        let values: [(any DatabaseValueConvertible)?] = [
            s.projectID.text, s.date.description, s.json, s.sha256, s.attempts, s.leads, s.failures, s.isBalanced,
            s.refreshedAt.microseconds, s.closedAt?.microseconds, s.refreshedAt.microseconds,
        ]
        try db.cachedStatement(
            sql: """
                INSERT INTO day_snapshots (\(snapshotColumns), created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (project_id, logical_date) DO UPDATE SET
                    json = excluded.json, sha256 = excluded.sha256, attempts = excluded.attempts,
                    leads = excluded.leads, failures = excluded.failures, is_balanced = excluded.is_balanced,
                    refreshed_at = excluded.refreshed_at, closed_at = excluded.closed_at
                """
        ).execute(arguments: StatementArguments(values))
    }

    static func insert(_ seal: DaySeal, in db: Database) throws {
        let values: [(any DatabaseValueConvertible)?] = [
            seal.projectID.text, seal.date.description, blob(seal.merkleRoot), seal.rowCount, seal.firstSequence,
            seal.lastSequence, seal.lastHash.map(blob), seal.snapshotSHA256, seal.sealedAt.microseconds,
            seal.sealedAt.microseconds,
        ]
        try db.execute(
            sql: """
                INSERT INTO day_seals (project_id, logical_date, merkle_root, row_count, first_sequence, last_sequence,
                    last_hash, snapshot_sha256, sealed_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: StatementArguments(values))
    }
}
