internal import Events
package import Hummingbird
internal import HummingbirdCore
internal import NIOCore
package import Ports
package import Telemetry

/// Builds the HTTP application from its areas: middleware in one place, routes in their folders.
package enum DaybookServer {
    static let serverName = "daybook"

    /// The application as a service; `onListening` gets the bound port once requests are answered. `start` begins the work of
    /// a plain request on the event loop of its connection.
    package static func application(
        areas: [any RouteArea], host: String, port: Int, authenticator: any Authenticator, clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry, trustedProxies: Set<String> = [],
        start: @escaping PlainRequestHandler.Way.Start,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        let known = Router(context: DaybookContext.self)
        for area in areas { area.add(to: known) }
        let router = Router(context: DaybookContext.self, options: .autoGenerateHeadEndpoints)
        let scope = RequestScope(
            telemetry: telemetry, clock: clock, identifiers: identifiers, trustedProxies: trustedProxies,
            routes: RouteTable(known.routes))
        router.add(middleware: ScopedRequests(scope: scope))
        router.add(middleware: Authentication(authenticator: authenticator))
        for area in areas { area.add(to: router) }
        let answers = PlainAnswers(
            routes: areas.flatMap(\.plainRoutes), scope: scope, authenticator: authenticator,
            date: DateField(clock: clock), serverName: serverName)
        let way = PlainRequestHandler.Way(
            answer: answers.answer, start: start, idleTimeout: .seconds(HTTPLimits.idleConnectionSeconds))
        return Application(
            responder: router.buildResponder(),
            server: HTTPServerBuilder { responder in
                PlainHTTPChannel(
                    behind: HTTP1Channel(
                        responder: responder,
                        configuration: .init(
                            additionalChannelHandlers: [
                                MalformedRequestAnswer { identifiers.make(.request, at: clock.now) }
                            ], idleTimeout: way.idleTimeout)),
                    way: way)
            },
            configuration: .init(address: .hostname(host, port: port), serverName: serverName, backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: telemetry.logger)
    }
}
