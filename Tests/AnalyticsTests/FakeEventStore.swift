import Events
import Ports
import Synchronization
import SystemPorts

/// Events in memory, answering every question by looking at all of them: slow, simple, and right by inspection.
final class FakeEventStore: EventStoreReader, QuarantineRemover {
    struct State {
        var rows: [(project: ProjectID, row: EventRow)] = []
        var books: [BooksKey: BooksDelta] = [:]
        var quarantine: [QuarantinedItem] = []
        var questions: [AggregateQuestion] = []
        var committed = StreamOffset(100)
        /// Fails questions for which it says so.
        var failing: @Sendable (AggregateQuestion) -> EventStoreError? = { _ in nil }
    }
    let state = Mutex(State())
    /// Called before an aggregate is answered.
    let gate: @Sendable () async -> Void

    init(gate: @escaping @Sendable () async -> Void = {}) { self.gate = gate }

    func add(_ row: EventRow, to project: ProjectID = Given.project.id) {
        state.withLock { $0.rows.append((project, row)) }
    }
    var questions: [AggregateQuestion] { state.withLock { $0.questions } }

    private func rows(_ filter: EventFilter) -> [EventRow] {
        state.withLock { state in
            state.rows.filter { $0.project == filter.projectID && Self.accepts(filter, $0.row) }.map(\.row)
        }
    }

    static func accepts(_ filter: EventFilter, _ row: EventRow) -> Bool {
        func any(_ list: [String], _ value: String) -> Bool { list.isEmpty || list.contains(value) }
        return filter.range.contains(row.time) && any(filter.types, row.type) && any(filter.sources, row.source)
            && any(filter.channels, row.channel) && any(filter.outcomes, row.outcome)
            && any(filter.errorCategories, row.errorCategory) && any(filter.errorCodes, row.errorCode)
            && any(filter.retryOutcomes, row.retryOutcome) && any(filter.models, row.modelKey)
            && any(filter.userIDs, row.userID) && any(filter.traceIDs, row.traceID)
    }

    private static func bucket(_ time: Timestamp, _ question: AggregateQuestion) -> Timestamp? {
        switch question.buckets {
        case .whole: question.filter.range.lowerBound
        case .minutes: Timestamp(seconds: floorDivide(time.seconds, 60) * 60)
        case .hours: time.hourStart
        case .edges(let edges): time < edges[edges.count - 1] ? edges.last { $0 <= time } : nil
        }
    }

    private static func value(_ row: EventRow, _ dimension: EventDimension) -> String {
        switch dimension {
        case .type: row.type
        case .source: row.source
        case .channel: row.channel
        case .outcome: row.outcome
        case .model: row.modelKey
        case .prompt: row.promptName
        case .errorCategory: row.errorCategory
        case .errorCode: row.errorCode
        case .retryOutcome: row.retryOutcome
        }
    }

    private struct GroupKey: Hashable {
        var bucket: Timestamp
        var keys: [String]
    }

    func aggregate(_ question: AggregateQuestion) async throws(EventStoreError) -> [AggregateRow] {
        let failure = state.withLock { state in
            state.questions.append(question)
            return state.failing(question)
        }
        await gate()
        if let failure { throw failure }
        var groups: [GroupKey: AggregateRow] = [:]
        var sketches: [GroupKey: [Int16: Int64]] = [:]
        for row in rows(question.filter) {
            guard let bucket = Self.bucket(row.time, question) else { continue }
            let key = GroupKey(bucket: bucket, keys: question.dimensions.map { Self.value(row, $0) })
            var group =
                groups[key] ?? AggregateRow(bucket: bucket, keys: key.keys, firstTime: row.time, lastTime: row.time)
            group.events += 1
            group.successes += row.outcome == "success" ? 1 : 0
            group.failures += row.outcome == "failure" ? 1 : 0
            group.costMicroUSD += row.costMicroUSD
            group.inputTokens += row.inputTokens
            group.outputTokens += row.outputTokens
            group.firstTime = min(group.firstTime, row.time)
            group.lastTime = max(group.lastTime, row.time)
            if question.withSamples, group.sampleEventIDs.count < 3 { group.sampleEventIDs.append(row.eventID) }
            if question.withLatency, let duration = row.durationMilliseconds {
                sketches[key, default: [:]][LatencySketch.bucket(of: duration), default: 0] += 1
            }
            groups[key] = group
        }
        for (key, sketch) in sketches {
            groups[key]?.sketch = sketch.map { SketchBucket(bucket: $0.key, count: $0.value) }
        }
        let kept = groups.values.sorted { $0.events > $1.events }.prefix(question.rowsMax)
        return kept.sorted { ($0.bucket, $0.keys.joined(separator: "|")) < ($1.bucket, $1.keys.joined(separator: "|")) }
    }

