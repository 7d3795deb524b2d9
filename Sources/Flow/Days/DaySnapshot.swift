package import Events
internal import Foundation
internal import Wire

/// The aggregates of one project's date: everything that a report, a list or a comparison ever sees of it.
///
/// Stored as canonical JSON (`CanonicalJSON`), members in snake_case, hashed with SHA-256. Ratios have four places, means
/// two, milliseconds three; latencies are DDSketch estimates (1 % relative error). Texts that came from submitters
/// (source, channel, pointer) are cut at `DayLimits.groupTextBytesMax`. Lists are sorted by count, then by name, and cut
/// at their limits; what was cut is summed in `other`.
///
/// Format 2 added `keys`. Format 3 counts the events that were received on the date, and how many of them came late; before,
/// events counted on the date of their own time. A snapshot of an earlier format is read as it is, and a closed day is
/// verified in the format in which it was closed.
package struct DaySnapshot: Codable, Hashable, Sendable {
    package static let formatVersion = 3
    package static let formatsRead = 1...3

    package struct Counts: Codable, Hashable, Sendable {
        package var attempts: Int64
        package var successes: Int64
        package var failures: Int64
        /// Failures by attempts; nil without attempts.
        package var failureShare: String?
        package var firstSequence: Int64?
        package var lastSequence: Int64?
        package var firstAt: Timestamp?
        package var lastAt: Timestamp?
    }
    package struct GroupRow: Codable, Hashable, Sendable {
        package var name: String
        package var attempts: Int64
        package var successes: Int64
        package var failures: Int64
        package var failureShare: String?
        package var p95Ms: String?
        /// Attempts by hour since the day's start; for sources only.
        package var byHour: [Int64]?
    }
    package struct Groups: Codable, Hashable, Sendable {
        package var rows: [GroupRow]
        package var distinct: Int64
        package var other: GroupRow?
    }
    package struct HourRow: Codable, Hashable, Sendable {
        package var startsAt: Timestamp
        /// Hour of the local clock when it starts, 0 to 23; repeated or left out when clocks change.
        package var hour: Int
        package var attempts: Int64
        package var successes: Int64
        package var failures: Int64
    }
    package struct CodeRow: Codable, Hashable, Sendable {
        package var category: String
        package var code: String
        package var count: Int64
        package var shareOfFailures: String?
    }
    package struct CategoryRow: Codable, Hashable, Sendable {
        package var category: String
        package var count: Int64
        package var shareOfFailures: String?
    }
    package struct SourceCodeRow: Codable, Hashable, Sendable {
        package var source: String
        package var category: String
        package var code: String
        package var count: Int64
        /// By the source's attempts.
        package var shareOfSource: String?
        package var firstAt: Timestamp
        package var lastAt: Timestamp
        package var byHour: [Int64]
    }
    package struct FieldRow: Codable, Hashable, Sendable {
        package var source: String
        /// JSON Pointer into the submission.
        package var pointer: String
        package var code: String
        package var count: Int64
    }
    package struct TryRow: Codable, Hashable, Sendable {
        /// 1-based; `DayLimits.retryAttemptMax` stands for itself and all later ones.
        package var attempt: Int
        package var attempts: Int64
        package var successes: Int64
    }
    package struct Retries: Codable, Hashable, Sendable {
        /// Succeeded at the first try, at a later one; failed at the first try, at a later one.
        package var firstTry: Int64
        package var recovered: Int64
        package var failedFirst: Int64
        package var failedAgain: Int64
        package var byAttempt: [TryRow]
    }
    package struct UserRow: Codable, Hashable, Sendable {
        package var userId: String
        package var attempts: Int64
        package var failures: Int64
        package var share: String?
    }
    package struct Users: Codable, Hashable, Sendable {
        package var distinct: Int64
        /// Attempts that named nobody.
        package var anonymousAttempts: Int64
        package var top: [UserRow]
        /// Share of all attempts that the most active user made, and the ten most active together.
        package var topShare: String?
        package var topTenShare: String?
    }
    package struct KeyRow: Codable, Hashable, Sendable {
        /// An API key, a member or a webhook secret.
        package var keyId: String
        package var attempts: Int64
        package var failures: Int64
        /// By the key's own attempts.
        package var failureShare: String?
        /// By all failures of the day.
        package var shareOfFailures: String?
    }
    /// By the credentials that submitted; those with the most failures first.
    package struct Keys: Codable, Hashable, Sendable {
        package var distinct: Int64
        /// Attempts without credentials: forms, and whoever was refused before it showed any.
        package var withoutKeyAttempts: Int64
        package var rows: [KeyRow]
        package var other: KeyRow?
    }
    package struct Latency: Codable, Hashable, Sendable {
        package var count: Int64
        package var p50Ms: String
        package var p90Ms: String
        package var p95Ms: String
        package var p99Ms: String
        package var maxMs: String
    }
    package struct TypeRow: Codable, Hashable, Sendable {
        package var type: String
        package var events: Int64
        package var failures: Int64
    }
    package struct CodeCount: Codable, Hashable, Sendable {
        package var code: String
        package var count: Int64
    }
    package struct Books: Codable, Hashable, Sendable {
        package var received: Int64
        package var stored: Int64
        package var duplicate: Int64
        package var sampled: Int64
        package var rejected: [CodeCount]
        package var rejectedTotal: Int64
        package var quarantined: [CodeCount]
        package var quarantinedTotal: Int64
        package var balanced: Bool
    }
    /// Of the events received on the date; in formats 1 and 2 (but for the books) of those whose own time lies in it.
    package struct EventPart: Codable, Hashable, Sendable {
        package var events: Int64
        /// How many of them have an own time before the date. Nil in formats 1 and 2.
        package var late: Int64?
        package var failures: Int64
        package var byType: [TypeRow]
        package var inputTokens: Int64
        package var outputTokens: Int64
        package var costMicroUsd: Int64
        package var costUsd: String
        package var books: Books
        /// Items that were not processed yet when this was computed; 0 for a complete day.
        package var pending: Int64
    }
    package struct ComparedDay: Codable, Hashable, Sendable {
        package var date: LogicalDate
        package var sha256: String
    }
    package struct ComparedGroup: Codable, Hashable, Sendable {
        package var source: String
        package var attemptsMean: String
        package var failureShare: String?
        package var p95MsMean: String?
    }
    package struct ComparedCode: Codable, Hashable, Sendable {
        package var source: String
        package var code: String
        package var countMean: String
        /// By the source's attempts over the compared days.
        package var shareOfSource: String?
    }
    /// Means over the closed days among the seven before.
    package struct Comparison: Codable, Hashable, Sendable {
        package var days: [ComparedDay]
        package var attemptsMean: String?
        package var leadsMean: String?
        package var failuresMean: String?
        package var failureShare: String?
        package var p95MsMean: String?
        package var usersMean: String?
        package var sources: [ComparedGroup]
        package var codes: [ComparedCode]
    }

    package var format: Int
    package var projectId: ProjectID
    package var date: LogicalDate
    package var timeZone: String
    package var startsAt: Timestamp
    package var endsAt: Timestamp
    package var attempts: Counts
    package var leads: Int64
    package var byHour: [HourRow]
    package var bySource: Groups
    package var byChannel: Groups
    package var byCategory: [CategoryRow]
    package var byCode: [CodeRow]
    package var bySourceAndCode: [SourceCodeRow]
    package var fieldErrors: [FieldRow]
    package var retries: Retries
    package var users: Users
    /// Nil in snapshots of format 1.
    package var keys: Keys?
    /// Nil without attempts.
    package var latency: Latency?
    /// Nil when the event store could not be read.
    package var events: EventPart?
    package var comparison: Comparison
}

