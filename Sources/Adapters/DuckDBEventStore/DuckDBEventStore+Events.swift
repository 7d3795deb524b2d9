package import Events
package import Ports

/// Events and traces, one by one.
extension DuckDBEventStore {
    package func events(_ question: EventPageQuestion) async throws(EventStoreError) -> EventPage {
        try await readers.ask("events") { connection throws(EventStoreError) in
            let asOf = try Self.bound(question.asOf, connection)
            guard let projectNo = try self.number(of: question.filter.projectID, "events", connection) else {
                return EventPage(rows: [], asOf: asOf)
            }
            let limit = min(max(1, question.limit), EventStoreLimits.pageRowsMax)
            var rows: [EventRow] = []
            for window in try Self.windows(of: question, limit: limit, projectNo, connection) where rows.count < limit {
                let statement = QuerySQL.events(
                    question, window: window, asOf: asOf, limit: limit - rows.count, projectNo: projectNo)
                try connection.query("events", statement) { rows.append(EventRow($0)) }
            }
            return EventPage(rows: rows, asOf: asOf)
        }
    }

    private static func bound(_ asOf: StreamOffset?, _ connection: Connection) throws(EventStoreError) -> StreamOffset {
        if let asOf { return asOf }
        return StreamOffset(
            try connection.number("read offset", Statement("SELECT max(next_offset) FROM stream_offsets")) ?? 0)
    }

    /// The part of the range that holds events, in pieces that grow from the end a page starts at. Rollups say which hours
    /// hold how many: a page of frequent events reads one hour, and a search for a rare one reads everything in few pieces.
    private static func windows(
        of question: EventPageQuestion, limit: Int, _ projectNo: Int32, _ connection: Connection
    ) throws(EventStoreError) -> [Range<Int64>] {
        var low = question.filter.range.lowerBound.microseconds
        var high = question.filter.range.upperBound.microseconds
        if let after = question.after {
            if question.newestFirst {
                high = min(high, after.time.microseconds + 1)
            } else {
                low = max(low, after.time.microseconds)
            }
        }
        guard low < high else { return [] }
        var hours: [(hour: Int64, events: Int64)] = []
        try connection.query("events", QuerySQL.hourCounts(question.filter, range: low..<high, projectNo: projectNo)) {
            hours.append(($0.int64(0), $0.int64(1)))
        }
        if question.newestFirst { hours.reverse() }
        var windows: [Range<Int64>] = []
        var wanted = question.filter.needsRows ? EventStoreLimits.firstWindowEvents : Int64(limit)
        var held: Int64 = 0
        var first: Int64?
        for (at, hour) in hours.enumerated() {
            let start = first ?? hour.hour
            first = start
            held += hour.events
            guard held >= wanted || at == hours.count - 1 else { continue }
            let window = min(start, hour.hour)..<max(start, hour.hour) + QuerySQL.hour
            windows.append(window.clamped(to: low..<high))
            wanted = max(wanted, EventStoreLimits.firstWindowEvents) * EventStoreLimits.windowGrowth
            held = 0
            first = nil
        }
        return windows
    }

    package func event(_ eventID: String, project: ProjectID) async throws(EventStoreError) -> EventDetail? {
        try await ask("event", project, none: nil) { connection, projectNo throws(EventStoreError) in
            for window in try Self.detailWindows(projectNo, connection) {
                var found: EventRow?
                try connection.query("event", QuerySQL.event(eventID, window: window, projectNo: projectNo)) {
                    found = EventRow($0)
                }
                if let found { return try Self.details([found], projectNo, connection).first }
            }
            return nil
        }
    }

    /// The project's newest day, the week before it, and the rest.
    private static func detailWindows(
        _ projectNo: Int32, _ connection: Connection
    ) throws(EventStoreError) -> [Range<Int64>] {
        let last = try connection.number(
            "event",
            Statement("SELECT max(last_time) FROM rollup_hourly WHERE project_no = $1", [.int(Int64(projectNo))]))
        guard let last else { return [] }
        let end = last + 1
        let day = 24 * QuerySQL.hour
        return [end - day..<end, end - 8 * day..<end - day, Int64.min..<end - 8 * day]
    }

    package func traces(_ question: TracePageQuestion) async throws(EventStoreError) -> TracePage {
        try await readers.ask("traces") { connection throws(EventStoreError) in
            let asOf = try Self.bound(question.asOf, connection)
            var page = TracePage(traces: [], asOf: asOf)
            guard let projectNo = try self.number(of: question.filter.projectID, "traces", connection) else {
                return page
            }
            var question = question
            question.limit = min(max(1, question.limit), EventStoreLimits.pageRowsMax)
            try connection.query("traces", QuerySQL.traces(question, asOf: asOf, projectNo: projectNo)) { row in
                page.traces.append(
                    TraceSummary(
                        traceID: row.text(0), firstTime: Timestamp(microseconds: row.int64(1)),
                        lastTime: Timestamp(microseconds: row.int64(2)), events: row.int64(3), failures: row.int64(4),
                        inputTokens: row.int64(5), outputTokens: row.int64(6), costMicroUSD: row.int64(7),
                        rootType: row.text(8), source: row.text(9), leadID: row.text(10)))
            }
            return page
        }
    }

