internal import Events
package import Hummingbird
internal import NIOCore
package import Ports
package import Telemetry

/// Builds the HTTP application from its areas: middleware in one place, routes in their folders.
package enum DaybookServer {
    static let serverName = "daybook"

    /// The application as a service; `onListening` gets the bound port once requests are answered. `start` begins the work of
    /// a request that is answered on the event loop of its connection.
    package static func application(
        areas: [any RouteArea], host: String, port: Int, authenticator: any Authenticator, clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry, trustedProxies: Set<String> = [],
        start: @escaping DirectRequestHandler.Way.Start,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        let plain = Router(context: DaybookContext.self)
        for area in areas { area.add(to: plain) }
        let router = Router(context: DaybookContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware:
                RequestScope(
                    telemetry: telemetry, clock: clock, identifiers: identifiers, trustedProxies: trustedProxies,
                    routes: RouteTable(plain.routes)))
        router.add(middleware: Authentication(authenticator: authenticator))
        for area in areas { area.add(to: router) }
        let responder = router.buildResponder()
        let direct = DirectAnswers(
            responder: responder, logger: telemetry.logger, serverName: serverName, date: DateField(clock: clock))
        let way = DirectRequestHandler.Way(
            accepts: { DirectAnswers<RouterResponder<DaybookContext>>.accepts($0, length: $1) }, answer: direct.answer,
            start: start, idleTimeout: .seconds(HTTPLimits.idleConnectionSeconds))
        return Application(
            responder: responder,
            // Idle connections are closed by the handler that sees every request.
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        DirectRequestHandler(way), MalformedRequestAnswer { identifiers.make(.request, at: clock.now) },
                    ])),
            configuration: .init(address: .hostname(host, port: port), serverName: serverName, backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: telemetry.logger)
    }
}
