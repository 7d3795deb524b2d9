/// Every bound of a lead submission.
package enum Limits {
    /// Largest body, in bytes.
    package static let bodyBytesMax = 64 * 1024
    /// JSON parsers kept for the next bodies; each holds buffers for the longest one it has parsed.
    static let idleParsersMax = 8
    /// Submissions that share one commit.
    static let batchItemsMax = 256
    /// Submissions that wait for a commit; the next one is answered `overloaded`.
    static let queuedItemsMax = 4096
    /// Bytes of bodies that wait for a commit.
    static let queuedBytesMax = 64 << 20

    /// `source` and `channel`, in bytes of `[A-Za-z0-9_.:-]`.
    package static let sourceBytesMax = 64
    static let sessionIDBytesMax = 64
    static let externalIDBytesMax = 128
    static let emailBytesMax = 254
    static let nameBytesMax = 200
    static let phoneDigits = 8...15
    static let fieldsMax = 64
    static let fieldNameBytesMax = 64
    static let fieldTextBytesMax = 2000
    static let retryAttemptMax: Int64 = 1000

    static let loanAmount = 1.0...100_000_000.0
    static let propertyValue = 1.0...100_000_000.0
    static let annualIncome = 0.0...1_000_000_000_000.0
    static let termMonths = 12.0...480.0
    static let creditScore = 300.0...850.0

    /// A refused value as it is kept in the context of an attempt, in bytes.
    static let keptValueBytesMax = 64
    /// Field problems that are kept and answered.
    static let problemsMax = 80
    /// `failure_message`, in bytes.
    static let messageBytesMax = 500

    /// The same fields from the same user and source are one lead for this long.
    static let duplicateWindow = Duration.seconds(24 * 3600)

    /// A pattern of a schema, in bytes; the steps it may unfold to; how deep its groups may nest; `n` of `{n}`.
    static let patternBytesMax = 256
    static let patternInstructionsMax = 1000
    static let patternDepthMax = 16
    static let patternRepetitionsMax = 256
    /// Values of an enumeration; the bytes of one; those that a message lists.
    static let enumValuesMax = 200
    static let enumValueBytesMax = 200
    static let shownValuesMax = 12
    /// A field's description and a version's note, in bytes.
    static let descriptionBytesMax = 300
    static let noteBytesMax = 500
    /// Sources with schemas in one project; versions of one source.
    static let schemaSourcesMax = 200
    static let schemaVersionsMax = 1000
    /// Submissions that a dry run judges, and the newest attempts among which it looks for leads.
    package static let dryRunMax = 1000
    static let dryRunAttemptsMax: Int64 = 200_000

    /// Rules of one project.
    static let limitRulesMax = 16
    /// Submissions in one window, and at once.
    static let limitMax = 1_000_000
    /// A window: one second to 31 days. With `limitMax`, every product of the arithmetic stays below 2^63.
    static let limitWindowSeconds = 1...2_678_400

    /// Rows that a replay of the limits reads at once; differences that it reports.
    static let replayPageRows = 2000
    static let differencesMax = 100

    /// Outbox rows moved in one pass.
    static let relayRowsMax = 2000
    /// Appends to the stream in flight in one pass.
    static let relayAppendsMax = 64
    /// Events of a project received within this many microseconds (aligned) may share a frame.
    static let relayFrameMicroseconds: Int64 = 1_000_000
    /// Least time between two passes that did not fill.
    package static let relayPause = Duration.milliseconds(100)
    static let relayBackoffMin = Duration.milliseconds(100)
    static let relayBackoffMax = Duration.seconds(10)
}
