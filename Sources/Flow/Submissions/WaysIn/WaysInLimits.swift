/// Every bound of the ways in that need no API key, and of their settings.
package enum WaysInLimits {
    /// Largest body of a form or a webhook, in bytes.
    package static let bodyBytesMax = 64 * 1024
    /// Posts of one network address to one form, a minute; as many at once.
    package static let formPostsPerAddressPerMinute = 30
    /// Posts to one form, a minute; as many at once.
    package static let formPostsPerMinute = 600
    /// Refused posts without valid credentials that are logged, a minute and project; the others are counted only.
    package static let loggedRefusalsPerMinute = 60
    /// Buckets that are remembered; full ones are forgotten first.
    static let bucketsMax = 20_000

    package static let formsPerProjectMax = 100
    package static let redirectTargetsMax = 20
    package static let originsMax = 20
    static let honeypotNameBytes = 1...64

    /// A webhook's timestamp may differ from now by this much (Standard Webhooks, "verifying webhook authenticity").
    package static let webhookTolerance = Duration.seconds(300)
    /// Signatures of one webhook that are looked at.
    static let webhookSignaturesMax = 16
    static let webhookHeaderBytesMax = 4096
    static let webhookIDBytesMax = 256
    /// Random bytes of a secret (the specification asks for 24 to 64).
    static let secretBytes = 32
    static let secretPrefixCharacters = 6
    /// Secrets of one source that are valid at the same time.
    package static let validSecretsMax = 5
    /// Sources of a project with webhooks.
    static let webhookSourcesMax = 100
    /// Longest overlap of an old secret with its successor, in seconds: 30 days.
    package static let overlapSecondsMax = 30 * 86_400
    /// How often the last use of secrets is written to the ledger.
    static let flushInterval = Duration.seconds(30)
}
