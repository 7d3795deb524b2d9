internal import Events
internal import Wire

/// The text is not of the form in which snapshots are written.
struct NotAsWritten: Error {}

/// What is read from a parsed text as `CanonicalJSONWriter` writes it.
protocol CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten)
}

extension JSONValue {
    fileprivate func member<Value: CanonicalJSONReadable>(_ name: StaticString) throws(NotAsWritten) -> Value {
        guard let value = value(of: name) else { throw NotAsWritten() }
        return try Value(reading: value)
    }

    /// Nil when the member is absent or null.
    fileprivate func optional<Value: CanonicalJSONReadable>(_ name: StaticString) throws(NotAsWritten) -> Value? {
        guard let value = value(of: name), value.kind != .null else { return nil }
        return try Value(reading: value)
    }

    private func value(of name: StaticString) -> JSONValue? {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var found: JSONValue?
        forEachMember { key, value in
            guard key.isEqual(to: name) else { return true }
            found = value
            return false
        }
        return found
    }
}

extension Int64: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard let number = json.integer else { throw NotAsWritten() }
        self = number
    }
}
extension Int: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) { self = Int(try Int64(reading: json)) }
}
extension Bool: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard let flag = json.boolean else { throw NotAsWritten() }
        self = flag
    }
}
extension String: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard let text = json.string else { throw NotAsWritten() }
        self = text
    }
}
extension ProjectID: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) { self.init(trusted: try String(reading: json)) }
}
extension LogicalDate: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard let text = json.stringBytes, let date = LogicalDate(iso8601: text) else { throw NotAsWritten() }
        self = date
    }
}
extension Timestamp: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard let text = json.stringBytes, let instant = Timestamp(rfc3339: text) else { throw NotAsWritten() }
        self = instant
    }
}
extension Array: CanonicalJSONReadable where Element: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        guard json.kind == .array else { throw NotAsWritten() }
        var elements: [Element] = []
        var failure: NotAsWritten?
        json.forEachElement { element in
            do throws(NotAsWritten) { elements.append(try Element(reading: element)) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
        self = elements
    }
}

