internal import Events
internal import Ports

/// The buckets of a series, all of them, whether something happened in them or not.
struct TimeAxis {
    /// What the store is asked for.
    var buckets: TimeBuckets
    /// Start of each bucket, ascending: the minute, the UTC hour, or the local day.
    var starts: [Timestamp]
    /// Index by what the store answers as the bucket.
    private var index: [Timestamp: Int] = [:]

    init(_ range: Range<Timestamp>, _ granularity: QuestionRange.Granularity, calendar: DayCalendar) {
        switch granularity {
        case .minute: self.init(range, width: 60_000_000, buckets: .minutes)
        case .hour: self.init(range, width: 3_600_000_000, buckets: .hours)
        case .day: self.init(days: range, calendar)
        }
    }

    private init(_ range: Range<Timestamp>, width: Int64, buckets: TimeBuckets) {
        self.buckets = buckets
        starts = []
        var at = floorDivide(range.lowerBound.microseconds, width) * width
        while at < range.upperBound.microseconds {
            index[Timestamp(microseconds: at)] = starts.count
            starts.append(Timestamp(microseconds: at))
            at += width
        }
    }

    /// Local days: the first and the last may be cut by the range.
    private init(days range: Range<Timestamp>, _ calendar: DayCalendar) {
        starts = []
        var edges: [Timestamp] = []
        var date = calendar.date(at: range.lowerBound)
        while true {
            let start = calendar.start(of: date)
            guard start < range.upperBound else { break }
            let edge = max(start, range.lowerBound)
            index[edge] = starts.count
            starts.append(start)
            edges.append(edge)
            date = date.next
        }
        edges.append(range.upperBound)
        buckets = .edges(edges)
    }

    func index(of bucket: Timestamp) -> Int? { index[bucket] }

    /// The bucket that `now` falls in; nil when the range is over.
    func filling(at now: Timestamp, in range: Range<Timestamp>) -> Timestamp? {
        range.contains(now) || range.upperBound == now ? starts.last { $0 <= now } : nil
    }
}
