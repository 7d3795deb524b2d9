internal import Events
internal import GRDB
package import Ports
internal import Synchronization

extension SQLiteLedger: SubmissionLedger {
    package func commit<Batch: Sendable, Item: Sendable, Decision: Sendable>(
        next: @escaping @Sendable () -> (batch: Batch, items: [Item])?,
        decide: @escaping @Sendable (Item, any SubmissionTransaction) throws(LedgerError) -> Decision,
        done: @escaping @Sendable (Batch, Result<[Decision], LedgerError>) -> Void
    ) {
        pool.asyncWriteWithoutTransaction { [self] db in
            guard let (batch, items) = next() else { return }
            var lastEvent: Int64?
            let result = transaction("deciding \(items.count) submissions", db) {
                let transaction = SQLiteSubmissionTransaction(db: db, path: path, published: publishedRules)
                var decisions: [Decision] = []
                decisions.reserveCapacity(items.count)
                for item in items { decisions.append(try decide(item, transaction)) }
                try transaction.finish()
                lastEvent = transaction.lastEvent
                return decisions
            }
            switch result {
            case .failure: done(batch, result)
            case .success:
                sync.afterSync { [self, lastEvent] failure in
                    let durableEvent = failure == nil ? lastEvent : nil
                    if let durableEvent { durableOutbox.withLock { $0 = max($0, durableEvent) } }
                    done(batch, failure.map { .failure($0) } ?? result)
                    if durableEvent != nil { commits.signal() }
                }
            }
            commit(next: next, decide: decide, done: done)
        }
    }
}

/// One transaction of submissions. Statements are prepared once per connection; a project's tip is read once and then
/// followed in memory, which is right because nothing else writes while this transaction is open.
final class SQLiteSubmissionTransaction: SubmissionTransaction {
    private let db: Database
    private let path: String
    private var statements: SubmissionStatements
    private var tips: [ProjectID: AttemptTip?] = [:]
    private var closed: [ProjectID: [LogicalDate: Bool]] = [:]
    private var newestIdempotencyTime: Timestamp?
    /// The position of the last event that it put into the outbox.
    private(set) var lastEvent: Int64?

    private struct LimitKey: Hashable {
        var project: ProjectID
        var ruleID: String
        var subject: String
    }
    private struct HeldLimit {
        var state: LimitState?
        /// When it was changed; nil while it is as stored.
        var changedAt: Timestamp?
    }
    private let published: PublishedRules
    private var rules: [ProjectID: SubmissionRules] = [:]
    /// Limiter states that this transaction looked at: each is read once and written once, however many submissions share
    /// it.
    private var limits: [LimitKey: HeldLimit] = [:]
    /// Users created by this transaction about whom nothing else is stored: no statement has to ask.
    private var newUsers: Set<String> = []
    /// Words of failures that this transaction wrote down.
    private var tokens: Set<String> = []