    func funnel(_ question: FunnelQuestion) async throws(EventStoreError) -> [FunnelStepRow] {
        let rows = rows(question.filter).filter { $0.funnelName == question.funnel }
        var furthest: [String: EventRow] = [:]
        for row in rows where row.funnelPosition >= (furthest[row.sessionID]?.funnelPosition ?? 0) {
            furthest[row.sessionID] = row
        }
        return Dictionary(grouping: rows, by: \.funnelStep).map { step, rows in
            FunnelStepRow(
                step: step, position: rows[0].funnelPosition,
                furthestSessions: Int64(furthest.values.count { $0.funnelStep == step }), events: Int64(rows.count),
                sketch: [])
        }
    }

    func events(_ question: EventPageQuestion) async throws(EventStoreError) -> EventPage {
        let asOf = question.asOf ?? state.withLock { $0.committed }
        func before(_ a: EventRow, _ b: EventRow) -> Bool {
            question.newestFirst
                ? (a.time, a.eventKey) > (b.time, b.eventKey) : (a.time, a.eventKey) < (b.time, b.eventKey)
        }
        var rows = rows(question.filter).filter { $0.streamOffset < asOf }.sorted(by: before)
        if let after = question.after {
            rows = rows.filter {
                question.newestFirst
                    ? ($0.time, $0.eventKey) < (after.time, after.eventKey)
                    : ($0.time, $0.eventKey) > (after.time, after.eventKey)
            }
        }
        return EventPage(rows: Array(rows.prefix(question.limit)), asOf: asOf)
    }

    func event(_ eventID: String, project: ProjectID) async throws(EventStoreError) -> EventDetail? {
        state.withLock { $0.rows.last { $0.project == project && $0.row.eventID == eventID } }
            .map { EventDetail(event: $0.row, payload: EventPayload()) }
    }

    func traces(_ question: TracePageQuestion) async throws(EventStoreError) -> TracePage {
        TracePage(traces: [], asOf: question.asOf ?? StreamOffset(100))
    }

    func trace(_ traceID: String, project: ProjectID, limit: Int) async throws(EventStoreError) -> [EventDetail] {
        state.withLock { $0.rows.filter { $0.project == project && $0.row.traceID == traceID } }
            .map { EventDetail(event: $0.row, payload: EventPayload()) }
    }

    func events(ofLead leadID: String, project: ProjectID, limit: Int) async throws(EventStoreError) -> [EventRow] {
        state.withLock { $0.rows.filter { $0.project == project && $0.row.leadID == leadID }.map(\.row) }
    }

    func events(
        ofSessions sessions: [String], orLead leadID: String, in range: Range<Timestamp>, project: ProjectID, limit: Int
    ) async throws(EventStoreError) -> [EventRow] {
        let rows = state.withLock { $0.rows.filter { $0.project == project }.map(\.row) }
        return rows.filter { row in
            sessions.contains(row.sessionID) && range.contains(row.time) && ["", leadID].contains(row.leadID)
        }
    }

