package import Events

/// What `daybook verify --export` found.
package struct ExportVerification: Sendable {
    /// One stated value against what the files say.
    package struct Comparison: Hashable, Sendable {
        package var name: String
        package var expected: String
        package var actual: String
        package var isOK: Bool { expected == actual }
    }
    package struct WrongRow: Hashable, Sendable {
        package var file: String
        /// In the file, from 1; the header of CSV is none. 0 for a header.
        package var row: Int64
        /// Of a text file, where the row begins.
        package var line: Int?
        package var sequence: Int64?
        package var attemptID: String?
        package var reason: String
    }
    /// Of an export of attempts.
    package struct Chain: Hashable, Sendable {
        package var firstSequence: Int64?
        package var lastSequence: Int64?
        /// Rows that were compared with the row before them in the log.
        package var linkedRows: Int64
        /// Whether nothing is missing between the first and the last row; false when a filter or a backfill leaves that open.
        package var isComplete: Bool
    }

    package var exportID: String
    package var projectID: ProjectID
    package var of: ExportSubject
    package var format: ExportFormat
    /// Rows that were read.
    package var rows: Int64 = 0
    package var manifestSHA256: String
    package var comparisons: [Comparison] = []
    package var firstWrongRow: WrongRow?
    package var chain: Chain?
    /// By date: of attempts every date of its rows, of days the closed ones.
    var extents: [LogicalDate: DayExtent] = [:]
    /// Of an export of attempts.
    var coverage: ExportCoverage?
    /// What could not be checked, and why.
    package var notVerified: [String] = []

    package var isOK: Bool { firstWrongRow == nil && comparisons.allSatisfy(\.isOK) }
    package var failures: [Comparison] { comparisons.filter { !$0.isOK } }
}

/// Why something is no export at all.
package enum ExportUnreadable: Error, Hashable, Sendable, CustomStringConvertible {
    case manifestMissing(path: String)
    case manifestDamaged(path: String, detail: String)
    case notListed(file: String, manifest: String)

    package var description: String {
        switch self {
        case .manifestMissing(let path):
            "there is no manifest \(path): download it (manifest_href) into the folder of the files"
        case .manifestDamaged(let path, let detail):
            "\(path) is not the manifest of an export (\(detail)): download it again"
        case .notListed(let file, let manifest):
            "\(manifest) does not list the file \(file): name the folder, or the manifest that came with the file"
        }
    }
}
