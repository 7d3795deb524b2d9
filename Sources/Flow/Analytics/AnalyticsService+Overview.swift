package import Events
internal import Ports

extension AnalyticsService {
    /// `overview`: one day of the project against all time and against the days before it.
    package func overview(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let parameters = try Parameters(request.parameters, known: ["date"])
        return try await cached(.overview, request, parameters) { context throws(Problem) in
            let calendar = context.project.calendar
            let today = calendar.date(at: context.now)
            let date = try parameters.date("date") ?? today
            guard date <= today else {
                throw Parameters.problem(
                    .dateInvalid, "date", "\(date) is in the future; today is \(today) in \(calendar.zoneName).",
                    "Give a date up to \(today).")
            }
            let day = OverviewDay(date: date, isToday: date == today, project: context.project, now: context.now)
            async let trailingRows = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(day.trailingQuestion)
            }
            async let failureRows = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(day.failureQuestion)
            }
            async let allTimeRows = part(day.allTimeQuestion, context.contract)
            async let eventRows = part(day.eventsQuestion, context.contract)
            let attempts = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(day.attemptsQuestion)
            }
            let events = try await eventRows.get()
            let allTime = try await allTimeRows.get()
            let trailing = await trailingRows
            let failure = await failureRows
            let first = allTime.filter { $0.keys[0] == EventType.leadSubmission }.map(\.firstTime).min()
                .map { calendar.date(at: $0) }
            return Payload(
                range: QuestionRange(range: day.bounds, granularity: .hour),
                members: [
                    ("date", .text(date.description)), ("is_today", .bool(day.isToday)),
                    ("today", Self.day(attempts, events)), ("all_time", Self.allTime(allTime, first, until: date)),
                    ("trailing", day.trailing(trailing, first: first)), ("top_failure", Self.topFailure(failure)),
                    ("spark", day.spark(attempts, events)),
                ],
                missing: (trailing == nil ? ["trailing"] : []) + (failure == nil ? ["top_failure"] : []),
                lifetime: context.lifetime(.seconds(15), day.bounds))
        }
    }

    private static func day(_ attempts: [AggregateRow], _ events: [AggregateRow]) -> AnswerJSON {
        let sum = RowSum(attempts)
        let all = RowSum(events)
        return .object([
            ("attempts", .integer(sum.events)), ("leads", .integer(sum.successes)),
            ("failures", .integer(sum.failures)),
            ("events", .integer(all.events)), ("success_share", .optional(share(sum.successes, of: sum.events))),
            ("p95_latency_ms", .optional(quantile(0.95, sum.sketch))), ("cost_micro_usd", .integer(all.costMicroUSD)),
        ])
    }

    private static func allTime(_ rows: [AggregateRow], _ first: LogicalDate?, until date: LogicalDate) -> AnswerJSON {
        let attempts = RowSum(rows.filter { $0.keys[0] == EventType.leadSubmission })
        let days = first.map { max(0, Int($0.distance(to: date)) + 1) } ?? 0
        return .object([
            ("attempts", .integer(attempts.events)), ("leads", .integer(attempts.successes)),
            ("failures", .integer(attempts.failures)), ("events", .integer(RowSum(rows).events)),
            ("success_share", .optional(share(attempts.successes, of: attempts.events))),
            ("first_day", first.map { .text($0.description) } ?? .null), ("days", .integer(days)),
        ])
    }

    private static func topFailure(_ rows: [AggregateRow]?) -> AnswerJSON {
        guard let row = rows?.max(by: { ($0.events, $1.keys[1]) < ($1.events, $0.keys[1]) }) else { return .null }
        return .object([
            ("code", .text(row.keys[1])), ("category", .text(row.keys[0])), ("source", .present(row.keys[2])),
            ("count", .integer(row.events)), ("since", .time(row.firstTime)),
        ])
    }
}

extension LogicalDate {
    fileprivate func distance(to other: LogicalDate) -> Int32 { other.dayNumber - dayNumber }
}

/// The questions behind an overview. Days and hours are those of the project's zone.
struct OverviewDay {
    var date: LogicalDate
    var isToday: Bool
    var project: Project
    var now: Timestamp

    var bounds: Range<Timestamp> { project.calendar.bounds(of: date) }

    /// How much of a day is compared: today, up to the same time of day; another day, all of it.
    private var elapsed: Duration? { isToday ? max(now - bounds.lowerBound, .microseconds(1)) : nil }

    /// Starts of the day's hours, 23 to 25 of them.
    private var hourEdges: [Timestamp] {
        var edges: [Timestamp] = []
        var at = bounds.lowerBound
        while at < bounds.upperBound {
            edges.append(at)
            at = at + .seconds(3600)
        }
        return edges + [bounds.upperBound]
    }

