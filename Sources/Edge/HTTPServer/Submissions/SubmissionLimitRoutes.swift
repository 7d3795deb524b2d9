internal import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
package import Submissions

/// The limits of a project's submissions: `/v1/projects/{project_id}/limits`.
package struct SubmissionLimitRoutes: RouteArea {
    private let rules: SubmissionRulesService
    private let directory: any ProjectDirectory
    private let clock: any Clock

    package init(rules: SubmissionRulesService, directory: any ProjectDirectory, clock: any Clock) {
        self.rules = rules
        self.directory = directory
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let limits = "/v1/projects/{project_id}/limits"
        routes.on("\(limits)", contract: "submission_limits") { request, context in
            let project = try project(context, .query)
            _ = try request.queryParameters(only: [])
            let (held, version) = try await rules.limits(of: project)
            return try answer(project.id, held, version)
        }
        routes.on("\(limits)", method: .put, contract: "submission_limits") { request, context in
            let project = try project(context, .admin)
            _ = try request.queryParameters(only: [])
            let bytes = try await request.collectedBody(bytesMax: HTTPLimits.bodyBytesMax)
            let version = try await rules.setLimits(
                try LimitRequest.read(Array(bytes.readableBytesView)), project: project,
                by: SubmissionRulesService.Actor(try context.requirePrincipal(), address: context.remoteAddress))
            return try answer(project.id, version.rules, version)
        }
    }

    private func project(_ context: DaybookContext, _ scope: Principal.Scope) throws(Problem) -> Project {
        let id = try context.project(scope)
        guard let project = directory.project(id) else {
            throw Problem(.notFound, "The project \(id) does not exist any more.")
        }
        return project
    }

    private func answer(_ project: ProjectID, _ held: [LimitRule], _ version: LimitRulesVersion?) throws -> Response {
        var out = ContractHead.open("submission_limits", project, clock.now)
        AttemptText.member("rules", try AnswerJSONText.json(held.map(RuleAnswer.init)), to: &out)
        AttemptText.member("version", String(version?.version ?? 0).utf8, to: &out)
        AttemptText.member(
            "updated_at", (version.map { JSONText.quoted($0.createdAt.rfc3339()) } ?? "null").utf8, to: &out)
        AttemptText.member("updated_by", (version.map { JSONText.quoted($0.createdBy) } ?? "null").utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }
}

private struct RuleAnswer: Encodable {
    var rule_id: String
    var applies_to: LimitRule.AppliesTo
    var source: OrNull<String>
    var algorithm: LimitRule.Algorithm
    var limit: Int
    var window_seconds: Int
    var burst: OrNull<Int>

    init(_ rule: LimitRule) {
        rule_id = rule.id
        applies_to = rule.appliesTo
        source = OrNull(rule.source)
        algorithm = rule.algorithm
        limit = rule.limit
        window_seconds = rule.windowSeconds
        burst = OrNull(rule.burst)
    }
}
