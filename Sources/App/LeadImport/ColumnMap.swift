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
/// Other empty cells are left out. Under `fields.` a cell that reads as a JSON number, true or false is sent as one.
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

    static let userFields: Set<String> = ["email", "phone", "name", "external_id"]
    static let topFields: Set<String> = ["source", "channel", "consent", "session_id"]

    /// Throws `usage`, naming the argument and the columns there are.
    package init(arguments: [String], columns: [String]) throws(LeadImportError) {
        entries = []
        for argument in arguments { entries.append(try Self.entry(argument, columns: columns)) }
        let targets = entries.map { $0.target.joined(separator: ".") }
        if let twice = Dictionary(grouping: targets, by: \.self).first(where: { $0.value.count > 1 }) {
            throw .usage("--map: '\(twice.key)' is given twice.")
        }
        guard entries.contains(where: { $0.target[0] == "user" && $0.target[1] != "name" }) else {
            throw .usage(
                "--map: nothing says who submits. Map user.email, user.phone or user.external_id, for example --map user.external_id=@row-{\(columns.first ?? "id")}."
            )
        }
    }

    private static func entry(_ argument: String, columns: [String]) throws(LeadImportError) -> Entry {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw .usage("--map: '\(argument)' is not written TARGET=VALUE.")
        }
        let target = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isKnown =
            target.count == 1
            ? topFields.contains(target[0])
            : target[0] == "user" ? userFields.contains(target[1]) : target[0] == "fields" && !target[1].isEmpty
        guard isKnown else {
            throw .usage(
                "--map: there is no target '\(parts[0])'. Targets: user.email, user.phone, user.name, user.external_id, source, channel, consent, session_id, fields.NAME."
            )
        }
        return Entry(target: target, value: try value(parts[1], columns: columns))
    }

    private static func value(_ text: String, columns: [String]) throws(LeadImportError) -> Value {
        if text.hasPrefix("@") { return .text(try template(String(text.dropFirst()), columns: columns)) }
        // A column may have any name, so the whole text is tried first.
        if let column = columns.firstIndex(of: text) { return .cell(column: column, factor: nil, isRequired: false) }
        var name = text
        let isRequired = name.hasSuffix("!")
        if isRequired { name.removeLast() }
        var factor: Double?
        if !columns.contains(name), let star = name.lastIndex(of: "*") {
            guard let number = Double(name[name.index(after: star)...]), number.isFinite else {
                throw .usage("--map: '\(text)' has no number after its '*'.")
            }
            factor = number
            name = String(name[..<star])
        }
        return .cell(column: try index(of: name, columns: columns), factor: factor, isRequired: isRequired)
    }

    private static func template(_ text: String, columns: [String]) throws(LeadImportError) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw .usage("--map: '@\(text)' has a '{' without its '}'.")
            }
            if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
            parts.append(.cell(try index(of: String(rest[rest.index(after: open)..<close]), columns: columns)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty || parts.isEmpty { parts.append(.literal(String(rest))) }
        return parts
    }

    private static func index(of name: String, columns: [String]) throws(LeadImportError) -> Int {
        guard let index = columns.firstIndex(of: name) else {
            throw .usage("--map: the file has no column '\(name)'. It has: \(columns.joined(separator: ", ")).")
        }
        return index
    }

    // MARK: One row

    /// The body of `POST …/leads` for one row, as JSON.
    package func body(of cells: [String]) -> [UInt8] {
        var groups: [String: [UInt8]] = [:]
        var top = [UInt8]()
        for entry in entries {
            guard let json = json(entry, cells: cells) else { continue }
            if entry.target.count == 2 {
                Self.append(entry.target[1], json, to: &groups[entry.target[0], default: []])
            } else {
                Self.append(entry.target[0], json, to: &top)
            }
        }
        for group in ["user", "fields"] {
            Self.append(group, "{" + String(decoding: groups[group] ?? [], as: UTF8.self) + "}", to: &top)
        }
        return [UInt8(ascii: "{")] + top + [UInt8(ascii: "}")]
    }

    private static func append(_ name: String, _ json: String, to out: inout [UInt8]) {
        if !out.isEmpty { out.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &out)
        out.append(UInt8(ascii: ":"))
        out.append(contentsOf: json.utf8)
    }

    /// The entry's value as JSON text; nil when there is nothing to send.
    private func json(_ entry: Entry, cells: [String]) -> String? {
        var text = ""
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
            if let factor, let number = Double(text), number.isFinite {
                var out = [UInt8]()
                JSONText.appendNumber(number * factor, to: &out)
                text = String(decoding: out, as: UTF8.self)
            }
        }
        switch entry.target[0] {
        case "consent": return Self.isYes(text) ? "true" : "false"
        case "fields" where Self.isJSONScalar(text): return text
        default: return JSONText.quoted(text)
        }
    }

    static func isYes(_ text: String) -> Bool { ["true", "yes", "y", "1"].contains(text.lowercased()) }

    /// A number as RFC 8259 section 6 writes it (no leading zeroes, so that postal codes stay texts), true or false.
    static func isJSONScalar(_ text: String) -> Bool {
        text == "true" || text == "false"
            || (text.utf8.count <= 24 && text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil)
    }
}
