package import Events
internal import GRDB
package import Ports

/// What the ledger holds records of, whoever registered it: verifications begin here, so that nothing is out of their sight.
extension SQLiteLedger {
    package func recordedProjects() async throws(LedgerError) -> [ProjectID] {
        try await read("looking for projects with records") { db in
            var found: Set<String> = []
            for table in ["attempts", "leads", "closed_days", "day_seals", "day_seal_links", "day_snapshots"] {
                found.formUnion(
                    try String.fetchAll(db.cachedStatement(sql: Self.distinct("project_id", of: table, where: "true"))))
            }
            return found.sorted().map { ProjectID(trusted: $0) }
        }
    }

    package func recordedDates(_ project: ProjectID) async throws(LedgerError) -> RecordedDates {
        try await read("looking for days with records") { db in
            var found = RecordedDates()
            for (table, condition) in [
                ("attempts", "true"), ("closed_days", "true"), ("day_seals", "true"), ("day_seal_links", "true"),
                ("day_snapshots", "closed_at IS NOT NULL"),
            ] {
                let sql = Self.distinct("logical_date", of: table, where: "project_id = :project AND \(condition)")
                for text in try String.fetchAll(db.cachedStatement(sql: sql), arguments: ["project": project.text]) {
                    if let date = LogicalDate(text) {
                        found.dates.insert(date)
                    } else {
                        found.damaged.append(.init(table: table, text: text))
                    }
                }
            }
            return found
        }
    }

    /// Distinct values, from one to the next by the index that they begin: SQLite's own DISTINCT reads every entry.
    static func distinct(_ column: String, of table: String, where condition: String) -> String {
        """
        WITH RECURSIVE found (value) AS (
            SELECT min(\(column)) FROM \(table) WHERE \(condition)
            UNION ALL
            SELECT (SELECT min(\(column)) FROM \(table) WHERE \(condition) AND \(column) > found.value)
            FROM found WHERE found.value IS NOT NULL
        )
        SELECT value FROM found WHERE value IS NOT NULL
        """
    }

    package func dayRecords(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayRecords {
        try await read("reading a day's records") { [path] db in
            func row(_ columns: String, of table: String) throws -> Row? {
                try Row.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT \(columns) FROM \(table) WHERE project_id = ? AND logical_date = ?"),
                    arguments: [project.text, date.description])
            }
            var records = DayRecords(
                closedAt: try row("closed_at", of: "closed_days").map { Timestamp(microseconds: $0[0]) },
                seal: try row(SealRow.sealColumns, of: "day_seals").map { try SealRow.seal($0, path: path) },
                link: try row(SealRow.linkColumns, of: "day_seal_links").map { try SealRow.link($0, path: path) },
                snapshot: try row(DayRow.snapshotColumns, of: "day_snapshots").map {
                    try DayRow.snapshot($0, path: path)
                }, point: nil, pointFault: nil)
            do {
                records.point = try row(PointRow.columns, of: "day_points").map { try PointRow.point($0, path: path) }
            } catch let error as DecodingError {
                records.pointFault = String(describing: error)
            }
            return records
        }
    }
}
