/// Comma-separated values (RFC 4180), read a piece at a time.
///
/// Accepted beyond the RFC: LF or CR alone as the end of a row, a byte order mark at the start, empty rows (skipped).
/// A row that breaks the rules becomes a `BadRow` and reading goes on with the next line: nothing is repaired silently.
/// Memory is bounded by `CSVLimits.rowBytesMax`, whatever the file says.
package struct CSVReader: Sendable {
    package struct Row: Hashable, Sendable {
        /// The line on which the row begins, from 1.
        package var line: Int
        package var cells: [String]

        package init(line: Int, cells: [String]) {
            self.line = line
            self.cells = cells
        }
    }

    package struct BadRow: Error, Hashable, Sendable {
        package var line: Int
        package var reason: String
        package init(line: Int, reason: String) {
            self.line = line
            self.reason = reason
        }
    }

    private enum Place { case start, bare, quoted, afterQuote, skipping }

    private let delimiter: UInt8
    private var place = Place.start
    private var cell: [UInt8] = []
    private var cells: [String] = []
    private var line = 1
    private var rowLine = 1
    private var rowBytes = 0
    private var hasText = false
    private var sawCarriageReturn = false
    private var markBytes: [UInt8]? = []
    private var out: [Result<Row, BadRow>] = []

    package init(delimiter: UInt8 = UInt8(ascii: ",")) { self.delimiter = delimiter }

    /// Takes the next bytes of the file and gives the rows that they complete, in order.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [Result<Row, BadRow>] {
        for byte in bytes { dropMark(byte) }
        defer { out.removeAll(keepingCapacity: true) }
        return out
    }

    /// The file is over: gives the last row, if it had no line end.
    package mutating func finish() -> [Result<Row, BadRow>] {
        if let held = markBytes {
            markBytes = nil
            for byte in held { take(byte) }
        }
        if place == .quoted {
            fail("a quoted cell is never closed")
            place = .start
        } else if hasText || !cells.isEmpty {
            endRow()
        }
        defer { out.removeAll() }
        return out
    }

    /// Holds back the first three bytes, and drops them if they are a byte order mark.
    private mutating func dropMark(_ byte: UInt8) {
        guard var held = markBytes else { return take(byte) }
        held.append(byte)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if held == mark {
            markBytes = nil
        } else if mark.starts(with: held) {
            markBytes = held
        } else {
            markBytes = nil
            for byte in held { take(byte) }
        }
    }

    private mutating func take(_ byte: UInt8) {
        let isLineEnd = byte == 10 || byte == 13
        if byte == 10, sawCarriageReturn {
            // The second half of CR LF; inside quotes it belongs to the text.
            sawCarriageReturn = false
            if place == .quoted { append(byte) }
            return
        }
        sawCarriageReturn = byte == 13
        if isLineEnd { line += 1 }
        switch place {
        case .skipping:
            if isLineEnd { startRow() }
        case .quoted:
            if byte == 34 { place = .afterQuote } else { append(byte) }
        case .afterQuote where byte == 34:
            append(34)
            place = .quoted
        case .afterQuote where byte != delimiter && !isLineEnd:
            fail("there is text after a closing quote; write a quote inside a cell twice")
            place = .skipping
        case .start where byte == 34:
            hasText = true
            place = .quoted
        case .bare where byte == 34:
            fail("there is a quote inside a cell that does not begin with one")
            place = .skipping
        case .start, .bare, .afterQuote:
            if byte == delimiter {
                hasText = true
                endCell()
            } else if isLineEnd {
                if hasText || !cells.isEmpty { endRow() } else { startRow() }
            } else {
                place = .bare
                append(byte)
            }
        }
    }

    private mutating func append(_ byte: UInt8) {
        hasText = true
        cell.append(byte)
        rowBytes += 1
        if cell.count > CSVLimits.cellBytesMax {
            fail("a cell is longer than \(CSVLimits.cellBytesMax) bytes; is a quote missing?")
            place = .skipping
        } else if rowBytes > CSVLimits.rowBytesMax {
            fail("the row is longer than \(CSVLimits.rowBytesMax) bytes")
            place = .skipping
        }
    }

    private mutating func endCell() {
        if let text = String(validating: cell, as: UTF8.self) {
            cells.append(text)
        } else if place != .skipping {
            fail("cell \(cells.count + 1) is not UTF-8; save the file as UTF-8")
            place = .skipping
            return
        }
        cell.removeAll(keepingCapacity: true)
        place = .start
        if cells.count > CSVLimits.columnsMax {
            fail("the row has more than \(CSVLimits.columnsMax) cells")
            place = .skipping
        }
    }

    private mutating func endRow() {
        endCell()
        // What failed in its last cell has been reported, and its line is over.
        if place != .skipping { out.append(.success(Row(line: rowLine, cells: cells))) }
        startRow()
    }

    private mutating func fail(_ reason: String) {
        out.append(.failure(BadRow(line: rowLine, reason: reason)))
    }

    private mutating func startRow() {
        cell.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
        rowBytes = 0
        hasText = false
        place = .start
        rowLine = line
    }
}
