/// The edge's own limits. Those of a Flow module are in its `Limits.swift`.
package enum HTTPLimits {
    /// Longest accepted `X-Request-Id`, in bytes of `[A-Za-z0-9_.:-]`.
    package static let requestIDLengthMax = 64
    /// Largest body of a route that does not name its own limit, in bytes.
    package static let bodyBytesMax = 256 * 1024
    /// Largest compressed body of intake, in bytes.
    package static let intakeBodyBytesMax = 10 * 1024 * 1024
    /// Largest body of one lead submission, in bytes.
    package static let submissionBodyBytesMax = 64 * 1024
    /// Largest body, head and project identifier of a plain request (`PlainRequest`), in bytes.
    package static let plainBodyBytesMax = 64 * 1024
    package static let plainHeadBytesMax = 8 * 1024
    package static let plainProjectBytesMax = 64
    /// Longest query string, in bytes.
    package static let queryBytesMax = 8 * 1024
    /// A connection without a request is closed after this many seconds.
    package static let idleConnectionSeconds: Int64 = 75
}
