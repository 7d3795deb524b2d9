internal import Events
internal import Wire

/// Reads one JSON object of a setting, member by member, and collects everything that is wrong with it.
struct SettingObject {
    let pointer: String
    private var members: [String: JSONValue] = [:]
    private(set) var problems: [FieldProblem] = []

    /// Members that are not known are problems, as are repeated ones.
    init(_ value: JSONValue, at pointer: String, known: Set<String>) {
        self.pointer = pointer
        guard value.kind == .object else {
            refuse("", .fieldType, "Write an object.")
            return
        }
        var found: [String: JSONValue] = [:]
        var wrong: [(String, ErrorCode, String)] = []
        value.forEachMember { key, value in
            let name = String(decoding: key, as: UTF8.self)
            if !known.contains(name) {
                wrong.append((name, .fieldUnknown, "Known: \(known.sorted().joined(separator: ", "))."))
            } else if found.updateValue(value, forKey: name) != nil {
                wrong.append((name, .fieldDuplicate, "The name appears twice; keep one."))
            }
            return true
        }
        members = found
        for (name, code, message) in wrong { refuse(name, code, message) }
    }

    mutating func refuse(_ name: String, _ code: ErrorCode, _ message: String) {
        let at = name.isEmpty ? pointer : Submissions.pointer(pointer, name)
        problems.append(FieldProblem(pointer: at, code: code, message: message))
    }

    mutating func take(_ others: [FieldProblem]) { problems += others }

    /// The member; nil when it is absent or null.
    subscript(_ name: String) -> JSONValue? { members[name].flatMap { $0.kind == .null ? nil : $0 } }

    func has(_ name: String) -> Bool { members[name] != nil }

    mutating func text(_ name: String, bytesMax: Int, isRequired: Bool = false) -> String? {
        guard let value = self[name] else {
            if isRequired { refuse(name, .fieldMissing, "This member is required.") }
            return nil
        }
        guard let text = value.string else {
            refuse(name, .fieldType, "Write it as a text.")
            return nil
        }
        guard text.utf8.count <= bytesMax else {
            refuse(name, .fieldTooLong, "At most \(bytesMax) bytes.")
            return nil
        }
        guard FieldRules.isPlain(text) else {
            refuse(name, .fieldValue, "Without control characters.")
            return nil
        }
        return text
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type, isRequired: Bool = false
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(name, bytesMax: Limits.fieldTextBytesMax, isRequired: isRequired) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            refuse(name, .fieldValue, "Write one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
            return nil
        }
        return choice
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let boolean = value.boolean else {
            refuse(name, .fieldType, "Write true or false, without quotes.")
            return nil
        }
        return boolean
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>, isRequired: Bool = false) -> Int? {
        guard let value = self[name] else {
            if isRequired { refuse(name, .fieldMissing, "This member is required.") }
            return nil
        }
        guard let number = value.integer else {
            refuse(name, .fieldType, "Write a whole number, without quotes.")
            return nil
        }
        guard let whole = Int(exactly: number), range.contains(whole) else {
            refuse(name, .fieldRange, "A whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return whole
    }

    mutating func number(_ name: String) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number, number.isFinite else {
            refuse(name, .fieldType, "Write a number, without quotes.")
            return nil
        }
        return number
    }

    /// The elements of an array member; nil when it is absent or not an array of at most `countMax`.
    mutating func elements(_ name: String, countMax: Int, isRequired: Bool = false) -> [JSONValue]? {
        guard let value = self[name] else {
            if isRequired { refuse(name, .fieldMissing, "This member is required.") }
            return nil
        }
        guard value.kind == .array else {
            refuse(name, .fieldType, "Write an array.")
            return nil
        }
        var elements: [JSONValue] = []
        value.forEachElement {
            elements.append($0)
            return elements.count <= countMax
        }
        guard elements.count <= countMax else {
            refuse(name, .fieldTooMany, "At most \(countMax) elements.")
            return nil
        }
        return elements
    }

    /// Reads a body that is one JSON object. Throws everything that is wrong with it at once.
    static func read<Value>(
        _ bytes: [UInt8], known: Set<String>, _ body: (inout SettingObject) -> Value?
    ) throws(Problem) -> Value {
        guard !bytes.isEmpty else { throw Problem(.bodyEmpty, "Send a JSON object.") }
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        let result: Result<(Value?, [FieldProblem]), Problem> = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONParser.Failure) {
                var object = SettingObject(try parser.root(of: buffer), at: "", known: known)
                let value = body(&object)
                return .success((value, object.problems))
            } catch {
                return .failure(Problem(.bodyNotJSON, "The body must be one JSON object in UTF-8."))
            }
        }
        let (value, problems) = try result.get()
        guard let value, problems.isEmpty else {
            let first =
                problems.first ?? FieldProblem(pointer: "", code: .fieldValue, message: "The body is not complete.")
            let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
            throw Problem(
                first.code, "\(first.pointer.isEmpty ? "The body" : first.pointer): \(first.message)\(more)",
                fields: Array(problems.prefix(Limits.problemsMax)))
        }
        return value
    }
}
