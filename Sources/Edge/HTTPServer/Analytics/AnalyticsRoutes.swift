package import Analytics
internal import Events
internal import Foundation
internal import HTTPTypes
internal import NIOCore
package import Hummingbird

/// The query API: aggregates, events, traces, books and quarantine. Everything but HTTP is decided in Analytics.
package struct AnalyticsRoutes: RouteArea {
    private let service: AnalyticsService

    package init(service: AnalyticsService) { self.service = service }

    /// Largest body of a replay, in bytes: ids of at most 40 bytes each.
    static let replayBodyBytesMax = 64 * 1024
    static let acceptContract = HTTPField.Name("Accept-Contract")!

    package func add(to routes: Router<DaybookContext>) {
        aggregate("/v1/analytics/funnel-metrics", routes) { try await service.funnelMetrics($0) }
        aggregate("/v1/analytics/failures", routes) { try await service.failures($0) }
        aggregate("/v1/analytics/timeseries", routes) { try await service.timeseries($0) }
        aggregate("/v1/analytics/breakdown", routes) { try await service.breakdown($0) }
        aggregate("/v1/analytics/facets", routes) { try await service.facets($0) }
        aggregate("/v1/analytics/latency", routes) { try await service.latency($0) }
        aggregate("/v1/analytics/cost", routes) { try await service.cost($0) }
        aggregate("/v1/analytics/realtime-snapshot", routes) { try await service.realtimeSnapshot($0) }
        aggregate("/v1/analytics/overview", routes) { try await service.overview($0) }
        aggregate("/v1/events", routes) { try await service.events($0) }
        aggregate("/v1/traces", routes) { try await service.traces($0) }
        routes.get("/v1/events/{event_id}") { request, context in
            let asked = try question(request, context)
            return Response.json(bytes: try await service.event(try context.parameter("event_id"), asked))
        }
        routes.get("/v1/traces/{trace_id}") { request, context in
            let asked = try question(request, context)
            return Response.json(bytes: try await service.trace(try context.parameter("trace_id"), asked))
        }
        routes.get("/v1/projects/{project_id}/books") { request, context in
            Response.json(bytes: try await service.books(try projectQuestion(request, context, .query)))
        }
        routes.get("/v1/projects/{project_id}/quarantine") { request, context in
            Response.json(bytes: try await service.quarantine(try projectQuestion(request, context, .query)))
        }
        routes.post("/v1/projects/{project_id}/quarantine/replay") { request, context in
            try await replay(request, context)
        }
    }

    private func aggregate(
        _ path: RouterPath, _ routes: Router<DaybookContext>,
        _ answer: @escaping @Sendable (AnalyticsRequest) async throws -> [UInt8]
    ) {
        routes.get(path) { request, context in Response.json(bytes: try await answer(try question(request, context))) }
    }

    /// The project is named by the parameter `project_id`.
    private func question(_ request: Request, _ context: DaybookContext) throws -> AnalyticsRequest {
        let parameters = try request.queryParameters()
        let named = parameters.filter { $0.name == "project_id" }.map(\.value)
        guard Set(named).count <= 1 else {
            throw Problem(
                .parameterInvalid, "'project_id' is given twice with different values.",
                fields: [FieldProblem(pointer: "/query/project_id", code: .parameterInvalid, message: "Give it once.")])
        }
        let project = try context.project(named: named.first, .query)
        return AnalyticsRequest(
            project: project, parameters: parameters, acceptContract: request.headers[Self.acceptContract])
    }

    /// The project is named in the path.
    private func projectQuestion(
        _ request: Request, _ context: DaybookContext, _ scope: Principal.Scope
    ) throws -> AnalyticsRequest {
        let project = try context.project(scope)
        return AnalyticsRequest(
            project: project, parameters: try request.queryParameters(),
            acceptContract: request.headers[Self.acceptContract])
    }

    private struct Replay: Decodable { var ids: [String] }

    private func replay(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let asked = try projectQuestion(request, context, .admin)
        let body = try await request.collectedBody(bytesMax: Self.replayBodyBytesMax)
        guard body.readableBytes > 0 else {
            throw Problem(.bodyEmpty, "Send {\"ids\":[…]} with ids from the quarantine list.")
        }
        let replay: Replay
        do {
            replay = try JSONDecoder().decode(Replay.self, from: Data(body.readableBytesView))
        } catch {
            throw Problem(
                .bodyNotJSON, "Send a JSON object {\"ids\":[\"OFFSET-INDEX\"]} with ids from the quarantine list.")
        }
        return Response.json(bytes: try await service.replayQuarantined(replay.ids, asked))
    }
}
