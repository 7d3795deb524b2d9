package import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
internal import Submissions
package import Telemetry

/// One question that readiness asks: named, timed, and either fine or not, with a reason.
package struct ReadinessCheck: Sendable {
    package var name: String
    /// Returns a sentence for people; throws when the part is not ready.
    package var run: @Sendable () async throws -> String

    package init(name: String, run: @escaping @Sendable () async throws -> String) {
        self.name = name
        self.run = run
    }
}

/// What `/v1/system` tells about the process; the assembler fills it in.
package struct SystemFacts: Encodable, Sendable {
    package struct Stream: Encodable, Sendable {
        package var head: Int64
        package var committed: Int64
        package var lag_frames: Int64
        package var lag_seconds: Double
        package var bytes_on_disk: Int64
        package var bytes_budget: Int64
        package init(status: StreamStatus, lagSeconds: Double) {
            head = status.head.value
            committed = status.committed.value
            lag_frames = status.head.value - status.committed.value
            lag_seconds = lagSeconds
            bytes_on_disk = status.bytesOnDisk
            bytes_budget = status.bytesBudget
        }
    }
    package struct Part: Encodable, Sendable {
        package var ok: Bool
        package var detail: String
        package init(ok: Bool, detail: String) {
            self.ok = ok
            self.detail = detail
        }
    }
    package var version: String
    package var environment: String
    package var started_at: Timestamp
    package var clock: Timestamp
    package var roles: [String]
    package var stream: Stream
    package var event_store: Part
    package var ledger: Part
    package var model: Part

    package init(
        version: String, environment: String, started_at: Timestamp, clock: Timestamp, roles: [String],
        stream: Stream, event_store: Part, ledger: Part, model: Part
    ) {
        self.version = version
        self.environment = environment
        self.started_at = started_at
        self.clock = clock
        self.roles = roles
        self.stream = stream
        self.event_store = event_store
        self.ledger = ledger
        self.model = model
    }
}

/// Health, metrics, facts about the system, and signals that browsers report back.
package struct OperationsRoutes: RouteArea {
    private let checks: [ReadinessCheck]
    private let facts: @Sendable () async -> SystemFacts
    private let telemetry: Telemetry
    private let clock: any Clock

    package init(
        checks: [ReadinessCheck], facts: @escaping @Sendable () async -> SystemFacts, telemetry: Telemetry,
        clock: any Clock
    ) {
        self.checks = checks
        self.facts = facts
        self.telemetry = telemetry
        self.clock = clock
    }

    private struct CheckResult: Encodable {
        var name: String
        var ok: Bool
        var detail: String
        var ms: Double
    }
    private struct Readiness: Encodable {
        var status: String
        var checks: [CheckResult]
    }
    /// Largest body of signals, in bytes, and most signals in it.
    private static let signalBytesMax = 16 * 1024
    private static let signalsMax = 1000
    static let signals = MetricName(
        "daybook_client_signals_total", help: "Signals that browsers reported.", labels: ["name"])
    /// Names a browser may report; others are refused so that nobody can grow the metric.
    static let signalNames: Set<String> = [
        "route_latency", "panel_failed", "panel_stale", "reconnect", "sequence_gap", "script_error",
        "contract_mismatch",
    ]

    package func add(to routes: Router<DaybookContext>) {
        routes.get("/health/live") { _, _ in try Response.json(["status": "live"]) }
        routes.get("/health/ready") { _, _ in try await readiness() }
        routes.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: telemetry.metrics.exposition())))
        }
        routes.get("/v1/system") { request, context in
            let query = try request.queryParameters(only: ["project_id"])
            _ = try context.project(named: query["project_id"], .query)
            return try Response.json(await facts())
        }
        routes.post("/v1/client-signals") { request, context in try await accept(request, context) }
    }

    private func readiness() async throws -> Response {
        var results: [CheckResult] = []
        for check in checks {
            let started = clock.monotonic
            do {
                let detail = try await check.run()
                results.append(
                    CheckResult(
                        name: check.name, ok: true, detail: detail, ms: (clock.monotonic - started).milliseconds))
            } catch {
                let detail = (error as? Problem)?.detail ?? String(describing: error)
                results.append(
                    CheckResult(
                        name: check.name, ok: false, detail: detail, ms: (clock.monotonic - started).milliseconds))
            }
        }
        let ok = results.allSatisfy(\.ok)
        return try Response.json(
            Readiness(status: ok ? "ready" : "not_ready", checks: results), status: ok ? .ok : .serviceUnavailable)
    }

    private func accept(_ request: Request, _ context: DaybookContext) async throws -> Response {
        _ = try context.requirePrincipal()
        let names = try await request.object(known: ["signals"], bytesMax: Self.signalBytesMax) { object in
            object.objects("signals", countMax: Self.signalsMax, known: ["name", "value"]) { signal in
                _ = signal.number("value")
                return signal.string("name", isRequired: true)
            }
        }.value
        for name in names {
            guard Self.signalNames.contains(name) else {
                throw Problem(
                    .fieldValue,
                    "'\(name.prefix(64))' is not a signal. Known: \(Self.signalNames.sorted().joined(separator: ", "))."
                )
            }
            telemetry.metrics.add(Self.signals, [name])
        }
        return Response(status: .accepted)
    }
}
