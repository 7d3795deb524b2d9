internal import Events
internal import Wire

/// What an attempt's context says about limits, in the form of any version of it.
struct RecordedLimits: Hashable {
    struct Verdict: Hashable {
        var ruleID: String
        /// Of a rule of version 1, which knew users alone: nil.
        var subject: String?
        var isAllowed: Bool
        var before: LimitState?
        /// Nil also when version 1 did not keep it.
        var after: LimitState?
        var remaining: Int64
        var passesAt: String?
    }
    /// Who submitted: the subject of rules for keys.
    var submitter: String?
    var verdicts: [Verdict] = []
    /// The limit of the first rule, for rows that the standard rule judged.
    var limit: Int?
    /// Whether the row was written before there were rules: one limiter, for users.
    var isVersion1 = false

    /// Nil when the context cannot be read.
    static func read(_ context: String, parser: JSONParser) -> RecordedLimits? {
        var copy = context
        return copy.withUTF8 { buffer in
            guard let root = try? parser.root(of: buffer), root.kind == .object else { return nil }
            var recorded = RecordedLimits(submitter: root["request"]?["submitter"]?.string)
            if let limiter = root["limiter"] {
                guard let verdict = readVersion1(limiter) else { return nil }
                recorded.isVersion1 = true
                recorded.limit = limiter["limit_per_minute"]?.integer.map { Int($0) }
                recorded.verdicts = [verdict]
                return recorded
            }
            var isReadable = true
            root["limits"]?.forEachElement { element in
                guard let verdict = readVerdict(element) else {
                    isReadable = false
                    return false
                }
                recorded.limit = recorded.limit ?? element["limit"]?.integer.map { Int($0) }
                recorded.verdicts.append(verdict)
                return true
            }
            return isReadable ? recorded : nil
        }
    }

    private static func readVerdict(_ value: JSONValue) -> Verdict? {
        guard let ruleID = value["rule_id"]?.string, let subject = value["subject"]?.string,
            let isAllowed = value["allowed"]?.boolean, let remaining = value["remaining"]?.integer,
            let before = value["state_before"], let after = value["state_after"]
        else { return nil }
        return Verdict(
            ruleID: ruleID, subject: subject, isAllowed: isAllowed, before: state(before), after: state(after),
            remaining: remaining, passesAt: value["passes_at"]?.string)
    }

    private static func state(_ value: JSONValue) -> LimitState? {
        if let at = value["at_us"]?.integer { return LimitState(at: at) }
        guard let at = value["window_start_us"]?.integer, let current = value["current"]?.integer,
            let previous = value["previous"]?.integer
        else { return nil }
        return LimitState(at: at, current: current, previous: previous)
    }

    private static func readVersion1(_ value: JSONValue) -> Verdict? {
        guard let perMinute = value["limit_per_minute"]?.integer, let isAllowed = value["allowed"]?.boolean,
            let after = value["state_after_us"]?.integer, let remaining = value["remaining"]?.integer,
            let passesAt = value["passes_at"]?.string
        else { return nil }
        return Verdict(
            ruleID: LimitRule.standard(perMinute: Int(perMinute)).id, subject: nil, isAllowed: isAllowed,
            before: value["state_before_us"]?.integer.map { LimitState(at: $0) },
            after: isAllowed ? LimitState(at: after) : nil, remaining: remaining,
            passesAt: isAllowed ? nil : passesAt)
    }
}
