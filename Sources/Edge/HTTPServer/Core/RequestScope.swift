internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Ports
internal import Telemetry

/// The outermost middleware: gives the request its correlation id, turns every error into problem+json, sets the security
/// headers, and records the route's latency and status.
struct RequestScope: RouterMiddleware {
    typealias Context = DaybookContext

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
    private static let forwardedForField = HTTPField.Name("X-Forwarded-For")!
    private static let traceparentField = HTTPField.Name("traceparent")!
    private static let referrerPolicyField = HTTPField.Name("Referrer-Policy")!
    static let requests = MetricName(
        "daybook_http_request_duration_seconds", help: "Time from the request's head to its answer.",
        labels: ["method", "route", "status"])

    func handle(
        _ request: Request, context: DaybookContext, next: (Request, DaybookContext) async throws -> Response
    ) async throws -> Response {
        let started = clock.monotonic
        var context = context
        context.correlationID = correlationID(of: request)
        context.traceID = traceID(of: request)
        context.remoteAddress = caller(of: request, socket: context.remoteAddress)
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request: request, context: context)
        }
        // RFC 9110 section 9.3.2: the fields of the answer to a GET, without its content.
        if request.method == .head { response = response.createHeadResponse() }
        response.headers.append(HTTPField(name: Self.requestIDField, value: context.correlationID))
        setSecurityHeaders(&response)
        let seconds = (clock.monotonic - started).milliseconds / 1000
        telemetry.metrics.observe(
            Self.requests, [request.method.rawValue, context.endpointPath ?? "none", String(response.status.code)],
            seconds: seconds)
        return response
    }

    private func answer(to error: any Error, request: Request, context: DaybookContext) -> Response {
        let problem: Problem
        var allowed: String?
        switch error {
        case let known as Problem: problem = known
        case let http as HTTPError where http.status == .notFound:
            allowed = routes.allowed(at: request.uri.path)
            guard let allowed else {
                problem = Problem(
                    .notFound,
                    "Nothing answers \(request.method.rawValue) \(request.uri.path.prefix(200)). The API is described in openapi.yaml."
                )
                break
            }
            if request.method == .options {
                return Response(status: .noContent, headers: [.allow: allowed, .cacheControl: "no-store"])
            }
            problem = Problem(
                .methodNotAllowed,
                "\(request.uri.path.prefix(200)) does not take \(request.method.rawValue). It takes \(allowed).")
        case let http as HTTPError where http.status == .contentTooLarge:
            problem = Problem(.bodyTooLarge, "The body is too large for this route.")
        default:
            problem = Problem(
                .internalError,
                "This is our fault, not yours; nothing was changed unless the answer says so. Retry, and quote the correlation id if it persists."
            )
            telemetry.emit(
                RequestFailed(route: context.endpointPath ?? request.uri.path, error: String(describing: error)),
                correlationID: context.correlationID)
        }
        var response = Response.problem(problem, path: request.uri.path, correlationID: context.correlationID)
        if let allowed { response.headers[.allow] = allowed }
        return response
    }

    private func correlationID(of request: Request) -> String {
        if let given = request.headers.value(Self.requestIDField),
            (1...HTTPLimits.requestIDLengthMax).contains(given.utf8.count),
            given.utf8.allSatisfy({ isIdentifierByte($0) })
        {
            return given
        }
        return identifiers.make(.request, at: clock.now)
    }

    /// Each proxy appends the address that it saw: the caller is the last one that is no proxy of ours. What stands before it
    /// was written by the caller, and proves nothing.
    private func caller(of request: Request, socket: String?) -> String? {
        guard let socket, trustedProxies.contains(socket) else { return socket }
        let named = request.headers[values: Self.forwardedForField].flatMap { $0.split(separator: ",") }
        let caller = named.last { !trustedProxies.contains($0.filter { $0 != " " }) }.map { $0.filter { $0 != " " } }
        guard let caller, caller.utf8.count <= 45 else { return socket }
        return caller
    }

    /// W3C Trace Context level 1, `traceparent`: version "00", trace id, parent id, flags.
    private func traceID(of request: Request) -> String? {
        guard let parent = request.headers.value(Self.traceparentField) else { return nil }
        let parts = parent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[1].utf8.count == 32, parts[1].utf8.contains(where: { $0 != 48 }),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return String(parts[1])
    }

    private func setSecurityHeaders(_ response: inout Response) {
        response.headers.append(HTTPField(name: .xContentTypeOptions, value: "nosniff"))
        response.headers.append(HTTPField(name: Self.referrerPolicyField, value: "no-referrer"))
        if response.headers.value(.contentSecurityPolicy) == nil {
            response.headers.append(
                HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"))
        }
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
