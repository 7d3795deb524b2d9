package import Days
internal import Foundation

/// The five parts of every report, whoever wrote it.
package struct ReportSections: Codable, Hashable, Sendable {
    package enum Confidence: String, Codable, Hashable, Sendable, CaseIterable { case low, medium, high }

    package struct Signal: Codable, Hashable, Sendable {
        package var title: String
        package var evidence: String
        package var confidence: Confidence

        package init(title: String, evidence: String, confidence: Confidence) {
            self.title = title
            self.evidence = evidence
            self.confidence = confidence
        }
    }

    package var executiveSummary: String
    package var userBehaviour: [String]
    package var systemBehaviour: [String]
    package var misconfigurationSignals: [Signal]
    package var confidenceAndScope: String

    package init(
        executiveSummary: String, userBehaviour: [String], systemBehaviour: [String],
        misconfigurationSignals: [Signal], confidenceAndScope: String
    ) {
        self.executiveSummary = executiveSummary
        self.userBehaviour = userBehaviour
        self.systemBehaviour = systemBehaviour
        self.misconfigurationSignals = misconfigurationSignals
        self.confidenceAndScope = confidenceAndScope
    }

    private enum CodingKeys: String, CodingKey {
        case executiveSummary = "executive_summary"
        case userBehaviour = "user_behaviour"
        case systemBehaviour = "system_behaviour"
        case misconfigurationSignals = "misconfiguration_signals"
        case confidenceAndScope = "confidence_and_scope"
    }

    static let scopePath = "confidence_and_scope"

    /// Every text with the path of its place in the report.
    package var texts: [(path: String, text: String)] {
        var found: [(path: String, text: String)] = [("executive_summary", executiveSummary)]
        for (index, text) in userBehaviour.enumerated() { found.append(("user_behaviour[\(index)]", text)) }
        for (index, text) in systemBehaviour.enumerated() { found.append(("system_behaviour[\(index)]", text)) }
        for (index, signal) in misconfigurationSignals.enumerated() {
            found.append(("misconfiguration_signals[\(index)].title", signal.title))
            found.append(("misconfiguration_signals[\(index)].evidence", signal.evidence))
        }
        found.append((Self.scopePath, confidenceAndScope))
        return found
    }

    package var json: String { canonical.text }

    package var canonical: CanonicalJSON {
        .object([
            "executive_summary": .string(executiveSummary),
            "user_behaviour": .array(userBehaviour.map { .string($0) }),
            "system_behaviour": .array(systemBehaviour.map { .string($0) }),
            "misconfiguration_signals": .array(
                misconfigurationSignals.map {
                    .object([
                        "title": .string($0.title), "evidence": .string($0.evidence),
                        "confidence": .string($0.confidence.rawValue),
                    ])
                }),
            "confidence_and_scope": .string(confidenceAndScope),
        ])
    }
}

/// Why a model's answer is not a report.
package enum AnswerFault: Error, Hashable, Sendable {
    case truncated
    case tooLarge(bytes: Int)
    case notJSON(detail: String)
    /// A part is missing, empty, of the wrong type or too long.
    case invalid(path: String, reason: String)
}

