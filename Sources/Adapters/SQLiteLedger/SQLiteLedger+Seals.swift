package import Events
internal import Foundation
internal import GRDB
package import Ports

extension SQLiteLedger: SealLedger {
    package func sealTip(_ project: ProjectID) async throws(LedgerError) -> DaySealLink? {
        try await read("reading the last seal") { [path] db in try SealRow.tip(project, in: db, path: path) }
    }

    package func seals(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [SealedDay] {
        try await read("reading seals") { [path] db in
            let arguments: StatementArguments = [
                project.text, dates.lowerBound.description, dates.upperBound.description, limit,
            ]
            let links = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(SealRow.linkColumns) FROM day_seal_links
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date LIMIT ?
                        """),
                arguments: arguments
            ).map { try SealRow.link($0, path: path) }
            let byDate = Dictionary(links.map { ($0.date, $0) }) { first, _ in first }
            return try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(SealRow.sealColumns) FROM day_seals
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date LIMIT ?
                        """),
                arguments: arguments
            ).map {
                let seal = try SealRow.seal($0, path: path)
                return SealedDay(seal: seal, link: byDate[seal.date])
            }
        }
    }

    package func sealLinks(
        _ project: ProjectID, after position: Int64, limit: Int
    ) async throws(LedgerError) -> [DaySealLink] {
        try await read("reading the chain of seals") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(SealRow.linkColumns) FROM day_seal_links
                        WHERE project_id = ? AND position > ? ORDER BY position LIMIT ?
                        """),
                arguments: [project.text, position, limit]
            ).map { try SealRow.link($0, path: path) }
        }
    }

    package func dayTree(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayTree? {
        try await read("reading a day's tree") { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT row_count, first_sequences, nodes FROM day_trees
                        WHERE project_id = ? AND logical_date = ?
                        """),
                arguments: [project.text, date.description]
            ).map { row in
                let (sequences, nodes) = (bytes(row[1]), bytes(row[2]))
                return DayTree(
                    rowCount: row[0],
                    firstSequences: stride(from: 0, to: sequences.count, by: 8).map { at in
                        sequences[at..<at + 8].reduce(0) { $0 << 8 | Int64($1) }
                    },
                    nodes: stride(from: 0, to: nodes.count, by: 32).map { Array(nodes[$0..<$0 + 32]) })
            }
        }
    }

    package func dayHashes(
        _ project: ProjectID, _ date: LogicalDate, from sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [(sequence: Int64, hash: [UInt8])] {
        try await read("reading a day's hashes") { db in
            var found: [(sequence: Int64, hash: [UInt8])] = []
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT sequence, hash FROM attempts
                        WHERE project_id = ? AND logical_date = ? AND sequence >= ? ORDER BY sequence LIMIT ?
                        """),
                arguments: [project.text, date.description, sequence, limit])
            while let row = try rows.next() { found.append((row[0], bytes(row[1]))) }
            return found
        }
    }

    package func sealKeys() async throws(LedgerError) -> [SealKey] {
        try await read("reading the keys of seals") { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT key_id, public_key, created_at FROM seal_keys ORDER BY created_at, key_id")
            ).map { SealKey(keyID: $0[0], publicKey: bytes($0[1]), createdAt: Timestamp(microseconds: $0[2])) }
        }
    }

    package func record(_ key: SealKey) async throws(LedgerError) {
        try await write("recording a key of seals") { db in
            let isKnown =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM seal_keys WHERE key_id = ?)", arguments: [key.keyID])
                ?? false
            guard !isKnown else { return }
            try db.execute(
                sql: "INSERT INTO seal_keys (key_id, public_key, created_at) VALUES (?, ?, ?)",
                arguments: [key.keyID, blob(key.publicKey), key.createdAt.microseconds])
        }
    }

    package func record(_ verification: StoredVerification) async throws(LedgerError) {
        let v = verification
        try await write("recording a verification") { db in
            let values: [(any DatabaseValueConvertible)?] = [
                v.projectID.text, v.date.description, v.passed, v.rows, v.result, v.jobID, v.at.microseconds,
            ]
            try db.execute(
                sql: """
                    INSERT INTO day_verifications (project_id, logical_date, passed, row_count, result, job_id, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: StatementArguments(values))
        }
    }

    package func latestVerifications(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: StoredVerification] {
        try await read("reading verifications") { db in
            var found: [LogicalDate: StoredVerification] = [:]
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT logical_date, passed, row_count, result, job_id, created_at FROM day_verifications
                        WHERE position IN (SELECT max(position) FROM day_verifications
                            WHERE project_id = ? AND logical_date BETWEEN ? AND ? GROUP BY logical_date)
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description])
            for row in rows {
                guard let date = LogicalDate(row[0] as String) else { continue }
                found[date] = StoredVerification(
                    projectID: project, date: date, passed: row[1], rows: row[2], result: row[3], jobID: row[4],
                    at: Timestamp(microseconds: row[5]))
            }
            return found
        }
    }
}

