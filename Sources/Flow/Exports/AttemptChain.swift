internal import Events
internal import Ports

/// The attempts of an export, row by row: each row's hash from its fields, its place in the order of receipt, its link to the
/// rows before and after it in the log, and whether rows are missing between them. Pure.
///
/// Rows come in the order of `(received_at, sequence)`, which is mostly that of their sequences; a backfill makes them differ.
/// Rows that follow each other in the log are kept as runs, by their ends: one run for a log that was received in order. Under
/// a filter most rows have no neighbour, so only the last run is kept.
struct AttemptChain {
    /// Where a row stands.
    struct Place {
        var file: String
        /// In the file, from 1.
        var row: Int64
        var line: Int?
    }
    /// Sequences of the log that follow each other, all of them in the export.
    private struct Run {
        var first: Int64
        var last: Int64
        /// Of its first row.
        var previousHash: [UInt8]
        var place: Place
        /// Of its last row.
        var lastHash: [UInt8]
    }

    private let project: ProjectID
    private let columns: [String: Int]
    private let isCSV: Bool
    private let through: Int64
    /// Nil when the manifest does not say.
    private let isFiltered: Bool?
    /// Whether every row of the log was asked for, and every file of it is read.
    let isWholeLog: Bool
    private(set) var first: Int64?
    private(set) var last: Int64?
    /// What was counted on each date.
    private(set) var days: [LogicalDate: DayExtent] = [:]
    /// Rows whose predecessor is in the export and was compared with them.
    private(set) var linked: Int64 = 0
    /// Whether the order of receipt is that of the sequences.
    private var isOrdered = true
    /// Whether the log is out of order in so many places that runs had to be given up.
    private var hasTooManyRuns = false
    private var current: Run?
    private var before: (receivedAt: Timestamp, sequence: Int64)?
    /// The runs but for the current one, by their first sequence, and their first sequences by their last.
    private var runs: [Int64: Run] = [:]
    private var firstByLast: [Int64: Int64] = [:]

