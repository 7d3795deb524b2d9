internal import Events

/// Which cell becomes which field of a submission.
///
/// Written `TARGET=VALUE`, where TARGET is `user.email`, `user.phone`, `user.name`, `user.external_id`, `source`, `channel`,
/// `consent`, `session_id` or `fields.NAME`, and VALUE is one of
///
///     COLUMN            the cell as it is
///     COLUMN*1000       the cell's number times a factor
///     COLUMN!           the cell, required: an empty one is sent as null, so that the server logs what is missing
///     @TEXT             the text itself, in which {COLUMN} stands for a cell
///
/// Other empty cells are left out. Under `fields.` a cell that reads as a JSON number, true or false is sent as one, unless
/// its reader takes numbers from texts.
package struct ColumnMap: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case cell(column: Int, factor: Double?, isRequired: Bool)
        case text([Part])
    }
    enum Part: Hashable, Sendable {
        case literal(String)
        case cell(Int)
    }
    struct Entry: Hashable, Sendable {
        /// `["user", "email"]`.
        var target: [String]
        var value: Value
    }
    private(set) var entries: [Entry]
    /// Texts for targets that a row leaves empty or the file has no column for.
    private let defaults: [Entry]
    /// Whether cells are sent as they are, for a reader that knows which fields are numbers.
    private let cellsStayTexts: Bool

    /// Targets are written in full. Throws `ColumnMapError`, naming the argument and the columns there are.
    package init(arguments: [String], columns: [String]) throws(ColumnMapError) {
        var pairs: [(target: String, value: String)] = []
        for argument in arguments {
            let pair = try Self.pair(argument)
            guard SubmissionTarget(pair.target)?.path.joined(separator: ".") == pair.target else {
                throw Self.unknown(pair.target)
            }
            pairs.append(pair)
        }
        try self.init(pairs: pairs, columns: columns)
    }

    /// How whoever reads the messages writes a map.
    package enum Notation: Sendable {
        /// `--map TARGET=VALUE`
        case arguments
        /// `map=VALUE:TARGET`
        case parameters

        func example(_ column: String) -> String {
            switch self {
            case .arguments: return "user.external_id=@row-{\(column)}"
            case .parameters:
                // A comma, colon or `%` of a name is escaped there.
                let name = column.replacing("%", with: "%25").replacing(",", with: "%2C").replacing(":", with: "%3A")
                return "map=@row-{\(name)}:external_id"
            }
        }
    }

    /// `pairs` as in `TARGET=VALUE`, where a target may also be a flat name (`SubmissionTarget`); `defaults` by target.
    package init(
        pairs: [(target: String, value: String)], columns: [String],
        defaults: [(target: String, text: String)] = [], cellsStayTexts: Bool = false,
        notation: Notation = .arguments
    ) throws(ColumnMapError) {
        self.cellsStayTexts = cellsStayTexts
        entries = []
        for pair in pairs {
            entries.append(
                Entry(target: try Self.target(pair.target), value: try Self.value(pair.value, columns: columns)))
        }
        var fallbacks: [Entry] = []
        for (target, text) in defaults {
            fallbacks.append(Entry(target: try Self.target(target), value: .text([.literal(text)])))
        }
        self.defaults = fallbacks
        let targets = entries.map { $0.target.joined(separator: ".") }
        if let twice = Dictionary(grouping: targets, by: \.self).first(where: { $0.value.count > 1 }) {
            throw ColumnMapError("'\(twice.key)' is given twice.")
        }
        guard entries.contains(where: { $0.target[0] == "user" && $0.target[1] != "name" }) else {
            throw ColumnMapError(
                "nothing says who submits. Map user.email, user.phone or user.external_id, for example \(notation.example(columns.first ?? "id")). Columns: \(columns.joined(separator: ", "))."
            )
        }
    }

    /// `TARGET=VALUE` in its two parts.
    package static func pair(_ argument: String) throws(ColumnMapError) -> (target: String, value: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw ColumnMapError("'\(argument)' is not written TARGET=VALUE.")
        }
        return (parts[0], parts[1])
    }

    private static func target(_ name: String) throws(ColumnMapError) -> [String] {
        guard let target = SubmissionTarget(name), target.path[0] != "retry" else {
            throw unknown(name)
        }
        return target.path
    }

    private static func unknown(_ name: String) -> ColumnMapError {
        ColumnMapError("there is no target '\(name)'. Targets: \(SubmissionTarget.known).")
    }

    private static func value(_ text: String, columns: [String]) throws(ColumnMapError) -> Value {
        // A column may have any name, so the whole text is tried first.
        if let column = columns.firstIndex(of: text) { return .cell(column: column, factor: nil, isRequired: false) }
        if text.hasPrefix("@") { return .text(try template(String(text.dropFirst()), columns: columns)) }
        var name = text
        let isRequired = name.hasSuffix("!")
        if isRequired { name.removeLast() }
        var factor: Double?
        if !columns.contains(name), let star = name.lastIndex(of: "*") {
            guard let number = Double(name[name.index(after: star)...]), number.isFinite else {
                throw ColumnMapError("'\(text)' has no number after its '*'.")
            }
            factor = number
            name = String(name[..<star])
        }
        return .cell(column: try index(of: name, columns: columns), factor: factor, isRequired: isRequired)
    }

    private static func template(_ text: String, columns: [String]) throws(ColumnMapError) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw ColumnMapError("'@\(text)' has a '{' without its '}'.")
            }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.cell(try index(of: String(rest[rest.index(after: open)..<close]), columns: columns)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty || parts.isEmpty { parts.append(.literal(String(rest))) }
        return parts
    }

    private static func index(of name: String, columns: [String]) throws(ColumnMapError) -> Int {
        guard let index = columns.firstIndex(of: name) else {
            throw ColumnMapError("the file has no column '\(name)'. It has: \(columns.joined(separator: ", ")).")
        }
        return index
    }

    // MARK: One row

    /// The body of `POST …/leads` for one row, as JSON.
    package func body(of cells: [String]) -> [UInt8] {
        var body = SubmissionBody()
        var filled: Set<[String]> = []
        for entry in entries {
            guard let json = json(entry, cells: cells) else { continue }
            body.set(entry.target, json: json)
            filled.insert(entry.target)
        }
        for entry in defaults where !filled.contains(entry.target) {
            if let json = json(entry, cells: cells) { body.set(entry.target, json: json) }
        }
        return body.json
    }

    /// The entry's value as JSON text; nil when there is nothing to send.
    private func json(_ entry: Entry, cells: [String]) -> String? {
        var text = ""
        var isProduct = false
        switch entry.value {
        case .text(let parts):
            for part in parts {
                switch part {
                case .literal(let literal): text += literal
                case .cell(let column): text += cells[column]
                }
            }
        case .cell(let column, let factor, let isRequired):
            text = cells[column]
            if text.isEmpty { return isRequired ? "null" : nil }
            if let factor, let number = JSONNumber.value(Self.trimmed(text)), (number * factor).isFinite {
                var out = [UInt8]()
                JSONText.appendNumber(number * factor, to: &out)
                text = String(decoding: out, as: UTF8.self)
                isProduct = true
            }
        }
        switch entry.target[0] {
        case "consent": return SubmissionBody.isYes(text) ? "true" : "false"
        case "fields" where isProduct: return text
        case "fields" where !cellsStayTexts && Self.isJSONScalar(Self.trimmed(text)): return Self.trimmed(text)
        default: return JSONText.quoted(text)
        }
    }

    /// A number that has a place (no leading zeroes, so that postal codes stay texts), true or false.
    package static func isJSONScalar(_ text: String) -> Bool {
        text == "true" || text == "false"
            || (text.utf8.count <= 24 && JSONNumber.isWellFormed(text.utf8) && JSONNumber.isHeld(text))
    }

    private static func trimmed(_ text: String) -> String {
        guard text.utf8.first == 32 || text.utf8.last == 32 else { return text }
        return String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// What is wrong with a map, in a sentence for the person who wrote it.
package struct ColumnMapError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
