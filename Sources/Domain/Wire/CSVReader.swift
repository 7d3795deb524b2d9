/// Comma-separated values (RFC 4180), read a piece at a time.
///
/// Accepted beyond the RFC: LF or CR alone as the end of a row, a byte order mark at the start, empty rows (skipped).
/// A row that breaks the rules becomes a `BadRow` and reading goes on with the next line: nothing is repaired silently.
/// A quote that is never closed, or closed in the middle of another cell, would take the lines behind it for its cell: they are
/// read again, as rows of their own, from the line after the one on which the quote opened.
/// Memory is bounded by `CSVLimits.rowBytesMax`, whatever the file says.
package struct CSVReader: Sendable {
    package struct Row: Hashable, Sendable {
        /// The line on which the row begins, from 1.
        package var line: Int
        /// The line on which it ends: another one when a quoted cell has line breaks.
        package var lastLine: Int
        package var cells: [String]

        package init(line: Int, lastLine: Int? = nil, cells: [String]) {
            self.line = line
            self.lastLine = lastLine ?? line
            self.cells = cells
        }

        /// Why a row with another number of cells than the header is none.
        package func miscounted(columns: Int) -> String {
            let reason = "it has \(cells.count) cells where the header has \(columns)"
            return lastLine == line ? reason : "\(reason), and goes on to line \(lastLine): is a quote missing?"
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

    /// What was fed and may have to be read again, and how far it was read.
    private var held: [UInt8] = []
    private var position = 0
    /// The line on which the quoted cell opened that is being read.
    private var quoteLine = 1
    /// Where the line after that one begins; nil while the cell has no line break.
    private var secondLine: (position: Int, line: Int, afterCarriageReturn: Bool)?

    package init(delimiter: CSVDelimiter = .comma) { self.delimiter = delimiter.byte }

    /// Takes the next bytes of the file and gives the rows that they complete, in order.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [Result<Row, BadRow>] {
        held.append(contentsOf: bytes)
        readHeld()
        defer { out.removeAll(keepingCapacity: true) }
        return out
    }

    /// Reads to the end of what is held, and lets go of what will not be read again.
    private mutating func readHeld() {
        while position < held.count {
            let byte = held[position]
            position += 1
            if markBytes == nil { take(byte) } else { dropMark(byte) }
        }
        let done = secondLine?.position ?? position
        held.removeFirst(done)
        position -= done
        secondLine?.position = 0
    }

    /// The file is over: gives the last row, if it had no line end.
    package mutating func finish() -> [Result<Row, BadRow>] {
        if let held = markBytes {
            markBytes = nil
            for byte in held { take(byte) }
        }
        while place == .quoted {
            failInQuotes("it is never closed")
            startRow()
            readHeld()
        }
        if place != .skipping, hasText || !cells.isEmpty { endRow(isAtLineEnd: false) }
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
            if byte == 34 {
                place = .afterQuote
            } else {
                if isLineEnd, secondLine == nil { secondLine = (position, line, byte == 13) }
                append(byte)
            }
        case .afterQuote where byte == 34:
            place = .quoted
            append(34)
        case .afterQuote where byte != delimiter && !isLineEnd:
            failInQuotes("there is text after its closing quote; write a quote inside a cell twice")
        case .start where byte == 34:
            hasText = true
            place = .quoted
            quoteLine = line
        case .bare where byte == 34:
            fail("there is a quote inside a cell that does not begin with one")
            place = .skipping
        case .start, .bare, .afterQuote:
            if byte == delimiter {
                hasText = true
                endCell()
            } else if isLineEnd {
                if hasText || !cells.isEmpty { endRow(isAtLineEnd: true) } else { startRow() }
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
            failTooLong("is longer than \(CSVLimits.cellBytesMax) bytes", "a cell")
        } else if rowBytes > CSVLimits.rowBytesMax {
            failTooLong("is longer than \(CSVLimits.rowBytesMax) bytes", "the row")
        }
    }

    private mutating func failTooLong(_ reason: String, _ what: String) {
        if place == .quoted { return failInQuotes("\(what) \(reason) with what follows") }
        fail("\(what) \(reason)")
        place = .skipping
    }

    private mutating func endCell() {
        secondLine = nil
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

    /// `isAtLineEnd` tells that its line end was counted already.
    private mutating func endRow(isAtLineEnd: Bool) {
        endCell()
        // What failed in its last cell has been reported, and its line is over.
        if place != .skipping {
            out.append(.success(Row(line: rowLine, lastLine: isAtLineEnd ? line - 1 : line, cells: cells)))
        }
        startRow()
    }

    private mutating func fail(_ reason: String) {
        out.append(.failure(BadRow(line: rowLine, reason: reason)))
    }

    /// The quoted cell is none. What follows the line on which it opened is read again.
    private mutating func failInQuotes(_ reason: String) {
        fail("a quote opens in line \(quoteLine), cell \(cells.count + 1), and \(reason)")
        place = .skipping
        guard let second = secondLine else { return }
        position = second.position
        line = second.line
        sawCarriageReturn = second.afterCarriageReturn
        startRow()
    }

    private mutating func startRow() {
        cell.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
        rowBytes = 0
        hasText = false
        place = .start
        secondLine = nil
        rowLine = line
    }
}
