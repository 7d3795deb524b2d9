internal import Events
internal import Ports

/// The filter parameters that questions share.
enum FilterParameters {
    static let shared: Set<String> = [
        "channel", "source", "type", "outcome", "error_category", "error_code", "retry_outcome", "model", "prompt",
        "user_id",
    ]
    static let rows: Set<String> = shared.union(["lead_id", "trace_id", "q"])

    static func filter(
        _ parameters: Parameters, project: ProjectID, range: Range<Timestamp>
    ) throws(Problem) -> EventFilter {
        var filter = EventFilter(projectID: project, range: range)
        filter.channels = parameters.all("channel")
        filter.sources = parameters.all("source")
        filter.types = parameters.all("type")
        for type in filter.types where !EventType.fixed.contains(type) && !type.hasPrefix(EventType.customPrefix) {
            throw Parameters.problem(
                .parameterInvalid, "type", "'\(type.prefix(64))' is not a type of event.",
                "Use any of: \(EventType.fixed.sorted().joined(separator: ", ")), or custom.<name>.")
        }
        filter.outcomes = try parameters.all("outcome", of: Outcome.allCases.map(\.rawValue))
        filter.errorCategories = try parameters.all("error_category", of: FailureCategory.allCases.map(\.rawValue))
        filter.errorCodes = parameters.all("error_code")
        filter.retryOutcomes = try parameters.all("retry_outcome", of: RetryOutcome.allCases.map(\.rawValue))
        filter.models = parameters.all("model")
        filter.prompts = parameters.all("prompt")
        filter.userIDs = try present("user_id", parameters)
        filter.leadIDs = try present("lead_id", parameters)
        filter.traceIDs = try present("trace_id", parameters).map { $0.lowercased() }
        if let text = try parameters.one("q"), !text.isEmpty { filter.text = text }
        return filter
    }

    private static func present(_ name: String, _ parameters: Parameters) throws(Problem) -> [String] {
        let values = parameters.all(name)
        guard !values.contains("") else {
            throw Parameters.problem(
                .parameterInvalid, name, "'\(name)' is empty.", "Give an identifier, or leave it out.")
        }
        return values
    }
}

extension EventFilter {
    /// Lead submissions, unless the question names types itself: what "attempts" means.
    var ofAttempts: EventFilter {
        guard types.isEmpty else { return self }
        var filter = self
        filter.types = [EventType.leadSubmission]
        return filter
    }
}
