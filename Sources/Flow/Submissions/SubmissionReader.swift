internal import Crypto
internal import Events
internal import Ports
internal import Wire

/// Reads a submission's bytes: pure, without state, outside the transaction.
struct SubmissionReader {
    var read: ReadSubmission
    private let rules: CompiledRules
    /// The accepted fields, sorted by name.
    private var kept: [(name: String, json: [UInt8])] = []
    /// See `SubmissionRequest`.
    private let source: String?
    /// Numbers that have no place, and were taken out so that the rest could be read.
    private var unheld: [UnheldNumber] = []

    /// Reads by the rules given; the decider reads again when they are no longer the ones that hold.
    static func read(_ request: SubmissionRequest, rules: CompiledRules) -> ReadSubmission {
        var reader = SubmissionReader(read: ReadSubmission(), rules: rules, source: request.source)
        reader.readFacts(request)
        switch request.body {
        case .refused(let problem, let bytes):
            reader.read.isExemptFromLimits = true
            reader.read.bodyBytes = bytes.count
            reader.read.bodyDigest = Array(SHA256.hash(data: bytes))
            reader.read.refusal = Refusal(code: problem.code, detail: problem.detail)
        case .unreadable(let problem):
            reader.read.bodyDigest = Array(SHA256.hash(data: Array(problem.code.rawValue.utf8)))
            reader.read.refusal = Refusal(code: problem.code, detail: problem.detail)
        case .json(let bytes):
            reader.read.bodyBytes = bytes.count
            reader.read.bodyDigest = Array(SHA256.hash(data: bytes))
            reader.readBody(bytes)
        }
        if let key = request.idempotencyKey {
            if IdempotencyLimits.isKey(key) {
                reader.read.idempotencyKey = key
            } else {
                reader.read.refusal = Refusal(
                    code: .idempotencyKeyInvalid, detail: IdempotencyLimits.notAKey.detail)
            }
        }
        reader.read.finish()
        return reader.read
    }

    private mutating func readFacts(_ request: SubmissionRequest) {
        read.facts = request.facts
        read.answerLifetime = request.answerLifetime
        if let source { read.source = source }
        if let address = request.facts.address {
            let salted = "daybook address v1|\(request.project.id)|\(address)"
            read.addressHash = hex(SHA256.hash(data: Array(salted.utf8)).prefix(8))
        }
    }

