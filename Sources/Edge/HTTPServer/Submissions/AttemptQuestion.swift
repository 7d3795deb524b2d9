internal import Events
internal import Hummingbird
internal import Ports

/// The parameters of `GET /v1/attempts`, checked.
struct AttemptQuestion {
    static let limitDefault = 50
    static let limitMax = 1000
    static let textBytesMax = 200
    static let valuesMax = 50
    /// Parameters of which several mean any of them.
    private static let repeatable: Set<String> = ["source", "channel", "error_code", "error_category"]

    var filter: AttemptFilter
    var limit = Self.limitDefault
    var cursor: String?
    /// What the cursor belongs to.
    var digest: [UInt8]
    private let calendar: DayCalendar

    /// `calendar` is the project's: a date as `from` or `to` is its first instant there.
    init(
        _ parameters: [(name: String, value: String)], project: ProjectID, calendar: DayCalendar, now: Timestamp
    ) throws(Problem) {
        self.calendar = calendar
        filter = AttemptFilter(projectID: project)
        digest = AttemptCursor.digest(of: parameters)
        var given: Set<String> = []
        for (name, value) in parameters {
            guard Self.repeatable.contains(name) || given.insert(name).inserted else {
                throw Self.invalid(name, "Give it once.")
            }
            guard value.utf8.count <= Self.textBytesMax else {
                throw Self.invalid(name, "At most \(Self.textBytesMax) bytes.")
            }
            try read(name, value, now: now)
        }
        let ranges = [given.contains("from") || given.contains("to"), given.contains("window"), given.contains("date")]
        guard ranges.filter({ $0 }).count <= 1 else {
            throw Self.invalid(
                given.contains("window") ? "window" : "date", "Give either from and to, or window, or date.")
        }
        // Behind the parameters, which the terms narrow.
        if let q = parameters.first(where: { $0.name == "q" })?.value { try AttemptSearch.read(q, into: &filter) }
        if let from = filter.from, let to = filter.to, from >= to {
            throw Problem(.rangeInvalid, "`from` must lie before `to`: the range is half-open.")
        }
    }

    private mutating func read(_ name: String, _ value: String, now: Timestamp) throws(Problem) {
        switch name {
        case "project_id": break
        case "from": filter.from = try time(name, value)
        case "to": filter.to = try time(name, value)
        case "window": filter.from = now - (try Self.window(value))
        case "date":
            guard let date = LogicalDate(value) else {
                throw Problem(.dateInvalid, "'\(value.prefix(40))' is not a calendar date. Write it as YYYY-MM-DD.")
            }
            filter.date = date
        case "outcome":
            guard let outcome = Outcome(rawValue: value) else { throw Self.invalid(name, "Write success or failure.") }
            filter.outcome = outcome
        case "source": try Self.add(value, to: &filter.sources, name)
        case "channel": try Self.add(value, to: &filter.channels, name)
        case "error_code": try Self.add(value, to: &filter.failureCodes, name)
        case "error_category":
            guard FailureCategory(rawValue: value) != nil else {
                let known = FailureCategory.allCases.map(\.rawValue).joined(separator: ", ")
                throw Self.invalid(name, "Write one of \(known).")
            }
            try Self.add(value, to: &filter.failureCategories, name)
        case "user_id": filter.userID = value
        case "lead_id": filter.leadID = value
        case "key_id": filter.keyID = value
        case "field":
            guard let field = AttemptFilter.RefusedField(written: value) else {
                throw Self.invalid(name, AttemptFilter.RefusedField.form)
            }
            filter.refusedField = field
        case "q": break
        case "limit":
            guard let number = Int(value), (1...Self.limitMax).contains(number) else {
                throw Self.invalid(name, "A whole number from 1 to \(Self.limitMax).")
            }
            limit = number
        case "cursor": cursor = value
        default:
            throw Problem(
                .parameterUnknown,
                "'\(name.prefix(64))' is not a parameter here. Known: channel, cursor, date, error_category, error_code, field, from, key_id, lead_id, limit, outcome, project_id, q, source, to, user_id, window.",
                fields: [
                    FieldProblem(pointer: "/query/\(name.prefix(64))", code: .parameterUnknown, message: "Remove it.")
                ])
        }
    }

    private static func add(_ value: String, to values: inout [String], _ name: String) throws(Problem) {
        guard values.count < valuesMax else { throw invalid(name, "At most \(valuesMax) values.") }
        values.append(value)
    }

    private func time(_ name: String, _ value: String) throws(Problem) -> Timestamp {
        if let time = Timestamp(rfc3339: value) { return time }
        if let date = LogicalDate(value) { return calendar.start(of: date) }
        throw Self.invalid(name, "Write an RFC 3339 time, e.g. 2026-03-08T00:00:00Z, or a date, e.g. 2026-03-08.")
    }

    /// `30m`, `24h`, `7d`.
    private static func window(_ value: String) throws(Problem) -> Duration {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = value.last.flatMap({ units[$0] }), let number = Int64(value.dropLast()),
            (1...100_000).contains(number)
        else { throw invalid("window", "Write a number and m, h or d, e.g. 24h.") }
        return .seconds(number * unit)
    }

    private static func invalid(_ name: String, _ message: String) -> Problem {
        Problem(
            .parameterInvalid, "The parameter '\(name.prefix(64))' is not valid. \(message)",
            fields: [FieldProblem(pointer: "/query/\(name.prefix(64))", code: .parameterInvalid, message: message)])
    }
}
