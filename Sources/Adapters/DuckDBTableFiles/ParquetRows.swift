internal import CDuckDB
internal import Events
internal import Foundation
package import Ports

/// Reads Parquet files with a database in memory for each page: one thread, bounded memory.
package final class ParquetRows: TableRows {
    private let queue = DispatchQueue(label: "daybook.parquet-rows")

    package init() {}

    package func rows(
        _ path: String, columns: [TableColumn], from first: Int64, upTo count: Int
    ) async throws(FileStoreError) -> [[String?]] {
        let result: Result<[[String?]], FileStoreError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(FileStoreError) {
                    continuation.resume(returning: .success(try Self.page(path, columns, first, count)))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        return try result.get()
    }

    private static func page(
        _ path: String, _ columns: [TableColumn], _ first: Int64, _ count: Int
    ) throws(FileStoreError) -> [[String?]] {
        func failure(_ detail: String) -> FileStoreError { .failed(operation: "reading", path: path, detail: detail) }
        var database: duckdb_database?
        var connection: duckdb_connection?
        defer {
            if connection != nil { duckdb_disconnect(&connection) }
            if database != nil { duckdb_close(&database) }
        }
        guard duckdb_open(nil, &database) == DuckDBSuccess, duckdb_connect(database, &connection) == DuckDBSuccess
        else {
            throw failure("no database in memory")
        }
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        for sql in [
            "SET threads = 1", "SET memory_limit = '\(TableFileLimits.memoryMebibytes)MiB'",
            select(path, columns, first, count),
        ] {
            duckdb_destroy_result(&result)
            result = duckdb_result()
            guard duckdb_query(connection, sql, &result) == DuckDBSuccess else {
                throw failure(duckdb_result_error(&result).map { String(cString: $0) } ?? "no detail")
            }
        }
        return rows(of: result, columns)
    }

    /// Every cell as a text. A path and a column's name are quoted: `read_parquet` takes no bound values.
    private static func select(_ path: String, _ columns: [TableColumn], _ first: Int64, _ count: Int) -> String {
        let cells = columns.map { column in
            let name = "\"\(column.name.replacing("\"", with: "\"\""))\""
            return column.kind == .time ? "CAST(epoch_us(\(name)) AS VARCHAR)" : "CAST(\(name) AS VARCHAR)"
        }
        let quoted = path.replacing("'", with: "''")
        return """
            SELECT \(cells.joined(separator: ", ")) FROM read_parquet('\(quoted)', file_row_number = true)
            WHERE file_row_number >= \(first) AND file_row_number < \(first + Int64(count)) ORDER BY file_row_number
            """
    }

    private static func rows(of result: duckdb_result, _ columns: [TableColumn]) -> [[String?]] {
        var rows: [[String?]] = []
        while true {
            var chunk = duckdb_fetch_chunk(result)
            defer { duckdb_destroy_data_chunk(&chunk) }
            guard let chunk else { return rows }
            let vectors = columns.indices.map { duckdb_data_chunk_get_vector(chunk, idx_t($0)) }
            for at in 0..<Int(duckdb_data_chunk_get_size(chunk)) {
                rows.append(
                    zip(vectors, columns).map { vector, column in
                        guard let text = text(vector, at) else { return nil }
                        guard column.kind == .time, let microseconds = Int64(text) else { return text }
                        return Timestamp(microseconds: microseconds).rfc3339()
                    })
            }
        }
    }

    private static func text(_ vector: duckdb_vector?, _ at: Int) -> String? {
        if let mask = duckdb_vector_get_validity(vector), mask[at >> 6] & (1 << UInt64(at & 63)) == 0 { return nil }
        guard let base = duckdb_vector_get_data(vector) else { return nil }
        // duckdb_string_t: a 32-bit length, then up to 12 bytes in place, or 4 bytes of prefix and a pointer.
        let entry = UnsafeRawPointer(base) + at * MemoryLayout<duckdb_string_t>.stride
        let length = Int(entry.load(as: UInt32.self))
        let start = length <= 12 ? entry + 4 : entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
