package import Events
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports

/// A route that answers plain requests, beside the router's own: both give the same answer.
package struct PlainRoute: Sendable {
    package typealias Answer = @Sendable (PlainRequest, PlainCaller) async throws -> PlainAnswer

    var target: PlainRequest.Target
    /// The template of its path.
    var path: String
    var answer: Answer

    package init(_ target: PlainRequest.Target, _ path: String, answer: @escaping Answer) {
        self.target = target
        self.path = path
        self.answer = answer
    }
}

/// Who sent a plain request.
package struct PlainCaller: Caller, Sendable {
    package var correlationID: String
    package var trace: TraceContext?
    package var principal: Principal?
    package var remoteAddress: String?
}

/// The scope and the credentials of plain requests, as the router's middleware has them for all others.
struct PlainAnswers: Sendable {
    private let routes: [PlainRequest.Target: PlainRoute]
    private let scope: RequestScope
    private let authenticator: any Authenticator
    private let date: DateField
    /// The fields of every answer that never change, as lines.
    private let constant: String

    init(
        routes: [PlainRoute], scope: RequestScope, authenticator: any Authenticator, date: DateField, serverName: String
    ) {
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { ($0.target, $0) })
        self.scope = scope
        self.authenticator = authenticator
        self.date = date
        let fields = RequestScope.securityFields + [HTTPField(name: .server, value: serverName)]
        constant = fields.map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
    }

    @Sendable func answer(_ request: PlainRequest, address: String?) async -> ByteBuffer {
        let started = scope.now
        var caller = PlainCaller(
            correlationID: scope.correlationID(given: request.value(.requestID)),
            trace: request.value(.traceparent).flatMap { TraceContext(traceparent: $0) },
            remoteAddress: scope.caller(socket: address) { request.value(.forwardedFor).map { [$0] } ?? [] })
        let route = routes[request.target]
        let answer: PlainAnswer
        do {
            if let header = request.value(.authorization) {
                caller.principal = try await authenticator.authenticate(authorization: header)
            }
            guard let route else { throw HTTPError(.notFound) }
            answer = try await route.answer(request, caller)
        } catch {
            let problem = scope.problem(
                for: error, method: .post, path: request.path, route: route?.path, caller: caller)
            answer = .problem(problem, path: request.path, correlationID: caller.correlationID)
        }
        let bytes = answer.written(
            common: "\(constant)X-Request-Id: \(caller.correlationID)\r\nDate: \(date.value)\r\n")
        scope.record(method: "POST", route: route?.path ?? "none", status: answer.status.code, since: started)
        return bytes
    }
}
