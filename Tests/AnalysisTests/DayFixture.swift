import Analysis
import Days
import Events
import Ports
import SystemPorts
import Telemetry

/// Snapshots made from attempts that a test describes, without a store.
enum SnapshotFixture {
    static let project = ProjectID("prj_reports")!
    static let calendar = DayCalendar(zoneName: "America/New_York")!

    struct Group {
        var count: Int
        var source = "web_form"
        var channel = "organic"
        var hours: [Int] = Array(0..<24)
        /// Nil for successes.
        var code: String?
        var category = FailureCategory.validation
        var pointer: String?
        var users = 1000
        /// The key that submitted; none for forms.
        var key: String?
        var milliseconds = 20.0
    }

    static func tally(_ date: String, _ groups: [Group]) -> DayTally {
        let date = LogicalDate(date)!
        let start = calendar.start(of: date)
        var tally = DayTally(projectID: project, date: date, calendar: calendar)
        var sequence: Int64 = 0
        for group in groups {
            for index in 0..<group.count {
                sequence += 1
                let at = start + .seconds(Int64(group.hours[index % group.hours.count]) * 3600 + Int64(index % 3600))
                tally.add(contentsOf: [
                    Attempt(
                        attemptID: "att_\(sequence)", projectID: project, sequence: sequence,
                        userID: "usr_\(index % group.users)", source: group.source, channel: group.channel,
                        receivedAt: at,
                        logicalDate: date, outcome: group.code == nil ? .success : .failure,
                        failureCategory: group.code == nil ? nil : group.category, failureCode: group.code,
                        failureMessage: nil,
                        context: context(of: group),
                        retryAttempt: 1, durationMilliseconds: group.milliseconds, idempotencyKey: nil,
                        leadID: group.code == nil ? "led_\(sequence)" : nil, previousHash: AttemptHash.genesis,
                        hash: AttemptHash.genesis)
                ])
            }
        }
        return tally
    }

    private static func context(of group: Group) -> String {
        var members: [String: CanonicalJSON] = [:]
        if let pointer = group.pointer {
            members["errors"] = .array([.object(["pointer": .string(pointer), "code": .string(group.code ?? "")])])
        }
        if let key = group.key { members["request"] = .object(["submitter": .string(key)]) }
        return CanonicalJSON.object(members).text
    }

    static func snapshot(
        _ date: String, _ groups: [Group], trailing: [DaySnapshot] = [], events: DayEventTotals? = nil
    ) -> DaySnapshot {
        let tally = tally(date, groups)
        let leads = groups.filter { $0.code == nil }.reduce(0) { $0 + $1.count }
        return tally.snapshot(
            leads: Int64(leads), events: events,
            trailing: trailing.map { TrailingDay(sha256: String(repeating: "a", count: 64), snapshot: $0) })
    }

    /// An ordinary day, and an import of 1,300 of which 60 failed.
    static var importDay: DaySnapshot {
        snapshot(
            "2026-03-10",
            ordinary + [
                .init(count: 1240, source: "bulk_import", channel: "email", milliseconds: 2500),
                .init(count: 60, source: "bulk_import", channel: "social", code: "phone_invalid", users: 3),
            ], trailing: ordinaryDays)
    }

    /// Five ordinary days before 2026-03-10.
    static var ordinaryDays: [DaySnapshot] {
        (5...9).map { snapshot("2026-03-0\($0)", ordinary) }
    }
    static let ordinary: [Group] = [
        Group(count: 300), Group(count: 12, code: "email_invalid", pointer: "/user/email"),
        Group(count: 120, source: "partner_api", channel: "affiliate"),
        Group(
            count: 2, source: "partner_api", channel: "affiliate", code: "phone_country_missing", pointer: "/user/phone"
        ),
        Group(count: 60, source: "call_center", hours: [9, 10, 11, 12, 13, 14, 15, 16]),
    ]
}
