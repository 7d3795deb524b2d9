internal import Events

/// The rows that failed, as CSV (RFC 4180): the cells as sent, then `line`, `code`, `pointer` and `message`. Cells that a
/// row has beyond the header's follow at its end.
///
/// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"), except plain
/// numbers and phone numbers, which are none.
enum ErrorRows {
    static func header(_ columns: [String]) -> [UInt8] { line(columns + ["line", "code", "pointer", "message"]) }

    static func row(_ row: LeadRows.Row, columns: Int, _ problem: Problem) -> [UInt8] {
        var cells = Array(row.cells.prefix(columns))
        cells += Array(repeating: "", count: columns - cells.count)
        cells += [
            String(row.line), problem.code.rawValue, problem.fields.map(\.pointer).joined(separator: " "),
            problem.fields.isEmpty ? problem.detail : problem.fields.map(\.message).joined(separator: " "),
        ]
        return line(cells + row.cells.dropFirst(columns))
    }

    private static func line(_ cells: [String]) -> [UInt8] {
        Array((cells.map { cell(harmless($0)) }.joined(separator: ",") + "\r\n").utf8)
    }

    static func harmless(_ text: String) -> String {
        guard let first = text.utf8.first, "=+-@\t\r\n|%".utf8.contains(first) else { return text }
        let isNumber = text.utf8.allSatisfy { (48...57).contains($0) || " +-().".utf8.contains($0) }
        return isNumber && first != UInt8(ascii: "=") ? text : "'" + text
    }

    private static func cell(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
