/// The bounds of intake. Those of one body and one event are `WireLimits` and `EventLimits`.
package struct IntakeLimits: Hashable, Sendable {
    /// Bytes that requests may hold in memory together: bodies as received, decompressed, and as frames. Beyond it, `overloaded`.
    package var bytesInFlightMax = 320 << 20
    /// How many recent event ids are remembered to find duplicates and conflicts early; 16 to 32 bytes each.
    package var recentIdentifiersMax = 1 << 20
    /// Seconds' worth of a rate that may be used at once. It is also the window that the quota headers name.
    package var burstSeconds = 10
    /// Events that a debug answer shows.
    package var explainedEventsMax = 100
    /// Seconds after which a client may retry when intake is overloaded.
    package var overloadRetrySeconds = 1
    /// Seconds after which a client may retry when the disk is full or fails.
    package var storageRetrySeconds = 10

    package init() {}
}
