internal import Events
internal import Submissions

/// What became of each row of a batch.
struct BatchAnswer: Encodable {
    struct Field: Encodable {
        var pointer: String
        var code: ErrorCode
        var message: String
    }
    struct Row: Encodable {
        var index: Int
        /// Of a CSV file: the line on which the row begins.
        var line: Int?
        var outcome: Outcome
        var attempt_id: OrNull<String>
        var lead_id: OrNull<String>
        var code: OrNull<ErrorCode>
        var message: OrNull<String>
        var errors: [Field]
        var replayed: Bool
    }
    var received: Int
    var accepted: Int
    var failed: Int
    var results: [Row]

    init(_ answers: [SubmissionAnswer], lines: [Int]? = nil) {
        results = answers.enumerated().map { index, answer in
            switch answer.result {
            case .success(let receipt):
                Row(
                    index: index, line: lines?[index], outcome: .success, attempt_id: OrNull(receipt.attemptID),
                    lead_id: OrNull(receipt.leadID), code: OrNull(nil), message: OrNull(nil), errors: [],
                    replayed: answer.isReplayed)
            case .failure(let problem):
                Row(
                    index: index, line: lines?[index], outcome: .failure, attempt_id: OrNull(problem.attemptID),
                    lead_id: OrNull(nil),
                    code: OrNull(problem.code), message: OrNull(problem.detail),
                    errors: problem.fields.map { Field(pointer: $0.pointer, code: $0.code, message: $0.message) },
                    replayed: answer.isReplayed)
            }
        }
        received = results.count
        accepted = results.count { $0.outcome == .success }
        failed = received - accepted
    }
}
