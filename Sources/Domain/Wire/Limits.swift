/// The bounds of one request's bytes. Every one is checked before memory grows.
package enum WireLimits {
    /// Bytes of a body after decompression.
    package static let decompressedBytesMax = 64 << 20
    /// Items of one batch.
    package static let batchItemsMax = 10_000
    /// Bytes of one event's JSON text.
    package static let eventBytesMax = 1 << 20
    /// Largest zstd window that is accepted, as a power of two: 8 MiB, what RFC 8878 section 3.1.1.1.2 asks of decoders.
    package static let zstdWindowLogMax: Int32 = 23
}

/// The bounds of one event's fields (event schema version 1). Lengths are bytes of UTF-8.
package enum EventLimits {
    package static let eventIDBytesMax = 64
    package static let typeBytesMax = 128
    /// `source`, `channel`, `user_id`, `session_id`, `lead_id`, `model.provider`, `error.code`.
    package static let labelBytesMax = 128
    /// `model.name`, `prompt.name`, `prompt.version`, `tool.name`, `funnel.name`, `funnel.step`.
    package static let nameBytesMax = 256
    package static let errorMessageBytesMax = 4096
    package static let attributesMax = 64
    package static let attributeKeyBytesMax = 64
    package static let attributeValueBytesMax = 8 << 10
    package static let traceIDHexDigits = 32
    package static let spanIDHexDigits = 16
    /// Milliseconds: 31 days.
    package static let durationMillisecondsMax = 2_678_400_000.0
    package static let retryAttemptMax: Int64 = 1000
    package static let tokensMax: Int64 = 1_000_000_000
    package static let funnelPositionMax: Int64 = 1000
    /// How far ahead of the receipt an event's time may lie.
    package static let timeAheadMax: Duration = .seconds(24 * 3600)
    /// How far behind the receipt an event's time may lie.
    package static let timeBehindMax: Duration = .seconds(400 * 24 * 3600)
}

/// The bounds of comma-separated values.
package enum CSVLimits {
    /// Bytes of one cell; a longer one makes its row a bad one.
    package static let cellBytesMax = 64 << 10
    /// Bytes of one row's cells together.
    package static let rowBytesMax = 1 << 20
    /// Columns of a file.
    package static let columnsMax = 512
}
