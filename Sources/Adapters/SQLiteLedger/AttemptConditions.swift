internal import Events
internal import GRDB
internal import Ports

/// A filter as SQL: fixed text with a place for every value, and the index that serves it.
///
/// `attempts_by_time` and `attempts_by_failure` hold every column that is filtered by, so rows that do not match are passed
/// over without being read.
struct AttemptConditions: Sendable {
    private(set) var sql: String
    private(set) var arguments: StatementArguments
    /// The index to use, for what the planner cannot know; nil where an identifier finds the rows.
    private(set) var index: String?

    /// `users` are those whom the filter's contacts name; nil when it names none.
    init(_ filter: AttemptFilter, users: [String]?) {
        sql = "project_id = ?"
        arguments = [filter.projectID.text]
        if let from = filter.from { add("received_at >= ?", [from.microseconds]) }
        if let to = filter.to { add("received_at < ?", [to.microseconds]) }
        if let date = filter.date {
            // A date of any zone lies between these; it makes a range of the index of it.
            let start = Int64(date.dayNumber) * 86_400_000_000
            add("received_at >= ?", [start - Self.zoneMicroseconds])
            add("received_at < ?", [start + 86_400_000_000 + Self.zoneMicroseconds])
            add("logical_date = ?", [date.description])
        }
        // Only failures were refused for a field: the others' contexts need not be read.
        let outcome = filter.outcome ?? (filter.refusedField == nil ? nil : .failure)
        if let outcome { add("outcome = ?", [outcome.rawValue]) }
        anyOf("source", filter.sources)
        anyOf("channel", filter.channels)
        anyOf("failure_code", filter.failureCodes)
        anyOf("failure_category", filter.failureCategories)
        if let userID = filter.userID { add("user_id = ?", [userID]) }
        if let users { anyOf("user_id", users, isSorted: false) }
        if let attemptID = filter.attemptID { add("attempt_id = ?", [attemptID]) }
        if let leadID = filter.leadID {
            add(
                "attempt_id = (SELECT attempt_id FROM leads WHERE lead_id = ? AND project_id = ?)",
                [leadID, filter.projectID.text])
        }
        if filter.attemptID == nil, filter.leadID == nil {
            // Left alone, the planner takes whatever index has the order of the page, and reads the whole project.
            let isPersonal = filter.userID != nil || users != nil
            index =
                isPersonal
                ? "attempts_by_user" : filter.failureCodes.count == 1 ? "attempts_by_failure" : "attempts_by_time"
        }
    }

    /// The widest offset of a zone from UTC, and an hour.
    private static let zoneMicroseconds: Int64 = 15 * 3_600_000_000

    /// `attempts` with the index to use.
    var table: String { index.map { "attempts INDEXED BY \($0)" } ?? "attempts" }

    mutating func olderThan(_ position: AttemptPosition) {
        add("(received_at, sequence) < (?, ?)", [position.receivedAt.microseconds, position.sequence])
    }

    mutating func newerThan(_ position: AttemptPosition) {
        add("(received_at, sequence) > (?, ?)", [position.receivedAt.microseconds, position.sequence])
    }

    mutating func through(_ sequence: Int64) { add("sequence <= ?", [sequence]) }

    /// What only the row's context says: the schema version that the submission was checked with, the key it came with, its
    /// correlation id, and the fields that it was refused for.
    mutating func context(_ filter: AttemptFilter) {
        if let schema = filter.schema {
            add("json_extract(context, '$.schema.version') = ?", [schema.version])
            if let source = schema.source { add("json_extract(context, '$.schema.source') = ?", [source]) }
        }
        if let id = filter.requestID { add("json_extract(context, '$.request.correlation_id') = ?", [id]) }
        if let key = filter.keyID { add("json_extract(context, '$.request.submitter') = ?", [key]) }
        if let field = filter.refusedField {
            let error = "SELECT 1 FROM json_each(context, '$.errors') e WHERE json_extract(e.value, '$.pointer') = ?"
            guard let code = field.code else { return add("EXISTS (\(error))", [field.pointer]) }
            add("EXISTS (\(error) AND json_extract(e.value, '$.code') = ?)", [field.pointer, code])
        }
    }

