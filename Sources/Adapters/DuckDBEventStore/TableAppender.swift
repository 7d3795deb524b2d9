internal import CDuckDB
internal import Events
internal import Ports

/// The types that our tables use.
enum ColumnType {
    case text, blob, int16, int32, int64, unsigned64, double, bool, int16List, int64List

    fileprivate var primitive: duckdb_type {
        switch self {
        case .text: DUCKDB_TYPE_VARCHAR
        case .blob: DUCKDB_TYPE_BLOB
        case .int16, .int16List: DUCKDB_TYPE_SMALLINT
        case .int32: DUCKDB_TYPE_INTEGER
        case .int64, .int64List: DUCKDB_TYPE_BIGINT
        case .unsigned64: DUCKDB_TYPE_UBIGINT
        case .double: DUCKDB_TYPE_DOUBLE
        case .bool: DUCKDB_TYPE_BOOLEAN
        }
    }
    fileprivate var isList: Bool { self == .int16List || self == .int64List }
}

/// Appends rows to one table by filling DuckDB's vectors directly, `chunkRows` rows at a time.
///
/// Texts must be valid UTF-8 (ours come from a validating parser): they are copied without another check.
struct TableAppender: ~Copyable {
    static let chunkRows = Int(duckdb_vector_size())

    private var appender: duckdb_appender?
    private var chunk: duckdb_data_chunk?
    private let table: String
    private let types: [ColumnType]

    init(_ connection: Connection, table: String, types: [ColumnType]) throws(EventStoreError) {
        self.table = table
        self.types = types
        guard let handle = connection.handle else { throw .closed }
        var appender: duckdb_appender?
        guard duckdb_appender_create(handle, nil, table, &appender) == DuckDBSuccess else {
            let detail = appender.flatMap { duckdb_appender_error($0) }.map { String(cString: $0) } ?? "no appender"
            duckdb_appender_destroy(&appender)
            throw ErrorTexts.classify(operation: "append to \(table)", detail: detail)
        }
        self.appender = appender
        var logical: [duckdb_logical_type?] = types.map { type in
            var element = duckdb_create_logical_type(type.primitive)
            guard type.isList else { return element }
            defer { duckdb_destroy_logical_type(&element) }
            return duckdb_create_list_type(element)
        }
        self.chunk = duckdb_create_data_chunk(&logical, idx_t(types.count))
        for at in logical.indices { duckdb_destroy_logical_type(&logical[at]) }
    }

    deinit {
        var chunk = chunk
        var appender = appender
        duckdb_destroy_data_chunk(&chunk)
        // Destroying flushes what is left; inside a transaction that is rolled back that is without effect.
        duckdb_appender_destroy(&appender)
    }

    /// Appends `rows` rows: `fill` gets a writer for each chunk and the range of rows it holds.
    func append(rows: Int, _ fill: (inout ChunkWriter, Range<Int>) -> Void) throws(EventStoreError) {
        var start = 0
        while start < rows {
            let range = start..<min(rows, start + Self.chunkRows)
            duckdb_data_chunk_reset(chunk)
            var writer = ChunkWriter(chunk: chunk, rows: range.count)
            fill(&writer, range)
            precondition(
                writer.column == types.count, "\(table) has \(types.count) columns, \(writer.column) were filled")
            duckdb_data_chunk_set_size(chunk, idx_t(range.count))
            guard duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess else { throw failure() }
            start = range.upperBound
        }
    }

    /// Hands everything to the transaction.
    func flush() throws(EventStoreError) {
        guard duckdb_appender_flush(appender) == DuckDBSuccess else { throw failure() }
    }

    private func failure() -> EventStoreError {
        let detail = appender.flatMap { duckdb_appender_error($0) }.map { String(cString: $0) } ?? "no detail"
        return ErrorTexts.classify(operation: "append to \(table)", detail: detail)
    }
}

/// Fills the columns of one chunk from left to right.
struct ChunkWriter {
    private let chunk: duckdb_data_chunk?
    private let rows: Int
    private(set) var column = 0

