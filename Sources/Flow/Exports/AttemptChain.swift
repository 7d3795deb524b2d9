internal import Events
internal import Ports

/// The attempts of an export, row by row: each row's hash from its fields, its link to the row before it, and whether rows
/// are missing between them. Pure.
///
/// Rows come in the order of their receipt. Where that is the order of their sequence (always, but for a backfill), an export
/// that no filter narrows has no holes: what is missing was taken out.
struct AttemptChain {
    private let project: ProjectID
    private let columns: [String: Int]
    private let isCSV: Bool
    private let through: Int64
    /// Nil when the manifest does not say.
    private let isFiltered: Bool?
    private(set) var first: Int64?
    private(set) var last: Int64?
    private var lastHash: [UInt8] = []
    /// Rows whose predecessor is in the export and was compared with them.
    private(set) var linked: Int64 = 0
    /// Whether the order of receipt is that of the sequences.
    private(set) var isOrdered = true
    /// The first place at which sequences are missing.
    private(set) var hole: (row: Int64, after: Int64, next: Int64)?

    init(_ manifest: ExportManifest) {
        project = manifest.project_id
        columns = Dictionary(
            manifest.columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        isCSV = manifest.format == .csv
        through = manifest.through_sequence
        isFiltered = manifest.question.is_filtered
    }

    /// Whether nothing may be missing between the rows.
    var isComplete: Bool { isFiltered == false && isOrdered }

    struct Finding {
        var sequence: Int64?
        var attemptID: String?
        var reason: String
    }

    /// What is wrong with the row; nil when nothing is. `row` is its number in the export.
    mutating func check(_ cells: [String?], row: Int64) -> Finding? {
        let attempt: Attempt
        do throws(ExportRecords.Fault) { attempt = try read(cells) } catch {
            return Finding(
                sequence: text(cells, "sequence").flatMap { Int64($0) }, attemptID: text(cells, "attempt_id"),
                reason: error.reason)
        }
        func wrong(_ reason: String) -> Finding {
            Finding(sequence: attempt.sequence, attemptID: attempt.attemptID, reason: reason)
        }
        defer {
            first = min(first ?? attempt.sequence, attempt.sequence)
            last = max(last ?? attempt.sequence, attempt.sequence)
            lastSequence = attempt.sequence
            lastHash = attempt.hash
        }
        guard AttemptHash.hash(of: attempt) == attempt.hash || isMarked(attempt, cells) else {
            return wrong("its fields do not have the hash that it states: it was changed")
        }
        guard attempt.sequence <= through else {
            return wrong("the manifest covers the log through sequence \(through): the row was put in")
        }
        if attempt.sequence == 1, attempt.previousHash != AttemptHash.genesis {
            return wrong("it is the project's first row, and its previous_hash is not zero")
        }
        guard let before = lastSequence else { return nil }
        if attempt.sequence == before { return wrong("its sequence stands in the row before it, too") }
        if attempt.sequence < before {
            isOrdered = false
        } else if attempt.sequence == before + 1 {
            guard attempt.previousHash == lastHash else {
                return wrong("its previous_hash is not the hash of the row before it, sequence \(before)")
            }
            linked += 1
        } else if hole == nil {
            hole = (row, before, attempt.sequence)
        }
        return nil
    }

    private var lastSequence: Int64?

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
