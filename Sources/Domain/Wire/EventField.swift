/// The top-level fields of event schema version 1.
enum EventField: UInt32 {
    case eventID, type, time, source, channel, userID, sessionID, leadID, traceID, spanID, parentSpanID
    case outcome, error, retry, durationMilliseconds, model, usage, prompt, input, output, tool, funnel, attributes

    @inline(__always) var bit: UInt32 { 1 << rawValue }

    /// The field of that name; nil for an unknown one. Told apart by length first: at most four comparisons.
    @inline(__always)
    static func named(_ key: UnsafeBufferPointer<UInt8>) -> EventField? {
        switch key.count {
        case 4:
            if Byte.equal(key, "type") { return .type }
            if Byte.equal(key, "time") { return .time }
            if Byte.equal(key, "tool") { return .tool }
        case 5:
            if Byte.equal(key, "model") { return .model }
            if Byte.equal(key, "usage") { return .usage }
            if Byte.equal(key, "error") { return .error }
            if Byte.equal(key, "retry") { return .retry }
            if Byte.equal(key, "input") { return .input }
        case 6:
            if Byte.equal(key, "source") { return .source }
            if Byte.equal(key, "output") { return .output }
            if Byte.equal(key, "prompt") { return .prompt }
            if Byte.equal(key, "funnel") { return .funnel }
        case 7:
            if Byte.equal(key, "channel") { return .channel }
            if Byte.equal(key, "outcome") { return .outcome }
            if Byte.equal(key, "user_id") { return .userID }
            if Byte.equal(key, "lead_id") { return .leadID }
            if Byte.equal(key, "span_id") { return .spanID }
        case 8:
            if Byte.equal(key, "event_id") { return .eventID }
            if Byte.equal(key, "trace_id") { return .traceID }
        case 10:
            if Byte.equal(key, "session_id") { return .sessionID }
            if Byte.equal(key, "attributes") { return .attributes }
        case 11: if Byte.equal(key, "duration_ms") { return .durationMilliseconds }
        case 14: if Byte.equal(key, "parent_span_id") { return .parentSpanID }
        default: break
        }
        return nil
    }
}
