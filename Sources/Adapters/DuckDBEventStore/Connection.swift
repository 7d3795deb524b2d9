internal import CDuckDB
internal import Events
internal import Ports

/// A value bound to a statement's parameter. Nothing from outside ever becomes part of a statement's text.
enum BoundValue: Hashable, Sendable {
    case int(Int64)
    case unsigned(UInt64)
    case text(String)
    case bytes([UInt8])
}

/// A statement's text with the values of `$1`, `$2`, …
struct Statement: Hashable, Sendable {
    var sql: String
    var values: [BoundValue]

    init(_ sql: String, _ values: [BoundValue] = []) {
        self.sql = sql
        self.values = values
    }
}

/// One connection to the database. Used by one thread at a time; only `interrupt` may come from another.
final class Connection: @unchecked Sendable {
    // SAFETY: `handle` is set once; every call but `interrupt` is made by the thread that owns the connection, and
    // `duckdb_interrupt` may be called from any thread while the connection lives.
    private(set) var handle: duckdb_connection?

    init(_ database: Database) throws(EventStoreError) {
        var handle: duckdb_connection?
        guard let raw = database.handle, duckdb_connect(raw, &handle) == DuckDBSuccess else {
            throw .failed(operation: "connect", detail: "DuckDB gave no connection to \(database.path)")
        }
        self.handle = handle
        try run("connect", "USE \(Database.name)")
        // A page of rows is read where it is found. To fetch its other columns in a second pass over the table, as DuckDB
        // would, costs ten times as much: row identifiers do not prune.
        try run("connect", "SET late_materialization_max_rows = 0")
    }

    deinit { close() }

    func close() {
        if handle != nil { duckdb_disconnect(&handle) }
    }

    func interrupt() { if let handle { duckdb_interrupt(handle) } }

    /// Runs a statement whose rows nobody needs.
    func run(_ operation: String, _ statement: Statement) throws(EventStoreError) {
        try query(operation, statement) { (_: Row) throws(EventStoreError) in }
    }
    func run(_ operation: String, _ sql: String) throws(EventStoreError) { try run(operation, Statement(sql)) }

    /// Runs a statement and hands over each row in turn. The row is valid during the call only.
    func query(
        _ operation: String, _ statement: Statement, _ body: (Row) throws(EventStoreError) -> Void
    ) throws(EventStoreError) {
        guard let handle else { throw .closed }
        var prepared: duckdb_prepared_statement?
        defer { duckdb_destroy_prepare(&prepared) }
        guard duckdb_prepare(handle, statement.sql, &prepared) == DuckDBSuccess, let prepared else {
            throw failure(
                operation, prepared.flatMap { duckdb_prepare_error($0) }.map { String(cString: $0) } ?? "prepare")
        }
        for (at, value) in statement.values.enumerated() {
            let index = idx_t(at + 1)
            let state: duckdb_state =
                switch value {
                case .int(let number): duckdb_bind_int64(prepared, index, number)
                case .unsigned(let number): duckdb_bind_uint64(prepared, index, number)
                case .text(let text):
                    text.utf8.withContiguousStorageIfAvailable { utf8 in
                        utf8.withMemoryRebound(to: CChar.self) {
                            duckdb_bind_varchar_length(prepared, index, $0.baseAddress, idx_t($0.count))
                        }
                    }
                        ?? Array(text.utf8).withUnsafeBytes {
                            duckdb_bind_varchar_length(
                                prepared, index, $0.baseAddress?.assumingMemoryBound(to: CChar.self), idx_t($0.count))
                        }
                case .bytes(let bytes):
                    bytes.withUnsafeBytes { duckdb_bind_blob(prepared, index, $0.baseAddress, idx_t($0.count)) }
                }
            guard state == DuckDBSuccess else { throw failure(operation, "parameter \(at + 1) was refused") }
        }
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        guard duckdb_execute_prepared(prepared, &result) == DuckDBSuccess else {
            let text = duckdb_result_error(&result).map { String(cString: $0) } ?? "no detail"
            if duckdb_result_error_type(&result) == DUCKDB_ERROR_INTERRUPT {
                throw .timeout(operation: operation, seconds: EventStoreLimits.questionSeconds)
            }
            throw failure(operation, text)
        }
        while true {
            var chunk = duckdb_fetch_chunk(result)
            defer { duckdb_destroy_data_chunk(&chunk) }
            guard let live = chunk else { break }
            let rows = ChunkRows(live)
            for at in 0..<rows.count { try body(Row(chunk: rows, at: at)) }
        }
    }

    /// The first column of the first row, as a number; nil when there is no row or it is NULL.
    func number(_ operation: String, _ statement: Statement) throws(EventStoreError) -> Int64? {
        var found: Int64?
        try query(operation, statement) { row in
            if found == nil, !row.isNull(0) { found = row.int64(0) }
        }
        return found
    }

    private func failure(_ operation: String, _ detail: String) -> EventStoreError {
        ErrorTexts.classify(operation: operation, detail: detail)
    }
}

/// The rows of one data chunk: pointers to its vectors.
struct ChunkRows {
    let count: Int
    fileprivate let data: [UnsafeMutableRawPointer?]
    fileprivate let validity: [UnsafeMutablePointer<UInt64>?]
    fileprivate let vectors: [duckdb_vector?]

    fileprivate init(_ chunk: duckdb_data_chunk) {
        count = Int(duckdb_data_chunk_get_size(chunk))
        let columns = Int(duckdb_data_chunk_get_column_count(chunk))
        vectors = (0..<columns).map { duckdb_data_chunk_get_vector(chunk, idx_t($0)) }
        data = vectors.map { duckdb_vector_get_data($0) }
        validity = vectors.map { duckdb_vector_get_validity($0) }
    }
}

/// One row of an answer. Column types are the caller's knowledge: statements cast what they return.
struct Row {
    fileprivate let chunk: ChunkRows
    fileprivate let at: Int

    func isNull(_ column: Int) -> Bool {
        guard let mask = chunk.validity[column] else { return false }
        return mask[at >> 6] & (1 << UInt64(at & 63)) == 0
    }
    func int64(_ column: Int) -> Int64 { value(column, Int64.self) ?? 0 }
    func uint64(_ column: Int) -> UInt64 { value(column, UInt64.self) ?? 0 }
    func int32(_ column: Int) -> Int32 { value(column, Int32.self) ?? 0 }
    func int16(_ column: Int) -> Int16 { value(column, Int16.self) ?? 0 }
    func bool(_ column: Int) -> Bool { (value(column, UInt8.self) ?? 0) != 0 }
    /// Nil for NULL.
    func double(_ column: Int) -> Double? { value(column, Double.self) }

    /// VARCHAR; the empty text for NULL.
    func text(_ column: Int) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }
    /// VARCHAR or BLOB.
    func bytes(_ column: Int) -> [UInt8] { withBytes(column) { Array($0) } }

    func withBytes<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        guard !isNull(column), let base = chunk.data[column] else {
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        // duckdb_string_t: a 32-bit length, then up to 12 bytes in place, or 4 bytes of prefix and a pointer.
        let entry = base + at * MemoryLayout<duckdb_string_t>.stride
        let length = Int(entry.load(as: UInt32.self))
        if length <= 12 { return body(UnsafeRawBufferPointer(start: entry + 4, count: length)) }
        return body(
            UnsafeRawBufferPointer(start: entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self), count: length))
    }

    private func value<T>(_ column: Int, _ type: T.Type) -> T? {
        guard !isNull(column), let base = chunk.data[column] else { return nil }
        return base.load(fromByteOffset: at * MemoryLayout<T>.stride, as: T.self)
    }
}
