package import Events

/// The few numbers of one project's date that trends are made of: kept beside the snapshot whenever that is written.
package struct DayPoint: Hashable, Sendable {
    package struct Group: Hashable, Sendable, Codable {
        package var name: String
        package var attempts: Int64
        package var failures: Int64
        package init(name: String, attempts: Int64, failures: Int64) {
            self.name = name
            self.attempts = attempts
            self.failures = failures
        }
    }
    package var date: LogicalDate
    package var attempts: Int64
    package var leads: Int64
    package var failures: Int64
    /// Distinct users; nil when the snapshot does not say.
    package var users: Int64?
    package var isClosed: Bool
    /// The largest groups, largest first.
    package var sources: [Group]
    package var channels: [Group]
    /// Whether the snapshot holds every source and channel of the date, or only the largest.
    package var holdsEverySource: Bool
    package var holdsEveryChannel: Bool

    package init(
        date: LogicalDate, attempts: Int64, leads: Int64, failures: Int64, users: Int64?, isClosed: Bool,
        sources: [Group], channels: [Group], holdsEverySource: Bool, holdsEveryChannel: Bool
    ) {
        self.date = date
        self.attempts = attempts
        self.leads = leads
        self.failures = failures
        self.users = users
        self.isClosed = isClosed
        self.sources = sources
        self.channels = channels
        self.holdsEverySource = holdsEverySource
        self.holdsEveryChannel = holdsEveryChannel
    }
}

/// The dates of a week whose people are to be counted together.
package struct WeekDates: Hashable, Sendable {
    package var monday: LogicalDate
    /// Ascending; those of the week that a trend counts.
    package var dates: [LogicalDate]
    package var attempts: Int64
    /// Whether they are all seven, and closed: then the count never changes.
    package var isFinal: Bool

    package init(monday: LogicalDate, dates: [LogicalDate], attempts: Int64, isFinal: Bool) {
        self.monday = monday
        self.dates = dates
        self.attempts = attempts
        self.isFinal = isFinal
    }
}

package protocol TrendLedger: Sendable {
    /// The points of the dates that have a snapshot, by date.
    func dayPoints(_ project: ProjectID, in dates: ClosedRange<LogicalDate>) async throws(LedgerError) -> [DayPoint]
    /// Distinct users of each week, by its Monday; exact. Weeks that were counted once and are final are known; others are
    /// counted from the attempts in the order given, until about `rowsMax` of them were read. Weeks beyond are left out; at
    /// least one is counted, so that asking again gets further.
    func weekUsers(
        _ project: ProjectID, _ weeks: [WeekDates], rowsMax: Int64
    ) async throws(LedgerError) -> [LogicalDate: Int64]
}