    private mutating func readBody(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            read.refusal = Refusal(code: .bodyEmpty, detail: "Send the submission as a JSON object.")
            return
        }
        guard bytes.count <= Limits.bodyBytesMax else {
            read.refusal = Refusal(
                code: .bodyTooLarge, detail: "A submission may have at most \(Limits.bodyBytesMax) bytes.")
            return
        }
        var number: UnheldNumber?
        Self.parsers.borrow { parser in
            bytes.withUnsafeBufferPointer { buffer in
                do throws(JSONParser.Failure) {
                    let root = try parser.root(of: buffer)
                    guard root.kind == .object else {
                        read.refusal = Refusal(
                            code: .bodyNotJSON,
                            detail: "The body must be one JSON object with `user`, `source` and `consent`.")
                        return
                    }
                    readMembers(root)
                } catch {
                    if case .unheldNumber(let found) = error, unheld.count < Limits.fieldsMax {
                        number = found
                    } else {
                        read.refusal = Self.refusal(error)
                    }
                }
            }
        }
        if let number {
            unheld.append(number)
            readBody(Self.without(number, bytes))
        }
    }

    /// The text with a zero in the number's place.
    private static func without(_ number: UnheldNumber, _ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        for at in number.range { out[at] = UInt8(ascii: " ") }
        out[number.range.lowerBound] = UInt8(ascii: "0")
        return out
    }

    /// What was taken out is refused, whatever was said about the zero in its place.
    private mutating func refuseUnheld() {
        for number in unheld {
            read.refused.removeAll { $0.problem.pointer == number.pointer }
            kept.removeAll { pointer("/fields", $0.name) == number.pointer }
            if let known = KnownField.allCases.first(where: { "/fields/\($0.rawValue)" == number.pointer }) {
                read.attributes[known] = nil
            }
            read.refuse(number.pointer, .fieldRange, number.message, value: number.text)
        }
    }

    private static let parsers = JSONParserPool(idleMax: Limits.idleParsersMax)

    private static func refusal(_ failure: JSONParser.Failure) -> Refusal {
        switch failure {
        case .tooDeep: Refusal(code: .bodyNotJSON, detail: "The body is nested too deeply.")
        case .unheldNumber(let number): Refusal(code: .fieldRange, detail: "\(number.pointer): \(number.message)")
        case .invalid(let reason):
            Refusal(code: .bodyNotJSON, detail: bounded("The body is not valid JSON: \(reason)", bytesMax: 300))
        }
    }

    private static let members: Set<String> = [
        "user", "source", "channel", "fields", "consent", "session_id", "retry",
    ]

    private mutating func readMembers(_ root: JSONValue) {
        var found: [String: JSONValue] = [:]
        forEach(of: root, at: "") { reader, name, value in
            guard Self.members.contains(name) else {
                return reader.read.refuse(
                    pointer("", name), .fieldUnknown,
                    "Remove it, or put it into `fields`. Known: \(Self.members.sorted().joined(separator: ", ")).")
            }
            found[name] = value
        }
        // A constant: unoptimised, Swift 6.3 takes the nil of `variable[key]?.member` for a value when a null pointer
        // alone tells the two apart (swiftlang/swift issue 90031).
        let values = found
        // The source chooses the schema, which has a say about the user; problems keep the order of the members.
        let named = values["source"]?.string
        if let known = source ?? named, FieldRules.isName(known) { read.source = known }
        let schema = rules.schema(of: read.source)
        read.schemaVersion = schema?.version ?? BuiltinSchema.version
        readUser(values["user"], schema)
        if let named = readName(values["source"], "source", isRequired: source == nil), let source, source != named {
            read.refuse("/source", .fieldValue, "The address says which source this is; leave it out.", value: named)
        }
        if let channel = readName(values["channel"], "channel", isRequired: false) { read.channel = channel }
        readSession(values["session_id"])
        readRetry(values["retry"])
        readFields(values["fields"], schema)
        readConsent(values["consent"])
        refuseUnheld()
        // Looked at by support, and only then: the shapes cost more than the checks.
        guard !read.refused.isEmpty else { return }
        read.accepted = kept.map { field in
            let text = field.json.first == UInt8(ascii: "\"") ? field.json.dropFirst().dropLast() : field.json[...]
            return FieldShape(name: field.name, shape: ValueShape.of(String(decoding: text, as: UTF8.self)))
        }
    }

    // MARK: Members

    private mutating func readUser(_ user: JSONValue?, _ schema: CompiledSchema?) {
        guard let user else { return }
        guard user.kind == .object else {
            return read.refuse("/user", .fieldType, "Write an object with `email`, `phone` or `external_id`.")
        }
        var texts: [String: String] = [:]
        var sent: Set<String> = []
        var email: String?
        var phone: String?
        var externalID: String?
        forEach(of: user, at: "/user") { reader, name, value in
            let at = pointer("/user", name)
            guard ["email", "phone", "name", "external_id"].contains(name) else {
                return reader.read.refuse(at, .fieldUnknown, "Known: email, external_id, name, phone.")
            }
            if name != "name" { reader.read.namesUser = true }
            if schema != nil { sent.insert(name) }
            guard let text = value.string else { return reader.read.refuse(at, .fieldType, "Write it as a text.") }
            if schema != nil { texts[name] = text }
            switch name {
            case "email":
                email = FieldRules.email(text)
                if email == nil {
                    reader.read.refuse(at, .emailInvalid, "Write an address like ada@example.com.", value: text)
                }
            case "phone": phone = reader.readPhone(text, at: at)
            case "external_id":
                guard (1...Limits.externalIDBytesMax).contains(text.utf8.count), FieldRules.isPlain(text) else {
                    return reader.read.refuse(
                        at, .fieldValue, "1 to \(Limits.externalIDBytesMax) bytes without control characters.",
                        value: text)
                }
                externalID = text
            default:
                guard text.utf8.count <= Limits.nameBytesMax else {
                    return reader.read.refuse(at, .fieldTooLong, "At most \(Limits.nameBytesMax) bytes.", value: text)
                }
                guard FieldRules.isPlain(text) else {
                    return reader.read.refuse(at, .fieldValue, "Without control characters.", value: text)
                }
                reader.read.userName = text
            }
        }
        read.identity = UserIdentity(email: email, phone: phone, externalID: externalID)
        if let schema { judgeUser(schema, texts: texts, sent: sent) }
    }

    private mutating func readPhone(_ text: String, at: String) -> String? {
        switch FieldRules.phone(text) {
        case .valid(let phone): return phone
        case .countryMissing:
            read.refuse(
                at, .phoneCountryMissing, "Put the country code in front, e.g. +1 for the United States.", value: text)
        case .invalid:
            read.refuse(
                at, .phoneInvalid, "Write it in E.164 form: + and 8 to 15 digits, e.g. +12125550123.", value: text)
        }
        return nil
    }

    private mutating func readName(_ value: JSONValue?, _ name: String, isRequired: Bool) -> String? {
        guard let value else {
            if isRequired {
                read.refuse("/\(name)", .fieldMissing, "Say where the submission comes from, e.g. web_form.")
            }
            return nil
        }
        guard let text = value.string else {
            read.refuse("/\(name)", .fieldType, "Write it as a text.")
            return nil
        }
        guard FieldRules.isName(text) else {
            read.refuse(
                "/\(name)", .fieldPattern, "1 to \(Limits.sourceBytesMax) letters, digits or _ . : -", value: text)
            return nil
        }
        return text
    }

    private mutating func readSession(_ value: JSONValue?) {
        guard let value else { return }
        guard let text = value.string else { return read.refuse("/session_id", .fieldType, "Write it as a text.") }
        guard (1...Limits.sessionIDBytesMax).contains(text.utf8.count), FieldRules.isPlain(text) else {
            return read.refuse(
                "/session_id", .fieldValue, "1 to \(Limits.sessionIDBytesMax) bytes without control characters.",
                value: text)
        }
        read.sessionID = text
    }

    private mutating func readRetry(_ value: JSONValue?) {
        guard let value else { return }
        guard value.kind == .object else { return read.refuse("/retry", .fieldType, "Write {\"attempt\": 1}.") }
        var attempt: Int64?
        forEach(of: value, at: "/retry") { reader, name, value in
            guard name == "attempt" || name == "max" else {
                return reader.read.refuse(pointer("/retry", name), .fieldUnknown, "Known: attempt, max.")
            }
            guard let number = value.integer, (1...Limits.retryAttemptMax).contains(number) else {
                return reader.read.refuse(
                    pointer("/retry", name), .fieldRange, "A whole number from 1 to \(Limits.retryAttemptMax).")
            }
            if name == "attempt" { attempt = number }
        }
        if let attempt { read.retryAttempt = Int(attempt) }
    }

    private mutating func readConsent(_ value: JSONValue?) {
        switch value?.boolean {
        case true?: break
        case false?:
            read.refuse("/consent", .consentMissing, "The person has to agree: consent must be true.", value: "false")
        case nil:
            if value == nil {
                read.refuse("/consent", .consentMissing, "The person has to agree: send \"consent\": true.")
            } else {
                read.refuse("/consent", .fieldType, "Write true, without quotes.")
            }
        }
    }

    // MARK: Fields

    private mutating func readFields(_ value: JSONValue?, _ schema: CompiledSchema?) {
        defer { read.fieldsDigest = Array(SHA256.hash(data: Array(read.fields.utf8))) }
        guard let value else {
            if let schema { requireFields(schema, present: []) }
            return
        }
        guard value.kind == .object else {
            return read.refuse("/fields", .fieldType, "Write an object of texts, numbers and booleans.")
        }
        guard value.count <= Limits.fieldsMax else {
            return read.refuse("/fields", .fieldTooMany, "At most \(Limits.fieldsMax) fields.")
        }
        var present: Set<ExactText> = []
        forEach(of: value, at: "/fields") { reader, name, value in
            if schema != nil { present.insert(ExactText(name)) }
            if let json = reader.readField(name, value, schema) { reader.kept.append((name, json)) }
        }
        if let schema { requireFields(schema, present: present) }
        kept.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var out = [UInt8(ascii: "{")]
        for (index, field) in kept.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.appendString(field.name, to: &out)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: field.json)
        }
        out.append(UInt8(ascii: "}"))
        read.fields = String(decoding: out, as: UTF8.self)
    }

    /// The field's value as JSON; nil when it was refused.
    private mutating func readField(_ name: String, _ value: JSONValue, _ schema: CompiledSchema?) -> [UInt8]? {
        let at = pointer("/fields", name)
        guard (1...Limits.fieldNameBytesMax).contains(name.utf8.count) else {
            read.refuse(at, .fieldTooLong, "A field's name has 1 to \(Limits.fieldNameBytesMax) bytes.")
            return nil
        }
        guard FieldRules.isPlain(name) else {
            read.refuse(at, .fieldValue, "A field's name has no control characters.")
            return nil
        }
        if let schema {
            let json = readField(name, value, schema, at: at)
            if let json, let known = KnownField(rawValue: name) {
                read.attributes[known] = String(decoding: json, as: UTF8.self)
            }
            return json
        }
        if let known = KnownField(rawValue: name) {
            var json = [UInt8]()
            value.write(to: &json)
            guard check(known, value, json, at: at, normalised: &json) else { return nil }
            read.attributes[known] = String(decoding: json, as: UTF8.self)
            return json
        }
        return readUnruled(value, at: at)
    }

    /// A field that no rule names: any text, number or boolean, within the bounds of all.
    mutating func readUnruled(_ value: JSONValue, at: String) -> [UInt8]? {
        switch value.kind {
        case .object, .array, .null:
            read.refuse(at, .fieldType, "Write a text, a number or a boolean, or leave the field out.")
            return nil
        case .string where value.stringBytes!.count > Limits.fieldTextBytesMax:
            read.refuse(at, .fieldTooLong, "At most \(Limits.fieldTextBytesMax) bytes.", value: value.string)
            return nil
        case .string where value.string.map { !FieldRules.isWritten($0) } ?? false:
            read.refuse(at, .fieldValue, FieldRules.notWritten, value: value.string)
            return nil
        default:
            var json = [UInt8]()
            value.write(to: &json)
            return json
        }
    }

    private mutating func check(
        _ field: KnownField, _ value: JSONValue, _ json: [UInt8], at: String, normalised: inout [UInt8]
    ) -> Bool {
        guard let range = field.range else {
            guard let text = value.string else {
                read.refuse(at, .fieldType, "Write the two letters of a US state, e.g. \"CA\".")
                return false
            }
            let state = text.uppercased()
            guard text.utf8.count == 2, FieldRules.states.contains(state) else {
                read.refuse(at, .stateInvalid, "Write the two letters of a US state, e.g. CA.", value: text)
                return false
            }
            normalised = Array(JSONText.quoted(state).utf8)
            return true
        }
        let shown = value.string ?? String(decoding: json.prefix(Limits.keptValueBytesMax), as: UTF8.self)
        var given = value.number
        if given == nil, read.facts.valuesAreText, let text = value.string,
            let number = JSONNumber.value(FieldRules.trimmed(text))
        {
            given = number
            normalised = []
            JSONText.appendNumber(number, to: &normalised)
        }
        guard let number = given else {
            let separators = read.facts.valuesAreText ? "without separators" : "without quotes or separators"
            read.refuse(at, .fieldType, "Write a number, \(separators).", value: shown)
            return false
        }
        if range.isWhole, number != number.rounded() {
            read.refuse(at, .fieldType, "Write a whole number.", value: shown)
            return false
        }
        guard range.bounds.contains(number) else {
            var bounds = [UInt8]()
            JSONText.appendNumber(range.bounds.lowerBound, to: &bounds)
            bounds.append(contentsOf: " to ".utf8)
            JSONText.appendNumber(range.bounds.upperBound, to: &bounds)
            let code: ErrorCode = field == .meetsGuidelines ? .fieldValue : .fieldRange
            read.refuse(at, code, "Must be from \(String(decoding: bounds, as: UTF8.self)).", value: shown)
            return false
        }
        return true
    }

    // MARK: Walking

    /// Visits each member once; a repeated name is refused.
    private mutating func forEach(
        of object: JSONValue, at base: String, _ body: (inout SubmissionReader, String, JSONValue) -> Void
    ) {
        var seen: Set<ExactText> = []
        object.forEachMember { key, value in
            let name = String(decoding: key, as: UTF8.self)
            guard seen.insert(ExactText(name)).inserted else {
                read.refuse(pointer(base, name), .fieldDuplicate, "The name appears twice; keep one.")
                return true
            }
            body(&self, name, value)
            return true
        }
    }

}

/// A JSON Pointer (RFC 6901) to a member, its name bounded.
func pointer(_ base: String, _ name: String) -> String {
    // Nearly every name: nothing to escape and nothing to cut.
    if name.utf8.count <= Limits.fieldNameBytesMax, !name.utf8.contains(where: { $0 == 0x7E || $0 == 0x2F }) {
        return "\(base)/\(name)"
    }
    let escaped = bounded(name, bytesMax: Limits.fieldNameBytesMax)
        .replacing("~", with: "~0").replacing("/", with: "~1")
    return "\(base)/\(escaped)"
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out = [UInt8]()
    for byte in bytes {
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
}
