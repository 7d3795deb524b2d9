/// What a value of a submitted field has to be.
package enum SchemaFieldType: String, Sendable, CaseIterable, Codable {
    case text, number, integer, boolean, email
    case phoneE164 = "phone_e164"
    case usState = "us_state"
    case date
    case `enum`
}

/// One field of a schema: its name, its type, and the bounds that the type allows.
package struct SchemaField: Hashable, Sendable, Codable {
    /// A member of the submission's `fields`; or `user.email`, `user.phone`, `user.name`, `user.external_id`.
    package var name: String
    package var type: SchemaFieldType
    package var isRequired: Bool
    /// For `text`: in Unicode code points, both included.
    package var minLength: Int?
    package var maxLength: Int?
    /// For `text`: what the whole value has to match, in the syntax of `docs/field-schemas.md`.
    package var pattern: String?
    /// For `number` and `integer`: both included.
    package var min: Double?
    package var max: Double?
    /// For `enum`: the only accepted texts.
    package var values: [String]?
    /// For people.
    package var text: String?

    package init(
        name: String, type: SchemaFieldType, isRequired: Bool = false, minLength: Int? = nil, maxLength: Int? = nil,
        pattern: String? = nil, min: Double? = nil, max: Double? = nil, values: [String]? = nil, text: String? = nil
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.minLength = minLength
        self.maxLength = maxLength
        self.pattern = pattern
        self.min = min
        self.max = max
        self.values = values
        self.text = text
    }

    /// The names in storage and in the API.
    private enum CodingKeys: String, CodingKey {
        case name, type, pattern, min, max, values
        case isRequired = "required"
        case minLength = "min_length"
        case maxLength = "max_length"
        case text = "description"
    }
}

/// What happens to a field of a submission that its schema does not name.
package enum UnknownFieldPolicy: String, Sendable, CaseIterable, Codable {
    case allow, refuse
}

/// What a schema says, without who wrote it and when.
package struct FieldSchema: Hashable, Sendable {
    package var fields: [SchemaField]
    package var unknownFields: UnknownFieldPolicy

    package init(fields: [SchemaField], unknownFields: UnknownFieldPolicy = .allow) {
        self.fields = fields
        self.unknownFields = unknownFields
    }
}

/// One version of the schema of one source. Written once, never changed.
package struct FieldSchemaVersion: Hashable, Sendable {
    package var projectID: ProjectID
    package var source: String
    /// 1, 2, 3, … in the source.
    package var version: Int
    package var schema: FieldSchema
    package var note: String
    /// `key:…` or `member:…`.
    package var createdBy: String
    package var createdAt: Timestamp
    /// When it was last switched on.
    package var activatedAt: Timestamp?

    package init(
        projectID: ProjectID, source: String, version: Int, schema: FieldSchema, note: String, createdBy: String,
        createdAt: Timestamp, activatedAt: Timestamp? = nil
    ) {
        self.projectID = projectID
        self.source = source
        self.version = version
        self.schema = schema
        self.note = note
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.activatedAt = activatedAt
    }
}
