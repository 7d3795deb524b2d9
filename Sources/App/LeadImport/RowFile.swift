internal import Events
internal import Foundation
internal import Wire

/// A CSV file, as it is or compressed by gzip or zstd (its first bytes tell): its header at once, its rows a piece at a time.
struct RowFile {
    /// Without the ending of a compressed file: its rows are the same ones.
    let name: String
    private(set) var columns: [String]
    let bytes: Int
    private(set) var bytesRead = 0
    private var reader: CSVReader
    private let handle: FileHandle
    private let encoding: BodyEncoding
    private let decompressor: BodyDecompressor
    private var waiting: [Result<CSVReader.Row, CSVReader.BadRow>]
    private var isOver = false

    /// Opens the file and reads its header. Throws `failed` or `usage`, naming the file.
    init(path: String, delimiter: CSVDelimiter) throws(LeadImportError) {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
            bytes = Int(try handle.seekToEnd())
            try handle.seek(toOffset: 0)
            encoding = BodyEncoding(beginning: try handle.read(upToCount: 4) ?? Data())
            try handle.seek(toOffset: 0)
            decompressor = try BodyDecompressor(encoding)
        } catch {
            throw .failed("\(path) cannot be read: \(error.localizedDescription)")
        }
        self.handle = handle
        let url = URL(filePath: path)
        self.name = (encoding == .identity ? url : url.deletingPathExtension()).lastPathComponent
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
            return .failure(CSVReader.BadRow(line: good.line, reason: good.miscounted(columns: columnCount)))
        }
    }

    private mutating func fill() throws(LeadImportError) {
        do {
            if let data = try handle.read(upToCount: LeadImportLimits.readBytes), !data.isEmpty {
                bytesRead += data.count
                decompressor.take(data)
                while let piece = try decompressor.next() { waiting += reader.feed(piece) }
            } else {
                isOver = true
                try decompressor.finish()
                waiting += reader.finish()
                try handle.close()
            }
        } catch let failure as DecompressionFailure {
            throw .failed("\(name) cannot be read further than byte \(bytesRead): \(failure.problem(encoding).detail)")
        } catch {
            throw .failed("\(name) cannot be read further than byte \(bytesRead): \(error.localizedDescription)")
        }
    }
}
