package import Events
internal import Ports

extension AnalyticsService {
    /// `failures`: groups by category, code and source with their trend, and heat by category and source over time.
    package func failures(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["sort", "limit", "cursor"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.failures, request, parameters) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let limit = try parameters.limit()
            let sorting = try parameters.sort(["count", "last_seen", "first_seen"], default: "-count")
            let binding = CursorSigner.Binding(
                contract: context.contract.name, project: request.project,
                question: parameters.normalised(without: ["cursor", "limit"]))
            var after: RankedCursor?
            if let cursor = try parameters.one("cursor") {
                let position = try RankedCursor(cursors.position(cursor, for: binding))
                range.range = position.range
                after = position
            }
            let hourly =
                range.range.upperBound - range.range.lowerBound
                <= .seconds(AnalyticsLimits.hourlyTrendDaysMax * 86_400)
            range.granularity = hourly ? .hour : .day
            let axis = TimeAxis(range.range, hourly ? .hour : .day, calendar: context.project.calendar)
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let rows = try await failureRows(filter, axis, context)
            let groups = FailureGroup.grouped(rows.groups).map { group in
                let value: Double =
                    switch sorting.key {
                    case "last_seen": Double(group.lastTime.microseconds)
                    case "first_seen": Double(group.firstTime.microseconds)
                    default: Double(group.count)
                    }
                return Ranked(value: value, key: group.key, item: group)
            }
            let page = RankedPage(
                groups, descending: sorting.descending, limit: limit, range: range.range, after: after,
                signer: cursors, binding: binding)
            let failures = groups.reduce(0) { $0 + $1.item.count }
            var missing: [String] = []
            if rows.trend == nil { missing += ["groups.trend", "heat"] }
            if rows.attempts == nil { missing += ["total_attempts", "failure_share"] }
            let shown = page.items.map(\.item)
            return Payload(
                range: range,
                members: [
                    ("total_failures", .integer(failures)),
                    ("total_attempts", rows.attempts.map { .integer($0) } ?? .null),
                    ("failure_share", .optional(rows.attempts.flatMap { share(failures, of: $0) })),
                    ("groups", .array(FailureGroup.json(shown, of: failures, rows.trend, axis, now: context.now))),
                    ("by_category", .array(FailureGroup.byCategory(groups.map(\.item)))),
                    ("heat", .array(FailureGroup.heat(rows.trend ?? [], axis))),
                    ("page", page.json),
                ],
                missing: missing, lifetime: context.lifetime(.seconds(30), range.range))
        }
    }

    private struct FailureRows {
        var groups: [AggregateRow]
        var trend: [AggregateRow]?
        var attempts: Int64?
    }

    /// Three questions at once; only the groups are needed.
    private func failureRows(
        _ filter: EventFilter, _ axis: TimeAxis, _ context: AnswerContext
    ) async throws(Problem) -> FailureRows {
        var attempts = filter.ofAttempts
        // What all attempts are compared with: the same filter without what only failures have.
        attempts.errorCategories = []
        attempts.errorCodes = []
        attempts.outcomes = []
        attempts.retryOutcomes = []
        var failed = filter.ofAttempts
        if !failed.outcomes.isEmpty, !failed.outcomes.contains(Outcome.failure.rawValue) {
            // Asked for successes alone: they have no failures.
            return FailureRows(groups: [], trend: [], attempts: nil)
        }
        failed.outcomes = [Outcome.failure.rawValue]
        let all = AggregateQuestion(filter: attempts, rowsMax: 1)
        let trend = AggregateQuestion(
            filter: failed, buckets: axis.buckets, dimensions: [.errorCategory, .errorCode, .source],
            rowsMax: AnalyticsLimits.aggregateRowsMax)
        let groups = AggregateQuestion(
            filter: failed, dimensions: [.errorCategory, .errorCode, .source, .retryOutcome], withSamples: true,
            rowsMax: AnalyticsLimits.aggregateRowsMax)
        async let trendRows = askPart(context.contract) { () async throws(EventStoreError) in
            try await reader.aggregate(trend)
        }
        async let allRows = askPart(context.contract) { () async throws(EventStoreError) in
            try await reader.aggregate(all)
        }
        let groupRows = try await ask(context.contract) { () async throws(EventStoreError) in
            try await reader.aggregate(groups)
        }
        return FailureRows(
            groups: groupRows, trend: await trendRows, attempts: await allRows.map { RowSum($0).events })
    }
}

