package import Events

/// One column of a table that is written to a file.
package struct TableColumn: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case text, integer, number, boolean, time, date
        /// JSON as text: an object of its own in JSON Lines, a text elsewhere.
        case json
    }
    package var name: String
    package var kind: Kind

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// One cell. Its case belongs to the column's kind, or is `null`.
package enum TableValue: Hashable, Sendable {
    case null
    case text(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case time(Timestamp)
    case date(LogicalDate)
    case json(String)

    package static func text(orNull value: String?) -> TableValue { value.map { .text($0) } ?? .null }
    package static func integer(orNull value: Int64?) -> TableValue { value.map { .integer($0) } ?? .null }
    package static func time(orNull value: Timestamp?) -> TableValue { value.map { .time($0) } ?? .null }
    package static func json(orNull value: String?) -> TableValue { value.map { .json($0) } ?? .null }
}

/// A file of rows that is being written. One caller at a time.
package protocol TableFileWriter: Sendable {
    /// The rows after those before, each with one value for every column.
    func append(_ rows: [[TableValue]]) async throws(FileStoreError)
    /// Completes the file: durable when this returns. Nothing may be appended afterwards.
    func finish() async throws(FileStoreError)
    /// Gives up: releases what is held. The unfinished file may stay where it is.
    func abandon() async
}

/// Makes files of rows in a format that needs an engine (Parquet). Memory is bounded whatever the number of rows; equal
/// rows give equal bytes.
package protocol TableFiles: Sendable {
    /// Begins the file at `path`, replacing what is there. `scratch` is a folder for what has to be kept meanwhile.
    func create(
        _ path: String, columns: [TableColumn], scratch: String
    ) async throws(FileStoreError) -> any TableFileWriter
}

/// Reads the files that a `TableFiles` made.
package protocol TableRows: Sendable {
    /// At most `count` rows from that row on (from 0), none at the end. Each has a cell for every column: the text of its
    /// value as CSV writes it, nil where there is none.
    func rows(
        _ path: String, columns: [TableColumn], from first: Int64, upTo count: Int
    ) async throws(FileStoreError) -> [[String?]]
}
