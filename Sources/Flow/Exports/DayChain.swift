internal import Crypto
internal import Events
internal import Foundation
internal import Ports

/// The days of an export, row by row: the snapshot against its SHA-256, the columns against the snapshot and the seal beside
/// them, the seal against its hash, and its place behind the seal before it. Pure.
struct DayChain {
    private let project: ProjectID
    private let columns: [String: Int]
    /// Whether the seals are there; exports of before have none.
    let hasSeals: Bool
    private var previous: (position: Int64, sealHash: String)?
    /// The closed days, as they were sealed.
    private(set) var days: [LogicalDate: DayExtent] = [:]

    init(_ manifest: ExportManifest) {
        project = manifest.project_id
        columns = Dictionary(
            manifest.columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        hasSeals = columns["seal_statement"] != nil && columns["seal_hash"] != nil
    }

    /// What is wrong with the row; nil when nothing is.
    mutating func check(_ cells: [String?]) -> String? {
        let columns = columns
        func cell(_ name: String) -> String? { columns[name].flatMap { cells[$0] } }
        let day = cell("date") ?? "the day"
        guard let snapshot = cell("snapshot"), let stated = cell("snapshot_sha256") else {
            return "the day has no snapshot or no snapshot_sha256"
        }
        guard HexText.of(SHA256.hash(data: Array(snapshot.utf8))) == stated else {
            return "the snapshot of \(day) does not have its snapshot_sha256: it was changed"
        }
        guard let counted = try? JSONDecoder().decode(Counted.self, from: Data(snapshot.utf8)) else {
            return "the snapshot of \(day) cannot be read"
        }
        if let fault = counted.fault(project, cell) {
            return "the snapshot of \(day) says \(fault.name) \(fault.said), and the column \(fault.column)"
        }
        guard cell("state") == "closed" else {
            let stray = ["merkle_root", "sealed_rows", "sealed_at", "seal_statement", "seal_hash"].first {
                cell($0) != nil
            }
            return stray.map { "\(day) is open, and has a \($0)" }
        }
        return sealFault(day, counted, cell)
    }

    // MARK: Snapshot

    /// What of a snapshot stands in columns as well.
    private struct Counted: Decodable {
        struct Attempts: Decodable {
            var attempts: Int64
            var failures: Int64
        }
        struct Events: Decodable {
            struct Books: Decodable { var balanced: Bool }
            var books: Books
        }
        var project_id: String
        var date: String
        var attempts: Attempts
        var leads: Int64
        var events: Events?

        /// The first column that is not what the snapshot says.
        func fault(
            _ project: ProjectID, _ cell: (String) -> String?
        ) -> (name: String, said: String, column: String)? {
            let share = attempts.attempts > 0 ? Double(attempts.failures) / Double(attempts.attempts) : nil
            let said: [(String, String?, String?)] = [
                ("project_id", project_id, project.text), ("date", date, cell("date")),
                ("attempts", String(attempts.attempts), cell("attempts")), ("leads", String(leads), cell("leads")),
                ("failures", String(attempts.failures), cell("failures")),
                ("failure_share", share?.description, cell("failure_share").map { Double($0)?.description ?? $0 }),
                ("balanced", events.map { $0.books.balanced ? "true" : "false" }, cell("balanced")),
            ]
            return said.first { $0.1 != $0.2 }.map { ($0.0, $0.1 ?? "none", $0.2 ?? "none") }
        }
    }

    // MARK: Seal

    private mutating func sealFault(_ day: String, _ counted: Counted, _ cell: (String) -> String?) -> String? {
        guard cell("merkle_root") != nil, cell("sealed_at") != nil else { return "\(day) is closed, and has no seal" }
        guard cell("sealed_rows") == String(counted.attempts.attempts) else {
            return
                "the seal of \(day) covers \(cell("sealed_rows") ?? "no") rows, and its snapshot \(counted.attempts.attempts)"
        }
        let date = LogicalDate(counted.date)
        var extent = DayExtent()
        (extent.attempts, extent.failures, extent.leads) = (
            counted.attempts.attempts, counted.attempts.failures, counted.leads
        )
        defer { if let date { days[date] = extent } }
        guard hasSeals else { return nil }
        guard let statement = cell("seal_statement"), let hash = cell("seal_hash") else {
            return "\(day) is closed, and its seal has no statement or no hash"
        }
        guard HexText.of(SHA256.hash(data: Array(statement.utf8))) == hash else {
            return "the seal_hash of \(day) is not the SHA-256 of its seal_statement: the seal was changed"
        }
        let lines = statement.split(separator: "\n").dropFirst().map { $0.split(separator: "=", maxSplits: 1) }
        let said = Dictionary(
            lines.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }, uniquingKeysWith: { first, _ in first })
        let sealedAt = cell("sealed_at").flatMap { Timestamp(rfc3339: $0) }.map { String($0.microseconds) }
        for (name, column, value) in [
            ("project_id", "project_id", project.text), ("date", "date", cell("date")),
            ("tree_size", "sealed_rows", cell("sealed_rows")), ("merkle_root", "merkle_root", cell("merkle_root")),
            ("snapshot_sha256", "snapshot_sha256", cell("snapshot_sha256")), ("sealed_at_us", "sealed_at", sealedAt),
        ] where said[name] != value {
            return
                "the seal of \(day) says \(name) \(said[name] ?? "none"), and the column \(column) \(value ?? "none")"
        }
        extent.firstSequence = said["first_sequence"].flatMap { Int64($0) }
        extent.lastSequence = said["last_sequence"].flatMap { Int64($0) }
        extent.lastHash = said["last_hash"]
        let position = said["position"].flatMap { Int64($0) } ?? 0
        defer { previous = (position, hash) }
        if let previous, previous.position + 1 == position, said["previous_seal_hash"] != previous.sealHash {
            return "the seal of \(day) does not name the hash of the seal before it, position \(previous.position)"
        }
        return nil
    }
}
