internal import Events
internal import Ports

/// One commit, as a list of steps. Everything between `BEGIN` and `COMMIT` is one transaction, its offset included.
///
/// 1. `numbers`: the projects' small integers.  2. `kept`: rows that are not stored yet, sorted by project (rows of one
/// project stand together, so that a question about it reads few vectors).  3. rows, payloads, funnel steps.
/// 4. rollup and latency deltas, totals of dates.  5. books, quarantine, offset.
struct Commit {
    let connection: Connection
    let batch: EventStoreBatch
    /// By row: the project's number.
    let projects: [Int32]
    /// By row: the latency bucket, nil without a duration.
    let latency: [Int16?]
    /// The rows to store, sorted by project.
    let order: [Int32]
    /// By books key: how many of its `stored` are duplicates.
    let duplicates: [BooksKey: Int64]
    /// By books key: how many of its `received` and `stored` the server's own outbox sent again.
    let redelivered: [BooksKey: Int64]

    private static let eventTypes: [ColumnType] = [
        .int32, .text, .unsigned64, .text, .int64, .int64, .int32, .int64, .text, .text, .text, .text, .text, .text,
        .text,
        .text, .text, .text, .text, .text, .text, .int32, .int32, .text, .double, .int16, .text, .text, .text, .int64,
        .int64, .int64, .int64, .int64, .int64, .text, .text, .text, .text, .text, .int32, .text,
    ]

    func appendEvents() throws(EventStoreError) {
        guard !order.isEmpty else { return }
        let c = batch.columns
        let order = order
        let appender = try TableAppender(connection, table: "events", types: Self.eventTypes)
        try appender.append(rows: order.count) { out, range in
            func row(_ at: Int) -> Int { Int(order[range.lowerBound + at]) }
            out.fixed { projects[row($0)] }
            out.text(c.eventID, order, range)
            out.fixed { c.eventKey[row($0)] }
            out.text(c.type, order, range)
            out.fixed { c.time[row($0)].microseconds }
            out.fixed { c.receivedAt[row($0)].microseconds }
            out.fixed { c.logicalDate[row($0)].dayNumber }
            out.fixed { c.streamOffset[row($0)].value }
            for column in [c.source, c.channel, c.userID, c.sessionID, c.leadID, c.traceID, c.spanID, c.parentSpanID] {
                out.text(column, order, range)
            }
            for column in [c.outcome, c.errorCategory, c.errorCode, c.errorMessage, c.errorContext] {
                out.text(column, order, range)
            }
            out.fixed { c.retryAttempt[row($0)] }
            out.fixed { c.retryMax[row($0)] }
            out.text(c.retryOutcome, order, range)
            out.optional { latency[row($0)] == nil ? nil : c.durationMilliseconds[row($0)] }
            out.optional { latency[row($0)] }
            for column in [c.modelProvider, c.modelName, c.modelKey] { out.text(column, order, range) }
            out.fixed { c.inputTokens[row($0)] }
            out.fixed { c.cacheReadTokens[row($0)] }
            out.fixed { c.cacheWriteTokens[row($0)] }
            out.fixed { c.outputTokens[row($0)] }
            out.fixed { c.reasoningTokens[row($0)] }
            out.fixed { c.costMicroUSD[row($0)] }
            for column in [c.promptName, c.promptVersion, c.toolName, c.funnelName, c.funnelStep] {
                out.text(column, order, range)
            }
            out.fixed { c.funnelPosition[row($0)] }
            out.text(c.attributes, order, range)
        }
        try appender.flush()
    }

