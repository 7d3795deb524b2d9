internal import Events
internal import Ports

/// `manifest.json`: what was asked, what the files hold, and their SHA-256. Holds no reading of a clock, so that a
/// repetition writes the same bytes.
struct ExportManifest: Codable {
    struct Contract: Codable {
        var name = "export_manifest"
        var version = 1
    }
    struct Question: Codable {
        var from: Timestamp?
        var to: Timestamp?
        var date: LogicalDate?
        var first_date: LogicalDate?
        var last_date: LogicalDate?
        var outcome: Outcome?
        var source: [String]
        var channel: [String]
        var error_code: [String]
        var error_category: [String]
        var user_id: String?
        var q: String?
        /// Whether anything but a range of time narrows the rows; missing in manifests of before.
        var is_filtered: Bool?
    }
    var contract: Contract
    var export_id: String
    var project_id: ProjectID
    var of: ExportSubject
    var format: ExportFormat
    var question: Question
    var asked_at: Timestamp
    /// The last sequence of the project's log that the export covers.
    var through_sequence: Int64
    var rows: Int64
    /// Times of the first and the last row, in the order of the files.
    var first_row_at: Timestamp?
    var last_row_at: Timestamp?
    var columns: [TableColumn]
    var files: [ExportedFile]
    /// What a reader of CSV has to know.
    var notes: [String]

    init(
        _ asked: ExportQuestion, _ columns: [TableColumn], _ files: [ExportedFile], exportID: String,
        first: Timestamp?, last: Timestamp?
    ) {
        contract = Contract()
        export_id = exportID
        project_id = asked.filter.projectID
        of = asked.of
        format = asked.format
        let filter = asked.filter
        question = Question(
            from: filter.from, to: filter.to, date: filter.date, first_date: asked.firstDate,
            last_date: asked.lastDate, outcome: filter.outcome, source: filter.sources, channel: filter.channels,
            error_code: filter.failureCodes, error_category: filter.failureCategories,
            user_id: filter.userID, q: filter.asked, is_filtered: asked.isFiltered)
        asked_at = asked.askedAt
        through_sequence = asked.throughSequence
        rows = files.reduce(0) { $0 + $1.rows }
        first_row_at = first
        last_row_at = last
        self.columns = columns
        self.files = files
        notes =
            asked.format == .csv
            ? [
                "Text that begins with = + - @ tab or CR has an apostrophe in front, so that no spreadsheet takes it for a formula. JSON Lines and Parquet hold the text as it is."
            ] : []
    }
}
