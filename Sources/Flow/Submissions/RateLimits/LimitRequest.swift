package import Events
internal import Wire

/// The rules that a client wrote.
package struct LimitRequest: Sendable {
    package var rules: [LimitRule]

    /// Reads `{rules}`. Throws every problem at once.
    package static func read(_ bytes: [UInt8]) throws(Problem) -> LimitRequest {
        try SettingObject.read(bytes, known: ["rules"]) { object in
            guard let elements = object.elements("rules", countMax: Limits.limitRulesMax, isRequired: true) else {
                return nil
            }
            var rules: [LimitRule] = []
            for (index, element) in elements.enumerated() {
                let (rule, problems) = LimitRule.read(element, at: "/rules/\(index)")
                object.take(problems)
                guard let rule else { continue }
                if rules.contains(rule) {
                    object.take([
                        FieldProblem(
                            pointer: "/rules/\(index)", code: .fieldDuplicate,
                            message: "The same rule is in the list already.")
                    ])
                }
                rules.append(rule)
            }
            return LimitRequest(rules: rules)
        }
    }
}

extension LimitRule {
    /// `rule_id` is accepted, so that an answer can be sent back, and not read: it follows from the content.
    private static let members: Set<String> = [
        "rule_id", "applies_to", "source", "algorithm", "limit", "window_seconds", "burst",
    ]

    fileprivate static func read(_ value: JSONValue, at pointer: String) -> (LimitRule?, [FieldProblem]) {
        var object = SettingObject(value, at: pointer, known: members)
        guard value.kind == .object else { return (nil, object.problems) }
        let appliesTo = object.choice("applies_to", AppliesTo.self, isRequired: true)
        let algorithm = object.choice("algorithm", Algorithm.self, isRequired: true)
        let source = object.text("source", bytesMax: Limits.sourceBytesMax)
        if let source, !FieldRules.isName(source) {
            object.refuse("source", .fieldPattern, "1 to \(Limits.sourceBytesMax) letters, digits or _ . : -")
        }
        let limit = object.integer("limit", in: 1...Limits.limitMax, isRequired: true)
        let window = object.integer("window_seconds", in: Limits.limitWindowSeconds, isRequired: true)
        let burst = object.integer("burst", in: 1...Limits.limitMax)
        if burst != nil, algorithm == .slidingWindow {
            object.refuse("burst", .fieldUnknown, "A sliding window has no burst. Remove it.")
        }
        guard object.problems.isEmpty, let appliesTo, let algorithm, let limit, let window else {
            return (nil, object.problems)
        }
        return (
            LimitRule(
                appliesTo: appliesTo, source: source, algorithm: algorithm, limit: limit, windowSeconds: window,
                burst: burst), []
        )
    }
}