    fileprivate init(chunk: duckdb_data_chunk?, rows: Int) {
        self.chunk = chunk
        self.rows = rows
    }

    private mutating func next() -> (vector: duckdb_vector?, data: UnsafeMutableRawPointer) {
        let vector = duckdb_data_chunk_get_vector(chunk, idx_t(column))
        column += 1
        return (vector, duckdb_vector_get_data(vector)!)
    }

    /// `value(i)` is the value of the chunk's row `i`.
    @inline(__always)
    mutating func fixed<T: BitwiseCopyable>(_ value: (Int) -> T) {
        let data = next().data.assumingMemoryBound(to: T.self)
        for at in 0..<rows { data[at] = value(at) }
    }

    /// As `fixed`, nil for NULL.
    @inline(__always)
    mutating func optional<T: BitwiseCopyable>(_ value: (Int) -> T?) {
        let (vector, raw) = next()
        let data = raw.assumingMemoryBound(to: T.self)
        var mask: UnsafeMutablePointer<UInt64>?
        for at in 0..<rows {
            if let present = value(at) {
                data[at] = present
            } else {
                if mask == nil {
                    duckdb_vector_ensure_validity_writable(vector)
                    mask = duckdb_vector_get_validity(vector)
                }
                mask![at >> 6] &= ~(1 << UInt64(at & 63))
            }
        }
    }

    /// The texts of the rows `order[range]` of a column.
    mutating func text(_ column: TextColumn, _ order: [Int32], _ range: Range<Int>) {
        let (vector, data) = next()
        column.bytes.withUnsafeBytes { arena in
            column.ends.withUnsafeBufferPointer { ends in
                order.withUnsafeBufferPointer { order in
                    for at in 0..<rows {
                        let row = Int(order[range.lowerBound + at])
                        let start = row == 0 ? 0 : Int(ends[row - 1])
                        let length = Int(ends[row]) - start
                        Self.put(arena.baseAddress.map { $0 + start }, length, vector, data, at)
                    }
                }
            }
        }
    }

    mutating func text(_ value: (Int) -> String) {
        let (vector, data) = next()
        for at in 0..<rows {
            var text = value(at)
            text.withUTF8 { Self.put(UnsafeRawPointer($0.baseAddress), $0.count, vector, data, at) }
        }
    }

    mutating func blob(_ value: (Int) -> [UInt8]) {
        let (vector, data) = next()
        for at in 0..<rows { value(at).withUnsafeBytes { Self.put($0.baseAddress, $0.count, vector, data, at) } }
    }

    /// Lists of one value each row.
    mutating func list<T: BitwiseCopyable>(_ value: (Int) -> ArraySlice<T>) {
        let (vector, data) = next()
        let entries = data.assumingMemoryBound(to: duckdb_list_entry.self)
        var total = 0
        for at in 0..<rows {
            let count = value(at).count
            entries[at] = duckdb_list_entry(offset: UInt64(total), length: UInt64(count))
            total += count
        }
        duckdb_list_vector_reserve(vector, idx_t(total))
        duckdb_list_vector_set_size(vector, idx_t(total))
        let child = duckdb_vector_get_data(duckdb_list_vector_get_child(vector))!.assumingMemoryBound(to: T.self)
        var position = 0
        for at in 0..<rows {
            for element in value(at) {
                child[position] = element
                position += 1
            }
        }
    }

    /// Writes one duckdb_string_t: up to 12 bytes in place, longer ones into the vector's heap.
    @inline(__always)
    private static func put(
        _ source: UnsafeRawPointer?, _ length: Int, _ vector: duckdb_vector?, _ data: UnsafeMutableRawPointer, _ at: Int
    ) {
        if length <= 12 {
            let entry = data + at * 16
            entry.storeBytes(of: 0, as: UInt64.self)
            entry.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            entry.storeBytes(of: UInt32(length), as: UInt32.self)
            if let source, length > 0 { (entry + 4).copyMemory(from: source, byteCount: length) }
        } else {
            duckdb_unsafe_vector_assign_string_element_len(
                vector, idx_t(at), source!.assumingMemoryBound(to: CChar.self), idx_t(length))
        }
    }
}
