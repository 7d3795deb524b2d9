internal import Events
internal import HTTPTypes
package import Hummingbird
package import Jobs
internal import NIOCore
package import Ports
internal import ServiceLifecycle

/// Jobs: list, one, cancel, and a stream of changes. Looking needs the scope `query`, or the one that creates jobs of the
/// kind (`ingest` for imports); cancelling needs the latter.
package struct JobRoutes: RouteArea {
    private let jobs: JobService
    private let clock: any Clock
    private let cursors: SignedCursor

    /// A stream of changes says something at least this often, so that a broken connection is noticed.
    static let heartbeat = Duration.seconds(10)

    package init(jobs: JobService, clock: any Clock, cursorSecret: [UInt8]) {
        self.jobs = jobs
        self.clock = clock
        cursors = SignedCursor(secret: cursorSecret)
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.on("/v1/jobs", contract: "jobs") { request, context in try await list(request, context) }
        routes.on("/v1/jobs/{job_id}", contract: "job") { request, context in try await one(request, context) }
        routes.on("/v1/jobs/{job_id}/cancel", method: .post, contract: "job") { request, context in
            try await cancel(request, context)
        }
        routes.get("/v1/jobs/{job_id}/events") { request, context in try await events(request, context) }
        // By itself it would watch the job like a GET, with nobody to end the watch.
        routes.on("/v1/jobs/{job_id}/events", method: .head) { request, context in
            let (project, id) = try named(request, context)
            guard let view = try await jobs.job(id, in: project) else { throw Self.unknown(id) }
            try mayLook(at: view, context)
            return Response(status: .ok, headers: Self.streamHeaders)
        }
    }

    // MARK: Asking

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let given = try request.queryParameters(only: ["project_id", "kind", "status", "limit", "cursor"])
        let project = try context.project(
            named: given["project_id"], anyOf: [.query] + (given["kind"].map { [jobs.scope(of: $0)] } ?? []))
        var filter = JobFilter(projectID: project)
        if let kind = given["kind"] {
            guard jobs.kindNames.contains(kind) else {
                throw Problem(.parameterInvalid, "`kind` must be one of \(jobs.kindNames.joined(separator: ", ")).")
            }
            filter.kind = kind
        }
        if let text = given["status"] {
            guard let status = JobStatus(rawValue: text) else {
                throw Problem(
                    .parameterInvalid,
                    "`status` must be one of \(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            filter.status = status
        }
        let page = try JobPage(given, list: "jobs", cursors: cursors)
        // One more than asked tells whether there is another page.
        let found = try await jobs.jobs(filter, before: page.before, limit: page.limit + 1)
        var out = ContractHead.open("jobs", project, clock.now)
        let rows = try found.prefix(page.limit).map { try JobAnswer.json($0) }
        ContractHead.member(
            "jobs", [UInt8(ascii: "[")] + rows.joined(separator: ",".utf8) + [UInt8(ascii: "]")], to: &out)
        ContractHead.member("page", page.json(found.map(\.job), cursors: cursors).utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let (project, id) = try named(request, context)
        let view = try await jobs.job(id, in: project)
        if let view { try mayLook(at: view, context) }
        return try answer(view, id, project)
    }

    private func cancel(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let (project, id) = try named(request, context)
        guard let view = try await jobs.job(id, in: project) else { throw Self.unknown(id) }
        try context.requirePrincipal().require(jobs.scope(of: view.job.kind), of: project)
        return try answer(try await jobs.cancel(id, in: project), id, project)
    }

    private func named(_ request: Request, _ context: DaybookContext) throws(Problem) -> (ProjectID, String) {
        let given = try request.queryParameters(only: ["project_id"])
        let scopes: [Principal.Scope] =
            [.query] + Set(jobs.kindNames.map(jobs.scope(of:))).sorted { $0.rawValue < $1.rawValue }
        return (try context.project(named: given["project_id"], anyOf: scopes), try context.parameter("job_id"))
    }

    private func mayLook(at view: JobView, _ context: DaybookContext) throws(Problem) {
        _ = try context.project(
            named: view.job.projectID.text, anyOf: [.query, jobs.scope(of: view.job.kind)])
    }

    private func answer(_ view: JobView?, _ id: String, _ project: ProjectID) throws -> Response {
        guard let view else { throw Self.unknown(id) }
        var out = ContractHead.open("job", project, clock.now)
        ContractHead.member("job", try JobAnswer.json(view), to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private static func unknown(_ id: String) -> Problem {
        Problem(.notFound, "The project has no job '\(id.prefix(64))'.")
    }

    // MARK: Watching

    /// Server-sent events (WHATWG HTML, section 9.2): the job at once and at each change, until it has finished.
    private func events(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let (project, id) = try named(request, context)
        // Watched before it is read, so that no change falls between.
        guard let watch = jobs.board.watch(id) else {
            throw Problem(
                .overloaded, "Too many jobs are watched at the moment. Ask for the job now and then instead.",
                retryAfterSeconds: 10)
        }
        let first: JobView?
        do { first = try await jobs.job(id, in: project) } catch {
            watch.end()
            throw error
        }
        guard let first else {
            watch.end()
            throw Self.unknown(id)
        }
        do { try mayLook(at: first, context) } catch {
            watch.end()
            throw error
        }
        let body = ResponseBody { [jobs, clock] writer in
            defer { watch.end() }
            try await withGracefulShutdownHandler {
                try await Self.stream(first, project, watch, jobs: jobs, clock: clock, to: &writer)
            } onGracefulShutdown: {
                watch.end()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.streamHeaders, body: body)
    }

    /// Proxies that read this header pass each event on at once.
    private static let buffering = HTTPField.Name("X-Accel-Buffering")!
    private static let streamHeaders: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", buffering: "no",
    ]

    private static func stream(
        _ first: JobView, _ project: ProjectID, _ watch: JobBoard.Watch, jobs: JobService, clock: any Clock,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var shown = try event(first)
        try await writer.write(shown)
        guard !first.job.status.isFinished else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    do { try await clock.sleep(for: heartbeat) } catch { return }
                    watch.tick()
                }
            }
            defer { group.cancelAll() }
            for await _ in watch.signals {
                guard let view = try await jobs.job(first.job.jobID, in: project) else { return }
                let event = try event(view)
                guard event != shown else {
                    try await writer.write(ByteBuffer(string: ": waiting\n\n"))
                    continue
                }
                shown = event
                try await writer.write(event)
                if view.job.status.isFinished { return }
            }
        }
    }

    private static func event(_ view: JobView) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: job\ndata: ")
        buffer.writeBytes(try JobAnswer.json(view))
        buffer.writeString("\n\n")
        return buffer
    }
}
