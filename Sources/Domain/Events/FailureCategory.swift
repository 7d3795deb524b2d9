/// One word of the error taxonomy: the coarse reason why an attempt or an AI call did not succeed.
/// The precise reason is a code, the data needed to understand it is the context.
package enum FailureCategory: String, Sendable, CaseIterable, Codable {
    case validation, malformed, authentication, authorization
    case rateLimited = "rate_limited"
    case quota, duplicate, conflict, timeout, dependency, model, tool
    case `internal`
}

package enum Outcome: String, Sendable, CaseIterable, Codable {
    case success, failure
}

/// How an operation that may be retried ended, seen from its `retry` field and outcome.
package enum RetryOutcome: String, Sendable, CaseIterable, Codable {
    /// Succeeded at the first try.
    case firstTry = "first_try"
    /// Succeeded after at least one retry.
    case recovered
    /// Failed at the last permitted try.
    case exhausted
    /// Failed with tries left, or without a stated maximum.
    case pending

    package init(outcome: Outcome, attempt: Int, max: Int) {
        switch outcome {
        case .success: self = attempt <= 1 ? .firstTry : .recovered
        case .failure: self = max > 0 && attempt >= max ? .exhausted : .pending
        }
    }
}

/// The types of event in schema version 1. `custom.<name>` is any other.
package enum EventType {
    package static let leadSubmission = "lead.submission"
    package static let funnelStep = "funnel.step"
    package static let llmCall = "llm.call"
    package static let toolCall = "tool.call"
    package static let fixed: Set<String> = [
        leadSubmission, funnelStep, llmCall, toolCall, "retrieval", "agent.step", "span", "evaluation", "log",
    ]
    package static let customPrefix = "custom."
}

/// The funnels that Daybook knows by name, with their steps in order (position 1 is the first).
package enum Funnel {
    /// SCN-001, mortgage refinance.
    package static let mortgageRefinance = "mortgage_refinance"
    package static let steps: [String: [String]] = [
        mortgageRefinance: ["visit", "start", "contact", "property", "loan", "consent", "submitted", "accepted"]
    ]
}
