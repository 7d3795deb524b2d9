internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Ports
internal import Telemetry

/// What every request has around it: a correlation id, the caller's address, security headers, problem+json for every error,
/// and the record of its latency and status.
struct RequestScope: Sendable {
    private let telemetry: Telemetry
    private let clock: any Clock
    private let identifiers: any Identifiers
    private let trustedProxies: Set<String>
    private let routes: RouteTable

    /// `trustedProxies` are network addresses; of their requests alone is `X-Forwarded-For` believed.
    init(
        telemetry: Telemetry, clock: any Clock, identifiers: any Identifiers, trustedProxies: Set<String> = [],
        routes: RouteTable
    ) {
        self.routes = routes
        self.trustedProxies = trustedProxies
        self.telemetry = telemetry
        self.clock = clock
        self.identifiers = identifiers
    }

    static let requestIDField = HTTPField.Name("X-Request-Id")!
    private static let requests = MetricName(
        "daybook_http_request_duration_seconds", help: "Time from the request's head to its answer.",
        labels: ["method", "route", "status"])

    /// When a request begins, for `record`.
    var now: Duration { clock.monotonic }

    /// `route` is the template of its path.
    func record(method: String, route: String, status: Int, since started: Duration) {
        telemetry.metrics.observe(
            Self.requests, [method, route, status == 202 ? "202" : status == 201 ? "201" : String(status)],
            seconds: (clock.monotonic - started).milliseconds / 1000)
    }

    /// What an error of a request is told as; `route` is the template of its path, when it has a route. What is nobody's
    /// `Problem` goes to the log.
    func problem(
        for error: any Error, method: HTTPRequest.Method, path: String, route: String?, caller: some Caller
    ) -> Problem {
        switch error {
        case let known as Problem: return known
        case let http as HTTPError where http.status == .notFound:
            guard let allowed = routes.allowed(at: path) else {
                return Problem(
                    .notFound,
                    "Nothing answers \(method.rawValue) \(path.prefix(200)). The API is described in openapi.yaml.")
            }
            return Problem(
                .methodNotAllowed, "\(path.prefix(200)) does not take \(method.rawValue). It takes \(allowed).")
        case let http as HTTPError where http.status == .contentTooLarge:
            return Problem(.bodyTooLarge, "The body is too large for this route.")
        default:
            telemetry.emit(
                RequestFailed(route: route ?? path, error: String(describing: error)),
                correlationID: caller.correlationID, trace: caller.trace)
            return Problem(
                .internalError,
                "This is our fault, not yours; nothing was changed unless the answer says so. Retry, and quote the correlation id if it persists."
            )
        }
    }

    /// The methods that a path takes (`Allow`); nil when nothing is there.
    func allowed(at path: String) -> String? { routes.allowed(at: path) }

    /// The caller's own `X-Request-Id` when it is well formed, otherwise one of ours.
    func correlationID(given: String?) -> String {
        if let given, (1...HTTPLimits.requestIDLengthMax).contains(given.utf8.count),
            given.utf8.allSatisfy({ isIdentifierByte($0) })
        {
            return given
        }
        return identifiers.make(.request, at: clock.now)
    }

    /// Each proxy appends the address that it saw to `X-Forwarded-For`: the caller is the last one that is no proxy of ours.
    /// What stands before it was written by the caller, and proves nothing. `forwarded` is asked for proxies of ours alone.
    func caller(socket: String?, forwarded: () -> [String]) -> String? {
        guard let socket, trustedProxies.contains(socket) else { return socket }
        let named = forwarded().flatMap { $0.split(separator: ",") }
        let caller = named.last { !trustedProxies.contains($0.filter { $0 != " " }) }.map { $0.filter { $0 != " " } }
        guard let caller, caller.utf8.count <= 45 else { return socket }
        return caller
    }

    /// In every answer; one that says its own policy for content keeps it.
    static let securityFields: [HTTPField] = [
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
        HTTPField(name: HTTPField.Name("Referrer-Policy")!, value: "no-referrer"),
        HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"),
    ]
}

/// The scope around the router: the outermost middleware.
struct ScopedRequests: RouterMiddleware {
    typealias Context = DaybookContext
    let scope: RequestScope

    private static let forwardedForField = HTTPField.Name("X-Forwarded-For")!
    private static let traceparentField = HTTPField.Name("traceparent")!

    /// Nil when the caller names none, or more than one: then it cannot be said which it is.
    private static func trace(of request: Request) -> TraceContext? {
        let given = request.headers[values: traceparentField]
        return given.count == 1 ? TraceContext(traceparent: given[0]) : nil
    }

    func handle(
        _ request: Request, context: DaybookContext, next: (Request, DaybookContext) async throws -> Response
    ) async throws -> Response {
        let started = scope.now
        var context = context
        context.correlationID = scope.correlationID(given: request.headers.value(RequestScope.requestIDField))
        context.trace = Self.trace(of: request)
        context.remoteAddress = scope.caller(socket: context.remoteAddress) {
            request.headers[values: Self.forwardedForField]
        }
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request, context)
        }
        // RFC 9110 section 9.3.2: the fields of the answer to a GET, without its content.
        if request.method == .head { response = response.createHeadResponse() }
        response.headers.append(HTTPField(name: RequestScope.requestIDField, value: context.correlationID))
        for field in RequestScope.securityFields where response.headers.value(field.name) == nil {
            response.headers.append(field)
        }
        scope.record(
            method: request.method.rawValue, route: context.endpointPath ?? "none", status: response.status.code,
            since: started)
        return response
    }

    private func answer(to error: any Error, _ request: Request, _ context: DaybookContext) -> Response {
        let path = request.uri.path
        var allowed: String?
        if let http = error as? HTTPError, http.status == .notFound { allowed = scope.allowed(at: path) }
        if let allowed, request.method == .options {
            return Response(status: .noContent, headers: [.allow: allowed, .cacheControl: Response.notStored])
        }
        let problem = scope.problem(
            for: error, method: request.method, path: path, route: context.endpointPath, caller: context)
        var response = Response.problem(problem, path: path, correlationID: context.correlationID)
        if let allowed { response.headers[.allow] = allowed }
        return response
    }
}

private func isIdentifierByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 95, 46, 58, 45: true
    default: false
    }
}

struct RequestFailed: TelemetryEvent {
    static let name = "request_failed"
    static let failures = MetricName(
        "daybook_http_internal_errors_total", help: "Requests that failed on our side.", labels: ["route"])
    var route: String
    var error: String
    var level: Logger.Level { .error }
    var message: String { "A request failed on our side" }
    var metadata: Logger.Metadata { ["route": .string(route), "error": .string(error)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures, [route]) }
}
