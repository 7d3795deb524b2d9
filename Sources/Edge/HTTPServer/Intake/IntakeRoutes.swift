internal import Events
internal import HTTPTypes
package import Hummingbird
package import Intake
internal import NIOCore
package import Ports
internal import Wire

/// `POST /v1/projects/{project_id}/events`: a batch of events.
package struct IntakeRoutes: RouteArea {
    private let intake: IntakeService
    private let days: any DayLedger
    private let clock: any Clock
    /// Whether a key with scope admin may name the receipt time (`Daybook-Received-At`): in the environment `dev` only.
    private let allowsBackfill: Bool

    package init(intake: IntakeService, days: any DayLedger, clock: any Clock, allowsBackfill: Bool) {
        self.intake = intake
        self.days = days
        self.clock = clock
        self.allowsBackfill = allowsBackfill
    }

    private static let path = "/v1/projects/{project_id}/events"

    package func add(to routes: Router<DaybookContext>) {
        routes.post(RouterPath(Self.path)) { request, context in
            try await events(request, context)
        }
    }

    private static let receivedAtField = HTTPField.Name("Daybook-Received-At")!

    private func events(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let projectID = try context.project(.ingest)
        let principal = try context.requirePrincipal()
        let parameters = try request.queryParameters(only: ["debug"])
        let isDebug = try flag(parameters["debug"])
        let assumed = try assumedReceipt(request, context, projectID)
        // Room before bytes: a body of unknown length counts as the longest one.
        let length = request.headers.value(.contentLength).flatMap { Int($0) } ?? HTTPLimits.intakeBodyBytesMax
        let ticket = try intake.admission.reserve(min(max(0, length), HTTPLimits.intakeBodyBytesMax))
        defer { withExtendedLifetime(ticket) {} }
        let body = try await request.collectedBody(bytesMax: HTTPLimits.intakeBodyBytesMax)
        if let assumed { try await checkOpen(projectID, at: assumed) }
        // A batch is received with its last byte: one that takes minutes over midnight belongs to the new day.
        let batch = IntakeRequest(
            projectID: projectID, principal: principal,
            body: body.withUnsafeReadableBytes { PaddedBytes(copying: $0) },
            contentType: request.headers.value(.contentType),
            contentEncoding: request.headers.value(.contentEncoding),
            receivedAt: assumed ?? clock.now, correlationID: context.correlationID,
            trace: context.trace)
        if isDebug {
            let explanation = try await intake.explain(batch)
            var response = Response.json(bytes: explanation.json)
            response.setQuotas(quotas(projectID, principal))
            return response
        }
        let receipt = try await intake.accept(batch)
        var response = Response.json(bytes: receipt.json, status: .accepted)
        response.setQuotas(quotas(projectID, principal))
        return response
    }

    package var plainRoutes: [PlainRoute] {
        [
            PlainRoute(.events, Self.path) { request, caller in
                let projectID = try caller.project(named: request.projectText, .ingest)
                let principal = try caller.requirePrincipal()
                let receipt = try await intake.accept(
                    IntakeRequest(
                        projectID: projectID, principal: principal,
                        body: request.withBody { PaddedBytes(copying: $0) }, contentType: request.value(.contentType),
                        contentEncoding: request.value(.contentEncoding), receivedAt: clock.now,
                        correlationID: caller.correlationID, trace: caller.trace))
                return .json(receipt.json, status: .accepted, quotas: quotas(projectID, principal))
            }
        ]
    }

    private func flag(_ text: String?) throws(Problem) -> Bool {
        switch text {
        case nil, "false", "0": return false
        case "true", "1", "": return true
        default: throw Problem(.parameterInvalid, "debug must be true or false.")
        }
    }

    private func assumedReceipt(
        _ request: Request, _ context: DaybookContext, _ projectID: ProjectID
    ) throws(Problem) -> Timestamp? {
        let now = clock.now
        guard let text = request.headers.value(Self.receivedAtField) else { return nil }
        guard allowsBackfill else {
            throw Problem(
                .scopeMissing, "Daybook-Received-At is accepted in the environment dev alone; remove the header.")
        }
        _ = try context.project(named: projectID.text, .admin)
        guard let time = Timestamp(rfc3339: text), time <= now, time >= now - EventLimits.timeBehindMax else {
            throw Problem(
                .parameterInvalid,
                "Daybook-Received-At must be an RFC 3339 time with a zone, not later than now and at most 400 days ago."
            )
        }
        return time
    }

    /// A closed day takes nothing more. Only an assumed receipt can lie on one, so that no other batch asks the ledger.
    private func checkOpen(_ projectID: ProjectID, at receipt: Timestamp) async throws(Problem) {
        guard let project = intake.project(projectID) else { return }
        let date = project.calendar.date(at: receipt)
        let closed: [LogicalDate]
        do { closed = try await days.closedDates(projectID, in: date...date) } catch {
            throw Problem(.dependencyUnavailable, "The ledger could not answer: \(error)", retryAfterSeconds: 5)
        }
        guard closed.isEmpty else {
            throw Problem(
                .dayClosed,
                "The day \(date) of this project is closed and cannot take events. Use a Daybook-Received-At on an open day."
            )
        }
    }

    private func quotas(_ projectID: ProjectID, _ principal: Principal) -> RateLimitFields {
        var fields = RateLimitFields()
        for quota in intake.quotas(of: projectID, principal) {
            fields.add(
                name: quota.name, quota: quota.quota, windowSeconds: quota.windowSeconds, remaining: quota.remaining,
                resetSeconds: quota.resetSeconds)
        }
        return fields
    }
}
