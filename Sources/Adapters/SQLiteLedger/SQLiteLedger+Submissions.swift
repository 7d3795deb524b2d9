internal import Events
internal import GRDB
package import Ports

extension SQLiteLedger: SubmissionLedger {
    package func commit<Item: Sendable, Decision: Sendable>(
        _ items: [Item],
        decide: @escaping @Sendable (Item, any SubmissionTransaction) throws(LedgerError) -> Decision
    ) async throws(LedgerError) -> [Decision] {
        let (decisions, hasEvents) = try await write("deciding \(items.count) submissions") { [path] db in
            let transaction = SQLiteSubmissionTransaction(db: db, path: path)
            var decisions: [Decision] = []
            decisions.reserveCapacity(items.count)
            for item in items { decisions.append(try decide(item, transaction)) }
            try transaction.finish()
            return (decisions, transaction.hasEvents)
        }
        if hasEvents { commits.signal() }
        return decisions
    }
}

/// One transaction of submissions. Statements are prepared once per connection; a project's tip is read once and then
/// followed in memory, which is right because nothing else writes while this transaction is open.
final class SQLiteSubmissionTransaction: SubmissionTransaction {
    private let db: Database
    private let path: String
    private var tips: [ProjectID: AttemptTip?] = [:]
    private var closed: [ProjectID: [LogicalDate: Bool]] = [:]
    private var newestIdempotencyTime: Timestamp?
    private(set) var hasEvents = false

    init(db: Database, path: String) {
        self.db = db
        self.path = path
    }

