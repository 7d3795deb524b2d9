import Analytics
import Events
import Foundation
import Ports
import SystemPorts
import Telemetry
import Testing

/// What tests start from: two projects, a clock that stands at 2026-03-10 15:30 UTC, and a service over a fake store.
struct Given {
    static let now = Timestamp(rfc3339: "2026-03-10T15:30:00Z")!
    static let project = make("prj_one", "America/New_York")
    static let other = make("prj_two", "UTC")

    static func make(_ id: String, _ zone: String) -> Project {
        Project(
            id: ProjectID(id)!, organisationID: "org_1", name: id, calendar: DayCalendar(zoneName: zone)!, region: "us",
            eventsPerSecond: 1000, submissionsPerUserPerMinute: 5, createdAt: now)
    }

    let store: FakeEventStore
    let stream: FakeStream
    let clock = ManualClock(now: Given.now)
    let cache: AnswerCache
    let service: AnalyticsService

    init(
        store: FakeEventStore = FakeEventStore(), stream: FakeStream = FakeStream(), key: UInt8 = 7,
        projects: [Project] = [Given.project, Given.other]
    ) {
        self.store = store
        self.stream = stream
        cache = AnswerCache(clock: clock, telemetry: .none())
        service = AnalyticsService(
            reader: store, remover: store, stream: stream,
            projects: FixedProjectDirectory(projects), clock: clock,
            cursorKey: Array(repeating: key, count: 32), telemetry: .none(), cache: cache)
    }

    static func ask(_ query: String, _ project: Project = Given.project) -> AnalyticsRequest {
        let pairs = query.split(separator: "&").map { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(halves[0]), value: halves.count > 1 ? String(halves[1]) : "")
        }
        return AnalyticsRequest(project: project.id, parameters: pairs)
    }

    /// An attempt `minutes` before now.
    static func attempt(
        _ id: String, minutesAgo minutes: Int64, failure code: String? = nil, source: String = "web_form",
        channel: String = "organic", milliseconds: Double = 20, offset: Int64 = 1
    ) -> EventRow {
        let time = now - .seconds(minutes * 60)
        var row = EventRow(
            eventID: id, eventKey: UInt64(id.utf8.reduce(0) { $0 &* 31 &+ Int($1) }), type: EventType.leadSubmission,
            time: time, receivedAt: time, logicalDate: project.calendar.date(at: time),
            streamOffset: StreamOffset(offset))
        row.source = source
        row.channel = channel
        row.outcome = code == nil ? "success" : "failure"
        row.errorCategory = code == nil ? "" : "validation"
        row.errorCode = code ?? ""
        row.retryOutcome = code == nil ? "first_try" : "pending"
        row.durationMilliseconds = milliseconds
        row.sessionID = "s-" + id
        row.funnelName = Funnel.mortgageRefinance
        row.funnelStep = code == nil ? "accepted" : "submitted"
        row.funnelPosition = code == nil ? 8 : 7
        return row
    }
}

/// An answer as objects, for looking at single members.
struct Answer {
    let object: [String: Any]

    init(_ bytes: [UInt8]) throws {
        object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    subscript(_ path: String) -> Any? {
        var value: Any? = object
        for part in path.split(separator: ".") {
            if let index = Int(part), let list = value as? [Any] {
                value = index < list.count ? list[index] : nil
            } else {
                value = (value as? [String: Any])?[String(part)]
            }
        }
        return value is NSNull ? nil : value
    }
    func number(_ path: String) -> Double? { (self[path] as? NSNumber)?.doubleValue }
    func text(_ path: String) -> String? { self[path] as? String }
    func list(_ path: String) -> [Any] { self[path] as? [Any] ?? [] }
}

/// The problem that a question ends in.
func problem(_ body: () async throws -> [UInt8]) async -> Problem? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? Problem
    }
}
