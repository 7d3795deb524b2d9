internal import Events
internal import Ports

/// The free question of a search (`q`): words and `key:value` terms, separated by spaces; values and words may stand in
/// double quotes. All terms have to hold, beside the other parameters of the question; `code`, `category`, `source` and
/// `channel` take a list (`code:a,b`), any value of which may hold. A value in quotes is one value, commas included.
///
/// Keys: `user`, `lead`, `attempt`, `request`, `email`, `phone`, `key`, `code`, `category`, `field`, `source`, `channel`,
/// `outcome`, `date`, `schema`. An identifier (`att_…`, `led_…`, `usr_…`, `req_…`), an address or a number with its country
/// code needs no key. Every other word is looked for in the failure code and message.
enum AttemptSearch {
    static let termsMax = 20
    static let keys = [
        "attempt", "category", "channel", "code", "date", "email", "field", "key", "lead", "outcome", "phone",
        "request", "schema", "source", "user",
    ]
    private static let hashDigits = 8...64

    struct Term: Hashable {
        /// Nil for a word.
        var key: String?
        var value: String
        var isQuoted: Bool
    }

    /// Adds what the text asks for to the filter. Throws `parameter_invalid` with the fix.
    static func read(_ text: String, into filter: inout AttemptFilter) throws(Problem) {
        let terms = try split(text)
        guard terms.count <= termsMax else { throw invalid("At most \(termsMax) words and terms.") }
        filter.asked = terms.isEmpty ? nil : text
        for term in terms {
            if let key = term.key {
                try add(key, term, to: &filter)
            } else {
                try addWord(term, to: &filter)
            }
        }
    }