    func appendPayloads() throws(EventStoreError) {
        let c = batch.columns
        let bodies = [c.input, c.output, c.toolArguments, c.toolResult, c.modelParameters]
        let order = order.filter { row in bodies.contains { !$0.range(Int(row)).isEmpty } }
        guard !order.isEmpty else { return }
        let appender = try TableAppender(
            connection, table: "payloads",
            types: [.int32, .text, .unsigned64, .int64, .text, .text, .text, .text, .text])
        try appender.append(rows: order.count) { out, range in
            out.fixed { projects[Int(order[range.lowerBound + $0])] }
            out.text(c.eventID, order, range)
            out.fixed { c.eventKey[Int(order[range.lowerBound + $0])] }
            out.fixed { c.time[Int(order[range.lowerBound + $0])].microseconds }
            for column in bodies { out.text(column, order, range) }
        }
        try appender.flush()
    }

    /// The narrow copy that funnels are counted from: distinct sessions by step, without reading wide rows.
    func appendFunnelSteps() throws(EventStoreError) {
        let c = batch.columns
        let order = order.filter { !c.funnelStep.range(Int($0)).isEmpty }
        guard !order.isEmpty else { return }
        let sessions = order.map { sessionKey(Int($0)) }
        let appender = try TableAppender(
            connection, table: "funnel_steps",
            types: [.int32, .int64, .text, .text, .int32, .text, .text, .unsigned64, .int16])
        try appender.append(rows: order.count) { out, range in
            func row(_ at: Int) -> Int { Int(order[range.lowerBound + at]) }
            out.fixed { projects[row($0)] }
            out.fixed { c.time[row($0)].microseconds }
            out.text(c.funnelName, order, range)
            out.text(c.funnelStep, order, range)
            out.fixed { c.funnelPosition[row($0)] }
            out.text(c.source, order, range)
            out.text(c.channel, order, range)
            out.fixed { sessions[range.lowerBound + $0] }
            out.optional { latency[row($0)] }
        }
        try appender.flush()
    }

    /// A step without a session counts as a session of its own.
    private func sessionKey(_ row: Int) -> UInt64 {
        let session = batch.columns.sessionID
        guard !session.range(row).isEmpty else { return batch.columns.eventKey[row] }
        return batch.columns.projectID.withBytes(row) { project in
            session.withBytes(row) { EventKey.identifierKey(project: project, event: $0) }
        }
    }

    func appendRollups() throws(EventStoreError) {
        guard !order.isEmpty else { return }
        let c = batch.columns
        let deltas = RollupDeltas(c, order: order, projects: projects, latency: latency)
        let groups = deltas.groups
        let rows = groups.map(\.row)
        let appender = try TableAppender(
            connection, table: "rollup_hourly",
            types: [
                .int32, .int64, .text, .text, .text, .text, .text, .text, .text, .text, .text, .int64, .int64, .int64,
                .int64,
                .int64, .int64, .int64, .int64, .double, .int64, .int64, .text, .int16List, .int64List, .bool,
            ])
        try appender.append(rows: groups.count) { out, range in
            func group(_ at: Int) -> RollupDeltas.Group { groups[range.lowerBound + at] }
            fillKey(&out, groups, rows, range)
            out.fixed { group($0).events }
            out.fixed { group($0).inputTokens }
            out.fixed { group($0).cacheReadTokens }
            out.fixed { group($0).cacheWriteTokens }
            out.fixed { group($0).outputTokens }
            out.fixed { group($0).reasoningTokens }
            out.fixed { group($0).costMicroUSD }
            out.fixed { group($0).durationCount }
            out.fixed { group($0).durationSum }
            out.fixed { group($0).firstTime }
            out.fixed { group($0).lastTime }
            out.text(c.eventID, rows, range)
            out.list { deltas.buckets[group($0).sketch] }
            out.list { deltas.counts[group($0).sketch] }
            out.fixed { _ in UInt8(0) }
        }
        try appender.flush()
    }

