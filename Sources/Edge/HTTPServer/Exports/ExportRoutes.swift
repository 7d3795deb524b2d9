internal import Events
internal import Exports
internal import Foundation
internal import HTTPTypes
package import Hummingbird
package import Jobs
package import Ports

/// Exports: ask, look, download. Asking and listing need the scope `query`; looking and downloading need it too, or the
/// export's polling token (`?token=`).
package struct ExportRoutes: RouteArea {
    /// The kind of the jobs that write exports.
    package static let kind = "export"

    let jobs: JobService
    let reader: any ExportReader
    let files: any ExportFiles
    let projects: any ProjectDirectory
    let clock: any Clock
    let tokens: PollingTokens
    private let cursors: SignedCursor

    /// `secret` signs cursors and polling tokens: 32 random bytes that survive a restart.
    package init(
        jobs: JobService, reader: any ExportReader, files: any ExportFiles, projects: any ProjectDirectory,
        clock: any Clock, secret: [UInt8]
    ) {
        self.jobs = jobs
        self.reader = reader
        self.files = files
        self.projects = projects
        self.clock = clock
        tokens = PollingTokens(secret: secret)
        cursors = SignedCursor(secret: secret)
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("/v1/exports") { request, context in try await create(request, context) }
        routes.on("/v1/exports", contract: "exports") { request, context in try await list(request, context) }
        routes.on("/v1/exports/{job_id}", contract: "export") { request, context in try await one(request, context) }
        routes.get("/v1/exports/{job_id}/files/{name}") { request, context in try await download(request, context) }
    }

    // MARK: Asking

    private func create(_ request: Request, _ context: DaybookContext) async throws -> Response {
        _ = try context.requirePrincipal()
        _ = try request.queryParameters(only: [])
        let (body, bytes) = try await request.object(known: ExportRequest.members, ExportRequest.init)
        let project = try context.project(named: body.projectID, .query)
        let key = try request.idempotencyKey()
        let question = try await question(body, project)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let jobID = jobs.newID()
        let (job, isNew) = try await jobs.enqueue(
            JobRequest(
                kind: Self.kind, input: String(decoding: try encoder.encode(question), as: UTF8.self),
                idempotencyKey: key, jobID: jobID, token: tokens.make(project, jobID: jobID),
                requestText: String(decoding: bytes, as: UTF8.self),
                about: String(decoding: try encoder.encode(ExportAbout(body, question)), as: UTF8.self)),
            in: project)
        return try answer(job, tokens.make(project, jobID: job.jobID), isNew: isNew)
    }

    private func answer(_ job: StoredJob, _ token: String, isNew: Bool) throws -> Response {
        struct Links: Encodable {
            var export: String
            var job: String
            var events: String
        }
        struct Accepted: Encodable {
            var job_id: String
            var polling_token: String
            var retry_after_ms: Int
            var links: Links
        }
        var headers: HTTPFields = [:]
        if !isNew { headers[LeadRoutes.idempotencyReplayed] = "true" }
        let (id, project) = (job.jobID, job.projectID)
        return try Response.json(
            Accepted(
                job_id: id, polling_token: token, retry_after_ms: ExportLimits.retryAfterMilliseconds,
                links: Links(
                    export: "/v1/exports/\(id)?token=\(token)", job: "/v1/jobs/\(id)?project_id=\(project)",
                    events: "/v1/jobs/\(id)/events?project_id=\(project)")),
            status: .accepted, headers: headers)
    }

    private func question(_ body: ExportRequest, _ project: ProjectID) async throws -> ExportQuestion {
        guard let settings = projects.project(project) else {
            throw Problem(.projectForbidden, "The project \(project) is not known here.")
        }
        let now = clock.now
        let through: Int64
        do { through = try await reader.lastSequence(project) } catch { throw JobService.problem(for: error) }
        switch body.of {
        case .attempts, .leads:
            return ExportQuestion(
                of: body.of, format: body.format, filter: try body.attemptFilter(project, settings.calendar),
                firstDate: nil, lastDate: nil, throughSequence: through, askedAt: now)
        case .days, .reports:
            let dates = try body.dates(today: settings.calendar.date(at: now))
            return ExportQuestion(
                of: body.of, format: body.format, filter: AttemptFilter(projectID: project),
                firstDate: dates.lowerBound, lastDate: dates.upperBound, throughSequence: through, askedAt: now)
        }
    }

    // MARK: Looking

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let given = try request.queryParameters(only: ["project_id", "limit", "cursor"])
        let project = try context.project(named: given["project_id"], .query)
        let page = try JobPage(given, list: "exports", cursors: cursors)
        let found = try await jobs.jobs(
            JobFilter(projectID: project, kind: Self.kind), before: page.before, limit: page.limit + 1)
        let rows = try found.prefix(page.limit).map { view in
            try ExportAnswer(view, token: tokens.make(project, jobID: view.job.jobID), now: clock.now)
                .json(behind: [UInt8(ascii: "{")])
        }
        var out = ContractHead.open("exports", project, clock.now)
        ContractHead.member(
            "exports", [UInt8(ascii: "[")] + rows.joined(separator: ",".utf8) + [UInt8(ascii: "]")], to: &out)
        ContractHead.member("page", page.json(found.map(\.job), cursors: cursors).utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let view = try await reached(request, context)
        var head = ContractHead.open("export", view.job.projectID, clock.now)
        head.append(UInt8(ascii: ","))
        let token = tokens.make(view.job.projectID, jobID: view.job.jobID)
        return .json(bytes: try ExportAnswer(view, token: token, now: clock.now).json(behind: head))
    }

    /// The export that a request may look at.
    func reached(_ request: Request, _ context: DaybookContext) async throws -> JobView {
        let given = try request.queryParameters(only: ["project_id", "token"])
        let id = try context.parameter("job_id")
        guard let token = given["token"] else {
            let project = try context.project(named: given["project_id"], .query)
            let found = try await export(id, in: project)
            guard let found else {
                throw Problem(.notFound, "The project has no export '\(id.prefix(64))'.")
            }
            return found
        }
        let refusal = Problem(
            .pollingTokenInvalid,
            "This token does not belong to this export. Use the polling_token that was answered when it was asked for.")
        guard let project = PollingTokens.project(of: token) else { throw refusal }
        let found = try await export(id, in: project)
        guard let found, JobService.isToken(token, of: found.job) else { throw refusal }
        return found
    }

    private func export(_ id: String, in project: ProjectID) async throws(Problem) -> JobView? {
        let found = try await jobs.job(id, in: project)
        return found?.job.kind == Self.kind ? found : nil
    }
}
