package import Events

/// One stored event without its payloads. Absent texts are empty.
package struct EventRow: Hashable, Sendable {
    package var eventID: String
    package var eventKey: UInt64
    package var type: String
    package var time: Timestamp
    package var receivedAt: Timestamp
    package var logicalDate: LogicalDate
    package var streamOffset: StreamOffset
    package var source = ""
    package var channel = ""
    package var userID = ""
    package var sessionID = ""
    package var leadID = ""
    package var traceID = ""
    package var spanID = ""
    package var parentSpanID = ""
    package var outcome = ""
    package var errorCategory = ""
    package var errorCode = ""
    package var errorMessage = ""
    /// A JSON object or empty.
    package var errorContext = ""
    /// 0 when absent.
    package var retryAttempt = 0
    package var retryMax = 0
    package var retryOutcome = ""
    package var durationMilliseconds: Double?
    package var modelProvider = ""
    package var modelName = ""
    package var modelKey = ""
    // Disjoint token buckets, as stored.
    package var inputTokens: Int64 = 0
    package var cacheReadTokens: Int64 = 0
    package var cacheWriteTokens: Int64 = 0
    package var outputTokens: Int64 = 0
    package var reasoningTokens: Int64 = 0
    package var costMicroUSD: Int64 = 0
    package var promptName = ""
    package var promptVersion = ""
    package var toolName = ""
    package var funnelName = ""
    package var funnelStep = ""
    package var funnelPosition = 0
    /// A JSON object or empty.
    package var attributes = ""

    package init(
        eventID: String, eventKey: UInt64, type: String, time: Timestamp, receivedAt: Timestamp,
        logicalDate: LogicalDate, streamOffset: StreamOffset
    ) {
        self.eventID = eventID
        self.eventKey = eventKey
        self.type = type
        self.time = time
        self.receivedAt = receivedAt
        self.logicalDate = logicalDate
        self.streamOffset = streamOffset
    }
}

/// What an event carried beside its columns. JSON text or empty.
package struct EventPayload: Hashable, Sendable {
    package var input = ""
    package var output = ""
    package var toolArguments = ""
    package var toolResult = ""
    package var modelParameters = ""
    package init() {}
}

package struct EventDetail: Hashable, Sendable {
    package var event: EventRow
    package var payload: EventPayload
    package init(event: EventRow, payload: EventPayload) {
        self.event = event
        self.payload = payload
    }
}

/// Where a page of rows ended. Rows are ordered by time, then by event key (unsigned).
package struct EventPosition: Hashable, Sendable {
    package var time: Timestamp
    package var eventKey: UInt64
    package init(time: Timestamp, eventKey: UInt64) {
        self.time = time
        self.eventKey = eventKey
    }
}

/// One page of rows.
package struct EventPageQuestion: Hashable, Sendable {
    package var filter: EventFilter
    package var newestFirst: Bool
    /// Rows strictly behind this one in the page's order; nil for the first page.
    package var after: EventPosition?
    /// Only rows with a smaller stream offset: what arrives while pages are turned stays out. Nil: everything committed.
    package var asOf: StreamOffset?
    /// 1 to 1001 (a page and one more row, which says whether there is another page).
    package var limit: Int

    package init(
        filter: EventFilter, newestFirst: Bool, after: EventPosition? = nil, asOf: StreamOffset? = nil, limit: Int
    ) {
        self.filter = filter
        self.newestFirst = newestFirst
        self.after = after
        self.asOf = asOf
        self.limit = limit
    }
}

package struct EventPage: Hashable, Sendable {
    package var rows: [EventRow]
    /// The bound in force: the question's, or the committed offset at the time of the answer.
    package var asOf: StreamOffset
    package init(rows: [EventRow], asOf: StreamOffset) {
        self.rows = rows
        self.asOf = asOf
    }
}

/// One trace in a list: its events that match nothing but the range and the trace id are all counted.
package struct TraceSummary: Hashable, Sendable {
    package var traceID: String
    package var firstTime: Timestamp
    package var lastTime: Timestamp
    package var events: Int64
    package var failures: Int64
    package var inputTokens: Int64
    package var outputTokens: Int64
    package var costMicroUSD: Int64
    /// Type of the event without a parent that came first; of the first event when all have one.
    package var rootType: String
    package var source: String
    /// The first that is not empty in time order.
    package var leadID: String

    package init(
        traceID: String, firstTime: Timestamp, lastTime: Timestamp, events: Int64, failures: Int64, inputTokens: Int64,
        outputTokens: Int64, costMicroUSD: Int64, rootType: String, source: String, leadID: String
    ) {
        self.traceID = traceID
        self.firstTime = firstTime
        self.lastTime = lastTime
        self.events = events
        self.failures = failures
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.costMicroUSD = costMicroUSD
        self.rootType = rootType
        self.source = source
        self.leadID = leadID
    }
}

/// Traces with at least one event that the filter accepts, newest first by (`firstTime`, `traceID` ascending within one
/// instant). The numbers of a summary are over all events of the trace inside the filter's range.
package struct TracePageQuestion: Hashable, Sendable {
    package var filter: EventFilter
    /// Traces strictly behind this one; nil for the first page.
    package var after: TracePosition?
    package var asOf: StreamOffset?
    /// 1 to 1001.
    package var limit: Int

    package init(filter: EventFilter, after: TracePosition? = nil, asOf: StreamOffset? = nil, limit: Int) {
        self.filter = filter
        self.after = after
        self.asOf = asOf
        self.limit = limit
    }
}

package struct TracePosition: Hashable, Sendable {
    package var firstTime: Timestamp
    package var traceID: String
    package init(firstTime: Timestamp, traceID: String) {
        self.firstTime = firstTime
        self.traceID = traceID
    }
}

package struct TracePage: Hashable, Sendable {
    package var traces: [TraceSummary]
    package var asOf: StreamOffset
    package init(traces: [TraceSummary], asOf: StreamOffset) {
        self.traces = traces
        self.asOf = asOf
    }
}

/// What names a quarantined item within its project: the frame it came in, and its place there.
package struct QuarantineID: Hashable, Comparable, Sendable {
    package var streamOffset: StreamOffset
    package var itemIndex: Int
    package init(streamOffset: StreamOffset, itemIndex: Int) {
        self.streamOffset = streamOffset
        self.itemIndex = itemIndex
    }
    package static func < (a: Self, b: Self) -> Bool {
        (a.streamOffset, a.itemIndex) < (b.streamOffset, b.itemIndex)
    }
}

/// A date in a project's zone, and the instant with which it begins: what came before that is late.
package struct StoreDay: Hashable, Sendable {
    package var date: LogicalDate
    package var start: Timestamp

    package init(date: LogicalDate, start: Timestamp) {
        self.date = date
        self.start = start
    }
}

/// The EventStore's numbers of one day, without books: `DayEventTotals` in the making.
package struct DayStoreTotals: Hashable, Sendable {
    package var byType: [DayEventTotals.TypeRow]
    /// How many of the events have an own time before the date.
    package var late: Int64
    /// As in `AggregateRow`: cached input and reasoning output included.
    package var inputTokens: Int64
    package var outputTokens: Int64
    package var costMicroUSD: Int64

    package init(
        byType: [DayEventTotals.TypeRow] = [], late: Int64 = 0, inputTokens: Int64 = 0, outputTokens: Int64 = 0,
        costMicroUSD: Int64 = 0
    ) {
        self.byType = byType
        self.late = late
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.costMicroUSD = costMicroUSD
    }
}
