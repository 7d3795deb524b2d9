package import Events
package import Ports
internal import Wire

/// Counts one project's date attempt by attempt, in the order of their sequence; a snapshot can be taken at any moment.
///
/// Pure: no clock, no store. Memory grows with distinct users, sources, channels and codes of the day (about 100 bytes a
/// user), not with attempts. Distinct names beyond `DayLimits.groupNamesMax` are counted under one name, so a client that
/// invents names cannot grow it; as attempts come in one fixed order, the result is still a function of the log alone.
package struct DayTally: Sendable {
    struct Group: Sendable {
        var attempts: Int64 = 0
        var successes: Int64 = 0
        var latency: [Int16: Int64] = [:]
        var byHour: [Int64] = []
        var failures: Int64 { attempts - successes }

        mutating func add(_ other: Group) {
            attempts += other.attempts
            successes += other.successes
            latency.merge(other.latency, uniquingKeysWith: +)
            if byHour.isEmpty {
                byHour = other.byHour
            } else {
                for (hour, count) in other.byHour.enumerated() { byHour[hour] += count }
            }
        }
        func adding(_ other: Group) -> Group {
            var sum = self
            sum.add(other)
            return sum
        }
    }
    struct CodeKey: Hashable, Sendable {
        var source: String
        var category: String
        var code: String
    }
    struct CodeGroup: Sendable {
        var count: Int64 = 0
        var first: Timestamp
        var last: Timestamp
        var byHour: [Int64]

        func adding(_ other: CodeGroup) -> CodeGroup {
            CodeGroup(
                count: count + other.count, first: min(first, other.first), last: max(last, other.last),
                byHour: zip(byHour, other.byHour).map(+))
        }
    }
    struct FieldKey: Hashable, Sendable {
        var source: String
        var pointer: String
        var code: String
    }
    struct User: Sendable {
        var attempts: Int64 = 0
        var failures: Int64 = 0

        mutating func add(_ other: User) {
            attempts += other.attempts
            failures += other.failures
        }
    }

    package let projectID: ProjectID
    package let date: LogicalDate
    let calendar: DayCalendar
    let bounds: Range<Timestamp>
    let hourCount: Int

    var total = Group()
    var firstSequence: Int64?
    package private(set) var lastSequence: Int64 = 0
    private var lastHash: [UInt8]?
    private var lastLeaf: Hash32?
    var firstAt: Timestamp?
    var lastAt: Timestamp?
    var hours: [(attempts: Int64, successes: Int64)]
    var maxMilliseconds = 0.0
    var sources: [String: Group] = [:]
    var channels: [String: Group] = [:]
    var codes: [CodeKey: CodeGroup] = [:]
    var fields: [FieldKey: Int64] = [:]
    var tries: [Int: (attempts: Int64, successes: Int64)] = [:]
    var users: [String: User] = [:]
    var anonymous: Int64 = 0
    var keys: [String: User] = [:]
    var withoutKey: Int64 = 0
    var merkle = MerkleRootBuilder()

    /// Where names beyond the limit are counted.
    package static let overflowName = "(other)"

    package init(projectID: ProjectID, date: LogicalDate, calendar: DayCalendar) {
        self.projectID = projectID
        self.date = date
        self.calendar = calendar
        self.bounds = calendar.bounds(of: date)
        let seconds = (bounds.upperBound - bounds.lowerBound).components.seconds
        self.hourCount = Int((seconds + 3599) / 3600)
        self.hours = Array(repeating: (0, 0), count: hourCount)
    }

    package var rowCount: Int64 { total.attempts }
    package var extent: DayExtent {
        DayExtent(
            rowCount: rowCount, firstSequence: firstSequence, lastSequence: rowCount > 0 ? lastSequence : nil)
    }
    package var merkleRoot: [UInt8] { merkle.root }
    /// The stored hash of the last row.
    package var lastRowHash: [UInt8]? { lastLeaf?.bytes ?? lastHash }

    /// Adds attempts of this project and date, in the order of their sequence.
    package mutating func add(contentsOf attempts: [Attempt]) {
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        for attempt in attempts {
            precondition(attempt.projectID == projectID && attempt.logicalDate == date, "an attempt of another day")
            let failure: Failure? =
                attempt.outcome == .success
                ? nil
                : Failure(
                    category: attempt.failureCategory?.rawValue ?? "internal", code: attempt.failureCode ?? "unknown")
            var context = attempt.context
            let key = context.withUTF8 { bytes in
                if let failure {
                    add(failure, context: bytes, attempt.receivedAt, source: attempt.source, parser: parser)
                }
                return RecordedKey.read(bytes, parser: parser)
            }
            add(
                Row(
                    sequence: attempt.sequence, at: attempt.receivedAt, source: attempt.source,
                    channel: attempt.channel,
                    user: attempt.userID, key: key, retry: attempt.retryAttempt,
                    milliseconds: attempt.durationMilliseconds, isSuccess: failure == nil))
            lastHash = attempt.hash
            lastLeaf = nil
            merkle.append(attempt.hash)
        }
    }

    /// The same from the store's memory. The caller passes the rows of this project and date in order, and the stored hash
    /// as a leaf.
    mutating func add(_ row: borrowing AttemptColumns, hash: Hash32, parser: JSONParser) {
        func text(_ bytes: AttemptColumns.Text) -> String { String(decoding: bytes, as: UTF8.self) }
        let at = Timestamp(microseconds: row.receivedAt)
        let source = text(row.source)
        if !row.isSuccess {
            let failure = Failure(
                category: row.failureCategory.map(text) ?? "internal", code: row.failureCode.map(text) ?? "unknown")
            add(failure, context: row.context, at, source: source, parser: parser)
        }
        add(
            Row(
                sequence: row.sequence, at: at, source: source, channel: text(row.channel), user: row.userID.map(text),
                key: RecordedKey.read(row.context, parser: parser), retry: Int(row.retryAttempt),
                milliseconds: row.durationMilliseconds, isSuccess: row.isSuccess))
        merkle.append(leaf: Hash32.leaf(hash))
        lastLeaf = hash
    }

    struct Row {
        var sequence: Int64
        var at: Timestamp
        var source: String
        var channel: String
        var user: String?
        var key: String?
        var retry: Int
        var milliseconds: Double
        var isSuccess: Bool
    }
    struct Failure {
        var category: String
        var code: String
    }

    private mutating func add(_ row: Row) {
        precondition(row.sequence > lastSequence, "attempts come in the order of their sequence")
        let success: Int64 = row.isSuccess ? 1 : 0
        let hour = hourIndex(of: row.at)
        let bucket = LatencySketch.bucket(of: row.milliseconds)
        let source = name(row.source, in: sources)
        let channel = name(row.channel, in: channels)

        firstSequence = firstSequence ?? row.sequence
        lastSequence = row.sequence
        firstAt = min(firstAt ?? row.at, row.at)
        lastAt = max(lastAt ?? row.at, row.at)
        if row.milliseconds.isFinite { maxMilliseconds = max(maxMilliseconds, row.milliseconds) }
        hours[hour].attempts += 1
        hours[hour].successes += success
        Self.count(in: &total, success, bucket)
        if let at = sources.index(forKey: source) {
            Self.count(in: &sources.values[at], success, bucket)
            sources.values[at].byHour[hour] += 1
        } else {
            var fresh = Group(byHour: emptyHours)
            Self.count(in: &fresh, success, bucket)
            fresh.byHour[hour] += 1
            sources[source] = fresh
        }
        Self.count(in: &channels[channel, default: Group()], success, bucket)
        let tryNumber = min(max(row.retry, 1), DayLimits.retryAttemptMax)
        tries[tryNumber, default: (0, 0)].attempts += 1
        tries[tryNumber, default: (0, 0)].successes += success
        if let user = row.user {
            let one = User(attempts: 1, failures: 1 - success)
            if let at = users.index(forKey: user) { users.values[at].add(one) } else { users[user] = one }
        } else {
            anonymous += 1
        }
        count(row.key, isSuccess: row.isSuccess)
    }

    private mutating func count(_ key: String?, isSuccess: Bool) {
        guard let key else { return withoutKey += 1 }
        var name = Self.cut(key)
        if keys[name] == nil, keys.count >= DayLimits.groupNamesMax { name = Self.overflowName }
        keys[name, default: User()].add(User(attempts: 1, failures: isSuccess ? 0 : 1))
    }

    /// Before the row itself is counted: a source that is new shares the overflow name as the row will.
    private mutating func add(
        _ failure: Failure, context: UnsafeBufferPointer<UInt8>, _ at: Timestamp, source: String, parser: JSONParser
    ) {
        let source = name(source, in: sources)
        let hour = hourIndex(of: at)
        var key = CodeKey(source: source, category: failure.category, code: Self.cut(failure.code))
        if codes[key] == nil, codes.count >= DayLimits.groupNamesMax { key.code = Self.overflowName }
        if let found = codes.index(forKey: key) {
            codes.values[found].count += 1
            codes.values[found].first = min(codes.values[found].first, at)
            codes.values[found].last = max(codes.values[found].last, at)
            codes.values[found].byHour[hour] += 1
        } else {
            var group = CodeGroup(count: 1, first: at, last: at, byHour: emptyHours)
            group.byHour[hour] = 1
            codes[key] = group
        }
        for (pointer, code) in Self.fieldErrors(in: context, parser: parser) {
            var field = FieldKey(source: source, pointer: pointer, code: code)
            if fields[field] == nil, fields.count >= DayLimits.groupNamesMax { field.pointer = Self.overflowName }
            fields[field, default: 0] += 1
        }
    }

    /// Adds the rows of a tally that was begun behind this one's last row. Not exact once names overflow (`hasOverflow`).
    mutating func append(_ later: DayTally) {
        guard later.rowCount > 0 else { return }
        precondition(later.firstSequence! > lastSequence, "tallies are joined in order")
        firstSequence = firstSequence ?? later.firstSequence
        lastSequence = later.lastSequence
        lastHash = later.lastHash
        lastLeaf = later.lastLeaf
        firstAt = min(firstAt ?? later.firstAt!, later.firstAt!)
        lastAt = max(lastAt ?? later.lastAt!, later.lastAt!)
        maxMilliseconds = max(maxMilliseconds, later.maxMilliseconds)
        for (hour, counts) in later.hours.enumerated() {
            hours[hour].attempts += counts.attempts
            hours[hour].successes += counts.successes
        }
        total.add(later.total)
        sources.merge(later.sources) { $0.adding($1) }
        channels.merge(later.channels) { $0.adding($1) }
        codes.merge(later.codes) { $0.adding($1) }
        fields.merge(later.fields, uniquingKeysWith: +)
        tries.merge(later.tries) { ($0.attempts + $1.attempts, $0.successes + $1.successes) }
        users.merge(later.users) { User(attempts: $0.attempts + $1.attempts, failures: $0.failures + $1.failures) }
        anonymous += later.anonymous
        keys.merge(later.keys) { User(attempts: $0.attempts + $1.attempts, failures: $0.failures + $1.failures) }
        withoutKey += later.withoutKey
        merkle.append(later.merkle)
    }

    /// Whether more names than are told apart have been seen, so that their order decides which ones are.
    var hasOverflow: Bool {
        max(sources.count, channels.count, codes.count, fields.count, keys.count) >= DayLimits.groupNamesMax
    }

    /// The field errors of a context: its `errors` member, an array of objects with `pointer` and `code`. Each pair counts
    /// once an attempt.
    static func fieldErrors(
        in context: UnsafeBufferPointer<UInt8>, parser: JSONParser
    ) -> [(pointer: String, code: String)] {
        var found: [(pointer: String, code: String)] = []
        // A context that is not JSON has no field errors; the attempt itself is counted all the same.
        guard let root = try? parser.root(of: context), let errors = root["errors"] else { return found }
        errors.forEachElement { error in
            if let pointer = error["pointer"]?.string, let code = error["code"]?.string {
                let row = (pointer: cut(pointer), code: cut(code))
                if !found.contains(where: { $0 == row }) { found.append(row) }
            }
            return found.count < DayLimits.fieldErrorsPerAttemptMax
        }
        return found
    }

    private static func count(in group: inout Group, _ success: Int64, _ bucket: Int16) {
        group.attempts += 1
        group.successes += success
        group.latency[bucket, default: 0] += 1
    }

    private var emptyHours: [Int64] { Array(repeating: 0, count: hourCount) }

    /// Hours since the day's start. An instant outside the day (a row edited by hand) counts in the nearest hour.
    private func hourIndex(of instant: Timestamp) -> Int {
        let hours = (instant.microseconds - bounds.lowerBound.microseconds) / 3_600_000_000
        return Int(max(0, min(Int64(hourCount - 1), hours)))
    }

    private func name(_ text: String, in groups: [String: Group]) -> String {
        let name = Self.cut(text)
        return groups[name] != nil || groups.count < DayLimits.groupNamesMax ? name : Self.overflowName
    }

    /// The text's first bytes, cut between characters.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > DayLimits.groupTextBytesMax else { return text }
        var bytes = 0
        let kept = text.prefix { character in
            bytes += character.utf8.count
            return bytes <= DayLimits.groupTextBytesMax - 3
        }
        return kept + "…"
    }
}
