package import Analysis
package import Days
internal import Events
internal import HTTPTypes
package import Hummingbird
package import Jobs
package import Ports

/// Reports of days: `/v1/projects/{project_id}/days/{date}/report…`. Reading and having one written need the scope `query`.
package struct ReportRoutes: RouteArea {
    private let projects: any ProjectDirectory
    private let book: DayBook
    private let reports: ReportService
    private let jobs: JobService
    private let clock: any Clock

    /// A request with an Idempotency-Key waits for its report as long as this.
    static let waitMax = Duration.seconds(300)

    package init(
        projects: any ProjectDirectory, book: DayBook, reports: ReportService, jobs: JobService, clock: any Clock
    ) {
        self.jobs = jobs
        self.projects = projects
        self.book = book
        self.reports = reports
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let report = "/v1/projects/{project_id}/days/{date}/report"
        routes.on("\(report)", contract: "report") { request, context in try await one(request, context) }
        routes.on("\(report)", method: .post, contract: "report") { request, context in
            try await write(request, context)
        }
        routes.on("\(report)/versions", contract: "report_versions") { request, context in
            try await versions(request, context)
        }
        routes.on("\(report)/compare", contract: "report_comparison") { request, context in
            try await compare(request, context)
        }
    }

    private func day(_ context: DaybookContext) async throws(Problem) -> (Project, LogicalDate) {
        let project = try DayParameters.project(context, .query, projects)
        return (
            project, try await DayParameters.known(context.date(), of: project, book: book, now: clock.now)
        )
    }

    private func answer(_ report: StoredReport) -> CanonicalJSON {
        DayAnswer.envelope("report", report.projectID, clock.now, ["report": report.body])
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["version"])
        let (project, date) = try await day(context)
        guard let text = parameters["version"] else {
            guard let report = try await reports.latest(project.id, date: date) else {
                throw Problem(.notFound, "\(date) has no report yet. POST to the same address to have it written.")
            }
            return .json(bytes: answer(report).bytes)
        }
        return .json(bytes: answer(try await version(text, "version", project, date)).bytes)
    }

    private func write(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["mode", "new_version"])
        let mode = parameters["mode"] ?? "sync"
        guard mode == "sync" || mode == "async" else {
            throw Problem(
                .parameterInvalid,
                "mode must be sync (the answer comes when the report is written) or async (the answer is a job).")
        }
        let newVersion: Bool
        switch parameters["new_version"] {
        case nil, "false": newVersion = false
        case "true": newVersion = true
        default: throw Problem(.parameterInvalid, "new_version must be true or false.")
        }
        let key = try request.idempotencyKey()
        let (project, date) = try await day(context)
        if mode == "async" {
            let (job, isReplayed) = try await start(project, date, newVersion, mode: mode, key: key)
            let path = "/v1/projects/\(project.id)/days/\(date)/report"
            return DayJobAnswer.accepted(
                job, isReplayed: isReplayed, links: ["report": path, "versions": path + "/versions"])
        }
        guard key == nil else {
            let (job, isReplayed) = try await start(project, date, newVersion, mode: mode, key: key)
            return try await outcome(of: job, isReplayed: isReplayed, project, date)
        }
        let (report, isNew) = try await reports.report(of: project, date: date, newVersion: newVersion)
        return .json(bytes: answer(report).bytes, status: isNew ? .created : .ok)
    }

    /// Starts a job that writes the report. Without a key, one at a time for a day; with one, a job of its own, which the key
    /// can name when it comes again.
    private func start(
        _ project: Project, _ date: LogicalDate, _ newVersion: Bool, mode: String, key: String?
    ) async throws(Problem) -> (job: StoredJob, isReplayed: Bool) {
        let latest = try await reports.latest(project.id, date: date)
        let about: [String: CanonicalJSON] = ["date": .string(date.description)]
        var asked = about
        asked["new_version"] = .boolean(newVersion)
        var input = asked
        input["after_version"] = .count(latest?.version ?? 0)
        asked["mode"] = .string(mode)
        let (job, isNew) = try await jobs.enqueue(
            JobRequest(
                kind: "report", input: CanonicalJSON.object(input).text,
                subject: key == nil ? date.description : nil, idempotencyKey: key,
                requestText: CanonicalJSON.object(asked).text, about: CanonicalJSON.object(about).text),
            in: project.id)
        return (job, key != nil && !isNew)
    }

    /// The report that a job wrote, once it has.
    private func outcome(
        of job: StoredJob, isReplayed: Bool, _ project: Project, _ date: LogicalDate
    ) async throws(Problem) -> Response {
        guard let done = try await jobs.finished(job.jobID, in: project.id, within: Self.waitMax) else {
            throw Problem(
                .jobNotFinished, "The report is still being written. Send the request again, with the same key.",
                retryAfterSeconds: 5)
        }
        if let fault = done.fault { throw Problem(fault.code, fault.message) }
        guard let written = done.result.flatMap({ CanonicalJSON(parsing: $0) }), case .object(let members) = written,
            case .integer(let number)? = members["version"],
            let report = try await reports.version(Int(number), of: project.id, date: date)
        else {
            throw Problem(
                .notFound, "The report of this Idempotency-Key was not written: its job is \(done.status.rawValue).")
        }
        return .json(
            bytes: answer(report).bytes, status: report.createdAt >= done.createdAt ? .created : .ok,
            headers: isReplayed ? [LeadRoutes.idempotencyReplayed: "true"] : [:])
    }

    private func versions(_ request: Request, _ context: DaybookContext) async throws -> Response {
        _ = try request.queryParameters(only: [])
        let (project, date) = try await day(context)
        let (found, tries) = try await reports.versions(of: project.id, date: date)
        return .json(
            bytes: DayAnswer.envelope(
                "report_versions", project.id, clock.now,
                [
                    "date": .string(date.description), "versions": .array(found.map(\.head)),
                    "tries": .array(tries.map(Self.json)),
                ]
            ).bytes)
    }

    private static func json(_ attempt: AnalysisAttempt) -> CanonicalJSON {
        .object([
            "report_id": .string(attempt.reportID), "version": .count(attempt.version),
            "phase": .string(attempt.phase.rawValue), "model": .string(attempt.model),
            "prompt_version": .string(attempt.promptVersion), "outcome": .optional(attempt.outcome),
            "detail": .optional(attempt.detail), "at": .string(attempt.at.rfc3339()),
        ])
    }

    private func compare(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["from", "to"])
        let (project, date) = try await day(context)
        guard let from = parameters["from"], let to = parameters["to"] else {
            throw Problem(.parameterMissing, "Name both versions: `from=1&to=2`.")
        }
        let comparison = ReportComparison(
            from: try await version(from, "from", project, date), to: try await version(to, "to", project, date))
        guard case .object(var members) = comparison.json else { preconditionFailure("a comparison is an object") }
        members["date"] = .string(date.description)
        return .json(bytes: DayAnswer.envelope("report_comparison", project.id, clock.now, members).bytes)
    }

    private func version(
        _ text: String, _ name: String, _ project: Project, _ date: LogicalDate
    ) async throws(Problem) -> StoredReport {
        guard let number = Int(text), (1...1_000_000).contains(number) else {
            throw Problem(.parameterInvalid, "`\(name)` must be the number of a version, 1 or higher.")
        }
        guard let report = try await reports.version(number, of: project.id, date: date) else {
            throw Problem(
                .notFound, "\(date) has no version \(number) of its report. GET …/report/versions lists them.")
        }
        return report
    }
}
