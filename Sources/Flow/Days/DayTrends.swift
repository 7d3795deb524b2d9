package import Events
package import Ports

/// Long-term trends of one project from the days' points: pure.
///
/// A day's numbers are those of its snapshot. A week (Monday to Sunday, ISO 8601) is the sum of its days but for its distinct
/// people, which cannot be summed: they are counted from the attempts (`weekDates`, `setUsers`), and `userDays` is the sum.
package struct DayTrends: Hashable, Sendable {
    package struct Filter: Hashable, Sendable {
        package var source: String?
        package var channel: String?
        package init(source: String? = nil, channel: String? = nil) {
            self.source = source
            self.channel = channel
        }
    }
    package struct Point: Hashable, Sendable {
        /// The day, or the Monday of the week.
        package var date: LogicalDate
        /// Days that are counted in it: 1, or up to 7.
        package var days: Int
        package var attempts: Int64
        package var leads: Int64
        package var failures: Int64
        package var users: Int64?
        /// Distinct users of each day, added up.
        package var userDays: Int64?
        /// Whether every day of it is closed.
        package var isClosed: Bool
        package var bySource: [DayPoint.Group]
    }

    package var days: [Point] = []
    package var weeks: [Point] = []
    /// The weeks whose people have to be counted, newest first; none for a filtered trend.
    package private(set) var weekDates: [WeekDates] = []
    /// What the snapshots cannot say, in words of the API.
    package var missing: [String] = []

    /// Makes the trends of the days that are there, out of `range`.
    package init(_ points: [DayPoint], filter: Filter, range: ClosedRange<LogicalDate>) {
        if filter.source != nil, filter.channel != nil {
            // Snapshots count sources and channels, not pairs of them.
            missing = ["source_by_channel"]
            return
        }
        var incomplete = false
        for point in points {
            if let made = Self.day(point, filter, &incomplete) { days.append(made) }
        }
        if incomplete { missing.append(filter.source != nil ? "small_sources" : "small_channels") }
        if filter.source != nil || filter.channel != nil { missing.append("users") }
        if let first = points.first?.date {
            let expected = Int(range.upperBound.dayNumber - max(first, range.lowerBound).dayNumber) + 1
            if expected > points.count { missing.append("days_without_snapshot:\(expected - points.count)") }
        }
        weeks = Self.weeks(days)
        if filter.source == nil, filter.channel == nil { weekDates = Self.dates(of: days) }
    }

    /// Sets the distinct people of the weeks, by Monday; weeks without a count are named in `missing`.
    package mutating func setUsers(_ users: [LogicalDate: Int64]) {
        for at in weeks.indices {
            // A row that arrived behind the open day's snapshot is counted with it from its next one on.
            weeks[at].users = users[weeks[at].date].map { min($0, weeks[at].userDays ?? $0) }
        }
        let uncounted = weekDates.count { users[$0.monday] == nil }
        if uncounted > 0 { missing.append("week_users:\(uncounted)") }
    }

    private static func dates(of days: [Point]) -> [WeekDates] {
        var weeks: [WeekDates] = []
        for day in days {
            let monday = day.date.adding(days: -day.date.weekday)
            if weeks.last?.monday != monday {
                weeks.append(WeekDates(monday: monday, dates: [], attempts: 0, isFinal: true))
            }
            let at = weeks.count - 1
            weeks[at].dates.append(day.date)
            weeks[at].attempts += day.attempts
            weeks[at].isFinal = weeks[at].isFinal && day.isClosed
        }
        for at in weeks.indices where weeks[at].dates.count < 7 { weeks[at].isFinal = false }
        return weeks.reversed()
    }

    private static func day(_ point: DayPoint, _ filter: Filter, _ incomplete: inout Bool) -> Point? {
        var made = Point(
            date: point.date, days: 1, attempts: point.attempts, leads: point.leads, failures: point.failures,
            users: point.users, userDays: point.users, isClosed: point.isClosed, bySource: point.sources)
        let group: DayPoint.Group?
        if let source = filter.source {
            group = point.sources.first { $0.name == source }
            if group == nil, !point.holdsEverySource { incomplete = true }
        } else if let channel = filter.channel {
            group = point.channels.first { $0.name == channel }
            if group == nil, !point.holdsEveryChannel { incomplete = true }
        } else {
            return made
        }
        made.attempts = group?.attempts ?? 0
        made.failures = group?.failures ?? 0
        // A lead is a successful attempt.
        made.leads = made.attempts - made.failures
        made.users = nil
        made.userDays = nil
        made.bySource = []
        return made
    }

    private static func weeks(_ days: [Point]) -> [Point] {
        var weeks: [Point] = []
        var groups: [String: DayPoint.Group] = [:]
        func close() {
            guard !weeks.isEmpty else { return }
            weeks[weeks.count - 1].bySource = groups.values.sorted {
                $0.attempts != $1.attempts ? $0.attempts > $1.attempts : $0.name < $1.name
            }
            groups = [:]
        }
        for day in days {
            let monday = day.date.adding(days: -day.date.weekday)
            if weeks.last?.date != monday {
                close()
                weeks.append(
                    Point(
                        date: monday, days: 0, attempts: 0, leads: 0, failures: 0, users: nil, userDays: nil,
                        isClosed: true, bySource: []))
            }
            let at = weeks.count - 1
            weeks[at].days += 1
            weeks[at].attempts += day.attempts
            weeks[at].leads += day.leads
            weeks[at].failures += day.failures
            if let users = day.userDays { weeks[at].userDays = (weeks[at].userDays ?? 0) + users }
            weeks[at].isClosed = weeks[at].isClosed && day.isClosed
            for group in day.bySource {
                groups[group.name, default: DayPoint.Group(name: group.name, attempts: 0, failures: 0)].attempts +=
                    group.attempts
                groups[group.name]?.failures += group.failures
            }
        }
        close()
        return weeks
    }
}