extension DaySnapshot.Counts: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            attempts: try json.member("attempts"), successes: try json.member("successes"),
            failures: try json.member("failures"), failureShare: try json.optional("failure_share"),
            firstSequence: try json.optional("first_sequence"), lastSequence: try json.optional("last_sequence"),
            firstAt: try json.optional("first_at"), lastAt: try json.optional("last_at"))
    }
}
extension DaySnapshot.GroupRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            name: try json.member("name"), attempts: try json.member("attempts"),
            successes: try json.member("successes"), failures: try json.member("failures"),
            failureShare: try json.optional("failure_share"), p95Ms: try json.optional("p95_ms"),
            byHour: try json.optional("by_hour"))
    }
}
extension DaySnapshot.Groups: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            rows: try json.member("rows"), distinct: try json.member("distinct"), other: try json.optional("other"))
    }
}
extension DaySnapshot.HourRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            startsAt: try json.member("starts_at"), hour: try json.member("hour"),
            attempts: try json.member("attempts"), successes: try json.member("successes"),
            failures: try json.member("failures"))
    }
}
extension DaySnapshot.CodeRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            category: try json.member("category"), code: try json.member("code"), count: try json.member("count"),
            shareOfFailures: try json.optional("share_of_failures"))
    }
}
extension DaySnapshot.CategoryRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            category: try json.member("category"), count: try json.member("count"),
            shareOfFailures: try json.optional("share_of_failures"))
    }
}
extension DaySnapshot.SourceCodeRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            source: try json.member("source"), category: try json.member("category"), code: try json.member("code"),
            count: try json.member("count"), shareOfSource: try json.optional("share_of_source"),
            firstAt: try json.member("first_at"), lastAt: try json.member("last_at"),
            byHour: try json.member("by_hour"))
    }
}
extension DaySnapshot.FieldRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            source: try json.member("source"), pointer: try json.member("pointer"), code: try json.member("code"),
            count: try json.member("count"))
    }
}
extension DaySnapshot.TryRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            attempt: try json.member("attempt"), attempts: try json.member("attempts"),
            successes: try json.member("successes"))
    }
}
extension DaySnapshot.Retries: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            firstTry: try json.member("first_try"), recovered: try json.member("recovered"),
            failedFirst: try json.member("failed_first"), failedAgain: try json.member("failed_again"),
            byAttempt: try json.member("by_attempt"))
    }
}
extension DaySnapshot.UserRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            userId: try json.member("user_id"), attempts: try json.member("attempts"),
            failures: try json.member("failures"), share: try json.optional("share"))
    }
}
extension DaySnapshot.Users: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            distinct: try json.member("distinct"), anonymousAttempts: try json.member("anonymous_attempts"),
            top: try json.member("top"), topShare: try json.optional("top_share"),
            topTenShare: try json.optional("top_ten_share"))
    }
}
extension DaySnapshot.KeyRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            keyId: try json.member("key_id"), attempts: try json.member("attempts"),
            failures: try json.member("failures"), failureShare: try json.optional("failure_share"),
            shareOfFailures: try json.optional("share_of_failures"))
    }
}
extension DaySnapshot.Keys: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            distinct: try json.member("distinct"), withoutKeyAttempts: try json.member("without_key_attempts"),
            rows: try json.member("rows"), other: try json.optional("other"))
    }
}
extension DaySnapshot.Latency: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            count: try json.member("count"), p50Ms: try json.member("p50_ms"), p90Ms: try json.member("p90_ms"),
            p95Ms: try json.member("p95_ms"), p99Ms: try json.member("p99_ms"), maxMs: try json.member("max_ms"))
    }
}
extension DaySnapshot.TypeRow: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            type: try json.member("type"), events: try json.member("events"), failures: try json.member("failures"))
    }
}
extension DaySnapshot.CodeCount: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            code: try json.member("code"), count: try json.member("count"))
    }
}
extension DaySnapshot.Books: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            received: try json.member("received"), stored: try json.member("stored"),
            duplicate: try json.member("duplicate"), sampled: try json.member("sampled"),
            rejected: try json.member("rejected"), rejectedTotal: try json.member("rejected_total"),
            quarantined: try json.member("quarantined"), quarantinedTotal: try json.member("quarantined_total"),
            balanced: try json.member("balanced"))
    }
}
extension DaySnapshot.EventPart: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            events: try json.member("events"), late: try json.optional("late"),
            failures: try json.member("failures"), byType: try json.member("by_type"),
            inputTokens: try json.member("input_tokens"), outputTokens: try json.member("output_tokens"),
            costMicroUsd: try json.member("cost_micro_usd"), costUsd: try json.member("cost_usd"),
            books: try json.member("books"), pending: try json.member("pending"))
    }
}
extension DaySnapshot.ComparedDay: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            date: try json.member("date"), sha256: try json.member("sha256"))
    }
}
extension DaySnapshot.ComparedGroup: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            source: try json.member("source"), attemptsMean: try json.member("attempts_mean"),
            failureShare: try json.optional("failure_share"), p95MsMean: try json.optional("p95_ms_mean"))
    }
}
extension DaySnapshot.ComparedCode: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            source: try json.member("source"), code: try json.member("code"),
            countMean: try json.member("count_mean"), shareOfSource: try json.optional("share_of_source"))
    }
}
extension DaySnapshot.Comparison: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            days: try json.member("days"), attemptsMean: try json.optional("attempts_mean"),
            leadsMean: try json.optional("leads_mean"), failuresMean: try json.optional("failures_mean"),
            failureShare: try json.optional("failure_share"), p95MsMean: try json.optional("p95_ms_mean"),
            usersMean: try json.optional("users_mean"), sources: try json.member("sources"),
            codes: try json.member("codes"))
    }
}
extension DaySnapshot: CanonicalJSONReadable {
    init(reading json: JSONValue) throws(NotAsWritten) {
        self.init(
            format: try json.member("format"), projectId: try json.member("project_id"),
            date: try json.member("date"), timeZone: try json.member("time_zone"),
            startsAt: try json.member("starts_at"), endsAt: try json.member("ends_at"),
            attempts: try json.member("attempts"), leads: try json.member("leads"),
            byHour: try json.member("by_hour"), bySource: try json.member("by_source"),
            byChannel: try json.member("by_channel"), byCategory: try json.member("by_category"),
            byCode: try json.member("by_code"), bySourceAndCode: try json.member("by_source_and_code"),
            fieldErrors: try json.member("field_errors"), retries: try json.member("retries"),
            users: try json.member("users"), keys: try json.optional("keys"), latency: try json.optional("latency"),
            events: try json.optional("events"), comparison: try json.member("comparison"))
    }
}
