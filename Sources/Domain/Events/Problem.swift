/// An error for a person and for a program: RFC 9457 problem details with our extensions (`code`, `errors`).
/// The edge adds `instance` and `correlation_id`.
package struct Problem: Error, Hashable, Sendable {
    package var code: ErrorCode
    /// What happened in this case and what to do about it, in a sentence or two. Never another tenant's data.
    package var detail: String
    package var fields: [FieldProblem]
    /// Seconds after which a retry makes sense (`Retry-After`).
    package var retryAfterSeconds: Int?
    /// The logged attempt that this problem belongs to.
    package var attemptID: String?
    /// Further members of the JSON object (RFC 9457 section 3.2), as JSON text by name.
    package var members: [String: String]

    package init(
        _ code: ErrorCode, _ detail: String, fields: [FieldProblem] = [], retryAfterSeconds: Int? = nil,
        attemptID: String? = nil, members: [String: String] = [:]
    ) {
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retryAfterSeconds = retryAfterSeconds
        self.attemptID = attemptID
        self.members = members
    }
}

/// What is wrong with one field: where (JSON Pointer, RFC 6901), which code, and a sentence that names the fix.
package struct FieldProblem: Hashable, Sendable {
    package var pointer: String
    package var code: ErrorCode
    package var message: String

    package init(pointer: String, code: ErrorCode, message: String) {
        self.pointer = pointer
        self.code = code
        self.message = message
    }
}
