package import Hummingbird
internal import NIOCore
package import Ports
package import Telemetry

/// Builds the HTTP application from its areas: middleware in one place, routes in their folders.
package enum DaybookServer {
    /// The application as a service; `onListening` gets the bound port once requests are answered.
    package static func application(
        areas: [any RouteArea], host: String, port: Int, authenticator: any Authenticator, clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry, onListening: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        let router = Router(context: DaybookContext.self)
        router.add(middleware: RequestScope(telemetry: telemetry, clock: clock, identifiers: identifiers))
        router.add(middleware: Authentication(authenticator: authenticator))
        for area in areas { area.add(to: router) }
        return Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: .seconds(HTTPLimits.idleConnectionSeconds))),
            configuration: .init(address: .hostname(host, port: port), serverName: "daybook", backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: telemetry.logger)
    }
}
