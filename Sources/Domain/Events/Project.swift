/// A tenant as the hot path sees it: an immutable snapshot of its settings, published by the control plane.
package struct Project: Hashable, Sendable {
    package var id: ProjectID
    package var organisationID: String
    package var name: String
    package var calendar: DayCalendar
    /// Where the tenant asked its data to be kept.
    package var region: String
    /// Events a second, sustained, over all keys; bursts up to ten seconds' worth.
    package var eventsPerSecond: Int
    /// Lead submissions a minute that one user may make.
    package var submissionsPerUserPerMinute: Int
    package var createdAt: Timestamp

    package init(
        id: ProjectID, organisationID: String, name: String, calendar: DayCalendar, region: String,
        eventsPerSecond: Int, submissionsPerUserPerMinute: Int, createdAt: Timestamp
    ) {
        self.id = id
        self.organisationID = organisationID
        self.name = name
        self.calendar = calendar
        self.region = region
        self.eventsPerSecond = eventsPerSecond
        self.submissionsPerUserPerMinute = submissionsPerUserPerMinute
        self.createdAt = createdAt
    }
}