    package func trace(_ traceID: String, project: ProjectID, limit: Int) async throws(EventStoreError) -> [EventDetail]
    {
        guard !traceID.isEmpty else { return [] }
        return try await ask("trace", project, none: []) { connection, projectNo throws(EventStoreError) in
            let rows = try Self.rows(of: traceID, in: "trace_id", limit, projectNo, connection)
            return try Self.details(rows, projectNo, connection)
        }
    }

    package func events(
        ofLead leadID: String, project: ProjectID, limit: Int
    ) async throws(EventStoreError) -> [EventRow] {
        guard !leadID.isEmpty else { return [] }
        return try await ask("events of a lead", project, none: []) { connection, projectNo throws(EventStoreError) in
            try Self.rows(of: leadID, in: "lead_id", limit, projectNo, connection)
        }
    }

    package func events(
        ofSessions sessions: [String], orLead leadID: String, in range: Range<Timestamp>, project: ProjectID, limit: Int
    ) async throws(EventStoreError) -> [EventRow] {
        let named = sessions.filter { !$0.isEmpty }
        guard !named.isEmpty else { return [] }
        return try await ask("events of a session", project, none: []) {
            connection, projectNo throws(EventStoreError) in
            var rows: [EventRow] = []
            let statement = QuerySQL.events(
                ofSessions: named, orLead: leadID,
                in: range.lowerBound.microseconds..<range.upperBound.microseconds,
                limit: min(max(0, limit), EventStoreLimits.detailEventsMax), projectNo: projectNo)
            try connection.query("events of a session", statement) { rows.append(EventRow($0)) }
            return rows
        }
    }

    private static func rows(
        of identifier: String, in column: String, _ limit: Int, _ projectNo: Int32, _ connection: Connection
    ) throws(EventStoreError) -> [EventRow] {
        let limit = min(max(0, limit), EventStoreLimits.detailEventsMax)
        var rows: [EventRow] = []
        let statement = QuerySQL.events(of: identifier, in: column, limit: limit, projectNo: projectNo)
        try connection.query("events of one \(column)", statement) { rows.append(EventRow($0)) }
        return rows
    }

    private static func details(
        _ rows: [EventRow], _ projectNo: Int32, _ connection: Connection
    ) throws(EventStoreError) -> [EventDetail] {
        guard let first = rows.map(\.time).min(), let last = rows.map(\.time).max() else { return [] }
        struct Identity: Hashable {
            var eventID: String
            var time: Int64
        }
        var payloads: [Identity: EventPayload] = [:]
        let statement = QuerySQL.payloads(
            keys: rows.map(\.eventKey), from: first.microseconds, through: last.microseconds, projectNo: projectNo)
        try connection.query("payloads", statement) { row in
            var found = EventPayload()
            found.input = row.text(3)
            found.output = row.text(4)
            found.toolArguments = row.text(5)
            found.toolResult = row.text(6)
            found.modelParameters = row.text(7)
            payloads[Identity(eventID: row.text(1), time: row.int64(2))] = found
        }
        return rows.map { row in
            EventDetail(
                event: row,
                payload: payloads[Identity(eventID: row.eventID, time: row.time.microseconds)] ?? EventPayload())
        }
    }
}

extension EventRow {
    /// The columns of `QuerySQL.eventColumns`.
    init(_ row: Row) {
        self.init(
            eventID: row.text(0), eventKey: row.uint64(1), type: row.text(2),
            time: Timestamp(microseconds: row.int64(3)),
            receivedAt: Timestamp(microseconds: row.int64(4)), logicalDate: LogicalDate(dayNumber: row.int32(5)),
            streamOffset: StreamOffset(row.int64(6)))
        source = row.text(7)
        channel = row.text(8)
        userID = row.text(9)
        sessionID = row.text(10)
        leadID = row.text(11)
        traceID = row.text(12)
        spanID = row.text(13)
        parentSpanID = row.text(14)
        outcome = row.text(15)
        errorCategory = row.text(16)
        errorCode = row.text(17)
        errorMessage = row.text(18)
        errorContext = row.text(19)
        retryAttempt = Int(row.int32(20))
        retryMax = Int(row.int32(21))
        retryOutcome = row.text(22)
        durationMilliseconds = row.double(23)
        modelProvider = row.text(24)
        modelName = row.text(25)
        modelKey = row.text(26)
        inputTokens = row.int64(27)
        cacheReadTokens = row.int64(28)
        cacheWriteTokens = row.int64(29)
        outputTokens = row.int64(30)
        reasoningTokens = row.int64(31)
        costMicroUSD = row.int64(32)
        promptName = row.text(33)
        promptVersion = row.text(34)
        toolName = row.text(35)
        funnelName = row.text(36)
        funnelStep = row.text(37)
        funnelPosition = Int(row.int32(38))
        attributes = row.text(39)
    }
}
