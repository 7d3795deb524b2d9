package import Days
package import Events

/// A pattern in a day's snapshot that a wrong setting would cause, with everything a person needs to judge it.
package struct DaySignal: Hashable, Sendable {
    /// The rules that find signals. Each is described in docs/signals.md.
    package enum Detector: String, Hashable, Sendable, CaseIterable {
        case codeAboveBaseline = "code_above_baseline"
        case fieldFailing = "field_failing"
        case suddenStop = "sudden_stop"
        case duplicateStorm = "duplicate_storm"
        case rateLimited = "rate_limited"
        case userConcentration = "user_concentration"
        case keyConcentration = "key_concentration"
        case latencyStep = "latency_step"
        case successWithoutVolume = "success_without_volume"
        case eventFailures = "event_failures"
        case tokensPerCall = "tokens_per_call"
        case booksUnbalanced = "books_unbalanced"
        case eventsRejected = "events_rejected"
    }

    /// A question that `GET /v1/attempts` takes, and how many rows it answers.
    package struct Rows: Hashable, Sendable {
        package var date: LogicalDate
        package var source: String?
        package var errorCode: String?
        /// `/user/phone:phone_invalid`: refused for this field with this code, whichever code came first.
        package var field: String?
        package var userID: String?
        package var keyID: String?
        package var outcome: Outcome?
        package var count: Int64

        package init(
            date: LogicalDate, source: String? = nil, errorCode: String? = nil, field: String? = nil,
            userID: String? = nil, keyID: String? = nil, outcome: Outcome? = nil, count: Int64
        ) {
            self.date = date
            self.source = source
            self.errorCode = errorCode
            self.field = field
            self.userID = userID
            self.keyID = keyID
            self.outcome = outcome
            self.count = count
        }

        var filter: [String: String] {
            var filter = ["date": date.description]
            filter["source"] = source
            filter["error_code"] = errorCode
            filter["field"] = field
            filter["user_id"] = userID
            filter["key_id"] = keyID
            filter["outcome"] = outcome?.rawValue
            return filter
        }

        package var json: CanonicalJSON {
            .object(["filter": .object(filter.mapValues { .string($0) }), "count": .integer(count)])
        }
    }

    package var detector: Detector
    /// What it is about: a source, an event type, a user. Part of the identifier.
    package var subject: String
    /// The code or field behind it, when there is one.
    package var code: String?
    package var title: String
    package var evidence: String
    /// The usual value of what was observed, as text with its unit; nil without days to compare with.
    package var baseline: String?
    package var baselineDays: Int
    package var observed: String
    package var confidence: ReportSections.Confidence
    /// The start of the hour in which it began.
    package var since: Timestamp?
    /// The attempts behind it; nil for signals about events.
    package var rows: Rows?

    /// Stable for the same pattern on the same day: `code_above_baseline:partner_api:phone_country_missing`.
    package var id: String { ([detector.rawValue, subject] + (code.map { [$0] } ?? [])).joined(separator: ":") }

    package var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "id": .string(id), "detector": .string(detector.rawValue), "title": .string(title),
            "evidence": .string(evidence), "observed": .string(observed), "confidence": .string(confidence.rawValue),
            "since": .optional(since?.rfc3339()), "baseline": .null, "rows": .null,
        ]
        if let baseline { members["baseline"] = .object(["value": .string(baseline), "days": .count(baselineDays)]) }
        if let rows { members["rows"] = rows.json }
        return .object(members)
    }
}
