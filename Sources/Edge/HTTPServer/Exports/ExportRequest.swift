internal import Events
internal import Exports
internal import Ports
internal import Submissions

/// The body of `POST /v1/exports`.
struct ExportRequest {
    struct Filter: Encodable {
        static let members: Set<String> = [
            "source", "channel", "error_code", "error_category", "outcome", "user_id", "q",
        ]
        /// Each of these is written as one text or several.
        var source: [String]?
        var channel: [String]?
        var error_code: [String]?
        var error_category: [String]?
        var outcome: [String]?
        var user_id: String?
        var q: String?

        init(_ object: inout SettingObject) {
            source = object.anyOf("source", countMax: valuesMax)
            channel = object.anyOf("channel", countMax: valuesMax)
            error_code = object.anyOf("error_code", countMax: valuesMax)
            error_category = object.anyOf("error_category", countMax: valuesMax)
            outcome = object.anyOf("outcome", countMax: valuesMax)
            user_id = object.string("user_id")
            q = object.string("q")
        }

        var isEmpty: Bool {
            source == nil && channel == nil && error_code == nil && error_category == nil && outcome == nil
                && user_id == nil && q == nil
        }
    }
    static let members: Set<String> = ["project_id", "of", "format", "from", "to", "date", "filter"]
    var projectID: String
    var of: ExportSubject
    var format: ExportFormat
    /// Times for attempts and leads, dates for days and reports; half-open.
    var from: String?
    var to: String?
    var date: LogicalDate?
    var filter: Filter?

    init?(_ object: inout SettingObject) {
        let projectID = object.string("project_id", isRequired: true)
        let subject = object.choice("of", ExportSubject.self, isRequired: true)
        let format = object.choice("format", ExportFormat.self, isRequired: true)
        from = object.string("from")
        to = object.string("to")
        if let text = object.string("date") {
            date = LogicalDate(text)
            if date == nil { object.refuse("date", .fieldValue, "Write a calendar date as YYYY-MM-DD.") }
        }
        filter = object.object("filter", known: Filter.members, Filter.init)
        guard let projectID, let subject, let format else { return nil }
        (self.projectID, self.of, self.format) = (projectID, subject, format)
    }

    private static let valuesMax = 50

    /// The filter of attempts and leads.
    func attemptFilter(_ project: ProjectID, _ calendar: DayCalendar) throws(Problem) -> AttemptFilter {
        var made = AttemptFilter(projectID: project)
        made.from = try time(from, "from", calendar)
        made.to = try time(to, "to", calendar)
        if let from = made.from, let to = made.to, from >= to {
            throw Problem(.rangeInvalid, "`from` must lie before `to`: the range is half-open.")
        }
        made.date = date
        guard let filter else { return made }
        made.sources = try Self.values(filter.source, "source")
        made.channels = try Self.values(filter.channel, "channel")
        made.failureCodes = try Self.values(filter.error_code, "error_code")
        made.failureCategories = try Self.values(filter.error_category, "error_category")
        made.outcome = try Self.outcome(filter.outcome)
        made.userID = filter.user_id
        // Behind the other members, which the terms narrow.
        if let q = filter.q, !q.isEmpty {
            guard q.utf8.count <= AttemptQuestion.textBytesMax else {
                throw Self.field("/filter/q", .fieldTooLong, "At most \(AttemptQuestion.textBytesMax) bytes.")
            }
            do { try AttemptSearch.read(q, into: &made) } catch {
                throw Self.field("/filter/q", .fieldValue, error.fields.first?.message ?? error.detail)
            }
        }
        return made
    }

    /// The dates of days and reports, both included. Without a range: all up to today.
    func dates(today: LogicalDate) throws(Problem) -> ClosedRange<LogicalDate> {
        guard filter?.isEmpty ?? true else {
            throw Self.field("/filter", .fieldUnknown, "Days and reports are whole: they cannot be filtered.")
        }
        if let date { return date...date }
        let first = try Self.day(from, "from") ?? today.adding(days: 1 - ExportLimits.daysMax)
        let behind = try Self.day(to, "to") ?? today.next
        guard first < behind else {
            throw Problem(.rangeInvalid, "`from` must lie before `to`: the range is half-open.")
        }
        guard Int(behind.dayNumber) - Int(first.dayNumber) <= ExportLimits.daysMax else {
            throw Problem(.rangeTooLong, "At most \(ExportLimits.daysMax) days.")
        }
        return first...behind.previous
    }

    private func time(_ text: String?, _ name: String, _ calendar: DayCalendar) throws(Problem) -> Timestamp? {
        guard let text else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        if let date = LogicalDate(text) { return calendar.start(of: date) }
        throw Self.field(
            "/\(name)", .timeInvalid, "Write an RFC 3339 time, e.g. 2026-03-08T00:00:00Z, or a date, e.g. 2026-03-08.")
    }

    private static func day(_ text: String?, _ name: String) throws(Problem) -> LogicalDate? {
        guard let text else { return nil }
        guard let date = LogicalDate(text) else {
            throw field("/\(name)", .fieldValue, "Days and reports take dates: YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }

    /// Nil for "any", which both of them are.
    private static func outcome(_ given: [String]?) throws(Problem) -> Outcome? {
        var found: Set<Outcome> = []
        for text in given ?? [] {
            guard let outcome = Outcome(rawValue: text) else {
                throw field("/filter/outcome", .fieldValue, "Write success or failure.")
            }
            found.insert(outcome)
        }
        return found.count == 1 ? found.first : nil
    }

    private static func values(_ given: [String]?, _ name: String) throws(Problem) -> [String] {
        guard let given else { return [] }
        guard given.allSatisfy({ (1...200).contains($0.utf8.count) }) else {
            throw field("/filter/\(name)", .fieldTooLong, "Each text has 1 to 200 bytes.")
        }
        return given
    }

    private static func field(_ pointer: String, _ code: ErrorCode, _ message: String) -> Problem {
        Problem(
            code, "The field \(pointer) cannot be used. \(message)",
            fields: [FieldProblem(pointer: pointer, code: code, message: message)])
    }
}