    func books(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(EventStoreError) -> [LogicalDate: BooksDelta] {
        let found = state.withLock { $0.books.filter { $0.key.projectID == project && dates.contains($0.key.date) } }
        return Dictionary(uniqueKeysWithValues: found.map { ($0.key.date, $0.value) })
    }

    func quarantined(
        _ project: ProjectID, before: QuarantineID?, limit: Int
    ) async throws(EventStoreError) -> [QuarantinedItem] {
        let items = state.withLock { $0.quarantine.filter { $0.projectID == project } }
        return Array(
            items.filter { before == nil || Self.id($0) < before! }.sorted { Self.id($1) < Self.id($0) }.prefix(limit))
    }

    func quarantined(_ project: ProjectID, ids: [QuarantineID]) async throws(EventStoreError) -> [QuarantinedItem] {
        state.withLock { $0.quarantine.filter { $0.projectID == project && ids.contains(Self.id($0)) } }
    }

    func removeQuarantined(_ project: ProjectID, ids: [QuarantineID]) async throws(EventStoreError) -> Int {
        state.withLock { state in
            let before = state.quarantine.count
            state.quarantine.removeAll { $0.projectID == project && ids.contains(Self.id($0)) }
            return before - state.quarantine.count
        }
    }

    private static func id(_ item: QuarantinedItem) -> QuarantineID {
        QuarantineID(streamOffset: item.streamOffset, itemIndex: item.itemIndex)
    }

    func dayTotals(_ project: ProjectID, days: [StoreDay]) async throws(EventStoreError) -> [DayStoreTotals] {
        days.map { day in
            let rows = state.withLock { state in
                state.rows.filter { $0.project == project && $0.row.logicalDate == day.date }.map(\.row)
            }
            let types = Dictionary(grouping: rows, by: \.type).sorted { $0.key < $1.key }
            return DayStoreTotals(
                byType: types.map { type, rows in
                    .init(
                        type: type, events: Int64(rows.count), failures: Int64(rows.count { $0.outcome == "failure" }))
                },
                late: Int64(rows.count { $0.time < day.start }),
                inputTokens: rows.reduce(0) { $0 + $1.inputTokens },
                outputTokens: rows.reduce(0) { $0 + $1.outputTokens },
                costMicroUSD: rows.reduce(0) { $0 + $1.costMicroUSD })
        }
    }
    func dayRecount(_ project: ProjectID, days: [StoreDay]) async throws(EventStoreError) -> [DayStoreTotals] {
        try await dayTotals(project, days: days)
    }
    func recordedDates(_ project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        state.withLock { state in
            Set(state.rows.filter { $0.project == project }.map(\.row.logicalDate))
                .union(state.books.keys.filter { $0.projectID == project }.map(\.date))
        }
    }
}

/// A stream of a few frames that are durable and not processed.
final class FakeStream: EventStream {
    let frames: Mutex<[StreamFrame]>
    init(_ frames: [StreamFrame] = []) { self.frames = Mutex(frames) }

    func append(_ frame: StreamFrame) async throws(StreamError) -> StreamOffset {
        frames.withLock { frames in
            frames.append(frame)
            return StreamOffset(Int64(frames.count - 1))
        }
    }
    func read(from offset: StreamOffset, bytesMax: Int) async throws(StreamError) -> [StoredFrame] {
        frames.withLock { frames in
            frames.indices.dropFirst(Int(offset.value)).prefix(2)
                .map { StoredFrame(offset: StreamOffset(Int64($0)), frame: frames[$0]) }
        }
    }
    func commit(_ offset: StreamOffset) async throws(StreamError) {}
    func waitForFrames(beyond offset: StreamOffset) async {}
    var status: StreamStatus {
        frames.withLock { frames in
            StreamStatus(
                head: StreamOffset(Int64(frames.count)), committed: .start, tail: .start, bytesOnDisk: 0,
                bytesBudget: 1, oldestUncommitted: frames.first?.receivedAt,
                earliestUncommitted: frames.lazy.map(\.receivedAt).min())
        }
    }
    func close() async {}
}
