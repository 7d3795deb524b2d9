package import Events

/// A lead with what its attempt says of it.
package struct ExportedLead: Hashable, Sendable {
    package var lead: Lead
    package var sequence: Int64
    package var logicalDate: LogicalDate

    package init(lead: Lead, sequence: Int64, logicalDate: LogicalDate) {
        self.lead = lead
        self.sequence = sequence
        self.logicalDate = logicalDate
    }
}

/// A day with its seal, once it has one.
package struct ExportedDay: Hashable, Sendable {
    package var snapshot: StoredSnapshot
    package var seal: SealedDay?

    package init(snapshot: StoredSnapshot, seal: SealedDay?) {
        self.snapshot = snapshot
        self.seal = seal
    }
}

/// One version of a day's report, without the prompt.
package struct ExportedReport: Hashable, Sendable {
    package var reportID: String
    package var date: LogicalDate
    package var version: Int
    package var status: String
    package var model: String
    package var promptVersion: String
    package var snapshotSHA256: String
    /// JSON objects.
    package var sections: String
    package var fallback: String?
    package var grounding: String?
    package var timings: String
    package var createdAt: Timestamp
    package var finishedAt: Timestamp?

    package init(
        reportID: String, date: LogicalDate, version: Int, status: String, model: String, promptVersion: String,
        snapshotSHA256: String, sections: String, fallback: String?, grounding: String?, timings: String,
        createdAt: Timestamp, finishedAt: Timestamp?
    ) {
        self.reportID = reportID
        self.date = date
        self.version = version
        self.status = status
        self.model = model
        self.promptVersion = promptVersion
        self.snapshotSHA256 = snapshotSHA256
        self.sections = sections
        self.fallback = fallback
        self.grounding = grounding
        self.timings = timings
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }
}

/// Reads records page by page in an order that never changes, for exports. `through` is the project's last sequence when
/// the export was asked for: what came later is not part of it, so that a repetition gives the same rows.
package protocol ExportReader: Sendable {
    /// The project's last sequence; 0 without attempts.
    func lastSequence(_ project: ProjectID) async throws(LedgerError) -> Int64
    /// By receipt time and sequence, oldest first.
    func attempts(
        _ filter: AttemptFilter, after: AttemptPosition?, through sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt]
    /// Leads of the attempts that the filter names, in the same order.
    func leads(
        _ filter: AttemptFilter, after: AttemptPosition?, through sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [ExportedLead]
    /// By date.
    func days(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, after: LogicalDate?, limit: Int
    ) async throws(LedgerError) -> [ExportedDay]
    /// By date and version.
    func reports(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, after: (date: LogicalDate, version: Int)?, limit: Int
    ) async throws(LedgerError) -> [ExportedReport]
}