    private func run<Value>(_ operation: String, _ body: () throws -> Value) throws(LedgerError) -> Value {
        do { return try body() } catch { throw SQLiteLedger.ledgerError(error, operation: operation, path: path) }
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func tip(of project: ProjectID) throws(LedgerError) -> AttemptTip? {
        if let known = tips[project] { return known }
        let tip = try run("reading the last attempt") { try AttemptRow.tip(of: project, in: db) }
        tips[project] = .some(tip)
        return tip
    }

    func isClosed(_ date: LogicalDate, of project: ProjectID) throws(LedgerError) -> Bool {
        if let known = closed[project]?[date] { return known }
        let found = try run("reading closed days") {
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM closed_days WHERE project_id = ? AND logical_date = ?)"),
                arguments: [project.text, date.description]) ?? false
        }
        closed[project, default: [:]][date] = found
        return found
    }

    func userID(of identity: UserIdentity, in project: ProjectID) throws(LedgerError) -> String? {
        try run("finding the user") {
            for (column, value) in [
                ("email", identity.email), ("phone", identity.phone), ("external_id", identity.externalID),
            ] {
                guard let value else { continue }
                let found = try String.fetchOne(
                    db.cachedStatement(sql: "SELECT user_id FROM users WHERE project_id = ? AND \(column) = ?"),
                    arguments: [project.text, value])
                if let found { return found }
            }
            return nil
        }
    }

    func insert(_ user: SubmittingUser) throws(LedgerError) {
        try run("creating the user") {
            try execute(
                """
                INSERT INTO users (user_id, project_id, email, phone, external_id, name, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    user.userID, user.projectID.text, user.identity.email, user.identity.phone,
                    user.identity.externalID, user.name, user.createdAt.microseconds,
                ])
            for (kind, prefix) in ContactPrefix.of(user.identity, in: user.projectID) {
                try execute(
                    """
                    INSERT OR IGNORE INTO user_contacts (project_id, kind, hash_prefix, user_id) VALUES (?, ?, ?, ?)
                    """, [user.projectID.text, kind.rawValue, prefix, user.userID])
            }
        }
    }

    func limiterState(of userID: String, in project: ProjectID) throws(LedgerError) -> Timestamp? {
        try run("reading the rate limit") {
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: "SELECT next_free_at FROM user_rate_limits WHERE project_id = ? AND user_id = ?"),
                arguments: [project.text, userID]
            ).map(Timestamp.init(microseconds:))
        }
    }

    func setLimiterState(
        _ state: Timestamp, of userID: String, in project: ProjectID, at time: Timestamp
    ) throws(LedgerError) {
        try run("writing the rate limit") {
            try execute(
                """
                INSERT INTO user_rate_limits (project_id, user_id, next_free_at, updated_at) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET next_free_at = excluded.next_free_at, updated_at = excluded.updated_at
                """,
                [project.text, userID, state.microseconds, time.microseconds])
        }
    }

    func leadID(
        ofUser userID: String, source: String, digest: [UInt8], createdIn range: Range<Timestamp>, project: ProjectID
    ) throws(LedgerError) -> String? {
        try run("looking for a duplicate lead") {
            try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT lead_id FROM leads
                        WHERE project_id = ? AND user_id = ? AND created_at >= ? AND created_at < ?
                            AND source = ? AND fields_digest = ?
                        ORDER BY created_at DESC LIMIT 1
                        """),
                arguments: [
                    project.text, userID, range.lowerBound.microseconds, range.upperBound.microseconds, source,
                    blob(digest),
                ])
        }
    }

    func idempotencyRecord(_ key: String, of project: ProjectID) throws(LedgerError) -> IdempotencyRecord? {
        try run("reading the idempotency key") {
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT body_digest, attempt_id, answer, created_at, expires_at FROM idempotency_keys
                        WHERE project_id = ? AND key = ?
                        """),
                arguments: [project.text, key]
            ).map { row in
                IdempotencyRecord(
                    key: key, bodyDigest: bytes(row[0]), attemptID: row[1], answer: row[2],
                    createdAt: Timestamp(microseconds: row[3]), expiresAt: Timestamp(microseconds: row[4]))
            }
        }
    }

    func put(_ record: IdempotencyRecord, of project: ProjectID) throws(LedgerError) {
        try run("writing the idempotency key") {
            try execute(
                """
                INSERT OR REPLACE INTO idempotency_keys
                    (project_id, key, body_digest, attempt_id, answer, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    project.text, record.key, blob(record.bodyDigest), record.attemptID, record.answer,
                    record.createdAt.microseconds, record.expiresAt.microseconds,
                ])
        }
        newestIdempotencyTime = max(newestIdempotencyTime ?? record.createdAt, record.createdAt)
    }

    func append(_ attempt: Attempt) throws(LedgerError) {
        try run("appending the attempt") { try AttemptRow.insert(attempt, in: db) }
        tips[attempt.projectID] = AttemptTip(
            sequence: attempt.sequence, receivedAt: attempt.receivedAt, hash: attempt.hash)
    }

    func insert(_ lead: Lead, digest: [UInt8]) throws(LedgerError) {
        try run("creating the lead") {
            try execute(
                """
                INSERT INTO leads
                    (lead_id, project_id, attempt_id, user_id, source, channel, fields, fields_digest, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    lead.leadID, lead.projectID.text, lead.attemptID, lead.userID, lead.source, lead.channel,
                    lead.fields, blob(digest), lead.createdAt.microseconds,
                ])
        }
    }

    func append(_ event: OutboxEvent) throws(LedgerError) {
        try run("writing the outbox") {
            try execute(
                "INSERT INTO outbox (project_id, event_id, received_at, event, created_at) VALUES (?, ?, ?, ?, ?)",
                [
                    event.projectID.text, event.eventID, event.receivedAt.microseconds,
                    String(decoding: event.event, as: UTF8.self), event.receivedAt.microseconds,
                ])
        }
        hasEvents = true
    }

    /// Removes a bounded number of expired idempotency keys, in batches that wrote new ones.
    func finish() throws(LedgerError) {
        guard let now = newestIdempotencyTime else { return }
        try run("removing expired idempotency keys") {
            try execute(
                """
                DELETE FROM idempotency_keys WHERE (project_id, key) IN
                    (SELECT project_id, key FROM idempotency_keys WHERE expires_at <= ? LIMIT ?)
                """, [now.microseconds, Limits.expiredKeysPerBatch])
        }
    }
}
