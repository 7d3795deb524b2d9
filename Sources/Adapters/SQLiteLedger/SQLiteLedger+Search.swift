package import Events
internal import GRDB
package import Ports

/// Search: every question is answered from an index, in the order of the page, and stops at a bound.
extension SQLiteLedger {
    package func search(
        _ filter: AttemptFilter, before: AttemptPosition?, limit: Int
    ) async throws(LedgerError) -> AttemptMatches {
        try await read("searching attempts") { [path] db in
            guard let conditions = try Self.conditions(filter, in: db) else {
                return AttemptMatches(attempts: [], next: nil, isPartial: false)
            }
            let search = AttemptSearchRun(db: db, path: path, before: before, limit: limit)
            if !filter.words.isEmpty {
                guard let match = try AttemptWords.match(filter.words, filter.projectID, in: db) else {
                    return AttemptMatches(attempts: [], next: nil, isPartial: false)
                }
                return try search.words(match, filter, conditions)
            }
            guard filter.asksContext else { return try search.indexed(conditions) }
            for near in RequestTime.ranges(of: filter) {
                guard let conditions = try Self.conditions(near, in: db) else { continue }
                let found = try search.context(near, conditions)
                if !found.attempts.isEmpty || found.isPartial || before.map({ near.holds($0) }) == true { return found }
            }
            return try search.context(filter, conditions)
        }
    }

    /// Nil when nothing can match: conditions exclude each other, or name people of whom there are none.
    static func conditions(_ filter: AttemptFilter, in db: Database) throws -> AttemptConditions? {
        guard filter.matchesNothing != true else { return nil }
        guard let first = filter.contacts.first else { return AttemptConditions(filter, users: nil) }
        var users = try Self.users(first, of: filter.projectID, in: db)
        for contact in filter.contacts.dropFirst() {
            let others = Set(try Self.users(contact, of: filter.projectID, in: db))
            users.removeAll { !others.contains($0) }
        }
        return users.isEmpty ? nil : AttemptConditions(filter, users: users)
    }

