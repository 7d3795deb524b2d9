package import Events
package import Wire

/// Reads one JSON object of a setting or of another request that is no submission, member by member, and collects everything
/// that is wrong with it.
package struct SettingObject {
    let pointer: String
    private var members: [String: JSONValue] = [:]
    package private(set) var problems: [FieldProblem] = []

    /// Members that are not known are problems, as are repeated ones.
    package init(_ value: JSONValue, at pointer: String, known: Set<String>) {
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

    package mutating func refuse(_ name: String, _ code: ErrorCode, _ message: String) {
        refuse(pointer: name.isEmpty ? pointer : Submissions.pointer(pointer, name), code, message)
    }

    private mutating func refuse(pointer: String, _ code: ErrorCode, _ message: String) {
        problems.append(FieldProblem(pointer: pointer, code: code, message: message))
    }

    package mutating func take(_ others: [FieldProblem]) { problems += others }

    /// The member; nil when it is absent or null.
    package subscript(_ name: String) -> JSONValue? { members[name].flatMap { $0.kind == .null ? nil : $0 } }

    package func has(_ name: String) -> Bool { members[name] != nil }

    /// Any text.
    package mutating func string(_ name: String, isRequired: Bool = false) -> String? {
        guard let value = self[name] else {
            if isRequired { refuse(name, .fieldMissing, "This member is required.") }
            return nil
        }
        guard let text = value.string else {
            refuse(name, .fieldType, "Write it as a text.")
            return nil
        }
        return text
    }

    /// A text without control characters.
    package mutating func text(_ name: String, bytesMax: Int, isRequired: Bool = false) -> String? {
        guard let text = string(name, isRequired: isRequired) else { return nil }
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

    /// The texts of an array member; nil when it is absent or holds anything else.
    package mutating func strings(_ name: String, countMax: Int, isRequired: Bool = false) -> [String]? {
        guard let elements = elements(name, countMax: countMax, isRequired: isRequired) else { return nil }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string else {
                refuse(pointer: "\(pointer)/\(name)/\(index)", .fieldType, "Write it as a text.")
                continue
            }
            texts.append(text)
        }
        return texts.count == elements.count ? texts : nil
    }

    /// One text or several.
    package mutating func anyOf(_ name: String, countMax: Int) -> [String]? {
        guard let value = self[name] else { return nil }
        if let text = value.string { return [text] }
        guard value.kind == .array else {
            refuse(name, .fieldType, "Write a text or an array of texts.")
            return nil
        }
        return strings(name, countMax: countMax)
    }

    /// The member as an object of its own.
    package mutating func object<Value>(
        _ name: String, known: Set<String>, _ read: (inout SettingObject) -> Value?
    ) -> Value? {
        guard let value = self[name] else { return nil }
        var inner = SettingObject(value, at: Submissions.pointer(pointer, name), known: known)
        let made = read(&inner)
        take(inner.problems)
        return made
    }

    /// The elements of a required array of objects.
    package mutating func objects<Value>(
        _ name: String, countMax: Int, known: Set<String>, _ read: (inout SettingObject) -> Value?
    ) -> [Value]? {
        guard let elements = elements(name, countMax: countMax, isRequired: true) else { return nil }
        return elements.enumerated().compactMap { index, element in
            var inner = SettingObject(element, at: "\(pointer)/\(name)/\(index)", known: known)
            let made = read(&inner)
            take(inner.problems)
            return made
        }
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type, isRequired: Bool = false
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(name, bytesMax: Limits.fieldTextBytesMax, isRequired: isRequired) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            refuse(name, .fieldValue, "Write one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
            return nil
        }
        return choice
    }

    package mutating func boolean(_ name: String, isRequired: Bool = false) -> Bool? {
        guard let value = self[name] else {
            if isRequired { refuse(name, .fieldMissing, "This member is required.") }
            return nil
        }
        guard let boolean = value.boolean else {
            refuse(name, .fieldType, "Write true or false, without quotes.")
            return nil
        }
        return boolean
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>, isRequired: Bool = false) -> Int? {
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

    package mutating func number(_ name: String) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number, number.isFinite else {
            refuse(name, .fieldType, "Write a number, without quotes.")
            return nil
        }
        return number
    }

    /// The elements of an array member; nil when it is absent or not an array of at most `countMax`.
    package mutating func elements(_ name: String, countMax: Int, isRequired: Bool = false) -> [JSONValue]? {
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
    package static func read<Value>(
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
                guard case .unheldNumber(let number) = error else {
                    return .failure(Problem(.bodyNotJSON, "The body must be one JSON object in UTF-8."))
                }
                let problem = FieldProblem(pointer: number.pointer, code: .fieldRange, message: number.message)
                return .success((nil, [problem]))
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
