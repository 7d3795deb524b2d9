package import ServerClient
package import Wire

/// What became of a file's rows: `rows = leads + failures`.
package struct LeadImportSummary: Sendable, Codable, Equatable {
    /// A failed row: where, and why in the server's words.
    package struct Failure: Sendable, Codable, Equatable {
        package var line: Int
        package var code: String
        /// The fields that the server named (JSON Pointers).
        package var fields: [String]
        package var message: String
    }
    package var rows = 0
    package var leads = 0
    /// By code: the server's, or `csv_row_invalid` for a row that could not be read, or `no_answer`.
    package var failures: [String: Int] = [:]
    /// By the field that the server named.
    package var failuresByField: [String: Int] = [:]
    /// Rows whose answer repeats one given before: nothing was added for them.
    package var replayed = 0
    package var examples: [Failure] = []
    package var seconds = 0.0
    package var projectID: String

    /// The names in JSON.
    private enum CodingKeys: String, CodingKey {
        case rows, leads, failures, replayed, examples, seconds
        case failuresByField = "failures_by_field"
        case projectID = "project_id"
    }

    package init(projectID: String) { self.projectID = projectID }

    package var failed: Int { failures.values.reduce(0, +) }
    package var isComplete: Bool { rows == leads + failed && failures["no_answer"] == nil }

    package mutating func countBad(_ row: CSVReader.BadRow) {
        rows += 1
        let named = examples.count { $0.code == "csv_row_invalid" }
        count(row.line, "csv_row_invalid", [], row.reason, isNamed: named < LeadImportLimits.badRowsNamedMax)
    }

    package mutating func countNoAnswer(line: Int, reason: String) {
        rows += 1
        count(
            line, "no_answer", [], reason,
            isNamed: examples.count { $0.code == "no_answer" } < LeadImportLimits.examplesPerCodeMax)
    }

    package mutating func count(line: Int, _ answer: ServerAnswer) {
        rows += 1
        if answer.isReplayed { replayed += 1 }
        guard !answer.isSuccess else {
            leads += 1
            return
        }
        let problem = answer.decoded(ProblemBody.self)
        let code = problem?.code ?? "http_\(answer.status)"
        let fields = (problem?.errors ?? []).compactMap(\.pointer)
        for field in Set(fields) { failuresByField[field, default: 0] += 1 }
        let message = problem?.errors?.first?.message ?? problem?.detail ?? ""
        count(
            line, code, fields, message,
            isNamed: examples.count { $0.code == code } < LeadImportLimits.examplesPerCodeMax)
    }

    private mutating func count(_ line: Int, _ code: String, _ fields: [String], _ message: String, isNamed: Bool) {
        failures[code, default: 0] += 1
        if isNamed { examples.append(Failure(line: line, code: code, fields: fields, message: message)) }
    }

    /// For people, a line each.
    package var text: String {
        var lines = [
            "\(ProgressLine.grouped(rows)) rows: \(ProgressLine.grouped(leads)) leads, \(ProgressLine.grouped(failed)) failures"
                + (replayed > 0
                    ? " (\(ProgressLine.grouped(replayed)) were imported before; nothing was added for them)" : "")
        ]
        for (code, count) in failures.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("  \(code): \(count)")
            for example in examples where example.code == code {
                let fields = example.fields.isEmpty ? "" : " \(example.fields.joined(separator: ", "))"
                lines.append("    line \(example.line)\(fields): \(example.message)")
            }
        }
        return lines.joined(separator: "\n")
    }
}