/// Failures of one category, code and source.
struct FailureGroup {
    var category: String
    var code: String
    var source: String
    var count: Int64 = 0
    var firstTime: Timestamp
    var lastTime: Timestamp
    var samples: [String] = []
    var retries: [RetryOutcome: Int64] = [:]

    var key: String { Self.key([category, code, source]) }
    static func key(_ keys: [String]) -> String { keys.prefix(3).joined(separator: "\u{1F}") }

    /// Rows by category, code, source and retry outcome as groups.
    static func grouped(_ rows: [AggregateRow]) -> [FailureGroup] {
        var groups: [String: FailureGroup] = [:]
        for row in rows {
            var group =
                groups[key(row.keys)]
                ?? FailureGroup(
                    category: row.keys[0], code: row.keys[1], source: row.keys[2], firstTime: row.firstTime,
                    lastTime: row.lastTime)
            group.count += row.events
            group.firstTime = min(group.firstTime, row.firstTime)
            group.lastTime = max(group.lastTime, row.lastTime)
            for id in row.sampleEventIDs where group.samples.count < 3 && !group.samples.contains(id) {
                group.samples.append(id)
            }
            if let retry = RetryOutcome(rawValue: row.keys[3]) { group.retries[retry, default: 0] += row.events }
            groups[key(row.keys)] = group
        }
        return Array(groups.values)
    }

    static func json(
        _ groups: [FailureGroup], of failures: Int64, _ trend: [AggregateRow]?, _ axis: TimeAxis, now: Timestamp
    ) -> [AnswerJSON] {
        var counts: [String: [Int64]] = [:]
        for row in trend ?? [] {
            guard let at = axis.index(of: row.bucket) else { continue }
            counts[key(row.keys), default: Array(repeating: 0, count: axis.starts.count)][at] += row.events
        }
        return groups.enumerated().map { index, group in
            let points = index < AnalyticsLimits.trendGroupsMax ? counts[group.key] ?? [] : []
            let series = zip(axis.starts, points).filter { $0.0 <= now }.map { at, count in
                AnswerJSON.object([("at", .time(at)), ("count", .integer(count))])
            }
            return .object([
                ("category", .text(group.category)), ("code", .text(group.code)), ("source", .present(group.source)),
                ("channel", .null), ("count", .integer(group.count)),
                ("share", .optional(share(group.count, of: failures))), ("first_seen", .time(group.firstTime)),
                ("last_seen", .time(group.lastTime)), ("sample_event_ids", .array(group.samples.map { .text($0) })),
                ("trend", .array(series)),
                (
                    "retry_outcomes",
                    .object(RetryOutcome.allCases.map { ($0.rawValue, .integer(group.retries[$0] ?? 0)) })
                ),
            ])
        }
    }

    static func byCategory(_ groups: [FailureGroup]) -> [AnswerJSON] {
        let counts = Dictionary(groups.map { ($0.category, $0.count) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { .object([("category", .text($0.key)), ("count", .integer($0.value))]) }
    }

    /// Cells that are not zero, by time, category and source.
    static func heat(_ trend: [AggregateRow], _ axis: TimeAxis) -> [AnswerJSON] {
        struct Cell: Hashable {
            var at: Int
            var category: String
            var source: String
        }
        var cells: [Cell: Int64] = [:]
        for row in trend {
            guard let at = axis.index(of: row.bucket) else { continue }
            cells[Cell(at: at, category: row.keys[0], source: row.keys[2]), default: 0] += row.events
        }
        return cells.sorted {
            ($0.key.at, $0.key.category, $0.key.source) < ($1.key.at, $1.key.category, $1.key.source)
        }.map { cell, count in
            .object([
                ("category", .text(cell.category)), ("source", .present(cell.source)),
                ("hour", .time(axis.starts[cell.at])), ("count", .integer(count)),
            ])
        }
    }
}
