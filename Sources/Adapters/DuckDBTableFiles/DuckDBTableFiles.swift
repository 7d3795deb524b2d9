// DuckDBTableFiles: Parquet files, written by DuckDB.
//
// Constraints: each file has a small database of its own in the scratch folder, with bounded memory and one thread, so
// that rows keep their order and equal rows give equal bytes. Blocking calls run on a queue of the file's own.
//
// Stored format: Parquet, zstd, row groups of `TableFileLimits.rowGroupRows` rows; texts and JSON as UTF-8 strings, times
// as microseconds in UTC.
//
// Failure cases: a full disk is told apart from everything else; what DuckDB says otherwise is passed on as text.

internal import CDuckDB
internal import Events
internal import Foundation
package import Ports

enum TableFileLimits {
    /// Memory of the database of one file.
    static let memoryMebibytes = 256
    /// Rows that are gathered before they are handed to the database.
    static let flushRows = 10_000
    static let rowGroupRows = 100_000
}

package struct DuckDBTableFiles: TableFiles {
    package init() {}

    package func create(
        _ path: String, columns: [TableColumn], scratch: String
    ) async throws(FileStoreError) -> any TableFileWriter {
        let file = ParquetFile(path: path, columns: columns, scratch: scratch)
        try await file.open()
        return file
    }
}

final class ParquetFile: TableFileWriter, @unchecked Sendable {
    // SAFETY: everything that changes is touched on `queue`, which runs one call at a time.
    private let path: String
    private let columns: [TableColumn]
    private let scratch: String
    private let queue = DispatchQueue(label: "daybook.parquet")
    private var database: duckdb_database?
    private var connection: duckdb_connection?
    private var appender: duckdb_appender?
    private var unflushed = 0

    init(path: String, columns: [TableColumn], scratch: String) {
        self.path = path
        self.columns = columns
        self.scratch = scratch
    }

    deinit { release() }

    private var databasePath: String { scratch + "/rows.duckdb" }

    func open() async throws(FileStoreError) {
        try await perform { [self] () throws(FileStoreError) in
            try removeScratch()
            try openDatabase()
            guard duckdb_connect(database, &connection) == DuckDBSuccess else { throw failure("no connection") }
            let list = columns.map { "\"\($0.name)\" \(Self.type(of: $0.kind))" }.joined(separator: ", ")
            try run("CREATE TABLE exported (\(list))")
            guard duckdb_appender_create(connection, nil, "exported", &appender) == DuckDBSuccess else {
                throw failure(appenderError())
            }
        }
    }

    func append(_ rows: [[TableValue]]) async throws(FileStoreError) {
        try await perform { [self] () throws(FileStoreError) in
            for row in rows {
                precondition(row.count == columns.count, "a row has a value for every column")
                for value in row {
                    guard put(value) == DuckDBSuccess else { throw failure(appenderError()) }
                }
                guard duckdb_appender_end_row(appender) == DuckDBSuccess else { throw failure(appenderError()) }
                unflushed += 1
                if unflushed >= TableFileLimits.flushRows { try flush() }
            }
        }
    }

    func finish() async throws(FileStoreError) {
        try await perform { [self] () throws(FileStoreError) in
            try flush()
            duckdb_appender_destroy(&appender)
            // COPY takes no bound values; the path is ours.
            let quoted = path.replacing("'", with: "''")
            try run(
                "COPY exported TO '\(quoted)' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE \(TableFileLimits.rowGroupRows))"
            )
            release()
            try removeScratch()
            try synchronise()
        }
    }

    func abandon() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async { [self] in
                release()
                continuation.resume()
            }
        }
    }

    // MARK: DuckDB

    private static func type(of kind: TableColumn.Kind) -> String {
        switch kind {
        case .text, .json: "VARCHAR"
        case .integer: "BIGINT"
        case .number: "DOUBLE"
        case .boolean: "BOOLEAN"
        case .time: "TIMESTAMP"
        case .date: "DATE"
        }
    }

    private func put(_ value: TableValue) -> duckdb_state {
        switch value {
        case .null: return duckdb_append_null(appender)
        case .integer(let number): return duckdb_append_int64(appender, number)
        case .number(let number):
            return number.isFinite ? duckdb_append_double(appender, number) : duckdb_append_null(appender)
        case .boolean(let flag): return duckdb_append_bool(appender, flag)
        case .time(let time): return duckdb_append_timestamp(appender, duckdb_timestamp(micros: time.microseconds))
        case .date(let date): return duckdb_append_date(appender, duckdb_date(days: date.dayNumber))
        case .text(let text), .json(let text):
            var text = text
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // An empty text may have no address; DuckDB wants one.
                    duckdb_append_varchar_length(appender, $0.baseAddress ?? Self.empty, idx_t($0.count))
                }
            }
        }
    }

    private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
        // SAFETY: one byte that nobody writes to, for the life of the process.
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    private func flush() throws(FileStoreError) {
        guard duckdb_appender_flush(appender) == DuckDBSuccess else { throw failure(appenderError()) }
        unflushed = 0
    }

    private func openDatabase() throws(FileStoreError) {
        var config: duckdb_config?
        guard duckdb_create_config(&config) == DuckDBSuccess else { throw failure("no configuration") }
        defer { duckdb_destroy_config(&config) }
        for (name, value) in [
            ("threads", "1"), ("memory_limit", "\(TableFileLimits.memoryMebibytes)MiB"),
            ("temp_directory", scratch + "/temporary"), ("preserve_insertion_order", "true"),
            ("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false"),
        ] where duckdb_set_config(config, name, value) != DuckDBSuccess {
            throw failure("DuckDB does not know the option \(name)=\(value)")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard duckdb_open_ext(databasePath, &database, config, &message) == DuckDBSuccess else {
            let detail = message.map { String(cString: $0) } ?? "no detail"
            duckdb_free(message)
            throw failure(detail)
        }
    }

    private func run(_ sql: String) throws(FileStoreError) {
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        guard duckdb_query(connection, sql, &result) == DuckDBSuccess else {
            throw failure(duckdb_result_error(&result).map { String(cString: $0) } ?? "no detail")
        }
    }

    private func appenderError() -> String {
        appender.flatMap { duckdb_appender_error($0) }.map { String(cString: $0) } ?? "no detail"
    }

    private func failure(_ detail: String) -> FileStoreError {
        detail.contains("No space left") || detail.contains("quota")
            ? .full(path: path, detail: detail) : .failed(operation: "writing", path: path, detail: detail)
    }

    /// Closes what is open; may be called again.
    private func release() {
        if appender != nil { duckdb_appender_destroy(&appender) }
        if connection != nil { duckdb_disconnect(&connection) }
        if database != nil { duckdb_close(&database) }
    }

    // MARK: Files

    private func removeScratch() throws(FileStoreError) {
        for file in [databasePath, databasePath + ".wal"] where FileManager.default.fileExists(atPath: file) {
            do { try FileManager.default.removeItem(atPath: file) } catch {
                throw .failed(operation: "removing", path: file, detail: error.localizedDescription)
            }
        }
    }

    private func synchronise() throws(FileStoreError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .missing(path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(String(cString: strerror(errno))) }
    }

    private func perform(_ body: @escaping @Sendable () throws(FileStoreError) -> Void) async throws(FileStoreError) {
        let result: Result<Void, FileStoreError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(FileStoreError) {
                    try body()
                    continuation.resume(returning: .success(()))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        try result.get()
    }
}
