internal import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
package import Submissions

/// Lead submissions, one a request or many in a batch.
package struct LeadRoutes: RouteArea {
    private let submissions: SubmissionService
    private let directory: any ProjectDirectory
    private let clock: any Clock
    private let environment: String

    /// Largest batch body, in bytes, and most rows in it.
    static let batchBytesMax = 10 * 1024 * 1024
    static let batchRowsMax = 10_000
    /// Rows of one batch that wait for their commit at the same time.
    static let batchRowsInFlight = 256
    /// The oldest receipt time that a backfill may assume.
    static let receiptAgeMax = Duration.seconds(400 * 86_400)

    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
    static let assumedReceiptTime = HTTPField.Name("Daybook-Received-At")!

    /// `environment` is `dev`, `stage` or `prod`: only `dev` lets an admin assume a receipt time.
    package init(
        submissions: SubmissionService, directory: any ProjectDirectory, clock: any Clock, environment: String
    ) {
        self.submissions = submissions
        self.directory = directory
        self.clock = clock
        self.environment = environment
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("/v1/projects/{project_id}/leads") { request, context in
            try await submitOne(request, context)
        }
        routes.post("/v1/projects/{project_id}/leads/batch") { request, context in
            try await submitBatch(request, context)
        }
    }

    private func submitOne(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context)
        let receivedAt = try assumedReceipt(request, context, project: project)
        let answer = await submissions.submit(
            SubmissionRequest(
                project: project, body: try await body(request),
                idempotencyKey: request.headers[Self.idempotencyKey], assumedReceivedAt: receivedAt,
                facts: facts(request, context, endpoint: "json")))
        var response: Response
        switch answer.result {
        case .success(let receipt): response = try Response.json(ReceiptAnswer(receipt), status: .created)
        case .failure(let problem):
            response = .problem(problem, path: request.uri.path, correlationID: context.correlationID)
        }
        if answer.isReplayed { response.headers[Self.idempotencyReplayed] = "true" }
        return response
    }

    private func project(_ context: DaybookContext) throws(Problem) -> Project {
        let id = try context.project(.ingest)
        guard let project = directory.project(id) else {
            throw Problem(.notFound, "The project \(id) does not exist any more.")
        }
        return project
    }

    private func facts(_ request: Request, _ context: DaybookContext, endpoint: String) -> RequestFacts {
        let submitter: String? =
            switch context.principal?.kind {
            case .apiKey(let id)?, .member(let id)?: id
            case nil: nil
            }
        return RequestFacts(
            address: context.remoteAddress, userAgent: request.headers[.userAgent],
            correlationID: context.correlationID, submitter: submitter, endpoint: endpoint)
    }

    /// The body, or why it cannot be taken: either way the attempt is logged.
    private func body(_ request: Request) async throws -> SubmissionRequest.Body {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            return .unreadable(Problem(.encodingUnsupported, "Send a lead submission uncompressed."))
        }
        if let type = request.headers[.contentType], Self.mediaType(type) != "application/json" {
            return .unreadable(Problem(.mediaTypeUnsupported, "Send the submission as application/json."))
        }
        do {
            let bytes = try await request.collectedBody(bytesMax: HTTPLimits.submissionBodyBytesMax)
            return .json(Array(bytes.readableBytesView))
        } catch let problem as Problem {
            return .unreadable(problem)
        }
    }

    static func mediaType(_ header: String) -> String {
        let type = header.prefix { $0 != ";" }
        return type.filter { $0 != " " }.lowercased()
    }

    /// The receipt time that `Daybook-Received-At` asks to assume, if the caller may.
    private func assumedReceipt(
        _ request: Request, _ context: DaybookContext, project: Project
    ) throws(Problem) -> Timestamp? {
        guard let text = request.headers[Self.assumedReceiptTime] else { return nil }
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

    // MARK: Batch

    /// NDJSON: one submission a line, each decided on its own. The answer lists every line's result in order.
    private func submitBatch(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context)
        let receivedAt = try assumedReceipt(request, context, project: project)
        guard let type = request.headers[.contentType], Self.mediaType(type) == "application/x-ndjson" else {
            throw Problem(.mediaTypeUnsupported, "Send the batch as application/x-ndjson, one submission a line.")
        }
        let bytes = Array(try await request.collectedBody(bytesMax: Self.batchBytesMax).readableBytesView)
        let rows = bytes.split(whereSeparator: { $0 == 10 }).filter { row in
            row.contains { $0 != 32 && $0 != 13 && $0 != 9 }
        }
        guard !rows.isEmpty else { throw Problem(.bodyEmpty, "The batch has no lines.") }
        guard rows.count <= Self.batchRowsMax else {
            throw Problem(
                .batchTooManyItems, "A batch may have at most \(Self.batchRowsMax) lines; this one has \(rows.count).")
        }
        let facts = facts(request, context, endpoint: "batch")
        let key = request.headers[Self.idempotencyKey]
        let results = await withTaskGroup(of: (Int, SubmissionAnswer).self) { group in
            var results: [SubmissionAnswer?] = Array(repeating: nil, count: rows.count)
            for (index, row) in rows.enumerated() {
                if index >= Self.batchRowsInFlight, let (done, answer) = await group.next() { results[done] = answer }
                group.addTask {
                    let answer = await submissions.submit(
                        SubmissionRequest(
                            project: project, body: .json(Array(row)), idempotencyKey: key.map { "\($0).\(index)" },
                            assumedReceivedAt: receivedAt, facts: facts))
                    return (index, answer)
                }
            }
            for await (done, answer) in group { results[done] = answer }
            return results.compactMap { $0 }
        }
        return try Response.json(BatchAnswer(results))
    }
}

private struct ReceiptAnswer: Encodable {
    var lead_id: String
    var attempt_id: String
    var user_id: String
    var received_at: Timestamp
    var sequence: Int64

    init(_ receipt: SubmissionReceipt) {
        lead_id = receipt.leadID
        attempt_id = receipt.attemptID
        user_id = receipt.userID
        received_at = receipt.receivedAt
        sequence = receipt.sequence
    }
}

private struct BatchAnswer: Encodable {
    struct Field: Encodable {
        var pointer: String
        var code: ErrorCode
        var message: String
    }
    struct Row: Encodable {
        var index: Int
        var outcome: Outcome
        var attempt_id: OrNull<String>
        var lead_id: OrNull<String>
        var code: OrNull<ErrorCode>
        var message: OrNull<String>
        var errors: [Field]
        var replayed: Bool
    }
    var received: Int
    var accepted: Int
    var failed: Int
    var results: [Row]

    init(_ answers: [SubmissionAnswer]) {
        results = answers.enumerated().map { index, answer in
            switch answer.result {
            case .success(let receipt):
                Row(
                    index: index, outcome: .success, attempt_id: OrNull(receipt.attemptID),
                    lead_id: OrNull(receipt.leadID), code: OrNull(nil), message: OrNull(nil), errors: [],
                    replayed: answer.isReplayed)
            case .failure(let problem):
                Row(
                    index: index, outcome: .failure, attempt_id: OrNull(problem.attemptID), lead_id: OrNull(nil),
                    code: OrNull(problem.code), message: OrNull(problem.detail),
                    errors: problem.fields.map { Field(pointer: $0.pointer, code: $0.code, message: $0.message) },
                    replayed: answer.isReplayed)
            }
        }
        received = results.count
        accepted = results.count { $0.outcome == .success }
        failed = received - accepted
    }
}