extension DaySnapshot {
    private static let parsers = JSONParserPool(idleMax: DayLimits.parsersKeptMax)

    /// The canonical text. Same snapshot, same bytes, on every platform.
    package func canonicalJSON() -> String {
        var out = CanonicalJSONWriter(capacity: DayLimits.snapshotBytesUsual)
        write(to: &out)
        return String(decoding: out.bytes, as: UTF8.self)
    }

    package init(canonicalJSON text: String, date: LogicalDate) throws(DayError) {
        do {
            // The decoder takes twenty times longer, reads every other form, and says what is wrong where.
            self = try Self.read(text) ?? JSONDecoder.ofSnapshots.decode(DaySnapshot.self, from: Data(text.utf8))
        } catch {
            throw .snapshotUnreadable(date: date, detail: String(describing: error))
        }
        guard Self.formatsRead.contains(format) else {
            throw .snapshotUnreadable(
                date: date, detail: "format \(format) is not known here (up to \(Self.formatVersion) is)")
        }
    }

    /// Nil when the text is not of the form in which snapshots are written.
    private static func read(_ text: String) -> DaySnapshot? {
        var text = text
        return text.withUTF8 { bytes in
            parsers.borrow { parser in
                guard let root = try? parser.root(of: bytes) else { return nil }
                return try? DaySnapshot(reading: root)
            }
        }
    }
}

extension JSONDecoder {
    fileprivate static var ofSnapshots: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

extension JSONParser {
    static func withValue<R>(of bytes: [UInt8], _ body: (JSONValue) -> R) throws(Failure) -> R {
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        var result: Result<R, Failure> = .failure(.invalid(reason: "the text is empty"))
        bytes.withUnsafeBufferPointer { buffer in
            do throws(Failure) {
                result = .success(body(try parser.root(of: buffer)))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}

extension CanonicalJSON {
    /// A parsed value. Snapshots have no numbers with a fraction; those of other texts are kept as numbers.
    init(_ value: JSONValue) {
        switch value.kind {
        case .object:
            var members: [String: CanonicalJSON] = [:]
            value.forEachMember { key, value in
                members[String(decoding: key, as: UTF8.self)] = CanonicalJSON(value)
                return true
            }
            self = .object(members)
        case .array:
            var elements: [CanonicalJSON] = []
            value.forEachElement { element in
                elements.append(CanonicalJSON(element))
                return true
            }
            self = .array(elements)
        case .string: self = .string(value.string ?? "")
        case .integer, .unsigned: self = .integer(value.integer ?? .max)
        case .double: self = value.integer.map { .integer($0) } ?? .decimal(String(value.number ?? 0))
        case .true: self = .boolean(true)
        case .false: self = .boolean(false)
        case .null: self = .null
        }
    }

    /// Parses any JSON text into its canonical form; nil when it is not JSON.
    package init?(parsing text: String) {
        guard let value = try? JSONParser.withValue(of: Array(text.utf8), { CanonicalJSON($0) }) else { return nil }
        self = value
    }
}
