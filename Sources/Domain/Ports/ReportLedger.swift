package import Events

/// One version of the report of one snapshot, as stored.
package struct StoredReport: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, CaseIterable {
        case queued, running, succeeded, fallback, failed
    }
    package var reportID: String
    package var projectID: ProjectID
    package var date: LogicalDate
    /// From 1, dense per project and date.
    package var version: Int
    package var snapshotSHA256: String
    /// When the snapshot was taken; nil for reports of before that was kept.
    package var snapshotAt: Timestamp?
    package var status: Status
    /// The model's name as its server reported it; as configured when it never answered.
    package var model: String
    package var promptVersion: String
    /// The system and the user message, whole.
    package var promptText: String
    /// What the model wrote, whole (bounded); nil when it did not answer.
    package var rawAnswer: String?
    /// The five parts as a JSON object.
    package var sections: String
    /// `{reason, detail, hint}` as a JSON object when the report was written without the model; else nil.
    package var fallback: String?
    /// The result of the check of figures against the snapshot, as a JSON object.
    package var grounding: String?
    /// Milliseconds by step, as a JSON object.
    package var timings: String
    package var createdAt: Timestamp
    package var finishedAt: Timestamp?

    package init(
        reportID: String, projectID: ProjectID, date: LogicalDate, version: Int, snapshotSHA256: String,
        snapshotAt: Timestamp?, status: Status, model: String, promptVersion: String, promptText: String,
        rawAnswer: String?,
        sections: String, fallback: String?, grounding: String?, timings: String, createdAt: Timestamp,
        finishedAt: Timestamp?
    ) {
        self.reportID = reportID
        self.projectID = projectID
        self.date = date
        self.version = version
        self.snapshotSHA256 = snapshotSHA256
        self.snapshotAt = snapshotAt
        self.status = status
        self.model = model
        self.promptVersion = promptVersion
        self.promptText = promptText
        self.rawAnswer = rawAnswer
        self.sections = sections
        self.fallback = fallback
        self.grounding = grounding
        self.timings = timings
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }
}

/// One entry about one try at a report. A try has an entry when it starts, before the model is asked, and one when it
/// ends; a try without the second was cut short by a crash.
package struct AnalysisAttempt: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable { case started, ended }

    package var reportID: String
    package var projectID: ProjectID
    package var date: LogicalDate
    package var version: Int
    package var phase: Phase
    package var snapshotSHA256: String
    package var model: String
    package var promptVersion: String
    /// For an ended try: `succeeded`, `fallback` or `cancelled`.
    package var outcome: String?
    /// Why a try did not succeed.
    package var detail: String?
    package var at: Timestamp

    package init(
        reportID: String, projectID: ProjectID, date: LogicalDate, version: Int, phase: Phase,
        snapshotSHA256: String, model: String, promptVersion: String, outcome: String?, detail: String?, at: Timestamp
    ) {
        self.reportID = reportID
        self.projectID = projectID
        self.date = date
        self.version = version
        self.phase = phase
        self.snapshotSHA256 = snapshotSHA256
        self.model = model
        self.promptVersion = promptVersion
        self.outcome = outcome
        self.detail = detail
        self.at = at
    }
}

/// Reports in the Ledger. A finished report of a closed day cannot be changed; an open day's is replaced.
package protocol ReportLedger: Sendable {
    /// The report with the highest version; nil when there is none.
    func latestReport(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> StoredReport?
    /// One version; nil when there is none of that number.
    func report(_ project: ProjectID, _ date: LogicalDate, version: Int) async throws(LedgerError) -> StoredReport?
    /// Every version, oldest first.
    func reportVersions(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> [StoredReport]
    /// The latest version's status by date, for dates of the range that have a report.
    func reportStatuses(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: StoredReport.Status]
    /// Inserts a new version, or writes over the same version of an open day. Throws `immutable` for a closed one's.
    func storeReport(_ report: StoredReport) async throws(LedgerError)
    func recordAttempt(_ attempt: AnalysisAttempt) async throws(LedgerError)
    /// In the order in which they were recorded.
    func analysisAttempts(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> [AnalysisAttempt]
}
