package import Events

/// What one rule says about one submission.
package struct LimitVerdict: Hashable, Sendable {
    package var rule: LimitRule
    /// Whose submissions the rule counted: a user's or key's identifier, or a source.
    package var subject: String
    package var step: LimitStep
    /// Whether the submission was counted: not when this or another rule refused it.
    package var isCharged: Bool

    /// What the rule remembers about the subject from now on.
    package var after: LimitState? { isCharged ? step.after : step.before }
    /// Submissions that would have passed at once before this one.
    package var remainingBefore: Int { step.isAllowed ? step.remaining + 1 : 0 }
    /// Submissions that would pass at once now.
    package var remaining: Int { step.isAllowed && !isCharged ? step.remaining + 1 : step.remaining }
}

/// Who submits, as far as it is known when the limits are asked.
package struct LimitSubjects: Hashable, Sendable {
    package var user: String?
    package var source: String
    package var key: String?

    package init(user: String?, source: String, key: String?) {
        self.user = user
        self.source = source
        self.key = key
    }

    /// Nil when the rule does not concern the submission.
    func subject(of rule: LimitRule) -> String? {
        if let only = rule.source, only != source { return nil }
        return switch rule.appliesTo {
        case .user: user
        case .source: source
        case .key: key
        }
    }
}

/// Asks every rule that concerns a submission. All or nothing: when one refuses, none counts it, so a refused submission
/// costs nobody's budget.
package enum LimitCheck {
    package static func verdicts<Failure: Error>(
        _ rules: [LimitRule], _ subjects: LimitSubjects, now: Timestamp,
        state: (LimitRule, String) throws(Failure) -> LimitState?
    ) throws(Failure) -> [LimitVerdict] {
        var verdicts: [LimitVerdict] = []
        for rule in rules {
            guard let subject = subjects.subject(of: rule) else { continue }
            let step = rule.step(state: try state(rule, subject), now: now)
            verdicts.append(LimitVerdict(rule: rule, subject: subject, step: step, isCharged: true))
        }
        if verdicts.contains(where: { !$0.step.isAllowed }) {
            for index in verdicts.indices { verdicts[index].isCharged = false }
        }
        return verdicts
    }
}

extension LimitVerdict {
    var code: ErrorCode {
        switch rule.appliesTo {
        case .user: .rateLimitUser
        case .source: .rateLimitSource
        case .key: .rateLimitKey
        }
    }

    /// The sentence of the rule that refuses.
    func refusal(passesAt: Timestamp) -> String {
        let who =
            switch rule.appliesTo {
            case .user: "This user"
            case .source: "The source \(subject)"
            case .key: "This key"
            }
        let only = rule.appliesTo != .source ? rule.source.map { " from \($0)" } ?? "" : ""
        let window = rule.windowSeconds == 60 ? "a minute" : "in \(rule.windowSeconds) s"
        return
            "\(who) may submit \(rule.limit) times \(window)\(only) (limit \(rule.id)). The next submission passes at \(passesAt.rfc3339())."
    }

    func quota(now: Timestamp) -> SubmissionQuota {
        SubmissionQuota(
            name: rule.id, quota: rule.limit, windowSeconds: rule.windowSeconds, remaining: remaining,
            resetSeconds: wholeSeconds(from: now, to: step.resetsAt))
    }
}

/// Whole seconds, rounded up, at least 0.
func wholeSeconds(from: Timestamp, to: Timestamp) -> Int {
    Int(max(0, (to.microseconds - from.microseconds + 999_999) / 1_000_000))
}
