package import Events

/// Which attempts of one project to list. Empty lists and nil mean "any"; members are combined with "and", the values of
/// one list with "or", but for `contacts` and `words`, all of which have to hold.
package struct AttemptFilter: Hashable, Sendable, Codable {
    /// A person as a question names them: in clear, or by the hash that the console shows.
    package enum Contact: Hashable, Sendable, Codable {
        /// An address in lower case.
        case email(String)
        /// A number in E.164 form.
        case phone(String)
        /// The first bytes of `ContactHash` of an address or of a number; at least 4.
        case emailHash([UInt8])
        case phoneHash([UInt8])
    }
    package struct Schema: Hashable, Sendable, Codable {
        package var source: String?
        package var version: Int64
        package init(source: String?, version: Int64) {
            self.source = source
            self.version = version
        }
    }

    /// A field for which attempts were refused: by one code, or by any.
    package struct RefusedField: Hashable, Sendable, Codable {
        /// A JSON pointer into the submission, as the attempt's verdict names it.
        package var pointer: String
        package var code: String?
        package init(pointer: String, code: String?) {
            self.pointer = pointer
            self.code = code
        }
    }

    package var projectID: ProjectID
    /// By receipt time, half-open.
    package var from: Timestamp?
    package var to: Timestamp?
    package var date: LogicalDate?
    package var outcome: Outcome?
    package var sources: [String] = []
    package var channels: [String] = []
    package var failureCodes: [String] = []
    package var failureCategories: [String] = []
    package var userID: String?
    package var attemptID: String?
    package var leadID: String?
    /// Each of these names the attempt's person.
    package var contacts: [Contact] = []
    package var schema: Schema?
    /// The credentials it came with: an API key, a member or a webhook secret.
    package var keyID: String?
    /// The correlation id of the request that it came with: ours, or the caller's `X-Request-Id`.
    package var requestID: String?
    /// One of the fields that the attempt was refused for, whichever came first.
    package var refusedField: RefusedField?
    /// Each of these occurs in the failure code or message, as a word or as its beginning. Only failures have words.
    package var words: [String] = []
    /// The free question as it was written, for showing it again.
    package var asked: String?
    /// True when two conditions exclude each other, so that no attempt matches.
    package var matchesNothing: Bool?

    package init(projectID: ProjectID) { self.projectID = projectID }

    /// Whether only the rows themselves can say if they match: their context.
    package var asksContext: Bool { schema != nil || keyID != nil || requestID != nil || refusedField != nil }

    /// Narrows a list to `values`, any of which may hold: what it holds already is kept where it is among them. Texts are
    /// compared byte by byte, as the log does it.
    package mutating func narrow(_ list: WritableKeyPath<AttemptFilter, [String]>, to values: [String]) {
        guard !self[keyPath: list].isEmpty else { return self[keyPath: list] = values }
        let wanted = Set(values.map { Array($0.utf8) })
        self[keyPath: list].removeAll { !wanted.contains(Array($0.utf8)) }
        if self[keyPath: list].isEmpty {
            self[keyPath: list] = values
            matchesNothing = true
        }
    }

    /// Narrows a condition that one value alone can meet.
    package mutating func narrow<Value: Hashable>(_ place: WritableKeyPath<AttemptFilter, Value?>, to value: Value) {
        if let given = self[keyPath: place], given != value { matchesNothing = true }
        self[keyPath: place] = value
    }
}

/// At most `limit` attempts of a question whose free part may not have been looked for in the whole log.
package struct AttemptMatches: Hashable, Sendable {
    /// Newest first.
    package var attempts: [Attempt]
    /// Where to go on; nil at the end of the log.
    package var next: AttemptPosition?
    /// The search stopped at a bound before it had `limit` matches: `next` goes on from there.
    package var isPartial: Bool

    package init(attempts: [Attempt], next: AttemptPosition?, isPartial: Bool) {
        self.attempts = attempts
        self.next = next
        self.isPartial = isPartial
    }
}

/// Where a page ended: pages are ordered by receipt time and sequence, newest first.
package struct AttemptPosition: Hashable, Sendable, Codable {
    package var receivedAt: Timestamp
    package var sequence: Int64
    package init(receivedAt: Timestamp, sequence: Int64) {
        self.receivedAt = receivedAt
        self.sequence = sequence
    }
}

package struct AttemptTotal: Hashable, Sendable {
    package var count: Int64
    /// False when counting stopped at a bound: there are at least `count`.
    package var isExact: Bool
    package init(count: Int64, isExact: Bool) {
        self.count = count
        self.isExact = isExact
    }
}

/// The hashes of a person's address and number, as shown: 64 hexadecimal digits each.
package struct ContactHashes: Hashable, Sendable {
    package var email: String?
    package var phone: String?
    package init(email: String?, phone: String?) {
        self.email = email
        self.phone = phone
    }
}

package struct AttemptNeighbours: Hashable, Sendable {
    /// Of the same user, newest first, without the attempt itself.
    package var sameUser: [Attempt]
    /// Just before it in the project, nearest first.
    package var previous: [Attempt]
    /// Just after it in the project, nearest first.
    package var next: [Attempt]
    package init(sameUser: [Attempt], previous: [Attempt], next: [Attempt]) {
        self.sameUser = sameUser
        self.previous = previous
        self.next = next
    }
}

/// Reads the attempt log. Every answer is of one project alone.
package protocol AttemptReader: Sendable {
    /// At most `limit` attempts, newest first, strictly older than `before`. Stable while attempts arrive. Matches of words
    /// come in the order of their sequence.
    func search(
        _ filter: AttemptFilter, before: AttemptPosition?, limit: Int
    ) async throws(LedgerError) -> AttemptMatches
    func total(_ filter: AttemptFilter) async throws(LedgerError) -> AttemptTotal
    func attempt(_ attemptID: String, project: ProjectID) async throws(LedgerError) -> Attempt?
    func lead(_ leadID: String, project: ProjectID) async throws(LedgerError) -> Lead?
    func neighbours(of attempt: Attempt) async throws(LedgerError) -> AttemptNeighbours
    /// Whether the date is closed: then an attempt's inclusion can be proven.
    func isSealed(_ date: LogicalDate, project: ProjectID) async throws(LedgerError) -> Bool
    /// Nil when the project has no such user.
    func contactHashes(ofUser userID: String, project: ProjectID) async throws(LedgerError) -> ContactHashes?
    /// What belongs to the same endeavour: attempts of the same user within a day before and after, over midnight too, or with
    /// the same idempotency key. The closest ones, at most `limit`, oldest first, the attempt itself included.
    func retries(of attempt: Attempt, limit: Int) async throws(LedgerError) -> [Attempt]
    /// Attempts of the user, oldest first.
    func attempts(ofUser userID: String, project: ProjectID, limit: Int) async throws(LedgerError) -> [Attempt]
    /// Attempts of one logical date in sequence order, beyond `afterSequence`: for seals and verification, page by page.
    func attempts(
        project: ProjectID, date: LogicalDate, afterSequence: Int64, limit: Int
    ) async throws(LedgerError)
        -> [Attempt]
    /// All attempts of the project in sequence order, beyond `afterSequence`: for checking the chain.
    func attempts(project: ProjectID, afterSequence: Int64, limit: Int) async throws(LedgerError) -> [Attempt]
    func tip(of project: ProjectID) async throws(LedgerError) -> AttemptTip?
}