extension ReportSections {
    /// Reads a model's answer: one JSON object with the five parts, within their lengths, none empty. A fence of three
    /// backticks around the object is tolerated; members that nobody asked for are dropped.
    package init(answer: String, isTruncated: Bool) throws(AnswerFault) {
        guard !isTruncated else { throw .truncated }
        guard answer.utf8.count <= AnalysisLimits.answerBytesMax else { throw .tooLarge(bytes: answer.utf8.count) }
        let text = Self.withoutFence(answer)
        guard case .object = CanonicalJSON(parsing: text) else {
            throw .notJSON(detail: "the answer begins with \(String(text.prefix(40)).debugDescription)")
        }
        do {
            self = try JSONDecoder().decode(ReportSections.self, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw Self.fault(error)
        } catch {
            throw .notJSON(detail: String(describing: error))
        }
        trim()
        try check()
    }

    private static func withoutFence(_ answer: String) -> String {
        let text = answer.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("```"), text.hasSuffix("```"), let line = text.firstIndex(of: "\n") else { return text }
        return String(text[line...].dropLast(3)).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func fault(_ error: DecodingError) -> AnswerFault {
        // Members that nobody asked for are not looked at, so every name is one of the schema's.
        func path(_ keys: [any CodingKey]) -> String {
            keys.reduce(into: "") { path, key in
                path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
        switch error {
        case .keyNotFound(let key, let context):
            return .invalid(path: path(context.codingPath + [key]), reason: "missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return .invalid(path: path(context.codingPath), reason: "of the wrong type")
        case .dataCorrupted(let context):
            return .invalid(path: path(context.codingPath), reason: "not as asked: \(context.debugDescription)")
        @unknown default: return .notJSON(detail: String(describing: error))
        }
    }

    private mutating func trim() {
        func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
        executiveSummary = trimmed(executiveSummary)
        userBehaviour = userBehaviour.map(trimmed)
        systemBehaviour = systemBehaviour.map(trimmed)
        confidenceAndScope = trimmed(confidenceAndScope)
        for index in misconfigurationSignals.indices {
            misconfigurationSignals[index].title = trimmed(misconfigurationSignals[index].title)
            misconfigurationSignals[index].evidence = trimmed(misconfigurationSignals[index].evidence)
        }
    }

    /// Throws for the first part that is empty, too long or too many.
    package func check() throws(AnswerFault) {
        guard executiveSummary.count >= AnalysisLimits.summaryLengthMin else {
            throw .invalid(path: "executive_summary", reason: "too short to say anything")
        }
        for (name, count, minimum, maximum) in [
            ("user_behaviour", userBehaviour.count, 1, AnalysisLimits.statementsMax),
            ("system_behaviour", systemBehaviour.count, 1, AnalysisLimits.statementsMax),
            ("misconfiguration_signals", misconfigurationSignals.count, 0, AnalysisLimits.signalsMax),
        ] where !(minimum...maximum).contains(count) {
            throw .invalid(path: name, reason: "\(count) items, \(minimum) to \(maximum) are expected")
        }
        for (path, text) in texts {
            let maximum: Int
            switch path.prefix(while: { $0 != "[" }) {
            case "executive_summary": maximum = AnalysisLimits.summaryLengthMax
            case "confidence_and_scope": maximum = AnalysisLimits.scopeLengthMax
            case "misconfiguration_signals":
                maximum = path.hasSuffix("title") ? AnalysisLimits.titleLengthMax : AnalysisLimits.evidenceLengthMax
            default: maximum = AnalysisLimits.statementLengthMax
            }
            guard !text.isEmpty else { throw .invalid(path: path, reason: "empty") }
            guard text.count <= maximum else {
                throw .invalid(path: path, reason: "\(text.count) characters, \(maximum) at most")
            }
        }
    }

    /// The JSON Schema that a model's answer has to follow. Without `pattern`, which some servers cannot compile.
    package static let schema = CanonicalJSON.object([
        "type": .string("object"), "additionalProperties": .boolean(false),
        "required": .array(
            [
                "executive_summary", "user_behaviour", "system_behaviour", "misconfiguration_signals",
                "confidence_and_scope",
            ]
            .map { .string($0) }),
        "properties": .object([
            "executive_summary": text(AnalysisLimits.summaryLengthMax),
            "user_behaviour": list(text(AnalysisLimits.statementLengthMax), 1, AnalysisLimits.statementsMax),
            "system_behaviour": list(text(AnalysisLimits.statementLengthMax), 1, AnalysisLimits.statementsMax),
            "misconfiguration_signals": list(
                .object([
                    "type": .string("object"), "additionalProperties": .boolean(false),
                    "required": .array(["title", "evidence", "confidence"].map { .string($0) }),
                    "properties": .object([
                        "title": text(AnalysisLimits.titleLengthMax),
                        "evidence": text(AnalysisLimits.evidenceLengthMax),
                        "confidence": .object([
                            "type": .string("string"),
                            "enum": .array(Confidence.allCases.map { .string($0.rawValue) }),
                        ]),
                    ]),
                ]), 0, AnalysisLimits.signalsMax),
            "confidence_and_scope": text(AnalysisLimits.scopeLengthMax),
        ]),
    ]).text

    private static func text(_ lengthMax: Int) -> CanonicalJSON {
        .object(["type": .string("string"), "minLength": .integer(1), "maxLength": .count(lengthMax)])
    }
    private static func list(_ items: CanonicalJSON, _ minimum: Int, _ maximum: Int) -> CanonicalJSON {
        .object([
            "type": .string("array"), "items": items, "minItems": .count(minimum), "maxItems": .count(maximum),
        ])
    }
}
