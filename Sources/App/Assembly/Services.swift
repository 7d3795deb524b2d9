internal import Events
internal import Logging
internal import ServiceLifecycle
internal import Telemetry

/// A loop that runs until shutdown, as a service. The loop ends by cancellation.
struct LoopService: Service {
    let name: String
    let loop: @Sendable () async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do { try await loop() } catch is CancellationError {}
        }
    }
}

/// Something that is open while the group runs, and closed when everything that uses it has stopped.
struct OpenResource: Service {
    let name: String
    let close: @Sendable () async -> Void

    func run() async throws {
        do { try await gracefulShutdown() } catch is CancellationError {}
        await close()
    }
}

struct Started: TelemetryEvent {
    static let name = "started"
    var url: String
    var environment: String
    var seconds: Double
    var message: String { "Daybook answers at \(url)" }
    var metadata: Logger.Metadata {
        ["url": .string(url), "environment": .string(environment), "seconds": .stringConvertible(seconds)]
    }
}

struct Stopped: TelemetryEvent {
    static let name = "stopped"
    var message: String { "Daybook stopped; everything acknowledged is on disk" }
}