    /// Row by row, for reads in another order than that of the words' index.
    mutating func words(_ match: String) {
        add("EXISTS (SELECT 1 FROM attempt_words WHERE attempt_words MATCH ? AND rowid = attempts.rowid)", [match])
    }

    /// `isSorted` when the index that is used has the order of the page: then it must not be left for one on the column.
    private mutating func anyOf(_ column: String, _ values: [String], isSorted: Bool = true) {
        guard !values.isEmpty else { return }
        if values.count == 1 { return add("\(column) = ?", [values[0]]) }
        let places = Array(repeating: "?", count: values.count).joined(separator: ", ")
        // The plus keeps the planner from an index on the column, whose rows would have to be sorted.
        add("\(isSorted ? "+" : "")\(column) IN (\(places))", StatementArguments(values))
    }

    private mutating func add(_ condition: String, _ values: StatementArguments) {
        sql += " AND \(condition)"
        arguments += values
    }
}

/// The words of failures: the index `attempt_words` (FTS5) has one entry for each failed attempt, with a token for its
/// project, its code and its message.
enum AttemptWords {
    /// A query that matches failures of the project with all these words; nil when no word has a letter or digit.
    ///
    /// The last part of a word may be the beginning of a token: it stands for the tokens that begin with it, unless they are
    /// very many.
    static func match(_ words: [String], _ project: ProjectID, in db: Database) throws -> String? {
        var terms: [String] = []
        for word in words {
            let parts = tokens(of: word)
            for (index, part) in parts.enumerated() {
                let isBeginning = index == parts.count - 1 && part.utf8.count >= Limits.wordPrefixBytesMin
                guard isBeginning else {
                    terms.append("\"\(part)\"")
                    continue
                }
                let whole = try String.fetchAll(
                    db.cachedStatement(sql: "SELECT token FROM attempt_tokens WHERE token >= ? AND token < ? LIMIT ?"),
                    arguments: [part, part + "\u{10FFFF}", Limits.wordsOfPrefixMax + 1])
                guard !whole.isEmpty else { return nil }
                terms.append(
                    whole.count > Limits.wordsOfPrefixMax
                        ? "\"\(part)\" *" : "(\(whole.map { "\"\($0)\"" }.joined(separator: " OR ")))")
            }
        }
        guard !terms.isEmpty else { return nil }
        return (["\"\(projectToken(project))\""] + terms).joined(separator: " AND ")
    }

    /// As the tokenizer `ascii` does it: split at every ASCII character that is neither a letter nor a digit, ASCII letters
    /// in lower case.
    static func tokens(of text: String) -> [String] {
        text.utf8.split { !isTokenByte($0) }.map { part in
            String(decoding: part.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
        }
    }

    /// Rows that match, newest first; with `before`, those that were written earlier.
    static func newest(
        _ match: String, before: AttemptPosition? = nil, of project: ProjectID? = nil, limit: Int, in db: Database
    ) throws -> [Int64] {
        var sql = "SELECT rowid FROM attempt_words WHERE attempt_words MATCH ?"
        var arguments: StatementArguments = [match]
        if let before, let project {
            sql += " AND rowid < (SELECT rowid FROM attempts WHERE project_id = ? AND sequence = ?)"
            arguments += [project.text, before.sequence]
        }
        return try Int64.fetchAll(
            db.cachedStatement(sql: sql + " ORDER BY rowid DESC LIMIT ?"), arguments: arguments + [limit])
    }

    /// For `json_each`.
    static func json(_ rows: ArraySlice<Int64>) -> String {
        "[\(rows.map(String.init).joined(separator: ","))]"
    }

    /// As the trigger of migration 005 writes it.
    static func projectToken(_ project: ProjectID) -> String {
        "zz0" + project.text.replacing("_", with: "")
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 128...: true
        default: false
        }
    }
}
