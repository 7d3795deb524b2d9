package import Events

/// Turns one item's bytes into an event's fields, or into the reason why it is not one: event schema version 1.
///
/// Intake uses it to validate, Processing to fill columns; the two agree because it is the same code and the same receipt
/// time. A valid event costs no allocation. An optional field whose value is `null` counts as absent. One thread at a time.
package final class EventDecoder {
    private let parser = JSONParser()
    private var root: JSONValue?

    package init() {}

    /// Decodes one JSON text and gives its fields to `body`; the view must not leave it.
    /// `bytes` must have `JSONParser.padding` readable bytes behind them when `isPadded`.
    @inline(__always)
    package func decode<R>(
        _ bytes: UnsafeBufferPointer<UInt8>, isPadded: Bool, receivedAt: Timestamp, _ body: (borrowing EventView) -> R
    ) throws(EventRejection) -> R {
        // The view points into the parser's memory: the parser has to outlive it.
        defer { withExtendedLifetime(self) {} }
        return body(try decode(bytes, isPadded: isPadded, receivedAt: receivedAt))
    }

    private func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, isPadded: Bool, receivedAt: Timestamp
    ) throws(EventRejection) -> EventView {
        root = nil
        guard !bytes.isEmpty else {
            throw EventRejection(
                .eventNotJSON, "", "There is nothing here; remove the comma that has no event behind it.")
        }
        guard bytes.count <= WireLimits.eventBytesMax else {
            throw EventRejection(
                .eventTooLarge, "",
                "The event is \(bytes.count) bytes; the limit is \(WireLimits.eventBytesMax). Shorten input, output or tool."
            )
        }
        let value = try parse(bytes, isPadded: isPadded)
        guard value.kind == .object else {
            throw EventRejection(.eventNotObject, "", "An event is a JSON object, not \(value.kindWords).")
        }
        root = value
        return try view(of: value, receivedAt: receivedAt)
    }

    /// The last item's `event_id`, if it had a short text under that name: to name a rejected item in an answer.
    package var lastEventID: String? {
        guard let root, let text = root["event_id"]?.stringBytes, text.count <= EventLimits.eventIDBytesMax else {
            return nil
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the last item as compact JSON; nothing when it was not a JSON object.
    package func writeLast(to out: inout [UInt8]) {
        if let root { root.write(to: &out) }
    }

    private func parse(_ bytes: UnsafeBufferPointer<UInt8>, isPadded: Bool) throws(EventRejection) -> JSONValue {
        do throws(JSONParser.Failure) {
            return try parser.root(of: bytes, isPadded: isPadded)
        } catch {
            switch error {
            case .tooDeep:
                throw EventRejection(
                    .eventTooDeep, "", "The event is nested deeper than \(JSONParser.depthMax) levels; flatten it.")
            case .unheldNumber(let number): throw EventRejection(.fieldRange, number.pointer, number.message)
            case .invalid(let reason):
                throw EventRejection(.eventNotJSON, "", "The event is not valid JSON (RFC 8259, UTF-8): \(reason)")
            }
        }
    }

    private func view(of root: JSONValue, receivedAt: Timestamp) throws(EventRejection) -> EventView {
        var view = EventView()
        var seen: UInt32 = 0
        var members = root.members
        while let (key, value) = members.next() {
            guard let field = EventField.named(key) else {
                throw EventRejection(
                    .fieldUnknown, "/" + pointerPart(key),
                    "This field is not part of the event schema; put it into attributes, or remove it.")
            }
            guard seen & field.bit == 0 else {
                throw EventRejection(.fieldDuplicate, "/" + pointerPart(key), "The field appears twice; send it once.")
            }
            seen |= field.bit
            if value.kind == .null {
                seen = try absent(field, seen: seen)
                continue
            }
            try read(field, value, into: &view)
        }
        try checkWhole(view, seen: seen, receivedAt: receivedAt)
        return view
    }

    /// A `null` is an absent field, except where the schema requires one.
    private func absent(_ field: EventField, seen: UInt32) throws(EventRejection) -> UInt32 {
        switch field {
        case .eventID: throw EventRejection(.fieldType, "/event_id", "event_id must be a string, not null.")
        case .type: throw EventRejection(.fieldType, "/type", "type must be a string, not null.")
        case .time: throw EventRejection(.fieldType, "/time", "time must be a string, not null.")
        default: return seen
        }
    }

    private func read(_ field: EventField, _ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        let label = EventLimits.labelBytesMax
        switch field {
        case .eventID: view.eventID = try FieldRules.eventID(value)
        case .type: view.type = try FieldRules.type(value)
        case .time: view.time = try FieldRules.time(value)
        case .source: view.source = try FieldRules.text(value, label, "/source")
        case .channel: view.channel = try FieldRules.text(value, label, "/channel")
        case .userID: view.userID = try FieldRules.text(value, label, "/user_id")
        case .sessionID: view.sessionID = try FieldRules.text(value, label, "/session_id")
        case .leadID: view.leadID = try FieldRules.text(value, label, "/lead_id")
        case .traceID: view.traceID = try FieldRules.hex(value, EventLimits.traceIDHexDigits, "/trace_id")
        case .spanID: view.spanID = try FieldRules.hex(value, EventLimits.spanIDHexDigits, "/span_id")
        case .parentSpanID:
            view.parentSpanID = try FieldRules.hex(value, EventLimits.spanIDHexDigits, "/parent_span_id")
        case .outcome: view.outcome = try FieldRules.outcome(value)
        case .durationMilliseconds: view.durationMilliseconds = try FieldRules.duration(value)
        case .input: view.input = value
        case .output: view.output = value
        case .error: try readError(value, into: &view)
        case .retry: try readRetry(value, into: &view)
        case .model: try readModel(value, into: &view)
        case .usage: try readUsage(value, into: &view)
        case .prompt: try readPrompt(value, into: &view)
        case .tool: try readTool(value, into: &view)
        case .funnel: try readFunnel(value, into: &view)
        case .attributes: try readAttributes(value, into: &view)
        }
    }

    /// The rules that concern more than one field.
    private func checkWhole(_ view: EventView, seen: UInt32, receivedAt: Timestamp) throws(EventRejection) {
        if seen & EventField.eventID.bit == 0 {
            throw EventRejection(
                .fieldMissing, "/event_id",
                "event_id is required: a text that is unique in the project and repeated on retry.")
        }
        if seen & EventField.type.bit == 0 {
            throw EventRejection(.fieldMissing, "/type", "type is required, for example llm.call or custom.<name>.")
        }
        if seen & EventField.time.bit == 0 {
            throw EventRejection(
                .fieldMissing, "/time", "time is required: RFC 3339 with a zone, when the event happened.")
        }
        if view.time > receivedAt + EventLimits.timeAheadMax {
            throw EventRejection(
                .timeTooNew, "/time",
                "time is more than 24 hours ahead of the server's \(receivedAt); check the sender's clock and zone.")
        }
        if view.time < receivedAt - EventLimits.timeBehindMax {
            throw EventRejection(
                .timeTooOld, "/time",
                "time is more than 400 days before the server's \(receivedAt); check the sender's clock and its unit.")
        }
        if view.outcome == .failure, view.errorCategory == nil {
            throw EventRejection(
                .fieldMissing, "/error", "error with a category is required when outcome is failure; say what failed.")
        }
        if view.outcome == .success, view.errorCategory != nil {
            throw EventRejection(
                .fieldValue, "/error", "error contradicts outcome success; remove error, or set outcome to failure.")
        }
    }
}
