internal import Events
internal import Foundation

/// An answer as an idempotency record keeps it: JSON, readable by later versions (members are only ever added).
struct StoredAnswer: Codable {
    struct Field: Codable {
        var pointer: String
        var code: ErrorCode
        var message: String
    }
    var receipt: SubmissionReceipt?
    var code: ErrorCode?
    var detail: String?
    var attemptID: String
    var fields: [Field]?

    init(_ answer: SubmissionAnswer, attemptID: String) {
        self.attemptID = attemptID
        switch answer.result {
        case .success(let receipt): self.receipt = receipt
        case .failure(let problem):
            code = problem.code
            detail = problem.detail
            fields = problem.fields.map { Field(pointer: $0.pointer, code: $0.code, message: $0.message) }
        }
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }

    /// The answer to give again; nil when the record cannot be read.
    static func replay(_ json: String) -> SubmissionAnswer? {
        guard let stored = try? JSONDecoder().decode(StoredAnswer.self, from: Data(json.utf8)) else { return nil }
        if let receipt = stored.receipt { return SubmissionAnswer(result: .success(receipt), isReplayed: true) }
        guard let code = stored.code else { return nil }
        let fields = (stored.fields ?? []).map { FieldProblem(pointer: $0.pointer, code: $0.code, message: $0.message) }
        let problem = Problem(code, stored.detail ?? code.title, fields: fields, attemptID: stored.attemptID)
        return SubmissionAnswer(result: .failure(problem), isReplayed: true)
    }
}
