/// What became of one received item. Every item ends in exactly one of these; the books count them.
package enum Verdict: String, Sendable, CaseIterable, Codable {
    case stored, duplicate, sampled, rejected, quarantined
}

/// A delta of the books of one project and day: received = stored + duplicate + sampled + rejected + quarantined.
package struct BooksDelta: Hashable, Sendable {
    package var received: Int64 = 0
    package var stored: Int64 = 0
    package var duplicate: Int64 = 0
    package var sampled: Int64 = 0
    /// By error code.
    package var rejected: [String: Int64] = [:]
    /// By error code.
    package var quarantined: [String: Int64] = [:]

    package init() {}

    package var accounted: Int64 {
        stored + duplicate + sampled + rejected.values.reduce(0, +) + quarantined.values.reduce(0, +)
    }
    package var isBalanced: Bool { received == accounted }

    package static func += (a: inout BooksDelta, b: BooksDelta) {
        a.received += b.received
        a.stored += b.stored
        a.duplicate += b.duplicate
        a.sampled += b.sampled
        a.rejected.merge(b.rejected, uniquingKeysWith: +)
        a.quarantined.merge(b.quarantined, uniquingKeysWith: +)
    }
}
