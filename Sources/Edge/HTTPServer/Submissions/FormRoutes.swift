internal import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
package import Submissions

/// `POST /v1/projects/{project_id}/leads/form/{source}`: a web page's form, without credentials.
package struct FormRoutes: RouteArea {
    private let forms: FormService
    private let directory: any ProjectDirectory

    static let path = "/v1/projects/{project_id}/leads/form/{source}"
    private static let allowOrigin = HTTPField.Name("Access-Control-Allow-Origin")!
    private static let allowMethods = HTTPField.Name("Access-Control-Allow-Methods")!
    private static let allowHeaders = HTTPField.Name("Access-Control-Allow-Headers")!
    private static let maxAge = HTTPField.Name("Access-Control-Max-Age")!
    private static let exposeHeaders = HTTPField.Name("Access-Control-Expose-Headers")!

    package init(forms: FormService, directory: any ProjectDirectory) {
        self.forms = forms
        self.directory = directory
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("\(Self.path)") { request, context in try await submit(request, context) }
        routes.on("\(Self.path)", method: .options) { request, context in try preflight(request, context) }
    }

    private func submit(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let named = try context.parameter("source")
        let origin = request.headers[.origin]
        guard let id = ProjectID(try context.parameter("project_id")), let project = directory.project(id) else {
            // The same words as for a project that has no such form: whether it exists is not for strangers.
            let source = try WaysInSettings.source(named)
            throw Problem(.formDisabled, "Forms of the source \(source) are not switched on in this project.")
        }
        let facts = RequestFacts(request, context, endpoint: "form")
        let source: String
        do throws(Problem) { source = try WaysInSettings.source(named) } catch {
            throw await forms.refuse(error, project: project, facts: facts)
        }
        var answer = await forms.submit(
            FormPost(
                project: project, source: source, body: try await body(request), origin: origin,
                idempotencyKey: request.headers[LeadRoutes.idempotencyKey],
                facts: facts))
        answer = Self.forStrangers(answer)
        var response = try self.response(answer, request, context)
        if answer.isReplayed { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
        response.setQuotas(RateLimitFields(answer.quotas))
        response.headers[.vary] = "Origin, Accept"
        if let allowed = forms.allowedOrigin(origin, source: source, project: id) {
            response.headers[Self.allowOrigin] = allowed
            response.headers[Self.exposeHeaders] =
                "Idempotency-Replayed, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy"
        }
        return response
    }

    /// What an earlier submission of the same person led to is nobody's business who can only write their address.
    private static func forStrangers(_ answer: FormAnswer) -> FormAnswer {
        guard case .failure(var problem) = answer.result, problem.code.category == .duplicate else { return answer }
        problem.detail = "The same details were received within the last 24 hours."
        var masked = answer
        masked.result = .failure(problem)
        return masked
    }

    private func response(_ answer: FormAnswer, _ request: Request, _ context: DaybookContext) throws -> Response {
        let accept = request.headers[.accept]?.lowercased() ?? ""
        if Self.weight(of: "application/json", in: accept) > Self.weight(of: "text/html", in: accept) {
            switch answer.result {
            case .success(let attemptID):
                return try Response.json(FormReceipt(attempt_id: attemptID), status: .created)
            case .failure(let problem):
                return .problem(problem, path: request.uri.path, correlationID: context.correlationID)
            }
        }
        if let redirect = answer.redirect {
            return Response(status: .seeOther, headers: [.location: redirect, .cacheControl: "no-store"])
        }
        return FormPage.response(answer, correlationID: context.correlationID)
    }

    /// The weight that `Accept` gives a media type by its name (RFC 9110 section 12.4.2); 0 for one that it does not name.
    private static func weight(of type: String, in accept: String) -> Double {
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            guard parts.first == type else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            return weight ?? 1
        }
        return 0
    }

    private func body(_ request: Request) async throws -> FormPost.Body {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            return .unreadable(Problem(.encodingUnsupported, "Send the form uncompressed."))
        }
        guard request.headers[.contentType].map(LeadRoutes.mediaType) == "application/x-www-form-urlencoded" else {
            return .unreadable(
                Problem(
                    .mediaTypeUnsupported,
                    "Send the form as application/x-www-form-urlencoded: leave the form's enctype out. Files are not taken."
                ))
        }
        do {
            return .form(
                Array(try await request.collectedBody(bytesMax: WaysInLimits.bodyBytesMax).readableBytesView))
        } catch let problem as Problem {
            return .unreadable(problem)
        }
    }

    /// The browser's question before a `fetch` with headers of its own (Fetch standard, "CORS-preflight request").
    private func preflight(_ request: Request, _ context: DaybookContext) throws -> Response {
        let source = try WaysInSettings.source(try context.parameter("source"))
        var headers: HTTPFields = [.vary: "Origin", .cacheControl: "no-store"]
        if let id = ProjectID(try context.parameter("project_id")),
            let allowed = forms.allowedOrigin(request.headers[.origin], source: source, project: id)
        {
            headers[Self.allowOrigin] = allowed
            headers[Self.allowMethods] = "POST"
            headers[Self.allowHeaders] = "Content-Type, Idempotency-Key, X-Request-Id"
            headers[Self.maxAge] = "600"
        }
        return Response(status: .noContent, headers: headers)
    }
}

/// The same for a success and for a filled honeypot.
private struct FormReceipt: Encodable {
    var outcome = "accepted"
    var attempt_id: String
}
