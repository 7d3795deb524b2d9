// Exports: records of one project as files, written by a job.
//
// Flow: `ExportQuestion` (the job's input) ─▶ pages of the ledger ─▶ `ExportTable` (columns and cells) ─▶ CSV, JSON Lines
// or Parquet in the job's folder ─▶ `ExportManifest` with the SHA-256 of each file ─▶ the whole folder renamed to its
// place ─▶ downloads.
//
// Constraints: memory is bounded by one page of rows. The question fixes the last sequence it covers, and rows are read
// in an order that never changes: a job that is run again after a crash writes the same bytes. Nothing can be downloaded
// before the rename; what was renamed before a crash is found and not written again.
//
// Stored format: `exports/<job id>/`: the data files and `manifest.json`.
//
// Failure cases: a full disk and an unreadable ledger fail the try and are retried by Jobs; a cancelled job's folder is
// removed with it; files are removed when their time is over, the manifest's facts stay in the job's result.

package import Events
package import Ports

/// What an export is of.
package enum ExportSubject: String, Sendable, CaseIterable, Codable { case attempts, leads, days, reports }

package enum ExportFormat: String, Sendable, CaseIterable, Codable {
    case csv, jsonl, parquet

    package var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .jsonl: "application/x-ndjson"
        case .parquet: "application/vnd.apache.parquet"
        }
    }
}

/// What was asked for, checked; the input of the job.
package struct ExportQuestion: Hashable, Sendable, Codable {
    package var of: ExportSubject
    package var format: ExportFormat
    /// Of attempts and leads.
    package var filter: AttemptFilter
    /// Of days and reports: both included.
    package var firstDate: LogicalDate?
    package var lastDate: LogicalDate?
    /// The project's last sequence when the question was asked; later attempts are not part of the answer.
    package var throughSequence: Int64
    package var askedAt: Timestamp

    package init(
        of subject: ExportSubject, format: ExportFormat, filter: AttemptFilter, firstDate: LogicalDate?,
        lastDate: LogicalDate?, throughSequence: Int64, askedAt: Timestamp
    ) {
        self.of = subject
        self.format = format
        self.filter = filter
        self.firstDate = firstDate
        self.lastDate = lastDate
        self.throughSequence = throughSequence
        self.askedAt = askedAt
    }

    /// Whether every attempt of the project is asked for: then their number is known beforehand.
    var isWholeLog: Bool {
        of == .attempts && !isFiltered && filter.from == nil && filter.to == nil && filter.date == nil
    }

    /// Whether anything but a range of time narrows the rows.
    var isFiltered: Bool {
        var plain = AttemptFilter(projectID: filter.projectID)
        (plain.from, plain.to, plain.date, plain.asked) = (filter.from, filter.to, filter.date, filter.asked)
        return filter != plain
    }
}

/// One file of a finished export.
package struct ExportedFile: Hashable, Sendable, Codable {
    package var name: String
    package var bytes: Int64
    package var rows: Int64
    /// 64 hexadecimal digits.
    package var sha256: String

    package init(name: String, bytes: Int64, rows: Int64, sha256: String) {
        self.name = name
        self.bytes = bytes
        self.rows = rows
        self.sha256 = sha256
    }
}

/// What a finished export's job keeps: everything that a download needs to know without looking at the disk.
package struct ExportResult: Hashable, Sendable, Codable {
    package var of: ExportSubject
    package var format: ExportFormat
    package var rows: Int64
    package var files: [ExportedFile]
    /// Name, size and hash of the manifest itself.
    package var manifest: ExportedFile
}