    init(_ manifest: ExportManifest, isWhole: Bool) {
        project = manifest.project_id
        columns = Dictionary(
            manifest.columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        isCSV = manifest.format == .csv
        through = manifest.through_sequence
        let question = manifest.question
        isFiltered = question.is_filtered
        isWholeLog =
            isWhole && question.is_filtered == false && question.from == nil && question.to == nil
            && question.date == nil
    }

    /// What can be said about missing rows once every row was seen.
    enum Completeness {
        case complete
        /// The rows `after + 1` to `next - 1` were taken out, before the row that has a place.
        case hole(after: Int64, next: Int64, place: Place)
        /// Why it cannot be told.
        case unknown(String)
    }

    var completeness: Completeness {
        switch isFiltered {
        case nil: return .unknown("the manifest is of a version that does not say whether filters hold")
        case true?: return .unknown("a filter leaves rows out, so that missing ones cannot be told")
        case false?: break
        }
        if hasTooManyRuns {
            return .unknown("the rows were received in another order than logged in too many places")
        }
        let sorted = (Array(runs.values) + (current.map { [$0] } ?? [])).sorted { $0.first < $1.first }
        guard sorted.count > 1 else { return .complete }
        // Of a range of time, rows that were logged between its own may have been received outside of it.
        guard isWholeLog || isOrdered else {
            return .unknown(
                "the rows of this range were received in another order than logged (a backfill), so that missing ones cannot be told"
            )
        }
        return .hole(after: sorted[0].last, next: sorted[1].first, place: sorted[1].place)
    }

    struct Finding {
        var sequence: Int64?
        var attemptID: String?
        var reason: String
    }

    /// What is wrong with the row; nil when nothing is.
    mutating func check(_ cells: [String?], at place: Place) -> Finding? {
        let attempt: Attempt
        do throws(ExportRecords.Fault) { attempt = try read(cells) } catch {
            return Finding(
                sequence: text(cells, "sequence").flatMap { Int64($0) }, attemptID: text(cells, "attempt_id"),
                reason: error.reason)
        }
        // A row that is wrong in itself still fills its place.
        let unlinked = before?.sequence == attempt.sequence ? nil : link(attempt, place)
        let reason = fault(of: attempt, cells) ?? unlinked
        days[attempt.logicalDate, default: DayExtent()].add(attempt)
        first = min(first ?? attempt.sequence, attempt.sequence)
        last = max(last ?? attempt.sequence, attempt.sequence)
        before = (attempt.receivedAt, attempt.sequence)
        return reason.map { Finding(sequence: attempt.sequence, attemptID: attempt.attemptID, reason: $0) }
    }

    private mutating func fault(of attempt: Attempt, _ cells: [String?]) -> String? {
        guard AttemptHash.hash(of: attempt) == attempt.hash || isMarked(attempt, cells) else {
            return "its fields do not have the hash that it states: it was changed"
        }
        guard attempt.sequence <= through else {
            return "the manifest covers the log through sequence \(through): the row was put in"
        }
        if attempt.sequence == 1, attempt.previousHash != AttemptHash.genesis {
            return "it is the project's first row, and its previous_hash is not zero"
        }
        guard let before else { return nil }
        if attempt.sequence == before.sequence { return "its sequence stands in the row before it, too" }
        guard (before.receivedAt, before.sequence) < (attempt.receivedAt, attempt.sequence) else {
            return
                "rows stand in the order of received_at and sequence, and it belongs before sequence \(before.sequence): it was moved"
        }
        if attempt.sequence < before.sequence { isOrdered = false }
        return nil
    }

    // MARK: Runs

    /// Puts the row into its run; says which neighbour in the log it does not fit.
    private mutating func link(_ attempt: Attempt, _ place: Place) -> String? {
        let sequence = attempt.sequence
        if current.map({ $0.last + 1 != sequence }) ?? true {
            setAside()
            current = firstByLast.removeValue(forKey: sequence - 1).flatMap { runs.removeValue(forKey: $0) }
        }
        var fault: String?
        if var run = current {
            if attempt.previousHash == run.lastHash {
                linked += 1
            } else {
                fault = "its previous_hash is not the hash of the row before it, sequence \(sequence - 1)"
            }
            run.last = sequence
            run.lastHash = attempt.hash
            current = run
        } else {
            current = Run(
                first: sequence, last: sequence, previousHash: attempt.previousHash, place: place,
                lastHash: attempt.hash)
        }
        guard !runs.isEmpty, let next = runs.removeValue(forKey: sequence + 1) else { return fault }
        firstByLast.removeValue(forKey: next.last)
        if next.previousHash == attempt.hash {
            linked += 1
        } else {
            fault = fault ?? "its hash is not the previous_hash of the row after it, sequence \(sequence + 1)"
        }
        current?.last = next.last
        current?.lastHash = next.lastHash
        return fault
    }

    private mutating func setAside() {
        guard let run = current, isFiltered == false, !hasTooManyRuns else { return }
        guard runs.count < Self.runsMax else {
            hasTooManyRuns = true
            runs = [:]
            firstByLast = [:]
            return
        }
        runs[run.first] = run
        firstByLast[run.last] = run.first
    }

    /// About 50 MB.
    private static let runsMax = 200_000

    // MARK: Reading

    private func text(_ cells: [String?], _ name: String) -> String? { columns[name].flatMap { cells[$0] } }

    private func read(_ cells: [String?]) throws(ExportRecords.Fault) -> Attempt {
        func need<Value>(_ name: String, _ read: (String) -> Value?) throws(ExportRecords.Fault) -> Value {
            guard let value = text(cells, name).flatMap(read) else {
                throw ExportRecords.Fault(reason: "its \(name) is missing or cannot be read")
            }
            return value
        }
        var category: FailureCategory?
        if text(cells, "failure_category") != nil {
            category = try need("failure_category") { FailureCategory(rawValue: $0) }
        }
        return Attempt(
            attemptID: try need("attempt_id") { $0 }, projectID: project, sequence: try need("sequence") { Int64($0) },
            userID: text(cells, "user_id"), source: plain(cells, "source") ?? "",
            channel: plain(cells, "channel") ?? "",
            receivedAt: try need("received_at") { Timestamp(rfc3339: $0) },
            logicalDate: try need("logical_date") { LogicalDate($0) },
            outcome: try need("outcome") { Outcome(rawValue: $0) }, failureCategory: category,
            failureCode: text(cells, "failure_code"), failureMessage: plain(cells, "failure_message"),
            context: text(cells, "context") ?? "", retryAttempt: try need("retry_attempt") { Int($0) },
            durationMilliseconds: try need("duration_ms") { Double($0) },
            idempotencyKey: plain(cells, "idempotency_key"), leadID: text(cells, "lead_id"),
            previousHash: try need("previous_hash", Self.hash), hash: try need("hash", Self.hash))
    }

    private static func hash(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Texts in which a submitter may have written what a spreadsheet takes for a formula.
    private static let markable = ["source", "channel", "failure_message", "idempotency_key"]

    /// The text without the apostrophe that CSV puts in front of what looks like a formula.
    private func plain(_ cells: [String?], _ name: String) -> String? {
        let cell = text(cells, name)
        guard isCSV, let cell, Self.looksMarked(cell) else { return cell }
        return String(cell.dropFirst())
    }

    private static func looksMarked(_ cell: String) -> Bool {
        let bytes = Array(cell.utf8.prefix(2))
        return bytes.count == 2 && bytes[0] == UInt8(ascii: "'") && [61, 43, 45, 64, 9, 13].contains(bytes[1])
    }

    /// Whether the row has its hash once an apostrophe counts as the submitter's own.
    private func isMarked(_ attempt: Attempt, _ cells: [String?]) -> Bool {
        let doubtful = isCSV ? Self.markable.filter { text(cells, $0).map(Self.looksMarked) ?? false } : []
        guard !doubtful.isEmpty else { return false }
        return (1..<(1 << doubtful.count)).contains { choice in
            var other = attempt
            for (bit, name) in doubtful.enumerated() where choice >> bit & 1 == 1 {
                switch name {
                case "source": other.source = text(cells, name) ?? ""
                case "channel": other.channel = text(cells, name) ?? ""
                case "failure_message": other.failureMessage = text(cells, name)
                default: other.idempotencyKey = text(cells, name)
                }
            }
            return AttemptHash.hash(of: other) == attempt.hash
        }
    }
}

extension DayExtent {
    fileprivate mutating func add(_ attempt: Attempt) {
        attempts += 1
        if attempt.outcome == .failure { failures += 1 }
        if attempt.leadID != nil { leads += 1 }
        firstSequence = min(firstSequence ?? attempt.sequence, attempt.sequence)
        if lastSequence.map({ $0 < attempt.sequence }) ?? true {
            lastSequence = attempt.sequence
            lastHash = HexText.of(attempt.hash)
        }
    }
}
