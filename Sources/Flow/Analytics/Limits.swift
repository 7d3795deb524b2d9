/// Every limit of the questions, with its unit.
package enum AnalyticsLimits {
    /// Longest range of one question, in days.
    package static let rangeDaysMax: Int64 = 400
    /// Longest range of a question by the minute, in hours: minutes are counted from rows.
    package static let minuteRangeHoursMax: Int64 = 24
    /// Most points of one series.
    package static let pointsMax = 2000
    /// Series of one metric; further groups are summed into `other`.
    package static let seriesGroupsMax = 20
    /// Rows of one page.
    package static let pageRowsMax = 1000
    package static let pageRowsDefault = 50
    /// Values that one parameter may have by repetition.
    package static let valuesMax = 50
    /// Longest value of a parameter, in bytes.
    package static let valueBytesMax = 256
    /// Rows that one aggregate may bring back.
    package static let aggregateRowsMax = 50_000
    /// Groups of failures that one page carries a trend for.
    package static let trendGroupsMax = 50
    /// Beyond this many days, trends and heat are by local day, up to it by local hour.
    package static let hourlyTrendDaysMax: Int64 = 8
    /// Values of one facet; the rest is `other_count`.
    package static let facetValuesMax = 50
    /// Events of one trace.
    package static let traceEventsMax = 5000
    /// Quarantined items replayed by one request.
    package static let replayItemsMax = 1000
    /// Bytes of the stream that one count of pending items reads; beyond it the count is a lower bound.
    package static let pendingBytesMax = 16 * 1024 * 1024
    /// Answers kept in the cache, and their bytes together.
    package static let cachedAnswersMax = 4096
    package static let cachedBytesMax = 64 * 1024 * 1024
    /// An instant is accepted from year 1970 up to this many days ahead of now.
    package static let futureDaysMax: Int64 = 400
    /// Seconds after which a client should ask again when the store was too slow or too busy.
    package static let retryAfterSeconds = 2
}
