internal import Foundation
internal import Wire

/// A CSV file: its header at once, its rows a piece at a time.
struct RowFile {
    let name: String
    private(set) var columns: [String]
    let bytes: Int
    private(set) var bytesRead = 0
    private var reader: CSVReader
    private let handle: FileHandle
    private var waiting: [Result<CSVReader.Row, CSVReader.BadRow>]
    private var isOver = false

    /// Opens the file and reads its header. Throws `failed` or `usage`, naming the file.
    init(path: String, delimiter: UInt8) throws(LeadImportError) {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
            bytes = Int(try handle.seekToEnd())
            try handle.seek(toOffset: 0)
        } catch {
            throw .failed("\(path) cannot be read: \(error.localizedDescription)")
        }
        self.handle = handle
        self.name = URL(filePath: path).lastPathComponent
        self.reader = CSVReader(delimiter: delimiter)
        self.waiting = []
        self.columns = []
        while waiting.isEmpty, !isOver { try fill() }
        guard let first = waiting.first else { throw .usage("\(path) is empty: a header and rows are needed.") }
        switch first {
        case .failure(let bad): throw .usage("\(path), line \(bad.line): the header cannot be read: \(bad.reason).")
        case .success(let header):
            guard Set(header.cells).count == header.cells.count else {
                throw .usage("\(path): two columns of the header have the same name; rename one.")
            }
            guard header.cells.count <= CSVLimits.columnsMax else {
                throw .usage(
                    "\(path) has \(header.cells.count) columns; at most \(CSVLimits.columnsMax) are read.")
            }
            columns = header.cells
        }
        waiting.removeFirst()
    }

    /// The next rows, in order; nil when the file is over.
    mutating func next() throws(LeadImportError) -> [Result<CSVReader.Row, CSVReader.BadRow>]? {
        while waiting.isEmpty {
            if isOver { return nil }
            try fill()
        }
        defer { waiting = [] }
        let columnCount = columns.count
        return waiting.map { row in
            guard case .success(let good) = row, good.cells.count != columnCount else { return row }
            return .failure(
                CSVReader.BadRow(
                    line: good.line, reason: "it has \(good.cells.count) cells where the header has \(columnCount)"))
        }
    }

    private mutating func fill() throws(LeadImportError) {
        do {
            if let data = try handle.read(upToCount: LeadImportLimits.readBytes), !data.isEmpty {
                bytesRead += data.count
                waiting += reader.feed(data)
            } else {
                isOver = true
                waiting += reader.finish()
                try handle.close()
            }
        } catch {
            throw .failed("\(name) cannot be read further than byte \(bytesRead): \(error.localizedDescription)")
        }
    }
}