    private func fillKey(_ out: inout ChunkWriter, _ groups: [RollupDeltas.Group], _ rows: [Int32], _ range: Range<Int>)
    {
        let c = batch.columns
        out.fixed { groups[range.lowerBound + $0].projectNo }
        out.fixed { groups[range.lowerBound + $0].hour }
        for column in [c.type, c.source, c.channel, c.outcome, c.errorCategory, c.errorCode, c.modelKey] {
            out.text(column, rows, range)
        }
        out.text { at in
            let row = Int(rows[range.lowerBound + at])
            if c.promptVersion.range(row).isEmpty { return c.promptName[row] }
            return c.promptName[row] + "@" + c.promptVersion[row]
        }
        out.text(c.retryOutcome, rows, range)
    }

    /// What each date gains, by type: of the rows that were received on it.
    func appendDayTotals() throws(EventStoreError) {
        let deltas = DayTotalDeltas(batch.columns, order: order, projects: projects).deltas
        guard !deltas.isEmpty else { return }
        let appender = try TableAppender(
            connection, table: "day_totals",
            types: [.int32, .int32, .text, .int64, .int64, .int64, .int64, .int64, .int64, .bool])
        try appender.append(rows: deltas.count) { out, range in
            func delta(_ at: Int) -> DayTotalDeltas.Delta { deltas[range.lowerBound + at] }
            out.fixed { delta($0).key.projectNo }
            out.fixed { delta($0).key.date }
            out.text { delta($0).key.type }
            out.fixed { delta($0).events }
            out.fixed { delta($0).failures }
            out.fixed { delta($0).inputTokens }
            out.fixed { delta($0).outputTokens }
            out.fixed { delta($0).costMicroUSD }
            out.fixed { delta($0).firstTime }
            out.fixed { _ in UInt8(0) }
        }
        try appender.flush()
    }

    /// `numbers` holds every project that the books and the quarantined items name.
    func appendBooks(_ numbers: [String: Int32]) throws(EventStoreError) {
        var rows: [(project: Int32, date: Int32, verdict: String, code: String, count: Int64)] = []
        for (key, original) in batch.books {
            let repeated = duplicates[key] ?? 0
            let again = redelivered[key] ?? 0
            let number = numbers[key.projectID.text]!
            func add(_ verdict: String, _ code: String, _ count: Int64) {
                if count != 0 { rows.append((number, key.date.dayNumber, verdict, code, count)) }
            }
            add("received", "", original.received - again)
            add(Verdict.stored.rawValue, "", original.stored - repeated - again)
            add(Verdict.duplicate.rawValue, "", original.duplicate + repeated)
            add(Verdict.sampled.rawValue, "", original.sampled)
            for (code, count) in original.rejected { add(Verdict.rejected.rawValue, code, count) }
            for (code, count) in original.quarantined { add(Verdict.quarantined.rawValue, code, count) }
        }
        guard !rows.isEmpty else { return }
        let appender = try TableAppender(connection, table: "books", types: [.int32, .int32, .text, .text, .int64])
        try appender.append(rows: rows.count) { out, range in
            out.fixed { rows[range.lowerBound + $0].project }
            out.fixed { rows[range.lowerBound + $0].date }
            out.text { rows[range.lowerBound + $0].verdict }
            out.text { rows[range.lowerBound + $0].code }
            out.fixed { rows[range.lowerBound + $0].count }
        }
        try appender.flush()
    }

    func appendQuarantined(_ numbers: [String: Int32]) throws(EventStoreError) {
        let items = batch.quarantined
        guard !items.isEmpty else { return }
        let appender = try TableAppender(
            connection, table: "quarantine",
            types: [.int32, .int64, .int32, .int64, .int64, .text, .text, .blob])
        try appender.append(rows: items.count) { out, range in
            func item(_ at: Int) -> QuarantinedItem { items[range.lowerBound + at] }
            out.fixed { numbers[item($0).projectID.text]! }
            out.fixed { item($0).receivedAt.microseconds }
            out.fixed { item($0).logicalDate.dayNumber }
            out.fixed { item($0).streamOffset.value }
            out.fixed { Int64(item($0).itemIndex) }
            out.text { item($0).code }
            out.text { item($0).message }
            out.blob { item($0).bytes }
        }
        try appender.flush()
    }
}
