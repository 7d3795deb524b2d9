package import Events
internal import Wire

/// A schema that a client wrote.
package struct SchemaRequest: Sendable {
    package var schema: FieldSchema
    package var note: String
    package var activates: Bool

    /// Reads `{fields, unknown_fields?, note?, activate?}`. Throws every problem at once.
    package static func read(_ bytes: [UInt8]) throws(Problem) -> SchemaRequest {
        try SettingObject.read(bytes, known: ["fields", "unknown_fields", "note", "activate"]) { object in
            let schema = FieldSchema.read(from: &object)
            let note = object.text("note", bytesMax: Limits.noteBytesMax) ?? ""
            let activates = object.boolean("activate") ?? false
            return schema.map { SchemaRequest(schema: $0, note: note, activates: activates) }
        }
    }
}

/// Which version a client wants on; nil switches the schema off.
package struct SchemaActivation: Sendable {
    package var version: Int?

    /// Reads `{version}`.
    package static func read(_ bytes: [UInt8]) throws(Problem) -> SchemaActivation {
        try SettingObject.read(bytes, known: ["version"]) { object in
            guard object.has("version") else {
                object.refuse("version", .fieldMissing, "Name the version, or null to switch the schema off.")
                return nil
            }
            return SchemaActivation(version: object.integer("version", in: 1...Limits.schemaVersionsMax))
        }
    }
}

/// A question: what would a schema have said?
package struct DryRunRequest: Sendable {
    package enum Candidate: Sendable {
        case schema(FieldSchema)
        case version(Int)
    }
    package enum Samples: Sendable {
        /// Whole submissions, as JSON.
        case given([[UInt8]])
        /// The newest leads of the source.
        case recent(Int)
    }
    package var candidate: Candidate
    package var samples: Samples

    /// Reads `{fields or version, unknown_fields?, samples or recent}`.
    package static func read(_ bytes: [UInt8]) throws(Problem) -> DryRunRequest {
        try SettingObject.read(bytes, known: ["fields", "unknown_fields", "version", "samples", "recent"]) { object in
            var candidate: Candidate?
            if object["version"] != nil {
                candidate = object.integer("version", in: 1...Limits.schemaVersionsMax).map { Candidate.version($0) }
                for name in ["fields", "unknown_fields"] where object[name] != nil {
                    object.refuse(name, .fieldUnknown, "Send either `fields` or `version`.")
                }
            } else {
                candidate = FieldSchema.read(from: &object).map { Candidate.schema($0) }
            }
            var samples: Samples?
            if object["recent"] != nil {
                samples = object.integer("recent", in: 1...Limits.dryRunMax).map { Samples.recent($0) }
                if object["samples"] != nil {
                    object.refuse("samples", .fieldUnknown, "Send either `samples` or `recent`.")
                }
            } else if object["samples"] != nil {
                samples = object.elements("samples", countMax: Limits.dryRunMax).map { elements in
                    Samples.given(
                        elements.map { element in
                            var json = [UInt8]()
                            element.write(to: &json)
                            return json
                        })
                }
            } else {
                object.refuse("samples", .fieldMissing, "Send `samples` (submissions) or `recent` (a number of leads).")
            }
            guard let candidate, let samples else { return nil }
            return DryRunRequest(candidate: candidate, samples: samples)
        }
    }
}

extension FieldSchema {
    /// Reads `fields` and `unknown_fields`; nil, with problems, when they do not make a schema.
    static func read(from object: inout SettingObject) -> FieldSchema? {
        let policy = object.choice("unknown_fields", UnknownFieldPolicy.self) ?? .allow
        guard let elements = object.elements("fields", countMax: Limits.fieldsMax, isRequired: true) else { return nil }
        var fields: [SchemaField] = []
        var names: Set<ExactText> = []
        for (index, element) in elements.enumerated() {
            let (field, problems) = SchemaField.read(element, at: "/fields/\(index)")
            object.take(problems)
            guard let field else { continue }
            if !names.insert(ExactText(field.name)).inserted {
                object.take([
                    FieldProblem(
                        pointer: "/fields/\(index)/name", code: .fieldDuplicate,
                        message: "The schema has the field '\(field.name)' already.")
                ])
            }
            fields.append(field)
        }
        return FieldSchema(fields: fields, unknownFields: policy)
    }
}

