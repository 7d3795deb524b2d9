internal import Events

/// The `lead.submission` event of an attempt (event schema version 1): what the outbox carries to the stream.
///
/// When the request belongs to a trace, the event is a span of it, named by the end of the attempt's identifier (which is
/// random), under the caller's own.
///
/// A successful attempt is the funnel step `accepted` (position 8); every other one reached `submitted` (7).
enum SubmissionEvent {
    /// The members of `attributes` that a submission itself names.
    static func attributes(_ read: ReadSubmission) -> [UInt8] {
        var out: [UInt8] = []
        for field in KnownField.allCases {
            guard let json = read.attributes[field] else { continue }
            if !out.isEmpty { out.append(UInt8(ascii: ",")) }
            JSONText.appendString(field.rawValue, to: &out)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: json.utf8)
        }
        return out
    }

    static func json(_ attempt: Attempt, read: ReadSubmission) -> [UInt8] {
        var out = JSONObjectWriter()
        out.text("event_id", attempt.attemptID)
        out.text("type", EventType.leadSubmission)
        out.text("time", attempt.receivedAt.rfc3339())
        out.text("source", attempt.source)
        out.text("channel", attempt.channel)
        out.text("user_id", attempt.userID)
        out.text("session_id", read.sessionID)
        out.text("lead_id", attempt.leadID)
        if let trace = read.facts.trace {
            out.text("trace_id", trace.traceID)
            out.text("span_id", String(attempt.attemptID.suffix(TraceContext.spanIDLength)))
            out.text("parent_span_id", trace.parentID)
        }
        out.text("outcome", attempt.outcome.rawValue)
        if let category = attempt.failureCategory, let code = attempt.failureCode {
            out.object("error") { error in
                error.text("category", category.rawValue)
                error.text("code", code)
                error.text("message", attempt.failureMessage)
                if !read.refused.isEmpty {
                    error.object("context") { $0.raw("errors", AttemptContext.errors(read.refused)) }
                }
            }
        }
        out.object("retry") { $0.number("attempt", Int64(attempt.retryAttempt)) }
        out.number("duration_ms", attempt.durationMilliseconds)
        let step = attempt.outcome == .success ? "accepted" : "submitted"
        out.object("funnel") { funnel in
            funnel.text("name", Funnel.mortgageRefinance)
            funnel.text("step", step)
            let position = Funnel.steps[Funnel.mortgageRefinance]?.firstIndex(of: step) ?? 0
            funnel.number("position", Int64(position + 1))
        }
        out.object("attributes") { attributes in
            attributes.number("attempt_sequence", attempt.sequence)
            attributes.members(read.eventAttributes)
        }
        return out.finishedBytes
    }
}
