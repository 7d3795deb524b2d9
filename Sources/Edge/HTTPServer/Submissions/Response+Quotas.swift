internal import HTTPTypes
internal import Hummingbird
internal import Submissions

extension Response {
    private static let policyField = HTTPField.Name("RateLimit-Policy")!
    private static let limitField = HTTPField.Name("RateLimit")!

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), one entry for each rule that was asked.
    mutating func setQuotas(_ quotas: [SubmissionQuota]) {
        guard !quotas.isEmpty else { return }
        headers[Self.policyField] = quotas.map { "\"\($0.name)\";q=\($0.quota);w=\($0.windowSeconds)" }
            .joined(separator: ", ")
        headers[Self.limitField] = quotas.map { "\"\($0.name)\";r=\($0.remaining);t=\($0.resetSeconds)" }
            .joined(separator: ", ")
    }
}
