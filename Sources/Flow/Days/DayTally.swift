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
    }
    struct FieldKey: Hashable, Sendable {
        var source: String
        var pointer: String
        var code: String
    }
    struct User: Sendable {
        var attempts: Int64 = 0
        var failures: Int64 = 0
    }

    package let projectID: ProjectID
    package let date: LogicalDate
    let calendar: DayCalendar
    let bounds: Range<Timestamp>
    let hourCount: Int

    var total = Group()
    var firstSequence: Int64?
    package private(set) var lastSequence: Int64 = 0
    package private(set) var lastHash: [UInt8]?
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

    /// Adds attempts of this project and date, in the order of their sequence.
    package mutating func add(contentsOf attempts: [Attempt]) {
        let parser = JSONParser()
        for attempt in attempts { add(attempt, parser: parser) }
    }

    private mutating func add(_ attempt: Attempt, parser: JSONParser) {
        precondition(attempt.projectID == projectID && attempt.logicalDate == date, "an attempt of another day")
        precondition(attempt.sequence > lastSequence, "attempts come in the order of their sequence")
        let success: Int64 = attempt.outcome == .success ? 1 : 0
        let hour = hourIndex(of: attempt.receivedAt)
        let bucket = LatencySketch.bucket(of: attempt.durationMilliseconds)
        let source = name(attempt.source, in: sources)
        let channel = name(attempt.channel, in: channels)

        firstSequence = firstSequence ?? attempt.sequence
        lastSequence = attempt.sequence
        lastHash = attempt.hash
        firstAt = min(firstAt ?? attempt.receivedAt, attempt.receivedAt)
        lastAt = max(lastAt ?? attempt.receivedAt, attempt.receivedAt)
        merkle.append(attempt.hash)
        if attempt.durationMilliseconds.isFinite {
            maxMilliseconds = max(maxMilliseconds, attempt.durationMilliseconds)
        }
        hours[hour].attempts += 1
        hours[hour].successes += success
        Self.count(in: &total, success, bucket)
        let fresh = Group(byHour: emptyHours)
        Self.count(in: &sources[source, default: fresh], success, bucket)
        sources[source]!.byHour[hour] += 1
        Self.count(in: &channels[channel, default: Group()], success, bucket)
        let tryNumber = min(max(attempt.retryAttempt, 1), DayLimits.retryAttemptMax)
        tries[tryNumber, default: (0, 0)].attempts += 1
        tries[tryNumber, default: (0, 0)].successes += success
        if let user = attempt.userID {
            users[user, default: User()].attempts += 1
            users[user, default: User()].failures += 1 - success
        } else {
            anonymous += 1
        }
        if success == 0 { addFailure(attempt, source: source, hour: hour, parser: parser) }
    }

    private mutating func addFailure(_ attempt: Attempt, source: String, hour: Int, parser: JSONParser) {
        var key = CodeKey(
            source: source, category: attempt.failureCategory?.rawValue ?? "internal",
            code: Self.cut(attempt.failureCode ?? "unknown"))
        let at = attempt.receivedAt
        if codes[key] == nil, codes.count >= DayLimits.groupNamesMax { key.code = Self.overflowName }
        var group = codes[key] ?? CodeGroup(first: at, last: at, byHour: emptyHours)
        group.count += 1
        group.first = min(group.first, at)
        group.last = max(group.last, at)
        group.byHour[hour] += 1
        codes[key] = group
        for (pointer, code) in Self.fieldErrors(in: attempt.context, parser: parser) {
            var field = FieldKey(source: source, pointer: pointer, code: code)
            if fields[field] == nil, fields.count >= DayLimits.groupNamesMax { field.pointer = Self.overflowName }
            fields[field, default: 0] += 1
        }
    }

    /// The field errors of a context: its `errors` member, an array of objects with `pointer` and `code`. Each pair counts
    /// once an attempt.
    static func fieldErrors(in context: String, parser: JSONParser) -> [(pointer: String, code: String)] {
        var found: [(pointer: String, code: String)] = []
        var copy = context
        copy.withUTF8 { bytes in
            // A context that is not JSON has no field errors; the attempt itself is counted all the same.
            guard let root = try? parser.root(of: bytes), let errors = root["errors"] else { return }
            errors.forEachElement { error in
                if let pointer = error["pointer"]?.string, let code = error["code"]?.string {
                    let row = (pointer: cut(pointer), code: cut(code))
                    if !found.contains(where: { $0 == row }) { found.append(row) }
                }
                return found.count < DayLimits.fieldErrorsPerAttemptMax
            }
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