    private static func users(
        _ contact: AttemptFilter.Contact, of project: ProjectID, in db: Database
    ) throws -> [String] {
        func exactly(_ column: String, _ value: String) throws -> [String] {
            try String.fetchAll(
                db.cachedStatement(sql: "SELECT user_id FROM users WHERE project_id = ? AND \(column) = ?"),
                arguments: [project.text, value])
        }
        func beginning(_ kind: ContactHash.Kind, _ bytes: [UInt8]) throws -> [String] {
            let range = ContactPrefix.range(bytes)
            let found = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT user_id FROM user_contacts
                        WHERE project_id = ? AND kind = ? AND hash_prefix BETWEEN ? AND ? LIMIT ?
                        """),
                arguments: [
                    project.text, kind.rawValue, range.lowerBound, range.upperBound, Limits.usersByHashMax,
                ]
            ).map { $0[0] as String }
            return found
        }
        switch contact {
        case .email(let value): return try exactly("email", value)
        case .phone(let value): return try exactly("phone", value)
        case .emailHash(let bytes): return try beginning(.email, bytes)
        case .phoneHash(let bytes): return try beginning(.phone, bytes)
        }
    }

    package func total(_ filter: AttemptFilter) async throws(LedgerError) -> AttemptTotal {
        var everything = AttemptFilter(projectID: filter.projectID)
        everything.asked = filter.asked
        if filter == everything {
            // Sequences are dense: the last one is the count.
            return AttemptTotal(count: try await tip(of: filter.projectID)?.sequence ?? 0, isExact: true)
        }
        everything.date = filter.date
        let isDateAlone = filter == everything
        return try await read("counting attempts") { db in
            if isDateAlone, let date = filter.date {
                // Answered from the date's own index, whatever its size.
                let count = try DayRow.extent(filter.projectID, date, in: db).rowCount
                return AttemptTotal(count: count, isExact: true)
            }
            guard let conditions = try Self.conditions(filter, in: db) else {
                return AttemptTotal(count: 0, isExact: true)
            }
            if !filter.words.isEmpty { return try Self.totalOfWords(filter, conditions, in: db) }
            guard !filter.asksContext else {
                for near in RequestTime.ranges(of: filter) {
                    guard let conditions = try Self.conditions(near, in: db) else { continue }
                    let total = try Self.totalOfContext(near, conditions, window: Limits.contextWindowRows, in: db)
                    if total.count > 0 { return total }
                }
                return try Self.totalOfContext(filter, conditions, in: db)
            }
            // A day is counted to its end, so that its numbers can be compared with those of its snapshot.
            let bound = filter.date == nil ? Limits.totalRowsMax : Limits.totalDayRowsMax
            let count = try Self.count(
                "SELECT 1 FROM \(conditions.table) WHERE \(conditions.sql) LIMIT ?", conditions.arguments + [bound],
                in: db)
            return AttemptTotal(count: Int64(count), isExact: count < bound)
        }
    }

    private static func totalOfWords(
        _ filter: AttemptFilter, _ conditions: AttemptConditions, in db: Database
    ) throws -> AttemptTotal {
        guard let match = try AttemptWords.match(filter.words, filter.projectID, in: db) else {
            return AttemptTotal(count: 0, isExact: true)
        }
        var conditions = conditions
        conditions.context(filter)
        let window = Limits.wordTotalRows
        let candidates = try AttemptWords.newest(match, limit: window + 1, in: db)
        let count = try count(
            """
            SELECT 1 FROM json_each(?) w CROSS JOIN attempts ON attempts.rowid = w.value WHERE \(conditions.sql)
            """, [AttemptWords.json(candidates.prefix(window))] + conditions.arguments, in: db)
        return AttemptTotal(count: Int64(count), isExact: candidates.count <= window)
    }

    private static func totalOfContext(
        _ filter: AttemptFilter, _ conditions: AttemptConditions, window rows: Int = Limits.contextTotalRows,
        in db: Database
    ) throws -> AttemptTotal {
        var exact = conditions
        exact.context(filter)
        let candidates = """
            SELECT rowid AS id FROM \(conditions.table) WHERE \(conditions.sql)
            ORDER BY received_at DESC, sequence DESC LIMIT ?
            """
        // A day is counted to its end, so that its numbers can be compared with those of its snapshot.
        let window = filter.date == nil ? rows : Limits.totalDayRowsMax
        let looked = try count(candidates, conditions.arguments + [window + 1], in: db)
        let count = try count(
            """
            SELECT 1 FROM (\(candidates)) w CROSS JOIN attempts ON attempts.rowid = w.id WHERE \(exact.sql)
            """, conditions.arguments + [window] + exact.arguments, in: db)
        return AttemptTotal(count: Int64(count), isExact: looked <= window)
    }

    /// `rows` is a statement that yields what is counted.
    private static func count(_ rows: String, _ arguments: StatementArguments, in db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT count(*) FROM (\(rows))"), arguments: arguments) ?? 0
    }

    package func isSealed(_ date: LogicalDate, project: ProjectID) async throws(LedgerError) -> Bool {
        try await read("reading a closed day") { try DayRow.isClosed(project, date, in: $0) }
    }

    package func contactHashes(
        ofUser userID: String, project: ProjectID
    ) async throws(LedgerError) -> ContactHashes? {
        try await read("reading a user") { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT email, phone FROM users WHERE user_id = ? AND project_id = ?"),
                arguments: [userID, project.text]
            ).map { row in
                func hash(_ value: String?, _ kind: ContactHash.Kind) -> String? {
                    value.map { hexText(ContactHash.hash($0, kind, of: project)) }
                }
                return ContactHashes(email: hash(row[0], .email), phone: hash(row[1], .phone))
            }
        }
    }
}

/// One page of a search, in one of three ways.
struct AttemptSearchRun {
    let db: Database
    let path: String
    let before: AttemptPosition?
    let limit: Int

    private static let order = "ORDER BY received_at DESC, sequence DESC"

    /// What the indexes hold.
    func indexed(_ conditions: AttemptConditions) throws -> AttemptMatches {
        var conditions = conditions
        if let before { conditions.olderThan(before) }
        let found = try fetch(
            "SELECT \(AttemptRow.columns) FROM \(conditions.table) WHERE \(conditions.sql) \(Self.order) LIMIT ?",
            conditions.arguments + [limit + 1])
        return page(found) ?? AttemptMatches(attempts: found, next: nil, isPartial: false)
    }

    /// What only the row itself says: looked for in a bounded number of the newest candidates.
    func context(_ filter: AttemptFilter, _ conditions: AttemptConditions) throws -> AttemptMatches {
        var window = conditions
        if let before { window.olderThan(before) }
        var exact = conditions
        exact.context(filter)
        let candidates = """
            SELECT rowid AS id FROM \(window.table) WHERE \(window.sql) \(Self.order)
            """
        let found = try fetch(
            """
            SELECT \(AttemptRow.columns) FROM (\(candidates) LIMIT ?) w
            CROSS JOIN attempts ON attempts.rowid = w.id WHERE \(exact.sql) \(Self.order) LIMIT ?
            """, window.arguments + [Limits.contextWindowRows] + exact.arguments + [limit + 1])
        if let page = page(found) { return page }
        let end = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT received_at, sequence FROM \(window.table) WHERE \(window.sql) \(Self.order) LIMIT 1 OFFSET ?
                    """),
            arguments: window.arguments + [Limits.contextWindowRows - 1])
        return AttemptMatches(attempts: found, next: end.map(Self.position), isPartial: end != nil)
    }

    /// Words: matches come from their index in the order of the log, newest first, down to a bounded number of candidates. A
    /// few are looked at first, since most pages are full with them; the index is asked once for each number, because to ask
    /// it is what costs.
    func words(_ match: String, _ filter: AttemptFilter, _ conditions: AttemptConditions) throws -> AttemptMatches {
        var conditions = conditions
        conditions.context(filter)
        var candidates: [Int64] = []
        var found: [Attempt] = []
        for window in [Limits.wordWindowRowsFirst, Limits.wordWindowRows] {
            candidates = try AttemptWords.newest(match, before: before, of: filter.projectID, limit: window, in: db)
            found = try fetch(
                """
                SELECT \(AttemptRow.columns) FROM json_each(?) w CROSS JOIN attempts ON attempts.rowid = w.value
                WHERE \(conditions.sql) ORDER BY attempts.rowid DESC LIMIT ?
                """, [AttemptWords.json(candidates[...])] + conditions.arguments + [limit + 1])
            if let page = page(found) { return page }
            if candidates.count < window { return AttemptMatches(attempts: found, next: nil, isPartial: false) }
        }
        let end = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT received_at, sequence FROM attempts WHERE rowid = ?"),
            arguments: [candidates.last])
        return AttemptMatches(attempts: found, next: end.map(Self.position), isPartial: end != nil)
    }

    /// The page when there is more than one page's worth; else nil.
    private func page(_ found: [Attempt]) -> AttemptMatches? {
        guard found.count > limit, limit > 0 else { return nil }
        let last = found[limit - 1]
        return AttemptMatches(
            attempts: Array(found.prefix(limit)),
            next: AttemptPosition(receivedAt: last.receivedAt, sequence: last.sequence), isPartial: false)
    }

    private static func position(_ row: Row) -> AttemptPosition {
        AttemptPosition(receivedAt: Timestamp(microseconds: row[0]), sequence: row[1])
    }

    private func fetch(_ sql: String, _ arguments: StatementArguments) throws -> [Attempt] {
        try AttemptRow.fetch(sql, arguments, in: db, path: path)
    }
}
