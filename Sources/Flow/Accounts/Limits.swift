/// Every bound of the control plane.
enum Limits {
    /// A session ends this long after its last use.
    static let sessionLifetime = Duration.seconds(12 * 3600)
    /// A session's end is moved on at most this often, so that a busy console does not write at each request.
    static let sessionExtensionStep = Duration.seconds(600)
    /// Sessions kept in memory; beyond it the ones that end first are read again from the ledger when used.
    static let cachedSessionsMax = 10_000
    /// Random bytes in an API key or session token.
    static let tokenBytes = 32
    /// Longest `Authorization` header, in bytes.
    static let authorizationBytesMax = 1024
    /// Characters of a key that are kept so that people recognise it.
    static let keyPrefixCharacters = 6

    static let passwordBytes = 8...256
    static let emailBytesMax = 254
    static let nameBytes = 1...80
    static let regionBytes = 2...32
    static let keysPerProjectMax = 100
    static let projectsPerOrganisationMax = 500

    /// Failed sign-ins of one email from one address within `signInWindow`; the next ones are refused unread.
    static let signInFailuresMax = 5
    /// The same for one address, whatever the email.
    static let signInFailuresPerAddressMax = 50
    static let signInWindow = Duration.seconds(15 * 60)
    /// Counters kept; the oldest windows are dropped first.
    static let signInCountersMax = 20_000

    /// Argon2id after OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
    static let argonKibibytes: UInt32 = 19_456
    static let argonPasses: UInt32 = 2
    static let argonLanes: UInt32 = 1
    static let argonSaltBytes = 16
    static let argonHashBytes = 32
    /// Hashes computed at the same time, each on a thread of its own.
    static let hashersMax = 2
    /// Hashes that wait; the next sign-in is answered `overloaded`.
    static let hashesWaitingMax = 64

    /// How often key uses and session ends are written to the ledger.
    static let flushInterval = Duration.seconds(30)

    static let defaultEventsPerSecond = 200_000
    static let defaultSubmissionsPerUserPerMinute = 10
}
