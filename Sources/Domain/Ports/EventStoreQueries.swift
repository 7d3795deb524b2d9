package import Events

/// Which events of one project a question is about. Empty lists mean "any"; the members of a list are alternatives; the
/// empty text in a list means "absent".
///
/// A question whose `needsRows` is false can be answered from hourly rollups for the whole UTC hours inside `range`; the
/// ragged edges (a range that does not begin or end on an hour) come from the rows themselves, so that the answer is
/// exact at every instant. A question whose `needsRows` is true is answered from rows alone.
package struct EventFilter: Hashable, Sendable {
    /// The tenant: the first predicate of every statement.
    package var projectID: ProjectID
    /// By event time, half-open, in microseconds.
    package var range: Range<Timestamp>
    package var types: [String] = []
    package var sources: [String] = []
    package var channels: [String] = []
    package var outcomes: [String] = []
    package var errorCategories: [String] = []
    package var errorCodes: [String] = []
    package var retryOutcomes: [String] = []
    /// Model keys (`gpt-4o`).
    package var models: [String] = []
    /// `name@version` for one version of a prompt, `name` for all of them.
    package var prompts: [String] = []

    // Not in rollups.
    package var userIDs: [String] = []
    package var leadIDs: [String] = []
    package var traceIDs: [String] = []
    /// A part of the event id, error code, error message, user id, lead id or trace id, whatever its case.
    package var text: String?

    package init(projectID: ProjectID, range: Range<Timestamp>) {
        self.projectID = projectID
        self.range = range
    }

    /// True when rollups do not hold what the filter looks at.
    package var needsRows: Bool {
        !userIDs.isEmpty || !leadIDs.isEmpty || !traceIDs.isEmpty || text != nil
    }
}

/// What an aggregate can be grouped by. The value is the stored text; absent is the empty text.
package enum EventDimension: String, Hashable, Sendable, CaseIterable {
    case type, source, channel, outcome, model, prompt
    case errorCategory = "error_category"
    case errorCode = "error_code"
    case retryOutcome = "retry_outcome"
}

/// How an aggregate divides time.
package enum TimeBuckets: Hashable, Sendable {
    /// One bucket: the filter's range.
    case whole
    /// UTC minutes; answered from rows. The asker bounds the range.
    case minutes
    /// UTC hours.
    case hours
    /// `edges[i]..<edges[i + 1]`, ascending, at least two: local days. What lies outside of all is left out. Edges need not
    /// stand on a UTC hour (zones with half hours): such an hour is divided exactly, from rows.
    case edges([Timestamp])
}

/// Counts, sums and latencies, grouped. One question serves failures, series, breakdowns, facets, latency, cost, the
/// overview and the last hour by minute.
package struct AggregateQuestion: Hashable, Sendable {
    package var filter: EventFilter
    package var buckets: TimeBuckets
    /// At most four, without repetition; empty for one row a bucket.
    package var dimensions: [EventDimension]
    /// Whether rows carry `sketch`. Without it, the reader need not touch latency sketches.
    package var withLatency: Bool
    /// Whether rows carry `sampleEventIDs`.
    package var withSamples: Bool
    /// The most rows wanted; those with the most events are kept. At least 1.
    package var rowsMax: Int

    package init(
        filter: EventFilter, buckets: TimeBuckets = .whole, dimensions: [EventDimension] = [],
        withLatency: Bool = false, withSamples: Bool = false, rowsMax: Int
    ) {
        self.filter = filter
        self.buckets = buckets
        self.dimensions = dimensions
        self.withLatency = withLatency
        self.withSamples = withSamples
        self.rowsMax = rowsMax
    }
}

/// One value of a dimension and the events that have it; absent is the empty text.
package struct ValueCount: Hashable, Sendable {
    package var value: String
    package var events: Int64

    package init(value: String, events: Int64) {
        self.value = value
        self.events = events
    }
}

/// How many durations fell in a bucket of `LatencySketch`.
package struct SketchBucket: Hashable, Sendable {
    package var bucket: Int16
    package var count: Int64
    package init(bucket: Int16, count: Int64) {
        self.bucket = bucket
        self.count = count
    }
}

/// One group of an aggregate. Groups without events have no row.
package struct AggregateRow: Hashable, Sendable {
    /// The bucket's first instant (the minute, the hour, the edge); the range's for `whole`.
    package var bucket: Timestamp
    /// One value for each dimension of the question, in its order.
    package var keys: [String]
    package var events: Int64 = 0
    /// Events of that outcome; an event without an outcome is in neither.
    package var successes: Int64 = 0
    package var failures: Int64 = 0
    /// Tokens sent to models, cached ones included (`input + cache_read + cache_write` of the stored disjoint buckets).
    package var inputTokens: Int64 = 0
    /// Tokens that models wrote, reasoning included.
    package var outputTokens: Int64 = 0
    package var costMicroUSD: Int64 = 0
    /// Events with a duration, and the sum of their durations in milliseconds.
    package var durationCount: Int64 = 0
    package var durationSumMilliseconds: Double = 0
    /// Earliest and latest event time of the group.
    package var firstTime: Timestamp
    package var lastTime: Timestamp
    /// In any order, each bucket once; empty unless asked for.
    package var sketch: [SketchBucket] = []
    /// At most three distinct identifiers; empty unless asked for.
    package var sampleEventIDs: [String] = []

    package init(bucket: Timestamp, keys: [String], firstTime: Timestamp, lastTime: Timestamp) {
        self.bucket = bucket
        self.keys = keys
        self.firstTime = firstTime
        self.lastTime = lastTime
    }
}

/// Sessions and events by step of one funnel. Of the filter, `projectID`, `range`, `sources` and `channels` count; the rest
/// is not looked at (steps are kept as a narrow table of their own).
package struct FunnelQuestion: Hashable, Sendable {
    package var filter: EventFilter
    package var funnel: String

    package init(filter: EventFilter, funnel: String) {
        self.filter = filter
        self.funnel = funnel
    }
}

package struct FunnelStepRow: Hashable, Sendable {
    package var step: String
    /// The smallest position stored with the step in the range.
    package var position: Int
    /// Distinct sessions whose step with the greatest position in the range is this one (exact; a session is counted at
    /// one step). Sessions that reached a step are the sum over it and those behind it.
    package var furthestSessions: Int64
    /// Rows with the step.
    package var events: Int64
    /// Durations of the step's rows.
    package var sketch: [SketchBucket]

    package init(step: String, position: Int, furthestSessions: Int64, events: Int64, sketch: [SketchBucket]) {
        self.step = step
        self.position = position
        self.furthestSessions = furthestSessions
        self.events = events
        self.sketch = sketch
    }
}
