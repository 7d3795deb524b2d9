internal import CDuckDB
internal import Foundation
internal import Ports

/// The open database file.
final class Database: @unchecked Sendable {
    // SAFETY: `handle` is written in `init` and `close` only, and `close` runs after every connection has ended.
    private(set) var handle: duckdb_database?
    let path: String

    /// Opens or creates the file. `folder` must exist.
    init(folder: String, memoryMebibytes: Int, threads: Int) throws(EventStoreError) {
        path = folder + "/events.duckdb"
        guard access(folder, W_OK | X_OK) == 0 else {
            throw .unreadable(
                path: folder,
                detail:
                    "the folder cannot be written (\(String(cString: strerror(errno)))). Make it writable for the user "
                    + "that runs Daybook, or choose another folder with --data.")
        }
        var config: duckdb_config?
        guard duckdb_create_config(&config) == DuckDBSuccess else {
            throw .failed(operation: "open", detail: "DuckDB gave no configuration")
        }
        defer { duckdb_destroy_config(&config) }
        let options = [
            ("threads", String(threads)),
            ("memory_limit", "\(memoryMebibytes)MiB"),
            ("temp_directory", folder + "/temporary"),
            ("preserve_insertion_order", "false"),
            ("checkpoint_threshold", "\(EventStoreLimits.checkpointMebibytes)MiB"),
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
        ]
        for (name, value) in options where duckdb_set_config(config, name, value) != DuckDBSuccess {
            throw .failed(operation: "open", detail: "DuckDB does not know the option \(name)=\(value)")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard duckdb_open_ext(nil, &handle, config, &message) == DuckDBSuccess else {
            let detail = message.map { String(cString: $0) } ?? "no detail"
            duckdb_free(message)
            throw ErrorTexts.classifyOpening(path: path, detail: detail)
        }
        do {
            try attach()
        } catch {
            close()
            throw error
        }
    }

    /// The file is attached to a database in memory, because only then its row groups have a size of our choosing.
    private func attach() throws(EventStoreError) {
        var connection: duckdb_connection?
        guard let handle, duckdb_connect(handle, &connection) == DuckDBSuccess else {
            throw .failed(operation: "open", detail: "DuckDB gave no connection")
        }
        defer { duckdb_disconnect(&connection) }
        // ATTACH takes no bound values.
        let quoted = path.replacing("'", with: "''")
        let size = EventStoreLimits.rowGroupRows
        let sql = "ATTACH '\(quoted)' AS \(Self.name) (ROW_GROUP_SIZE \(size))"
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        guard duckdb_query(connection, sql, &result) == DuckDBSuccess else {
            let detail = duckdb_result_error(&result).map { String(cString: $0) } ?? "no detail"
            throw ErrorTexts.classifyOpening(path: path, detail: detail)
        }
    }

    /// The attached file's name in statements; every connection uses it by default.
    static let name = "store"

    deinit { close() }

    func close() {
        if handle != nil { duckdb_close(&handle) }
    }
}

/// Turns DuckDB's texts into our errors: the only place that reads them.
enum ErrorTexts {
    static func classify(operation: String, detail: String) -> EventStoreError {
        if isDiskFull(detail) { return .full(path: "", detail: detail) }
        if detail.contains("Interrupted") || detail.hasPrefix("INTERRUPT") {
            return .timeout(operation: operation, seconds: EventStoreLimits.questionSeconds)
        }
        return .failed(operation: operation, detail: detail)
    }

    static func classifyOpening(path: String, detail: String) -> EventStoreError {
        if detail.contains("Could not set lock") || detail.contains("Conflicting lock") {
            return .locked(
                path: path,
                detail:
                    "another process has the store open. Stop it (its process id is in the text that follows), or use "
                    + "another folder with --data. \(detail)")
        }
        if isDiskFull(detail) { return .full(path: path, detail: detail) }
        let wayOut =
            detail.contains("Permission denied") || detail.contains("read-only") || detail.contains("Read-only")
            ? "The file cannot be opened for writing: check its owner and permissions."
            : "The file is damaged or was written by another DuckDB. Keep a copy of it, restore the last backup, or move it "
                + "away: Daybook then starts with an empty store and reads again what the stream still holds."
        return .unreadable(path: path, detail: "\(wayOut) \(detail)")
    }

    /// After such an error DuckDB refuses every statement until the file is opened again.
    static func invalidates(_ error: EventStoreError) -> Bool {
        switch error {
        case .failed(_, let detail), .full(_, let detail): detail.contains("invalidated") || detail.contains("FATAL")
        default: false
        }
    }

    private static func isDiskFull(_ detail: String) -> Bool {
        detail.contains("No space left") || detail.contains("disk quota") || detail.contains("Disk quota")
    }
}
