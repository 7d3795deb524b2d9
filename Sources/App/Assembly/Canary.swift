internal import Events
internal import Ports
internal import Synchronization

/// An event written and read back: what readiness means. It goes the way of every event, in a project of its own that no
/// key and no member can name.
///
/// A result is kept for `keptFor`, and callers that come while one is on its way share it, so probes cost at most one event
/// in that time.
actor Canary {
    static let projectID = ProjectID(trusted: "prj_daybook_canary")
    static let keptFor: Duration = .seconds(15)
    static let deadline: Duration = .seconds(10)

    private let stream: any EventStream
    private let reader: any EventStoreReader
    private let clock: any Clock
    private let identifiers: any Identifiers
    private var last: (at: Duration, result: Result<String, Problem>)?
    private var running: Task<Result<String, Problem>, Never>?

    init(stream: any EventStream, reader: any EventStoreReader, clock: any Clock, identifiers: any Identifiers) {
        self.stream = stream
        self.reader = reader
        self.clock = clock
        self.identifiers = identifiers
    }

    func check() async throws -> String {
        if let last, clock.monotonic - last.at < Self.keptFor, case .success = last.result {
            return try last.result.get()
        }
        if let running { return try await running.value.get() }
        let task = Task { await self.fly() }
        running = task
        let result = await task.value
        running = nil
        last = (clock.monotonic, result)
        return try result.get()
    }

    private func fly() async -> Result<String, Problem> {
        let began = clock.monotonic
        let now = clock.now
        let id = identifiers.make(.request, at: now)
        let event = #"{"event_id":"\#(id)","type":"custom.canary","time":"\#(now)"}"#
        var items = [UInt8]()
        withUnsafeBytes(of: UInt32(event.utf8.count).littleEndian) { items.append(contentsOf: $0) }
        items.append(contentsOf: event.utf8)
        var counts = BooksDelta()
        counts.received = 1
        do {
            _ = try await stream.append(
                StreamFrame(projectID: Self.projectID, receivedAt: now, counts: counts, itemCount: 1, items: items))
            while clock.monotonic - began < Self.deadline {
                if try await reader.event(id, project: Self.projectID) != nil {
                    return .success("written and read back in \(Int((clock.monotonic - began).milliseconds)) ms")
                }
                try await clock.sleep(for: .milliseconds(50))
            }
            return .failure(
                Problem(
                    .dependencyTimeout,
                    "An event written \(Self.deadline) ago cannot be read yet: processing lags or stands."))
        } catch {
            return .failure(Problem(.dependencyUnavailable, "The canary failed: \(error)"))
        }
    }
}

/// The projects of the control plane, and the canary's own.
struct DirectoryWithCanary: ProjectDirectory {
    let published: any ProjectDirectory
    let canary: Project

    init(_ published: any ProjectDirectory) {
        self.published = published
        canary = Project(
            id: Canary.projectID, organisationID: "", name: "canary", calendar: .utc, region: "local",
            eventsPerSecond: 1000,
            submissionsPerUserPerMinute: 1, createdAt: Timestamp(seconds: 0))
    }

    func project(_ id: ProjectID) -> Project? { id == canary.id ? canary : published.project(id) }
    /// Those that people have: the canary has no days to close.
    var projects: [Project] { published.projects }
}
