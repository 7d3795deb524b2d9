package import Analytics
internal import Events
internal import HTTPTypes
package import Hummingbird
internal import Submissions

/// The query API: aggregates, events, traces, books and quarantine. Everything but HTTP is decided in Analytics.
package struct AnalyticsRoutes: RouteArea {
    private let service: AnalyticsService

    package init(service: AnalyticsService) { self.service = service }

    /// Largest body of a replay, in bytes: ids of at most 40 bytes each.
    static let replayBodyBytesMax = 64 * 1024

    package func add(to routes: Router<DaybookContext>) {
        aggregate("/v1/analytics/funnel-metrics", "funnel_metrics", routes) { try await service.funnelMetrics($0) }
        aggregate("/v1/analytics/failures", "failures", routes) { try await service.failures($0) }
        aggregate("/v1/analytics/timeseries", "timeseries", routes) { try await service.timeseries($0) }
        aggregate("/v1/analytics/breakdown", "breakdown", routes) { try await service.breakdown($0) }
        aggregate("/v1/analytics/facets", "facets", routes) { try await service.facets($0) }
        aggregate("/v1/analytics/latency", "latency", routes) { try await service.latency($0) }
        aggregate("/v1/analytics/cost", "cost", routes) { try await service.cost($0) }
        aggregate("/v1/analytics/realtime-snapshot", "realtime_snapshot", routes) {
            try await service.realtimeSnapshot($0)
        }
        aggregate("/v1/analytics/overview", "overview", routes) { try await service.overview($0) }
        aggregate("/v1/events", "events", routes) { try await service.events($0) }
        aggregate("/v1/traces", "traces", routes) { try await service.traces($0) }
        routes.on("/v1/events/{event_id}", contract: "event") { request, context in
            let asked = try question(request, context)
            return Response.json(bytes: try await service.event(try context.parameter("event_id"), asked))
        }
        routes.on("/v1/traces/{trace_id}", contract: "trace") { request, context in
            let asked = try question(request, context)
            return Response.json(bytes: try await service.trace(try context.parameter("trace_id"), asked))
        }
        routes.on("/v1/projects/{project_id}/books", contract: "books") { request, context in
            Response.json(bytes: try await service.books(try projectQuestion(request, context, .query)))
        }
        routes.on("/v1/projects/{project_id}/quarantine", contract: "quarantine") { request, context in
            Response.json(bytes: try await service.quarantine(try projectQuestion(request, context, .query)))
        }
        routes.on(
            "/v1/projects/{project_id}/quarantine/replay", method: .post, contract: "quarantine_replay"
        ) { request, context in
            try await replay(request, context)
        }
    }

    private func aggregate(
        _ path: RouterPath, _ contract: String, _ routes: Router<DaybookContext>,
        _ answer: @escaping @Sendable (AnalyticsRequest) async throws -> [UInt8]
    ) {
        routes.on(path, contract: contract) { request, context in
            Response.json(bytes: try await answer(try question(request, context)))
        }
    }

    /// The project is named by the parameter `project_id`.
    private func question(_ request: Request, _ context: DaybookContext) throws -> AnalyticsRequest {
        let parameters = try request.queryParameters()
        let named = parameters.filter { $0.name == "project_id" }.map(\.value)
        guard named.count <= 1 else {
            throw Problem(
                .parameterInvalid, "'project_id' is given twice.",
                fields: [FieldProblem(pointer: "/query/project_id", code: .parameterInvalid, message: "Give it once.")])
        }
        let project = try context.project(named: named.first, .query)
        return AnalyticsRequest(project: project, parameters: parameters)
    }

    /// The project is named in the path.
    private func projectQuestion(
        _ request: Request, _ context: DaybookContext, _ scope: Principal.Scope
    ) throws -> AnalyticsRequest {
        let project = try context.project(scope)
        let parameters = try request.queryParameters()
        guard !parameters.contains(where: { $0.name == "project_id" }) else {
            throw Problem(
                .parameterUnknown, "'project_id' is not a parameter here: the path names the project.",
                fields: [
                    FieldProblem(pointer: "/query/project_id", code: .parameterUnknown, message: "Remove it.")
                ])
        }
        return AnalyticsRequest(project: project, parameters: parameters)
    }

    private func replay(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let asked = try projectQuestion(request, context, .admin)
        let body = try await request.object(known: ["ids"], bytesMax: Self.replayBodyBytesMax) { object in
            object.strings("ids", countMax: Self.replayBodyBytesMax, isRequired: true)
        }
        return Response.json(bytes: try await service.replayQuarantined(body.value, asked))
    }
}
