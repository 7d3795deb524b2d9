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
        var latency = Histogram()
        var byHour: [Int64] = []
        var failures: Int64 { attempts - successes }

        mutating func count(_ success: Int64, _ bucket: Int16) {
            attempts += 1
            successes += success
            latency.count(bucket)
        }
        mutating func count(_ success: Int64, _ bucket: Int16, hour: Int) {
            count(success, bucket)
            byHour[hour] += 1
        }
        mutating func add(_ other: Group) {
            attempts += other.attempts
            successes += other.successes
            latency.add(other.latency)
            if byHour.isEmpty {
                byHour = other.byHour
            } else {
                for (hour, count) in other.byHour.enumerated() { byHour[hour] += count }
            }
        }
    }
    /// Counts by bucket of `LatencySketch`, from the lowest bucket seen to the highest.
    struct Histogram: Sendable {
        private var first = 0
        private var counts: [Int64] = []

        mutating func count(_ bucket: Int16, _ times: Int64 = 1) {
            let bucket = Int(bucket)
            if counts.isEmpty { first = bucket }
            if bucket < first {
                counts.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
                first = bucket
            }
            if bucket - first >= counts.count {
                counts.append(contentsOf: repeatElement(0, count: bucket - first - counts.count + 1))
            }
            counts[bucket - first] += times
        }
        mutating func add(_ other: Histogram) {
            for bucket in other.buckets { count(bucket.bucket, bucket.count) }
        }
        /// Those that are not empty, ascending.
        var buckets: [(bucket: Int16, count: Int64)] {
            counts.enumerated().compactMap { $1 == 0 ? nil : (Int16(first + $0), $1) }
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
    var sources = NamedValues<Group>()
    var channels = NamedValues<Group>()
    var codes: [CodeKey: CodeGroup] = [:]
    var fields: [FieldKey: Int64] = [:]
    /// By the number of the try; the first entry is not used.
    var tries: [(attempts: Int64, successes: Int64)] = Array(
        repeating: (0, 0), count: DayLimits.retryAttemptMax + 1)
    var users = NamedValues<User>()
    var anonymous: Int64 = 0
    var keys = NamedValues<User>()
    var withoutKey: Int64 = 0
    var merkle: MerkleRootBuilder

    /// Where names beyond the limit are counted.
    package static let overflowName = "(other)"

    /// `isPlaced` unless rows of the day may come before the first that is added: such a tally is appended to another.
    package init(projectID: ProjectID, date: LogicalDate, calendar: DayCalendar, isPlaced: Bool = true) {
        merkle = MerkleRootBuilder(collects: !isPlaced)
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
            add(attempt, parser: parser)
            lastHash = attempt.hash
            lastLeaf = nil
            merkle.append(attempt.hash)
        }
    }

    private mutating func add(_ attempt: Attempt, parser: JSONParser) {
        var (source, channel, context) = (attempt.source, attempt.channel, attempt.context)
        var user = attempt.userID ?? ""
        let failure = Failure(
            category: attempt.failureCategory?.rawValue ?? "internal", code: attempt.failureCode ?? "unknown")
        source.withUTF8 { source in
            channel.withUTF8 { channel in
                context.withUTF8 { context in
                    user.withUTF8 { user in
                        add(
                            Row(
                                sequence: attempt.sequence, at: attempt.receivedAt, source: source, channel: channel,
                                user: attempt.userID == nil ? nil : user, context: context, retry: attempt.retryAttempt,
                                milliseconds: attempt.durationMilliseconds),
                            attempt.outcome == .success ? nil : failure, parser: parser)
                    }
                }
            }
        }
    }

    /// The same from the store's memory. The caller passes the rows of this project and date in order, and the stored hash
    /// as a leaf.
    mutating func add(_ row: borrowing AttemptColumns, hash: Hash32, parser: JSONParser) {
        func text(_ bytes: AttemptColumns.Text) -> String { String(decoding: bytes, as: UTF8.self) }
        var failure: Failure?
        if !row.isSuccess {
            failure = Failure(
                category: row.failureCategory.map(text) ?? "internal", code: row.failureCode.map(text) ?? "unknown")
        }
        add(
            Row(
                sequence: row.sequence, at: Timestamp(microseconds: row.receivedAt), source: row.source,
                channel: row.channel, user: row.userID, context: row.context, retry: Int(row.retryAttempt),
                milliseconds: row.durationMilliseconds), failure, parser: parser)
        merkle.append(leaf: Hash32.leaf(hash))
        lastLeaf = hash
    }

    private struct Row {
        var sequence: Int64
        var at: Timestamp
        var source: AttemptColumns.Text
        var channel: AttemptColumns.Text
        var user: AttemptColumns.Text?
        var context: AttemptColumns.Text
        var retry: Int
        var milliseconds: Double
    }
    struct Failure {
        var category: String
        var code: String
    }

    /// `failure` is nil for a success.
    private mutating func add(_ row: Row, _ failure: Failure?, parser: JSONParser) {
        precondition(row.sequence > lastSequence, "attempts come in the order of their sequence")
        let success: Int64 = failure == nil ? 1 : 0
        let hour = hourIndex(of: row.at)
        let bucket = LatencySketch.bucket(of: row.milliseconds)
        let hourCount = hourCount
        let source = Self.place(row.source, in: &sources, Group(byHour: Array(repeating: 0, count: hourCount)))
        if let failure { add(failure, context: row.context, row.at, source: sources.name(source), parser: parser) }

        firstSequence = firstSequence ?? row.sequence
        lastSequence = row.sequence
        firstAt = min(firstAt ?? row.at, row.at)
        lastAt = max(lastAt ?? row.at, row.at)
        if row.milliseconds.isFinite { maxMilliseconds = max(maxMilliseconds, row.milliseconds) }
        Self.count(success, in: &hours[hour])
        total.count(success, bucket)
        sources[source].count(success, bucket, hour: hour)
        channels[Self.place(row.channel, in: &channels, Group())].count(success, bucket)
        let tryNumber = min(max(row.retry, 1), DayLimits.retryAttemptMax)
        Self.count(success, in: &tries[tryNumber])
        let one = User(attempts: 1, failures: 1 - success)
        if let user = row.user {
            let at = users.index(of: user) ?? users.insert(user, User())
            users[at].add(one)
        } else {
            anonymous += 1
        }
        let hasKey = RecordedKey.withBytes(in: row.context, parser: parser) { key in
            keys[Self.place(key, in: &keys, User())].add(one)
        }
        if !hasKey { withoutKey += 1 }
    }

    private static func count(_ success: Int64, in counts: inout (attempts: Int64, successes: Int64)) {
        counts.attempts += 1
        counts.successes += success
    }

    /// Where a name is counted: its own place, or that of the names beyond the limit.
    private static func place<Value>(
        _ name: AttemptColumns.Text, in table: inout NamedValues<Value>, _ fresh: @autoclosure () -> Value
    ) -> Int {
        if let found = table.index(of: name) { return found }
        var text = cut(String(decoding: name, as: UTF8.self))
        // A name that was cut may be there as such.
        if let found = text.withUTF8({ table.index(of: $0) }) { return found }
        if table.count < DayLimits.groupNamesMax { return text.withUTF8 { table.insert($0, fresh()) } }
        text = overflowName
        return text.withUTF8 { table.index(of: $0) ?? table.insert($0, fresh()) }
    }

    /// `source` is the name under which the row is counted.
    private mutating func add(
        _ failure: Failure, context: UnsafeBufferPointer<UInt8>, _ at: Timestamp, source: String, parser: JSONParser
    ) {
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
        sources.merge(later.sources) { $0.add($1) }
        channels.merge(later.channels) { $0.add($1) }
        codes.merge(later.codes) { $0.adding($1) }
        fields.merge(later.fields, uniquingKeysWith: +)
        for (number, counts) in later.tries.enumerated() {
            tries[number].attempts += counts.attempts
            tries[number].successes += counts.successes
        }
        users.merge(later.users) { $0.add($1) }
        anonymous += later.anonymous
        keys.merge(later.keys) { $0.add($1) }
        withoutKey += later.withoutKey
        merkle.append(later.merkle)
    }

    /// The same rows as those that the day begins with.
    var placed: DayTally {
        var placed = self
        placed.merkle = MerkleRootBuilder()
        placed.merkle.append(merkle)
        return placed
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

    private var emptyHours: [Int64] { Array(repeating: 0, count: hourCount) }

    /// Hours since the day's start. An instant outside the day (a row edited by hand) counts in the nearest hour.
    private func hourIndex(of instant: Timestamp) -> Int {
        let hours = (instant.microseconds - bounds.lowerBound.microseconds) / 3_600_000_000
        return Int(max(0, min(Int64(hourCount - 1), hours)))
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
