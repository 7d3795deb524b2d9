// Ports: what the flow needs from the world, as small protocols. Each states its contract here; each has an embedded
// adapter, a twin in memory for tests, and passes the same contract suite (Tests/PortContractTests).

package import Events

/// The wall clock. Injected everywhere; only an adapter reads the system's.
package protocol Clock: Sendable {
    /// Now, in UTC. May jump when the machine's clock is set; use `monotonic` for intervals.
    var now: Timestamp { get }
    /// Time since an arbitrary start, never going back.
    var monotonic: Duration { get }
    /// Returns once `monotonic` has advanced by `duration`, or throws `CancellationError`.
    func sleep(for duration: Duration) async throws
}

/// Identifiers and random bytes. Production uses the system's secure generator; tests a seeded one.
package protocol Randomness: Sendable {
    func bytes(_ count: Int) -> [UInt8]
}

/// Makes identifiers that sort by creation time (UUID version 7, RFC 9562, as 32 hex digits behind a prefix).
package protocol Identifiers: Sendable {
    /// `att_0192f0…`
    func make(_ prefix: IdentifierPrefix, at time: Timestamp) -> String
}