extension SchemaField {
    private static let members: Set<String> = [
        "name", "type", "required", "min_length", "max_length", "pattern", "min", "max", "values", "description",
    ]

    /// The field, when it has a name and a type, and what is wrong with it.
    static func read(_ value: JSONValue, at pointer: String) -> (SchemaField?, [FieldProblem]) {
        var object = SettingObject(value, at: pointer, known: members)
        guard value.kind == .object else { return (nil, object.problems) }
        let name = object.text("name", bytesMax: Limits.fieldNameBytesMax, isRequired: true)
        let type = object.choice("type", SchemaFieldType.self, isRequired: true)
        let isRequired = object.boolean("required") ?? false
        let text = object.text("description", bytesMax: Limits.descriptionBytesMax)
        guard let name, let type else { return (nil, object.problems) }
        if name.isEmpty { object.refuse("name", .fieldValue, "A field needs a name.") }
        var field = SchemaField(name: name, type: type, isRequired: isRequired, text: text)
        field.readBounds(&object)
        if name.hasPrefix("user.") { checkUserMember(field, &object) }
        return (field, object.problems)
    }

    private mutating func readBounds(_ object: inout SettingObject) {
        let allowed: Set<String> =
            switch type {
            case .text: ["min_length", "max_length", "pattern"]
            case .number, .integer: ["min", "max"]
            case .enum: ["values"]
            default: []
            }
        for name in ["min_length", "max_length", "pattern", "min", "max", "values"]
        where object[name] != nil && !allowed.contains(name) {
            object.refuse(name, .fieldUnknown, "A field of type \(type.rawValue) has no '\(name)'. Remove it.")
        }
        if type == .text {
            minLength = object.integer("min_length", in: 0...Limits.fieldTextBytesMax)
            maxLength = object.integer("max_length", in: 1...Limits.fieldTextBytesMax)
            if let minLength, let maxLength, minLength > maxLength {
                object.refuse("min_length", .fieldRange, "min_length must not exceed max_length.")
            }
            pattern = object.text("pattern", bytesMax: Limits.patternBytesMax)
            if let pattern {
                do throws(PatternError) { _ = try Pattern(pattern) } catch {
                    object.refuse("pattern", .patternUnsupported, error.message)
                }
            }
        }
        if type == .number || type == .integer {
            min = object.number("min")
            max = object.number("max")
            if let min, let max, min > max { object.refuse("min", .fieldRange, "min must not exceed max.") }
        }
        if type == .enum { readValues(&object) }
    }

    private mutating func readValues(_ object: inout SettingObject) {
        guard let elements = object.elements("values", countMax: Limits.enumValuesMax, isRequired: true) else { return }
        var texts: [String] = []
        var known: Set<ExactText> = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string, (1...Limits.enumValueBytesMax).contains(text.utf8.count),
                FieldRules.isPlain(text), known.insert(ExactText(text)).inserted
            else {
                object.refuse(
                    "values", .fieldValue,
                    "Value \(index + 1) must be a text of 1 to \(Limits.enumValueBytesMax) bytes that is not in the list yet."
                )
                continue
            }
            texts.append(text)
        }
        if elements.isEmpty { object.refuse("values", .fieldValue, "An enumeration needs at least one value.") }
        values = texts
    }

    private static func checkUserMember(_ field: SchemaField, _ object: inout SettingObject) {
        let member = String(field.name.dropFirst(5))
        guard let type = CompiledSchema.userTypes[member] else {
            let known = CompiledSchema.userTypes.keys.sorted().map { "user.\($0)" }.joined(separator: ", ")
            return object.refuse("name", .fieldValue, "Of the user, a schema can name \(known).")
        }
        if field.type != type {
            object.refuse("type", .fieldValue, "\(field.name) has the type \(type.rawValue).")
        }
    }
}
