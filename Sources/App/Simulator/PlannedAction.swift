package import Events

/// An event as the plan has it: everything but its receipt.
package struct PlannedEvent: Sendable {
    package var at: Timestamp
    package var eventID: String
    package var type: String
    /// The members after `event_id` and `time`.
    var members: JSONMembers

    /// The event as JSON text. `time` is when it happens for real; `leadID` is known for what follows an accepted lead.
    package func json(time: Timestamp, leadID: String?) -> [UInt8] {
        var all = JSONMembers()
        all.add("event_id", eventID)
        all.add("time", time.rfc3339())
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.reserveCapacity(members.bytes.count + 128)
        out.append(contentsOf: all.bytes)
        out.append(UInt8(ascii: ","))
        out.append(contentsOf: members.bytes)
        if let leadID {
            var lead = JSONMembers()
            lead.add("lead_id", leadID)
            out.append(UInt8(ascii: ","))
            out.append(contentsOf: lead.bytes)
        }
        out.append(UInt8(ascii: "}"))
        return out
    }
}

/// One submission of a chain.
package struct PlannedAttempt: Sendable {
    /// Seconds after the attempt before it.
    package var pauseSeconds: Double
    package var idempotencyKey: String
    package var body: [UInt8]
}

/// The submissions of one person in one go: first try, corrections, double clicks, floods. They are sent one after another.
package struct PlannedChain: Sendable {
    package var at: Timestamp
    package var source: TrafficSource
    package var attempts: [PlannedAttempt]
    /// Whether the person is content with the first success. A flood or a double click goes on.
    package var endsAtSuccess: Bool
    /// What follows the lead; times count from the plan's `at`.
    package var onSuccess: [PlannedEvent]
}

package enum PlannedAction: Sendable {
    case event(PlannedEvent)
    case chain(PlannedChain)

    package var at: Timestamp {
        switch self {
        case .event(let event): event.at
        case .chain(let chain): chain.at
        }
    }
}