    init(db: Database, path: String, published: PublishedRules) {
        self.db = db
        statements = SubmissionStatements(db)
        self.path = path
        self.published = published
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
            for (question, value) in [
                (SubmissionStatement.userByEmail, identity.email), (.userByPhone, identity.phone),
                (.userByExternalID, identity.externalID),
            ] {
                guard let value else { continue }
                var statement = try statements[question]
                statement.bind(project.text)
                statement.bind(value)
                let found = try statement.first { $0.text(0) }
                if let found { return found }
            }
            return nil
        }
    }

    func insert(_ user: SubmittingUser) throws(LedgerError) {
        try run("creating the user") {
            var statement = try statements[.insertUser]
            statement.bind(user.userID)
            statement.bind(user.projectID.text)
            statement.bind(user.identity.email)
            statement.bind(user.identity.phone)
            statement.bind(user.identity.externalID)
            statement.bind(user.name)
            statement.bind(user.createdAt.microseconds)
            try statement.run()
            for (kind, prefix) in ContactPrefix.of(user.identity, in: user.projectID) {
                var contact = try statements[.insertContact]
                contact.bind(user.projectID.text)
                contact.bind(kind.rawValue)
                contact.bind(prefix)
                contact.bind(user.userID)
                try contact.run()
            }
        }
        newUsers.insert(user.userID)
    }

    func rules(of project: ProjectID) throws(LedgerError) -> SubmissionRules {
        if let known = rules[project] { return known }
        let found = try run("reading the rules of submissions") {
            try published.rules(of: project) { try SubmissionRulesRow.rules(of: project, in: db, path: path) }
        }
        rules[project] = found
        return found
    }

    func limitState(_ ruleID: String, of subject: String, in project: ProjectID) throws(LedgerError) -> LimitState? {
        let key = LimitKey(project: project, ruleID: ruleID, subject: subject)
        if let held = limits[key] { return held.state }
        guard !newUsers.contains(subject) else { return nil }
        let found = try run("reading the rate limit") {
            var statement = try statements[.limitState]
            statement.bind(project.text)
            statement.bind(ruleID)
            statement.bind(subject)
            return try statement.first {
                LimitState(at: $0.integer(0), current: $0.integer(1), previous: $0.integer(2))
            }
        }
        limits[key] = HeldLimit(state: found)
        return found
    }

    func setLimitState(
        _ state: LimitState, _ ruleID: String, of subject: String, in project: ProjectID, at time: Timestamp
    ) throws(LedgerError) {
        limits[LimitKey(project: project, ruleID: ruleID, subject: subject)] = HeldLimit(state: state, changedAt: time)
    }

    private func writeLimits() throws {
        for (key, held) in limits {
            guard let state = held.state, let changedAt = held.changedAt else { continue }
            var statement = try statements[.putLimitState]
            statement.bind(key.project.text)
            statement.bind(key.ruleID)
            statement.bind(key.subject)
            statement.bind(state.at)
            statement.bind(state.current)
            statement.bind(state.previous)
            statement.bind(changedAt.microseconds)
            try statement.run()
        }
    }

    func leadID(
        ofUser userID: String, source: String, digest: [UInt8], createdIn range: Range<Timestamp>, project: ProjectID
    ) throws(LedgerError) -> String? {
        guard !newUsers.contains(userID) else { return nil }
        return try run("looking for a duplicate lead") {
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
        try run("appending the attempt") {
            var statement = try statements[.insertAttempt]
            try AttemptRow.insert(attempt, &statement)
            if let code = attempt.failureCode { try remember(words: code, attempt.failureMessage ?? "") }
        }
        tips[attempt.projectID] = AttemptTip(
            sequence: attempt.sequence, receivedAt: attempt.receivedAt, hash: attempt.hash)
    }

    /// The words that the trigger puts into `attempt_words`.
    private func remember(words texts: String...) throws {
        for token in texts.flatMap(AttemptWords.tokens) where tokens.insert(token).inserted {
            var statement = try statements[.insertToken]
            statement.bind(token)
            try statement.run()
        }
    }

    func insert(_ lead: Lead, digest: [UInt8]) throws(LedgerError) {
        try run("creating the lead") {
            var statement = try statements[.insertLead]
            statement.bind(lead.leadID)
            statement.bind(lead.projectID.text)
            statement.bind(lead.attemptID)
            statement.bind(lead.userID)
            statement.bind(lead.source)
            statement.bind(lead.channel)
            statement.bind(lead.fields)
            statement.bind(blob: digest)
            statement.bind(lead.createdAt.microseconds)
            try statement.run()
        }
        newUsers.remove(lead.userID)
    }

    func append(_ event: OutboxEvent) throws(LedgerError) {
        try run("writing the outbox") {
            var statement = try statements[.insertOutbox]
            statement.bind(event.projectID.text)
            statement.bind(event.eventID)
            statement.bind(event.receivedAt.microseconds)
            statement.bind(text: event.event)
            statement.bind(event.receivedAt.microseconds)
            try statement.run()
        }
        lastEvent = db.lastInsertedRowID
    }

    /// Writes the limiter states, and removes a bounded number of expired idempotency keys in batches that wrote new ones.
    func finish() throws(LedgerError) {
        try run("writing the rate limits") { try writeLimits() }
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
