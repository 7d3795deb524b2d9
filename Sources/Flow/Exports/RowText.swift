internal import Events
internal import Ports

/// Rows as the bytes of a text format: pure.
enum RowText {
    /// The header row of a CSV file; nothing for JSON Lines.
    static func head(_ columns: [TableColumn], _ format: ExportFormat) -> [UInt8] {
        guard format == .csv else { return [] }
        return Array((columns.map(\.name).joined(separator: ",") + "\r\n").utf8)
    }

    static func append(
        _ row: [TableValue], _ columns: [TableColumn], _ format: ExportFormat, to out: inout [UInt8]
    ) {
        format == .csv ? appendCSV(row, to: &out) : appendJSON(row, columns, to: &out)
    }

    // MARK: CSV

    /// One record after RFC 4180: a cell is quoted when it has a comma, a quote, CR or LF; absent values are empty.
    ///
    /// Cells of text that a spreadsheet would take for a formula (beginning with `=`, `+`, `-`, `@`, tab or CR; OWASP "CSV
    /// Injection") get an apostrophe in front. Numbers, times and dates are written as they are.
    static func appendCSV(_ row: [TableValue], to out: inout [UInt8]) {
        for (index, value) in row.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            switch value {
            case .null: break
            case .text(let text), .json(let text): appendCell(text, to: &out)
            case .integer(let number): out.append(contentsOf: String(number).utf8)
            case .number(let number): if number.isFinite { JSONText.appendNumber(number, to: &out) }
            case .boolean(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
            case .time(let time): out.append(contentsOf: time.rfc3339().utf8)
            case .date(let date): out.append(contentsOf: date.description.utf8)
            }
        }
        out.append(contentsOf: [13, 10])
    }

    private static func appendCell(_ text: String, to out: inout [UInt8]) {
        let isRisky: Bool
        switch text.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 13: isRisky = true
        default: isRisky = false
        }
        let needsQuotes = text.utf8.contains { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }
        if needsQuotes { out.append(34) }
        if isRisky { out.append(UInt8(ascii: "'")) }
        if needsQuotes {
            for byte in text.utf8 {
                if byte == 34 { out.append(34) }
                out.append(byte)
            }
            out.append(34)
        } else {
            out.append(contentsOf: text.utf8)
        }
    }

    // MARK: JSON Lines

    /// One object a line, every column present, absent values `null`, stored JSON as objects of its own.
    static func appendJSON(_ row: [TableValue], _ columns: [TableColumn], to out: inout [UInt8]) {
        for (index, value) in row.enumerated() {
            out.append(UInt8(ascii: index == 0 ? "{" : ","))
            JSONText.appendString(columns[index].name, to: &out)
            out.append(UInt8(ascii: ":"))
            switch value {
            case .null: out.append(contentsOf: "null".utf8)
            case .text(let text): JSONText.appendString(text, to: &out)
            case .json(let json): appendOneLine(json, to: &out)
            case .integer(let number): out.append(contentsOf: String(number).utf8)
            case .number(let number): JSONText.appendNumber(number, to: &out)
            case .boolean(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
            case .time(let time): JSONText.appendString(time.rfc3339(), to: &out)
            case .date(let date): JSONText.appendString(date.description, to: &out)
            }
        }
        out.append(UInt8(ascii: "}"))
        out.append(10)
    }

    /// Line breaks in stored JSON can only stand between its parts: they are white space.
    private static func appendOneLine(_ json: String, to out: inout [UInt8]) {
        for byte in json.utf8 where byte != 10 && byte != 13 { out.append(byte) }
    }
}
