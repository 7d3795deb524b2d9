internal import Events
internal import Exports
internal import Ports

/// The body of `POST /v1/exports`.
struct ExportRequest: Decodable {
    /// One text or several.
    struct AnyOf: Codable {
        var values: [String]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(values)
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                values = [one]
            } else {
                values = try container.decode([String].self)
            }
        }
    }
    struct Filter: Codable {
        var source: AnyOf?
        var channel: AnyOf?
        var error_code: AnyOf?
        var error_category: AnyOf?
        var outcome: AnyOf?
        var user_id: String?
        var q: String?

        var isEmpty: Bool {
            source == nil && channel == nil && error_code == nil && error_category == nil && outcome == nil
                && user_id == nil && q == nil
        }
    }
    var project_id: String
    var of: ExportSubject
    var format: ExportFormat
    /// Times for attempts and leads, dates for days and reports; half-open.
    var from: String?
    var to: String?
    var date: LogicalDate?
    var filter: Filter?

    private static let valuesMax = 50

    /// The filter of attempts and leads.
    func attemptFilter(_ project: ProjectID) throws(Problem) -> AttemptFilter {
        var made = AttemptFilter(projectID: project)
        made.from = try time(from, "from")
        made.to = try time(to, "to")
        if let from = made.from, let to = made.to, from >= to {
            throw Problem(.rangeInvalid, "`from` must lie before `to`: the range is half-open.")
        }
        made.date = date
        guard let filter else { return made }
        if let q = filter.q, !q.isEmpty {
            guard q.utf8.count <= AttemptQuestion.textBytesMax else {
                throw Self.field("/filter/q", .fieldTooLong, "At most \(AttemptQuestion.textBytesMax) bytes.")
            }
            do { try AttemptSearch.read(q, into: &made) } catch {
                throw Self.field("/filter/q", .fieldValue, error.fields.first?.message ?? error.detail)
            }
        }
        made.sources += try Self.values(filter.source, "source")
        made.channels += try Self.values(filter.channel, "channel")
        made.failureCodes += try Self.values(filter.error_code, "error_code")
        made.failureCategories += try Self.values(filter.error_category, "error_category")
        if let outcome = try Self.outcome(filter.outcome) { made.outcome = outcome }
        if let user = filter.user_id { made.userID = user }
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

    private func time(_ text: String?, _ name: String) throws(Problem) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw Self.field("/\(name)", .timeInvalid, "Write an RFC 3339 time, e.g. 2026-03-08T00:00:00Z.")
        }
        return time
    }

    private static func day(_ text: String?, _ name: String) throws(Problem) -> LogicalDate? {
        guard let text else { return nil }
        guard let date = LogicalDate(text) else {
            throw field("/\(name)", .fieldValue, "Days and reports take dates: YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }

    /// Nil for "any", which both of them are.
    private static func outcome(_ given: AnyOf?) throws(Problem) -> Outcome? {
        var found: Set<Outcome> = []
        for text in given?.values ?? [] {
            guard let outcome = Outcome(rawValue: text) else {
                throw field("/filter/outcome", .fieldValue, "Write success or failure.")
            }
            found.insert(outcome)
        }
        return found.count == 1 ? found.first : nil
    }

    private static func values(_ given: AnyOf?, _ name: String) throws(Problem) -> [String] {
        guard let given else { return [] }
        guard given.values.count <= valuesMax, given.values.allSatisfy({ (1...200).contains($0.utf8.count) }) else {
            throw field("/filter/\(name)", .fieldTooMany, "At most \(valuesMax) texts of 1 to 200 bytes.")
        }
        return given.values
    }

    private static func field(_ pointer: String, _ code: ErrorCode, _ message: String) -> Problem {
        Problem(
            code, "The field \(pointer) cannot be used. \(message)",
            fields: [FieldProblem(pointer: pointer, code: code, message: message)])
    }
}
