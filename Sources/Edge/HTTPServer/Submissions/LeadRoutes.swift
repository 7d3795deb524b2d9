internal import Events
internal import HTTPTypes
package import Hummingbird
package import Intake
internal import NIOCore
package import Ports
package import Submissions

/// Lead submissions, one a request (here) or many in a batch (`LeadRoutes+Batch.swift`).
package struct LeadRoutes: RouteArea {
    let submissions: SubmissionService
    private let directory: any ProjectDirectory
    private let clock: any Clock
    private let environment: String
    /// Bounds the bytes of the batches that are held at one moment, together with those of events.
    let admission: Admission

    /// The oldest receipt time that a backfill may assume.
    static let receiptAgeMax = Duration.seconds(400 * 86_400)

    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
    static let assumedReceiptTime = HTTPField.Name("Daybook-Received-At")!

    /// `environment` is `dev`, `stage` or `prod`: only `dev` lets an admin assume a receipt time.
    package init(
        submissions: SubmissionService, directory: any ProjectDirectory, clock: any Clock, environment: String,
        admission: Admission
    ) {
        self.submissions = submissions
        self.directory = directory
        self.clock = clock
        self.environment = environment
        self.admission = admission
    }

    private static let path = "/v1/projects/{project_id}/leads"

    package func add(to routes: Router<DaybookContext>) {
        routes.post(RouterPath(Self.path)) { request, context in
            try await submitOne(request, context)
        }
        routes.post("/v1/projects/{project_id}/leads/batch") { request, context in
            try await submitBatch(request, context)
        }
    }

    private func submitOne(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let facts = RequestFacts(request, context, endpoint: "json")
        let named = context.coreContext.parameters.get("project_id")
        let project = try await project(named: named, caller: context, facts)
        let receivedAt: Timestamp?
        do throws(Problem) { receivedAt = try assumedReceipt(request, context) } catch {
            return try Self.response(
                await submissions.refuse(error, project: project, facts: facts), request, context)
        }
        let answer = await submissions.submit(
            SubmissionRequest(
                project: project, body: try await body(request),
                idempotencyKey: request.headers.value(Self.idempotencyKey), assumedReceivedAt: receivedAt,
                facts: facts))
        return try Self.response(answer, request, context)
    }

    /// `201` with the receipt, or the problem; a repeated answer says so.
    static func response(
        _ answer: SubmissionAnswer, _ request: Request, _ context: DaybookContext
    ) throws -> Response {
        var response: Response
        switch answer.result {
        case .success(let receipt): response = .json(bytes: receipt.json, status: .created)
        case .failure(let problem):
            response = .problem(problem, path: request.uri.path, correlationID: context.correlationID)
        }
        if answer.isReplayed { response.headers[idempotencyReplayed] = "true" }
        response.setQuotas(RateLimitFields(answer.quotas))
        return response
    }

    package var plainRoutes: [PlainRoute] {
        [
            PlainRoute(.leads, Self.path) { request, caller in
                let facts = RequestFacts(caller, userAgent: request.value(.userAgent), endpoint: "json")
                let project = try await project(named: request.projectText, caller: caller, facts)
                let problem = Self.unreadable(
                    type: request.value(.contentType), encoding: request.value(.contentEncoding))
                let answer = await submissions.submit(
                    SubmissionRequest(
                        project: project,
                        body: problem.map { .unreadable($0) } ?? .json(request.withBody { Array($0) }),
                        idempotencyKey: request.value(.idempotencyKey),
                        facts: facts))
                return Self.plain(answer, request, caller)
            }
        ]
    }

    /// The same answer as `response`.
    private static func plain(_ answer: SubmissionAnswer, _ request: PlainRequest, _ caller: PlainCaller) -> PlainAnswer
    {
        let quotas = RateLimitFields(answer.quotas)
        var plain: PlainAnswer
        switch answer.result {
        case .success(let receipt): plain = .json(receipt.json, status: .created, quotas: quotas)
        case .failure(let problem):
            plain = .problem(problem, path: request.path, correlationID: caller.correlationID, quotas: quotas)
        }
        if answer.isReplayed { plain.fields.append((idempotencyReplayed.rawName, "true")) }
        return plain
    }

    /// The project named by text, after checking that the caller may submit to it. Who belongs to it and may not is a failed
    /// attempt of it.
    func project(named text: String?, caller: some Caller, _ facts: RequestFacts) async throws(Problem) -> Project {
        do { return try project(caller.project(named: text, .ingest)) } catch {
            guard error.code == .scopeMissing, let project = text.flatMap(ProjectID.init).flatMap(directory.project)
            else {
                throw error
            }
            if case .failure(let logged) = await submissions.refuse(error, project: project, facts: facts).result {
                throw logged
            }
            throw error
        }
    }

    private func project(_ id: ProjectID) throws(Problem) -> Project {
        guard let project = directory.project(id) else {
            throw Problem(.notFound, "The project \(id) does not exist any more.")
        }
        return project
    }

    /// The body, or why it cannot be taken: either way the attempt is logged.
    private func body(_ request: Request) async throws -> SubmissionRequest.Body {
        if let problem = Self.unreadable(
            type: request.headers.value(.contentType), encoding: request.headers.value(.contentEncoding))
        {
            return .unreadable(problem)
        }
        do {
            let bytes = try await request.collectedBody(bytesMax: HTTPLimits.submissionBodyBytesMax)
            return .json(Array(bytes.readableBytesView))
        } catch let problem as Problem {
            return .unreadable(problem)
        }
    }

    /// Why a body of this type and encoding cannot be read; nil when it can.
    private static func unreadable(type: String?, encoding: String?) -> Problem? {
        if let encoding, encoding.lowercased() != "identity" {
            return Problem(.encodingUnsupported, "Send a lead submission uncompressed.")
        }
        if let type, type != "application/json", mediaType(type) != "application/json" {
            return Problem(.mediaTypeUnsupported, "Send the submission as application/json.")
        }
        return nil
    }

    static func mediaType(_ header: String) -> String {
        let type = header.prefix { $0 != ";" }
        return type.filter { $0 != " " }.lowercased()
    }

    /// The receipt time that `Daybook-Received-At` asks to assume, if the caller may.
    func assumedReceipt(_ request: Request, _ context: DaybookContext) throws(Problem) -> Timestamp? {
        guard let text = request.headers.value(Self.assumedReceiptTime) else { return nil }
        let principal = try context.requirePrincipal()
        guard environment == "dev", principal.scopes.contains(.admin) else {
            throw Problem(
                .scopeMissing,
                "Daybook-Received-At needs a key with the scope 'admin' on a server in the environment dev. Leave the header out."
            )
        }
        let now = clock.now
        guard let time = Timestamp(rfc3339: text), time <= now, now - time <= Self.receiptAgeMax else {
            throw Problem(
                .parameterInvalid,
                "Daybook-Received-At must be an RFC 3339 time that is not in the future and at most 400 days ago.",
                fields: [
                    FieldProblem(
                        pointer: "/headers/Daybook-Received-At", code: .parameterInvalid,
                        message: "e.g. \(now.rfc3339())")
                ])
        }
        return time
    }
}