/// The rows of `day_seals`, `day_seal_links` and `day_trees` as values.
enum SealRow {
    static let sealColumns = """
        project_id, logical_date, merkle_root, row_count, first_sequence, last_sequence, last_hash, snapshot_sha256, \
        sealed_at
        """
    static let linkColumns = """
        project_id, logical_date, position, leads_root, previous_seal_hash, seal_hash, signature, key_id, created_at
        """

    static func seal(_ row: Row, path: String) throws -> DaySeal {
        DaySeal(
            projectID: ProjectID(trusted: row[0]), date: try date(row[1], path: path), merkleRoot: bytes(row[2]),
            rowCount: row[3], firstSequence: row[4], lastSequence: row[5], lastHash: DayRow.optionalBytes(row, 6),
            snapshotSHA256: row[7], sealedAt: Timestamp(microseconds: row[8]))
    }

    static func link(_ row: Row, path: String) throws -> DaySealLink {
        DaySealLink(
            projectID: ProjectID(trusted: row[0]), date: try date(row[1], path: path), position: row[2],
            leadsRoot: DayRow.optionalBytes(row, 3), previousSealHash: bytes(row[4]), sealHash: bytes(row[5]),
            signature: DayRow.optionalBytes(row, 6), keyID: row[7], linkedAt: Timestamp(microseconds: row[8]))
    }

    private static func date(_ text: String, path: String) throws -> LogicalDate {
        guard let date = LogicalDate(text) else {
            throw LedgerError.unreadable(path: path, detail: "a seal has the damaged date \(text)")
        }
        return date
    }

    static func tip(_ project: ProjectID, in db: Database, path: String) throws -> DaySealLink? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT \(linkColumns) FROM day_seal_links WHERE project_id = ? ORDER BY position DESC LIMIT 1"),
            arguments: [project.text]
        ).map { try link($0, path: path) }
    }

    static func insert(_ link: DaySealLink, in db: Database) throws {
        let values: [(any DatabaseValueConvertible)?] = [
            link.projectID.text, link.date.description, link.position, link.leadsRoot.map(blob),
            blob(link.previousSealHash), blob(link.sealHash), link.signature.map(blob), link.keyID,
            link.linkedAt.microseconds,
        ]
        try db.execute(
            sql: "INSERT INTO day_seal_links (\(linkColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: StatementArguments(values))
    }

    static func insert(_ tree: DayTree, _ seal: DaySeal, in db: Database) throws {
        var sequences = [UInt8]()
        for sequence in tree.firstSequences {
            withUnsafeBytes(of: sequence.bigEndian) { sequences.append(contentsOf: $0) }
        }
        try db.execute(
            sql: """
                INSERT INTO day_trees (project_id, logical_date, row_count, first_sequences, nodes, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                seal.projectID.text, seal.date.description, tree.rowCount, blob(sequences),
                blob(Array(tree.nodes.joined())), seal.sealedAt.microseconds,
            ])
    }
}
