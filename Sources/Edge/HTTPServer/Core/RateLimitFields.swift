/// The values of `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), with one entry for each quota:
/// `"project";q=2000;w=2` and `"project";r=1999;t=1`.
package struct RateLimitFields: Hashable, Sendable {
    package static let policyName = "RateLimit-Policy"
    package static let limitName = "RateLimit"

    package private(set) var policy = ""
    package private(set) var limit = ""

    package init() {}

    package var isEmpty: Bool { policy.isEmpty }

    /// Adds a quota: so many in a window of seconds, of which some remain, and when the whole of it is there again.
    package mutating func add(name: String, quota: Int, windowSeconds: Int, remaining: Int, resetSeconds: Int) {
        if !policy.isEmpty {
            policy += ", "
            limit += ", "
        }
        policy += "\"\(name)\";q=\(quota);w=\(windowSeconds)"
        limit += "\"\(name)\";r=\(remaining);t=\(resetSeconds)"
    }
}