    /// The terms of the text, not yet understood.
    static func split(_ text: String) throws(Problem) -> [Term] {
        var terms: [Term] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            guard !first.properties.isWhitespace else {
                rest.removeFirst()
                continue
            }
            var key: String?
            if let colon = rest.firstIndex(where: { $0 == ":" || $0 == "\"" || $0.properties.isWhitespace }),
                rest[colon] == ":", colon > rest.startIndex, rest[..<colon].allSatisfy({ ("a"..."z").contains($0) })
            {
                key = String(String.UnicodeScalarView(rest[..<colon]))
                rest = rest[rest.index(after: colon)...]
            }
            let isQuoted = rest.first == "\""
            let value: Substring.UnicodeScalarView
            if isQuoted {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: "\"") else { throw invalid("A double quote is not closed.") }
                value = rest[..<end]
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.firstIndex { $0.properties.isWhitespace } ?? rest.endIndex
                value = rest[..<end]
                rest = rest[end...]
            }
            if key != nil || !value.isEmpty {
                terms.append(Term(key: key, value: String(String.UnicodeScalarView(value)), isQuoted: isQuoted))
            }
        }
        return terms
    }

    private static func add(_ key: String, _ term: Term, to filter: inout AttemptFilter) throws(Problem) {
        let value = term.value
        guard keys.contains(key) else {
            throw invalid(
                "'\(key.prefix(32))' is not a term. Known: \(keys.joined(separator: ", ")). Put the text in quotes to look for it as it is."
            )
        }
        guard !value.isEmpty else { throw invalid("'\(key):' needs a value behind the colon.") }
        switch key {
        case "attempt": filter.narrow(\.attemptID, to: value)
        case "lead": filter.narrow(\.leadID, to: value)
        case "user": filter.narrow(\.userID, to: value)
        case "key": filter.narrow(\.keyID, to: value)
        case "request": filter.narrow(\.requestID, to: value)
        case "code": filter.narrow(\.failureCodes, to: try values(of: term))
        case "category": filter.narrow(\.failureCategories, to: try values(of: term))
        case "source": filter.narrow(\.sources, to: try values(of: term))
        case "channel": filter.narrow(\.channels, to: try values(of: term))
        case "email": filter.contacts.append(try email(value))
        case "phone": filter.contacts.append(try phone(value))
        case "outcome":
            guard let outcome = Outcome(rawValue: value) else { throw invalid("outcome: is success or failure.") }
            filter.narrow(\.outcome, to: outcome)
        case "date":
            guard let date = LogicalDate(value) else {
                throw invalid("date: is a calendar date written YYYY-MM-DD, e.g. date:2026-03-08.")
            }
            filter.narrow(\.date, to: date)
        case "field":
            guard let field = AttemptFilter.RefusedField(written: value) else {
                throw invalid("field: \(AttemptFilter.RefusedField.form)")
            }
            filter.narrow(\.refusedField, to: field)
        case "schema": narrowSchema(try schema(value), in: &filter)
        default: preconditionFailure("every known key is handled")
        }
    }

    /// `a,b` is a list; in quotes it is one value.
    private static func values(of term: Term) throws(Problem) -> [String] {
        guard !term.isQuoted else { return [term.value] }
        let values = term.value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !values.contains("") else {
            throw invalid("A list has a value on each side of a comma; put a value that holds commas in quotes.")
        }
        return values
    }

    /// A version alone and one of a source agree when the versions do.
    private static func narrowSchema(_ schema: AttemptFilter.Schema, in filter: inout AttemptFilter) {
        guard let given = filter.schema, given.version == schema.version else {
            return filter.narrow(\.schema, to: schema)
        }
        if given.source == nil { filter.schema = schema }
        if let one = given.source, let other = schema.source, one != other { filter.matchesNothing = true }
    }

    private static func addWord(_ term: Term, to filter: inout AttemptFilter) throws(Problem) {
        let word = term.value
        if !term.isQuoted {
            switch word.utf8.count == 36 ? word.prefix(4) : "" {
            case "att_": return filter.narrow(\.attemptID, to: word)
            case "led_": return filter.narrow(\.leadID, to: word)
            case "usr_": return filter.narrow(\.userID, to: word)
            case "req_": return filter.narrow(\.requestID, to: word)
            default: break
            }
            if word.contains("@"), let contact = try? email(word) { return filter.contacts.append(contact) }
            if word.hasPrefix("+"), let contact = try? phone(word) { return filter.contacts.append(contact) }
        }
        filter.words.append(word)
    }

    // MARK: Values

    private static func email(_ value: String) throws(Problem) -> AttemptFilter.Contact {
        if let bytes = try hash(value) { return .emailHash(bytes) }
        guard value.contains("@") else {
            throw invalid("email: takes an address (email:ada@example.com) or a hash (email:sha256:1a2b3c4d…).")
        }
        return .email(value.lowercased())
    }

    private static func phone(_ value: String) throws(Problem) -> AttemptFilter.Contact {
        if let bytes = try hash(value) { return .phoneHash(bytes) }
        let digits = value.filter { !" -().".contains($0) }
        guard digits.hasPrefix("+"), digits.utf8.count > 6,
            digits.dropFirst().utf8.allSatisfy({ (48...57).contains($0) })
        else {
            throw invalid(
                "phone: takes a number with its country code (phone:+12125550123) or a hash (phone:sha256:1a2b3c4d…).")
        }
        return .phone(digits)
    }

    /// The bytes of `sha256:<hex>`; nil when the value is not one.
    private static func hash(_ value: String) throws(Problem) -> [UInt8]? {
        guard value.hasPrefix("sha256:") else { return nil }
        let digits = value.dropFirst(7).utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == value.utf8.count - 7, hashDigits.contains(digits.count) else {
            throw invalid("A hash has \(hashDigits.lowerBound) to \(hashDigits.upperBound) hexadecimal digits.")
        }
        // An odd last digit would be half a byte: it is left out.
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func schema(_ value: String) throws(Problem) -> AttemptFilter.Schema {
        let parts = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let version = Int64(parts[parts.count - 1]), version >= 0 else {
            throw invalid("schema: takes a version (schema:3) or a source and a version (schema:web_form/3).")
        }
        return AttemptFilter.Schema(source: parts.count == 2 ? String(parts[0]) : nil, version: version)
    }

    private static func invalid(_ message: String) -> Problem {
        Problem(
            .parameterInvalid, "The search `q` cannot be understood. \(message)",
            fields: [FieldProblem(pointer: "/query/q", code: .parameterInvalid, message: message)])
    }
}

extension AttemptFilter.RefusedField {
    /// How it is written, for error messages.
    static let form =
        "Write a field's pointer, e.g. /user/phone, and behind a colon the code of the refusal if it matters."

    /// `/user/phone` or `/user/phone:phone_invalid`; nil when it is no pointer. What stands behind the last colon is a code
    /// when it looks like one.
    init?(written: String) {
        guard written.hasPrefix("/") else { return nil }
        self.init(pointer: written, code: nil)
        guard let colon = written.lastIndex(of: ":") else { return }
        let code = written[written.index(after: colon)...]
        guard !code.isEmpty, code.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
        else { return }
        self.init(pointer: String(written[..<colon]), code: String(code))
    }
}
