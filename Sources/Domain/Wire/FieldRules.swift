internal import Events

/// The rules of single fields: type, length, form. Each either returns the value or says what is wrong and how to fix it.
enum FieldRules {
    typealias Text = UnsafeBufferPointer<UInt8>

    /// A text of at most `bytesMax` bytes without NUL (column stores and C interfaces end a text there).
    @inline(__always)
    static func text(_ value: JSONValue, _ bytesMax: Int, _ pointer: StaticString) throws(EventRejection) -> Text {
        guard let text = value.stringBytes else { throw wrongType(value, "a string", pointer) }
        if text.count > bytesMax { throw tooLong(text, bytesMax, pointer) }
        if containsNUL(text) { throw nul(pointer) }
        return text
    }

    static func name(_ value: JSONValue, _ pointer: StaticString) throws(EventRejection) -> Text {
        let text = try text(value, EventLimits.nameBytesMax, pointer)
        if text.isEmpty {
            throw EventRejection(.fieldValue, "\(pointer)", "The name is empty; give it at least one character.")
        }
        return text
    }

    static func eventID(_ value: JSONValue) throws(EventRejection) -> Text {
        let text = try text(value, EventLimits.eventIDBytesMax, "/event_id")
        guard !text.isEmpty, text.allSatisfy(isIdentifierByte) else {
            throw EventRejection(
                .fieldPattern, "/event_id", "event_id must be 1 to 64 characters of A-Z a-z 0-9 _ . : -")
        }
        return text
    }

    static func type(_ value: JSONValue) throws(EventRejection) -> Text {
        let text = try text(value, EventLimits.typeBytesMax, "/type")
        if isFixedType(text) { return text }
        let prefix = 7  // "custom."
        if text.count > prefix, Byte.equal(Text(rebasing: text[0..<prefix]), "custom."),
            text[prefix...].allSatisfy(isIdentifierByte)
        {
            return text
        }
        let shown = String(decoding: text.prefix(64), as: UTF8.self)
        throw EventRejection(
            .fieldValue, "/type", "type '\(shown)' is not known; use one of the schema's types, or custom.<name>.")
    }

    static func time(_ value: JSONValue) throws(EventRejection) -> Timestamp {
        guard let text = value.stringBytes else { throw wrongType(value, "a string", "/time") }
        guard let time = Timestamp(rfc3339: text) else {
            throw EventRejection(
                .timeInvalid, "/time", "time must be RFC 3339 with a zone, for example 2026-03-08T06:59:59.123Z.")
        }
        return time
    }

    static func hex(_ value: JSONValue, _ digits: Int, _ pointer: StaticString) throws(EventRejection) -> Text {
        guard let text = value.stringBytes else { throw wrongType(value, "a string", pointer) }
        var bits: UInt8 = 0
        var isHex = text.count == digits
        for byte in text where isHex {
            isHex = byte &- 48 < 10 || byte &- 97 < 6
            bits |= byte ^ 48
        }
        guard isHex, bits != 0 else {
            throw EventRejection(
                .fieldPattern, "\(pointer)",
                "This must be \(digits) lower-case hexadecimal digits, not all zero (W3C Trace Context).")
        }
        return text
    }

    static func outcome(_ value: JSONValue) throws(EventRejection) -> Outcome {
        guard let text = value.stringBytes else { throw wrongType(value, "a string", "/outcome") }
        if Byte.equal(text, "success") { return .success }
        if Byte.equal(text, "failure") { return .failure }
        throw EventRejection(.fieldValue, "/outcome", "outcome must be success or failure.")
    }

    static func category(_ value: JSONValue) throws(EventRejection) -> FailureCategory {
        guard let text = value.stringBytes else { throw wrongType(value, "a string", "/error/category") }
        for category in FailureCategory.allCases where text.elementsEqual(category.rawValue.utf8) { return category }
        let known = FailureCategory.allCases.map(\.rawValue).joined(separator: ", ")
        throw EventRejection(.fieldValue, "/error/category", "category must be one of: \(known).")
    }

    static func duration(_ value: JSONValue) throws(EventRejection) -> Double {
        guard let number = value.number else { throw wrongType(value, "a number", "/duration_ms") }
        guard number >= 0, number <= EventLimits.durationMillisecondsMax else {
            throw EventRejection(
                .fieldRange, "/duration_ms",
                "duration_ms must be between 0 and \(Int64(EventLimits.durationMillisecondsMax)) milliseconds (31 days)."
            )
        }
        return number
    }

    static func integer(
        _ value: JSONValue, _ range: ClosedRange<Int64>, _ pointer: StaticString
    ) throws(EventRejection) -> Int64 {
        guard value.number != nil else { throw wrongType(value, "an integer", pointer) }
        guard let number = value.integer else {
            throw EventRejection(.fieldType, "\(pointer)", "This must be an integer, without a fraction.")
        }
        guard range.contains(number) else {
            throw EventRejection(
                .fieldRange, "\(pointer)", "This must be between \(range.lowerBound) and \(range.upperBound).")
        }
        return number
    }

    static func object(_ value: JSONValue, _ pointer: StaticString) throws(EventRejection) -> JSONValue {
        guard value.kind == .object else { throw wrongType(value, "an object", pointer) }
        return value
    }

    // MARK: What is wrong

    static func wrongType(_ value: JSONValue, _ wanted: String, _ pointer: StaticString) -> EventRejection {
        EventRejection(.fieldType, "\(pointer)", "This must be \(wanted), not \(value.kindWords).")
    }

    private static func tooLong(_ text: Text, _ bytesMax: Int, _ pointer: StaticString) -> EventRejection {
        EventRejection(
            .fieldTooLong, "\(pointer)", "The text is \(text.count) bytes long; the limit is \(bytesMax). Shorten it.")
    }

    private static func nul(_ pointer: StaticString) -> EventRejection {
        EventRejection(.fieldValue, "\(pointer)", "The text contains the character U+0000; remove it.")
    }

    @inline(__always) static func containsNUL(_ text: Text) -> Bool {
        Byte.firstIndex(of: 0, in: text) < text.count
    }

    @inline(__always) private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == 95 || byte == 46 || byte == 58 || byte == 45
    }

    private static func isFixedType(_ text: Text) -> Bool {
        switch text.count {
        case 3: Byte.equal(text, "log")
        case 4: Byte.equal(text, "span")
        case 8: Byte.equal(text, "llm.call")
        case 9: Byte.equal(text, "tool.call") || Byte.equal(text, "retrieval")
        case 10: Byte.equal(text, "agent.step") || Byte.equal(text, "evaluation")
        case 11: Byte.equal(text, "funnel.step")
        case 15: Byte.equal(text, "lead.submission")
        default: false
        }
    }
}

extension JSONValue {
    /// The value's type as a person says it.
    var kindWords: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .integer, .unsigned, .double: "a number"
        case .true, .false: "a boolean"
        case .null: "null"
        }
    }
}
