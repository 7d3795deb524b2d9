/// When a pattern counts as a signal. Chosen on the misconfigurations that docs/signals.md marks as tuning, never on the
/// held-out ones; `daybook bench signals` measures both.
enum SignalThresholds {
    /// A code within hours of a source: attempts, share of the source's attempts in them, times the usual share, and the
    /// log-likelihood ratio against the usual share (nats).
    static let codeCountMin: Int64 = 5
    static let codeShareMin = 0.25
    static let codeRiseMin = 3.0
    static let codeEvidenceMin = 9.0
    /// Submissions without a source, by all attempts of those hours.
    static let unreadableShareMin = 0.03
    /// The usual share that is assumed of a source without earlier attempts.
    static let unknownShare = 0.02
    /// A code without days to compare with: its count and share of the source's attempts.
    static let codeCountAloneMin: Int64 = 10
    static let codeShareAloneMin = 0.25
    /// Hours of silence of a source: attempts that were expected in them.
    static let stopExpectedMin = 11.0
    /// Attempts of the same weekday a week ago that make a day without any remarkable.
    static let silentMin: Int64 = 15
    /// The same without such a day: the source's mean attempts a day; of an open day, until its hour.
    static let silentMeanMin = 20.0
    /// Attempts of others in the hours of silence: the system itself was awake.
    static let stopOthersMin: Int64 = 10
    /// Shares of duplicates and of rate-limited attempts within hours of a source.
    static let repeatShareMin = 0.25
    static let repeatCountMin: Int64 = 8
    /// Failures of the one user with the most, by a source's rate-limited attempts, from which on the limit met a person.
    static let limitedByOneMax = 0.5
    /// One user's part of a day's attempts, or of its failures; the attempts or failures of theirs that it needs, more than an
    /// impatient person makes with one form; and the people of the day, among whom each would have an even part. So many times
    /// that part it has to be.
    static let userShareMin = 0.20
    static let userAttemptsMin: Int64 = 30
    static let userFailuresMin: Int64 = 30
    static let userDistinctMin: Int64 = 20
    static let userEvenPartsMin = 5.0
    /// One key's part of a day's failures, its own failures, the attempts of all others, and its attempts before from which
    /// it is known well. Its share of failures has to be three times that of the others, and its own before.
    static let keyShareMin = 0.4
    static let keyFailuresMin: Int64 = 20
    static let keyOthersMin: Int64 = 20
    static let keyKnownAttemptsMin: Int64 = 50
    /// One field's errors by those of the same code from other sources; the attempts they need.
    static let fieldCountMin: Int64 = 10
    static let fieldShareMin = 0.8
    /// p95 by its usual value, in times and in milliseconds.
    static let latencyRiseMin = 2.5
    static let latencyMillisecondsMin = 20.0
    static let latencyAttemptsMin: Int64 = 30
    /// Attempts of a whole day by those of the same weekday, and the failure share that still looks healthy.
    static let volumeShareMax = 0.4
    static let volumeUsualMin: Int64 = 60
    static let volumeFailureShareMax = 0.35
    /// Failing events of one type: count, rise of their share, evidence (standard deviations).
    static let eventCountMin: Int64 = 10
    static let eventRiseMin = 1.6
    static let eventDeviationsMin = 5.0
    /// Tokens of a model call by their usual number.
    static let tokensRiseMin = 1.35
    static let tokensCallsMin: Int64 = 30
    /// Rejected events by received ones.
    static let rejectedShareMin = 0.05
    static let rejectedCountMin: Int64 = 10
}
