internal import Foundation
internal import Ports

/// The records of a text file that `RowText` wrote, as they come: pure.
///
/// A cell is the text of its value as CSV writes it, without the quotes around it: a JSON column byte for byte, a JSON text
/// without its escapes; nil where there is none. In CSV an empty cell and an absent one are the same.
struct ExportRecords {
    struct Record {
        /// The line on which it begins, from 1.
        var line: Int
        var cells: Result<[String?], Fault>
    }
    /// Why a record cannot be read.
    struct Fault: Error { var reason: String }

    /// Larger ones are no record of ours.
    static let recordBytesMax = 64 << 20

    private let format: ExportFormat
    private let columns: [TableColumn]
    private var rest: [UInt8] = []
    private var line = 1
    private var recordLine = 1
    private var isQuoted = false
    /// Whether the header row of CSV is behind us.
    private var hasHead = false

    init(_ format: ExportFormat, columns: [TableColumn]) {
        self.format = format
        self.columns = columns
    }

    /// The records that these bytes complete.
    mutating func feed(_ bytes: [UInt8]) -> [Record] {
        var found: [Record] = []
        var start = 0
        for (at, byte) in bytes.enumerated() {
            if byte == 34, format == .csv { isQuoted.toggle() }
            guard byte == 10 else { continue }
            line += 1
            guard !isQuoted else { continue }
            take(rest + bytes[start..<at], &found)
            rest.removeAll(keepingCapacity: true)
            start = at + 1
            recordLine = line
        }
        rest += bytes[start...]
        if rest.count > Self.recordBytesMax {
            found.append(Record(line: recordLine, cells: .failure(Fault(reason: "the row never ends"))))
            rest.removeAll()
        }
        return found
    }

    /// What is left when the file is over: our files end with a line break.
    mutating func finish() -> [Record] {
        guard !rest.isEmpty else { return [] }
        return [Record(line: recordLine, cells: .failure(Fault(reason: "the file ends in the middle of the row")))]
    }

    private mutating func take(_ record: [UInt8], _ found: inout [Record]) {
        let isCSV = format == .csv
        let bytes = isCSV && record.last == 13 ? record.dropLast() : record[...]
        if isCSV, !hasHead {
            hasHead = true
            let names = Result { try Self.cellsOfCSV(bytes) }
            if (try? names.get()) != columns.map({ $0.name }) {
                let fault = Fault(reason: "the header row does not name the manifest's columns")
                found.append(Record(line: recordLine, cells: .failure(fault)))
            }
            return
        }
        do throws(Fault) {
            let cells = try isCSV ? Self.cellsOfCSV(bytes) : cellsOfJSON(bytes)
            guard cells.count == columns.count else {
                throw Fault(reason: "the row has \(cells.count) cells, and the manifest \(columns.count) columns")
            }
            found.append(Record(line: recordLine, cells: .success(cells)))
        } catch {
            found.append(Record(line: recordLine, cells: .failure(error)))
        }
    }

    // MARK: CSV

    private static func cellsOfCSV(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [String?] {
        var cells: [String?] = []
        var cell: [UInt8] = []
        var at = bytes.startIndex
        while true {
            cell.removeAll(keepingCapacity: true)
            if at < bytes.endIndex, bytes[at] == 34 {
                at += 1
                while true {
                    guard at < bytes.endIndex else { throw Fault(reason: "a quoted cell is not closed") }
                    if bytes[at] == 34 {
                        guard at + 1 < bytes.endIndex, bytes[at + 1] == 34 else { break }
                        at += 1
                    }
                    cell.append(bytes[at])
                    at += 1
                }
                at += 1
                guard at == bytes.endIndex || bytes[at] == 44 else {
                    throw Fault(reason: "something stands behind a quoted cell")
                }
            } else {
                while at < bytes.endIndex, bytes[at] != 44 {
                    cell.append(bytes[at])
                    at += 1
                }
            }
            cells.append(cell.isEmpty ? nil : String(decoding: cell, as: UTF8.self))
            guard at < bytes.endIndex else { return cells }
            at += 1
        }
    }

    // MARK: JSON Lines

    /// The members have to be the columns, in their order.
    private func cellsOfJSON(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [String?] {
        var cells: [String?] = []
        var at = bytes.startIndex
        for (index, column) in columns.enumerated() {
            let opening = Array("\(index == 0 ? "{" : ",")\"\(column.name)\":".utf8)
            guard bytes[at...].starts(with: opening) else {
                throw Fault(reason: "the member \(column.name) is not where it belongs")
            }
            at += opening.count
            let value = try Self.value(in: bytes, at: &at)
            if value.elementsEqual("null".utf8) {
                cells.append(nil)
            } else if value.first == 34 {
                cells.append(try Self.text(value, column))
            } else {
                cells.append(String(decoding: value, as: UTF8.self))
            }
        }
        guard bytes[at...].elementsEqual("}".utf8) else { throw Fault(reason: "more stands behind the last column") }
        return cells
    }

    /// One JSON value as it is written; `at` ends behind it.
    private static func value(in bytes: ArraySlice<UInt8>, at: inout Int) throws(Fault) -> ArraySlice<UInt8> {
        let start = at
        var depth = 0
        var isText = false
        while at < bytes.endIndex {
            let byte = bytes[at]
            if isText {
                if byte == 92 { at += 1 } else if byte == 34 { isText = false }
                at += 1
                if depth == 0, !isText, bytes[start] == 34 { return bytes[start..<min(at, bytes.endIndex)] }
                continue
            }
            switch byte {
            case 34: isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return bytes[start..<at] }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return bytes[start..<at]
                }
            case 44 where depth == 0: return bytes[start..<at]
            default: break
            }
            at += 1
        }
        throw Fault(reason: "the row is not one whole JSON object")
    }

    private static func text(_ value: ArraySlice<UInt8>, _ column: TableColumn) throws(Fault) -> String {
        guard value.contains(92) else { return String(decoding: value.dropFirst().dropLast(), as: UTF8.self) }
        do { return try JSONDecoder().decode(String.self, from: Data(value)) } catch {
            throw Fault(reason: "\(column.name) is not a JSON text")
        }
    }
}
