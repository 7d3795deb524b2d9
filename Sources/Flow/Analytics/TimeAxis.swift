internal import Events
internal import Ports

/// The buckets of a series, all of them, whether something happened in them or not.
struct TimeAxis {
    /// What the store is asked for.
    var buckets: TimeBuckets
    /// Start of each bucket, ascending: the minute, the hour counted from the local day's start, or the local day. A
    /// bucket ends where the next one starts, the last one with the range.
    var starts: [Timestamp]
    /// Index by what the store answers as the bucket.
    private var index: [Timestamp: Int] = [:]

    init(_ range: Range<Timestamp>, _ granularity: QuestionRange.Granularity, calendar: DayCalendar) {
        switch granularity {
        case .minute: self.init(minutes: range)
        case .hour: self.init(range, starts: Self.hours(range, calendar), isHourly: true)
        case .day: self.init(range, starts: Self.days(range, calendar).map(\.lowerBound), isHourly: false)
        }
    }

    private init(minutes range: Range<Timestamp>) {
        let width: Int64 = 60_000_000
        let first = floorDivide(range.lowerBound.microseconds, width) * width
        starts = stride(from: first, to: range.upperBound.microseconds, by: Int(width)).map(
            Timestamp.init(microseconds:))
        buckets = .minutes
        for (at, start) in starts.enumerated() { index[start] = at }
    }

    /// Hours that are those of UTC are asked for as such: rollups answer them. All others are edges, and are counted from
    /// rows where no rollup will do. The range may cut the first bucket and the last.
    private init(_ range: Range<Timestamp>, starts: [Timestamp], isHourly: Bool) {
        self.starts = starts
        let isOfUTC = isHourly && starts.allSatisfy { $0 == $0.hourStart }
        let edges = starts.map { isOfUTC ? $0 : max($0, range.lowerBound) }
        buckets = isOfUTC ? .hours : .edges(edges + [range.upperBound])
        for (at, edge) in edges.enumerated() { index[edge] = at }
    }

    /// The local days that the range touches, whole.
    private static func days(_ range: Range<Timestamp>, _ calendar: DayCalendar) -> [Range<Timestamp>] {
        var days: [Range<Timestamp>] = []
        var date = calendar.date(at: range.lowerBound)
        var start = calendar.start(of: date)
        while start < range.upperBound {
            date = date.next
            let end = calendar.start(of: date)
            days.append(start..<end)
            start = end
        }
        return days
    }

    /// Hours as a day's snapshot counts them: from the day's start on. The last one of a day is short where clocks change
    /// by less than an hour.
    private static func hours(_ range: Range<Timestamp>, _ calendar: DayCalendar) -> [Timestamp] {
        let hour: Int64 = 3_600_000_000
        return days(range, calendar).flatMap { day in
            stride(from: day.lowerBound.microseconds, to: day.upperBound.microseconds, by: Int(hour))
                .filter { min($0 + hour, day.upperBound.microseconds) > range.lowerBound.microseconds }
                .filter { $0 < range.upperBound.microseconds }
                .map(Timestamp.init(microseconds:))
        }
    }

    func index(of bucket: Timestamp) -> Int? { index[bucket] }

    /// The bucket that `now` falls in; nil when the range is over.
    func filling(at now: Timestamp, in range: Range<Timestamp>) -> Timestamp? {
        range.contains(now) || range.upperBound == now ? starts.last { $0 <= now } : nil
    }
}