    private func attempts(in range: Range<Timestamp>) -> EventFilter {
        EventFilter(projectID: project.id, range: range).ofAttempts
    }

    var attemptsQuestion: AggregateQuestion {
        AggregateQuestion(
            filter: attempts(in: bounds), buckets: .edges(hourEdges), withLatency: true,
            rowsMax: AnalyticsLimits.aggregateRowsMax)
    }

    var eventsQuestion: AggregateQuestion {
        AggregateQuestion(
            filter: EventFilter(projectID: project.id, range: bounds), buckets: .edges(hourEdges),
            rowsMax: AnalyticsLimits.aggregateRowsMax)
    }

    /// From the beginning to the end of the day, by type.
    var allTimeQuestion: AggregateQuestion {
        let range = min(Timestamp(seconds: 0), bounds.lowerBound)..<bounds.upperBound
        return AggregateQuestion(
            filter: EventFilter(projectID: project.id, range: range), dimensions: [.type],
            rowsMax: AnalyticsLimits.aggregateRowsMax)
    }

    var failureQuestion: AggregateQuestion {
        var filter = attempts(in: bounds)
        filter.outcomes = [Outcome.failure.rawValue]
        return AggregateQuestion(filter: filter, dimensions: [.errorCategory, .errorCode, .source], rowsMax: 1)
    }

    /// The seven days before, and the same weekday of the four weeks before.
    private var compared: [LogicalDate] {
        Array(Set((1...7).map { date.adding(days: -$0) } + (1...4).map { date.adding(days: -7 * $0) })).sorted()
    }

    /// The part of an earlier day that is compared.
    private func comparedPart(of day: LogicalDate) -> Range<Timestamp> {
        let whole = project.calendar.bounds(of: day)
        guard let elapsed else { return whole }
        return whole.lowerBound..<min(whole.upperBound, whole.lowerBound + elapsed)
    }

    /// One question for all compared days: edges at the start and end of each part. What lies between two parts comes back
    /// in a bucket that nobody looks at.
    var trailingQuestion: AggregateQuestion {
        var edges: [Timestamp] = []
        for part in compared.map({ comparedPart(of: $0) }) {
            if edges.last != part.lowerBound { edges.append(part.lowerBound) }
            if part.upperBound > part.lowerBound { edges.append(part.upperBound) }
        }
        if edges.count < 2 { edges.append(bounds.lowerBound) }
        return AggregateQuestion(
            filter: attempts(in: edges[0]..<edges[edges.count - 1]), buckets: .edges(edges),
            rowsMax: AnalyticsLimits.aggregateRowsMax)
    }

    func trailing(_ rows: [AggregateRow]?, first: LogicalDate?) -> AnswerJSON {
        guard let rows, let first else {
            return .object([("same_weekday", .null), ("seven_days", .null)])
        }
        let byStart = Dictionary(rows.map { ($0.bucket, $0) }, uniquingKeysWith: { a, _ in a })
        func average(_ days: [LogicalDate]) -> AnswerJSON {
            let known = days.filter { $0 >= first }
            guard !known.isEmpty else { return .null }
            let sum = RowSum(known.compactMap { byStart[comparedPart(of: $0).lowerBound] })
            func perDay(_ count: Int64) -> AnswerJSON {
                .number((Double(count) / Double(known.count) * 100).rounded() / 100)
            }
            return .object([
                ("attempts", perDay(sum.events)), ("leads", perDay(sum.successes)),
                ("success_share", .optional(share(sum.successes, of: sum.events))), ("days", .integer(known.count)),
            ])
        }
        return .object([
            ("same_weekday", average((1...4).map { date.adding(days: -7 * $0) })),
            ("seven_days", average((1...7).map { date.adding(days: -$0) })),
        ])
    }

    /// A number for each hour from the day's start on: 24, and 23 or 25 where clocks change.
    func spark(_ attempts: [AggregateRow], _ events: [AggregateRow]) -> AnswerJSON {
        let starts = hourEdges.dropLast()
        let places = Dictionary(uniqueKeysWithValues: zip(starts, starts.indices))
        func hours(_ rows: [AggregateRow], _ count: (AggregateRow) -> Int64) -> AnswerJSON {
            var numbers = [Int64](repeating: 0, count: starts.count)
            for row in rows { if let place = places[row.bucket] { numbers[place] += count(row) } }
            return .array(numbers.map { .integer($0) })
        }
        return .object([
            ("attempts", hours(attempts, \.events)), ("leads", hours(attempts, \.successes)),
            ("failures", hours(attempts, \.failures)), ("events", hours(events, \.events)),
        ])
    }
}
