internal import Events
internal import Wire

/// The rows that failed, as CSV (RFC 4180) with the file's own delimiter: the cells as sent, then `line`, `code`, `pointer` and `message`. Cells that a
/// row has beyond the header's follow at its end.
///
/// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"), except plain
/// numbers (`-5`, `+12125550123`), which are none. So does a cell that would then look like one of ours (`'=1` becomes
/// `''=1`): `original` undoes `harmless` exactly, whatever the text.
enum ErrorRows {
    /// The columns that follow those of the file.
    static let ownColumns = ["line", "code", "pointer", "message"]

    static func header(_ columns: [String], _ delimiter: CSVDelimiter) -> [UInt8] {
        line(columns + ownColumns, delimiter)
    }

    /// Whether a file with this header is one of these, sent again: our columns stand last, and the request skips them.
    static func isOwn(_ columns: [String], skipping skip: [String]) -> Bool {
        columns.count > ownColumns.count && Array(columns.suffix(ownColumns.count)) == ownColumns
            && ownColumns.allSatisfy(skip.contains)
    }

    /// `columns` counts those that are kept, `sent` all that the file has.
    static func row(
        _ row: LeadRows.Row, columns: Int, sent: Int, _ problem: Problem, _ delimiter: CSVDelimiter
    ) -> [UInt8] {
        var cells = Array(row.cells.prefix(columns))
        cells += Array(repeating: "", count: columns - cells.count)
        cells += [
            String(row.line), problem.code.rawValue, problem.fields.map(\.pointer).joined(separator: " "),
            problem.fields.isEmpty ? problem.detail : problem.fields.map(\.message).joined(separator: " "),
        ]
        return line(cells + row.cells.dropFirst(sent), delimiter)
    }

    private static func line(_ cells: [String], _ delimiter: CSVDelimiter) -> [UInt8] {
        Array((cells.map { cell(harmless($0), delimiter) }.joined(separator: delimiter.text) + "\r\n").utf8)
    }

    private static let apostrophe = UInt8(ascii: "'")

    static func harmless(_ text: String) -> String { isRisky(text.utf8.drop { $0 == apostrophe }) ? "'" + text : text }

    /// The text that `harmless` was given.
    static func original(_ text: String) -> String {
        guard text.utf8.first == apostrophe, isRisky(text.utf8.drop { $0 == apostrophe }) else { return text }
        return String(text.unicodeScalars.dropFirst())
    }

    private static func isRisky(_ text: Substring.UTF8View) -> Bool {
        guard let first = text.first, "=+-@\t\r\n|%".utf8.contains(first) else { return false }
        let isSigned = first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
        let parts = text.dropFirst().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isNumber =
            (1...2).contains(parts.count)
            && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { (48...57).contains($0) } }
        return !(isSigned && isNumber)
    }

    private static func cell(_ text: String, _ delimiter: CSVDelimiter) -> String {
        guard text.utf8.contains(where: { $0 == 34 || $0 == delimiter.byte || $0 == 10 || $0 == 13 }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
