internal import GRDB
internal import GRDBSQLite

/// A cached statement whose values are bound one after the other, without boxing them: for the statements that run for
/// every submission. Anything else uses GRDB's own arguments.
struct BoundStatement {
    private let db: Database
    private let statement: Statement
    private let handle: SQLiteStatement
    private var place: Int32 = 0
    private var failure: Int32 = SQLITE_OK

    /// SQLite copies what is bound before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ sql: String, in db: Database) throws {
        self.init(try db.cachedStatement(sql: sql), in: db)
    }

    /// `statement` is one of `db`'s own, and nobody else is using it.
    init(_ statement: Statement, in db: Database) {
        self.db = db
        self.statement = statement
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
    }

    private mutating func note(_ code: Int32) {
        if code != SQLITE_OK { failure = code }
    }

    mutating func bind(_ text: String) {
        place += 1
        // A text without bytes may have no address, and a null pointer would bind NULL.
        guard !text.utf8.isEmpty else { return note(sqlite3_bind_text(handle, place, "", 0, Self.copied)) }
        var text = text
        let (at, handle) = (place, handle)
        note(
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(handle, at, $0.baseAddress, Int32($0.count), Self.copied)
                }
            })
    }

    /// Binds UTF-8 as a text.
    mutating func bind(text bytes: [UInt8]) {
        place += 1
        let (at, handle) = (place, handle)
        note(
            bytes.withUnsafeBytes {
                let start = $0.baseAddress?.assumingMemoryBound(to: CChar.self)
                return $0.isEmpty
                    ? sqlite3_bind_text(handle, at, "", 0, Self.copied)
                    : sqlite3_bind_text(handle, at, start, Int32($0.count), Self.copied)
            })
    }

    mutating func bind(_ text: String?) {
        if let text { bind(text) } else { bindNull() }
    }

    mutating func bind(_ number: Int64) {
        place += 1
        note(sqlite3_bind_int64(handle, place, number))
    }

    mutating func bind(_ number: Double) {
        place += 1
        note(sqlite3_bind_double(handle, place, number))
    }

    mutating func bind(blob bytes: [UInt8]) {
        place += 1
        let (at, handle) = (place, handle)
        note(
            bytes.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(handle, at, 0)
                    : sqlite3_bind_blob(handle, at, $0.baseAddress, Int32($0.count), Self.copied)
            })
    }

    mutating func bindNull() {
        place += 1
        note(sqlite3_bind_null(handle, place))
    }

    /// Runs a statement that gives no rows.
    func run() throws {
        try check()
        let code = sqlite3_step(handle)
        defer { sqlite3_reset(handle) }
        guard code == SQLITE_DONE else { throw error() }
    }

    /// The first row, read before the statement is reset; nil when there is none.
    func first<Value>(_ read: (Columns) -> Value) throws -> Value? {
        try check()
        let code = sqlite3_step(handle)
        defer { sqlite3_reset(handle) }
        switch code {
        case SQLITE_ROW: return read(Columns(handle: handle))
        case SQLITE_DONE: return nil
        default: throw error()
        }
    }

    /// Every row, each read before the next.
    func all<Value>(_ read: (Columns) -> Value) throws -> [Value] {
        try check()
        defer { sqlite3_reset(handle) }
        var values: [Value] = []
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: values.append(read(Columns(handle: handle)))
            case SQLITE_DONE: return values
            default: throw error()
            }
        }
    }

    private func check() throws {
        guard failure == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: failure), message: "binding a value failed")
        }
        precondition(
            place == sqlite3_bind_parameter_count(handle), "a statement needs a value for each of its places")
    }

    private func error() -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(db.sqliteConnection)),
            message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }

    /// The columns of the current row.
    struct Columns {
        fileprivate let handle: SQLiteStatement

        func integer(_ index: Int32) -> Int64 { sqlite3_column_int64(handle, index) }
        func text(_ index: Int32) -> String { sqlite3_column_text(handle, index).map { String(cString: $0) } ?? "" }
        /// The bytes of a blob, or a text's UTF-8.
        func blob(_ index: Int32) -> [UInt8] {
            let count = Int(sqlite3_column_bytes(handle, index))
            guard count > 0, let start = sqlite3_column_blob(handle, index) else { return [] }
            return Array(UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
