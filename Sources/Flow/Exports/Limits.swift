/// Every bound of exports. Tests make their own.
package struct ExportLimits: Sendable {
    /// Rows of one read from the ledger: what is held in memory at a time.
    package var pageRows = 2000
    /// Rows of one file; a larger export has several.
    package var fileRowsMax: Int64 = 1_000_000
    /// How long the files stay after they were written.
    package var keeps = Duration.seconds(7 * 86_400)
    /// Folders of expired and unknown exports are looked for this often.
    package var sweepInterval = Duration.seconds(300)

    package init() {}

    /// When a client may usefully ask for the first time.
    package static let retryAfterMilliseconds = 1000
    /// Days of one export of days or reports.
    package static let daysMax = 3660
    /// Bytes of a plain file that are gathered before they are written.
    static let bufferBytes = 256 * 1024
}
