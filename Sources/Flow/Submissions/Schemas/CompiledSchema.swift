package import Events

/// A schema ready to judge: patterns compiled, fields by name. Immutable, shared by every submission that it judges.
final class CompiledSchema: Sendable {
    struct Field: Sendable {
        var field: SchemaField
        var pattern: Pattern?
        var values: Set<ExactText>
    }

    /// As the log names it: the version's number, `builtin`, or `candidate` in a dry run.
    let version: String
    let unknownFields: UnknownFieldPolicy
    /// Members of the submission's `fields`.
    let fields: [ExactText: Field]
    /// Names of `fields` that a submission must have, in the schema's order.
    let required: [String]
    /// Members of the submission's `user`, without `user.`, in the schema's order.
    let userFields: [(name: String, field: Field)]

    /// Throws when a pattern is not in the supported syntax: a schema that was accepted has none.
    init(_ schema: FieldSchema, version: String) throws(PatternError) {
        self.version = version
        unknownFields = schema.unknownFields
        var fields: [ExactText: Field] = [:]
        var required: [String] = []
        var userFields: [(name: String, field: Field)] = []
        for field in schema.fields {
            var pattern: Pattern?
            if let text = field.pattern { pattern = try Pattern(text) }
            let compiled = Field(field: field, pattern: pattern, values: Set((field.values ?? []).map(ExactText.init)))
            if let name = Self.userMember(field.name) {
                userFields.append((name, compiled))
            } else {
                fields[ExactText(field.name)] = compiled
                if field.isRequired { required.append(field.name) }
            }
        }
        self.fields = fields
        self.required = required
        self.userFields = userFields
    }

    /// The member of `user` that a field's name means: `email` for `user.email`.
    static func userMember(_ name: String) -> String? {
        guard name.hasPrefix("user."), Self.userTypes[String(name.dropFirst(5))] != nil else { return nil }
        return String(name.dropFirst(5))
    }

    /// Members of `user` that a schema may name, with the only type they can have.
    static let userTypes: [String: SchemaFieldType] = [
        "email": .email, "phone": .phoneE164, "name": .text, "external_id": .text,
    ]
}

/// The rules that judge a source without a schema of its own, written as a schema: what the answers show.
package enum BuiltinSchema {
    package static let version = "builtin"

    package static let fields: [SchemaField] = KnownField.allCases.map { field in
        guard let range = field.range else {
            return SchemaField(name: field.rawValue, type: .usState, text: "The two letters of a US state")
        }
        return SchemaField(
            name: field.rawValue, type: range.isWhole ? .integer : .number, min: range.bounds.lowerBound,
            max: range.bounds.upperBound)
    }
}
