internal import Events
internal import Wire

/// Judges one value by its field's rules: pure.
enum FieldJudge {
    struct Failure: Error {
        var code: ErrorCode
        /// Names the fix.
        var message: String
    }

    /// The value in its stored form, as JSON. `isText`: the way in knows only texts (a form, a row), so numbers and
    /// booleans are read from them.
    static func judge(
        _ value: JSONValue, _ compiled: CompiledSchema.Field, isText: Bool
    ) throws(Failure) -> [UInt8] {
        switch compiled.field.type {
        case .text, .email, .phoneE164, .usState, .date, .enum:
            guard let text = value.string else { throw Failure(code: .fieldType, message: writeItAsText(compiled)) }
            return Array(JSONText.quoted(try judge(text, compiled)).utf8)
        case .number, .integer: return try number(value, compiled.field, isText: isText)
        case .boolean:
            if let boolean = value.boolean { return Array((boolean ? "true" : "false").utf8) }
            if isText, let text = value.string, let boolean = ["true": true, "false": false][text.lowercased()] {
                return Array((boolean ? "true" : "false").utf8)
            }
            throw Failure(code: .fieldType, message: "Write true or false\(isText ? "" : ", without quotes").")
        }
    }

    private static func writeItAsText(_ compiled: CompiledSchema.Field) -> String {
        switch compiled.field.type {
        case .enum: "Write one of \(list(compiled.field.values ?? [])), in quotes."
        case .date: "Write the date as a text, e.g. \"2026-03-08\"."
        case .usState: "Write the two letters of a US state, e.g. \"CA\"."
        default: "Write it as a text, in quotes."
        }
    }

    /// The text in its stored form.
    static func judge(_ text: String, _ compiled: CompiledSchema.Field) throws(Failure) -> String {
        let field = compiled.field
        guard text.utf8.count <= Limits.fieldTextBytesMax else {
            throw Failure(code: .fieldTooLong, message: "At most \(Limits.fieldTextBytesMax) bytes.")
        }
        switch field.type {
        case .email:
            guard let email = FieldRules.email(text) else {
                throw Failure(code: .emailInvalid, message: "Write an address like ada@example.com.")
            }
            return email
        case .phoneE164:
            switch FieldRules.phone(text) {
            case .valid(let phone): return phone
            case .countryMissing:
                throw Failure(
                    code: .phoneCountryMissing,
                    message: "Put the country code in front, e.g. +1 for the United States.")
            case .invalid:
                throw Failure(
                    code: .phoneInvalid, message: "Write it in E.164 form: + and 8 to 15 digits, e.g. +12125550123.")
            }
        case .usState:
            let state = text.uppercased()
            guard text.utf8.count == 2, FieldRules.states.contains(state) else {
                throw Failure(code: .stateInvalid, message: "Write the two letters of a US state, e.g. CA.")
            }
            return state
        case .date:
            guard LogicalDate(text) != nil else {
                throw Failure(code: .fieldDate, message: "Write a calendar date as YYYY-MM-DD, e.g. 2026-03-08.")
            }
            return text
        case .enum:
            guard compiled.values.contains(ExactText(text)) else {
                throw Failure(code: .fieldValue, message: "Write one of \(list(field.values ?? [])).")
            }
            return text
        default: return try plain(text, compiled)
        }
    }

    private static func plain(_ text: String, _ compiled: CompiledSchema.Field) throws(Failure) -> String {
        let field = compiled.field
        guard FieldRules.isWritten(text) else {
            throw Failure(code: .fieldValue, message: FieldRules.notWritten)
        }
        if field.minLength != nil || field.maxLength != nil {
            let length = text.unicodeScalars.count
            if let max = field.maxLength, length > max {
                throw Failure(code: .fieldTooLong, message: "At most \(max) characters; this has \(length).")
            }
            if let min = field.minLength, length < min {
                throw Failure(code: .fieldTooShort, message: "At least \(min) characters; this has \(length).")
            }
        }
        if let pattern = compiled.pattern, !pattern.matches(text) {
            throw Failure(
                code: .fieldPattern,
                message: field.text.map { "\($0) (the form is \(pattern.text))" }
                    ?? "It must have the form \(pattern.text)")
        }
        return text
    }

    // MARK: Numbers

    private static func number(_ value: JSONValue, _ field: SchemaField, isText: Bool) throws(Failure) -> [UInt8] {
        var number = value.number
        var json = [UInt8]()
        if number != nil { value.write(to: &json) }
        if number == nil, isText, let text = value.string {
            // The grammar of a JSON number (RFC 8259 section 6), whatever else the platform could read.
            let plain = FieldRules.trimmed(text)
            json = Array(plain.utf8)
            number = JSONNumber.value(plain)
        }
        guard let number else {
            let separators = isText ? "without separators" : "without quotes or separators"
            throw Failure(code: .fieldType, message: "Write a number, \(separators).")
        }
        if field.type == .integer, number != number.rounded() {
            throw Failure(code: .fieldType, message: "Write a whole number.")
        }
        let isTooSmall = field.min.map { number < $0 } ?? false
        let isTooLarge = field.max.map { number > $0 } ?? false
        guard !isTooSmall, !isTooLarge else {
            let bounds =
                switch (field.min, field.max) {
                case (let min?, let max?): "from \(shortest(min)) to \(shortest(max))"
                case (let min?, nil): "at least \(shortest(min))"
                default: "at most \(shortest(field.max ?? 0))"
                }
            throw Failure(code: .fieldRange, message: "Must be \(bounds).")
        }
        return json
    }

    static func shortest(_ number: Double) -> String {
        var out = [UInt8]()
        JSONText.appendNumber(number, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// The first few values, as a sentence shows them.
    private static func list(_ values: [String]) -> String {
        let shown = values.prefix(Limits.shownValuesMax).joined(separator: ", ")
        let more = values.count - Limits.shownValuesMax
        return bounded(more > 0 ? "\(shown) and \(more) more" : shown, bytesMax: 300)
    }
}
