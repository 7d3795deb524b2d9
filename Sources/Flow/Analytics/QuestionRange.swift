internal import Events

/// The time that a question is about, and how finely it is divided.
struct QuestionRange: Hashable {
    enum Granularity: String { case minute, hour, day }

    var range: Range<Timestamp>
    var granularity: Granularity?

    static let parameters: Set<String> = ["from", "to", "window", "date"]

    init(range: Range<Timestamp>, granularity: Granularity?) {
        self.range = range
        self.granularity = granularity
    }

    /// Reads `from`/`to` (half-open), `window` (up to now) or `date` (a day of the project); without any, the last 24 hours.
    init(_ parameters: Parameters, calendar: DayCalendar, now: Timestamp) throws(Problem) {
        let from = try parameters.one("from")
        let to = try parameters.one("to")
        let window = try parameters.one("window")
        let date = try parameters.date("date")
        guard [from != nil || to != nil, window != nil, date != nil].filter({ $0 }).count <= 1 else {
            throw Parameters.problem(
                .parameterInvalid, window != nil ? "window" : "date", "The range is given twice.",
                "Give either from and to, or window, or date.")
        }
        if let date {
            range = calendar.bounds(of: date)
        } else if from != nil || to != nil {
            guard let from else {
                throw Parameters.problem(
                    .parameterMissing, "from", "'to' needs a 'from'.", "Give from, e.g. from=\(now - .seconds(86_400))."
                )
            }
            let start = try Self.instant(from, "from", calendar)
            let end = if let to { try Self.instant(to, "to", calendar) } else { now }
            guard start < end else {
                throw Parameters.problem(
                    .rangeInvalid, "from", "'from' (\(start)) is not before 'to' (\(end)).",
                    "Give a 'from' earlier than 'to'.")
            }
            range = start..<end
        } else {
            range = (now - (try Self.window(window ?? "24h")))..<now
        }
        let length = range.upperBound - range.lowerBound
        guard length <= .seconds(AnalyticsLimits.rangeDaysMax * 86_400) else {
            throw Parameters.problem(
                .rangeTooLong, window != nil ? "window" : "from",
                "The range is longer than \(AnalyticsLimits.rangeDaysMax) days.", "Ask for a shorter range.")
        }
        let latest = now + .seconds(AnalyticsLimits.futureDaysMax * 86_400)
        guard range.lowerBound >= Timestamp(seconds: -86_400), range.upperBound <= latest else {
            throw Parameters.problem(
                .rangeInvalid, to != nil ? "to" : "date", "The range leaves the time between 1970 and \(latest).",
                "Give times between the two.")
        }
        granularity = nil
    }

    /// RFC 3339 with a zone, or a calendar date: its first instant in the project's zone.
    private static func instant(_ text: String, _ name: String, _ calendar: DayCalendar) throws(Problem) -> Timestamp {
        if let instant = Timestamp(rfc3339: text) { return instant }
        if let date = LogicalDate(text), date.components.year >= 1970 { return calendar.start(of: date) }
        throw Parameters.problem(
            .parameterInvalid, name, "'\(text.prefix(40))' is neither an instant nor a date.",
            "Write it with its zone, e.g. 2026-03-08T06:00:00Z, or as a date, e.g. 2026-03-08.")
    }

    /// `90m`, `24h`, `7d`.
    private static func window(_ text: String) throws(Problem) -> Duration {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last, let unit = units[last], text.utf8.count <= 7, let count = Int64(text.dropLast()),
            count > 0, text.first != "+"
        else {
            throw Parameters.problem(
                .parameterInvalid, "window", "'\(text.prefix(40))' is not a window.",
                "Give a number and m, h or d, e.g. window=24h.")
        }
        return .seconds(count * unit)
    }

    /// Reads `granularity`, or chooses one that gives some 100 points.
    mutating func divide(_ parameters: Parameters) throws(Problem) {
        let length = range.upperBound - range.lowerBound
        if let text = try parameters.one("granularity", of: ["minute", "hour", "day"]) {
            granularity = Granularity(rawValue: text)
        } else {
            granularity = length <= .seconds(3 * 3600) ? .minute : length <= .seconds(8 * 86_400) ? .hour : .day
        }
        if granularity == .minute, length > .seconds(AnalyticsLimits.minuteRangeHoursMax * 3600) {
            throw Parameters.problem(
                .rangeTooLong, "granularity",
                "By the minute, a range has at most \(AnalyticsLimits.minuteRangeHoursMax) hours.",
                "Use granularity=hour, or a shorter range.")
        }
        if granularity == .hour, length > .seconds(Int64(AnalyticsLimits.pointsMax - 1) * 3600) {
            throw Parameters.problem(
                .rangeTooLong, "granularity", "By the hour, a series has at most \(AnalyticsLimits.pointsMax) points.",
                "Use granularity=day, or a shorter range.")
        }
    }

    var json: AnswerJSON {
        .object([
            ("from", .time(range.lowerBound)), ("to", .time(range.upperBound)),
            ("granularity", granularity.map { .text($0.rawValue) } ?? .null),
        ])
    }
}
