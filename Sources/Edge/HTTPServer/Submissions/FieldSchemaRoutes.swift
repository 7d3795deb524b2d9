internal import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
package import Submissions

/// Schemas of fields: `/v1/projects/{project_id}/schemas…`. Reading needs the scope `query`; writing, switching and dry runs
/// (which read leads) need `admin`.
package struct FieldSchemaRoutes: RouteArea {
    private let rules: SubmissionRulesService
    private let directory: any ProjectDirectory
    private let clock: any Clock

    /// Largest body of a dry run, in bytes.
    static let dryRunBytesMax = 8 * 1024 * 1024

    package init(rules: SubmissionRulesService, directory: any ProjectDirectory, clock: any Clock) {
        self.rules = rules
        self.directory = directory
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let schemas = "/v1/projects/{project_id}/schemas"
        routes.on("\(schemas)", contract: "field_schemas") { request, context in try await list(request, context) }
        routes.on("\(schemas)/{source}", contract: "field_schema") { request, context in try await one(request, context)
        }
        routes.post("\(schemas)/{source}") { request, context in try await write(request, context) }
        routes.on("\(schemas)/{source}/activate", method: .post, contract: "field_schema") { request, context in
            try await activate(request, context)
        }
        routes.on("\(schemas)/{source}/dry-run", method: .post, contract: "field_schema_dry_run") { request, context in
            try await dryRun(request, context)
        }
    }

    private func project(_ context: DaybookContext, _ scope: Principal.Scope) throws(Problem) -> Project {
        let id = try context.project(scope)
        guard let project = directory.project(id) else {
            throw Problem(.notFound, "The project \(id) does not exist any more.")
        }
        return project
    }

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try context.project(.query)
        _ = try request.queryParameters(only: [])
        let found = try await rules.schemas(of: project)
        var out = ContractHead.open("field_schemas", project, clock.now)
        AttemptText.member(
            "schemas",
            try AnswerJSONText.json(
                found.map {
                    SchemaSummary(source: $0.source, active_version: OrNull($0.active), versions: $0.versions.count)
                }), to: &out)
        AttemptText.member("builtin", try AnswerJSONText.json(BuiltinSchema.fields), to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try context.project(.query)
        _ = try request.queryParameters(only: [])
        return try await answer(project, context.parameter("source"))
    }

    private func answer(_ project: ProjectID, _ source: String) async throws -> Response {
        let found = try await rules.schemas(of: project, source: source)
        var out = ContractHead.open("field_schema", project, clock.now)
        AttemptText.member("source", JSONText.quoted(found.source).utf8, to: &out)
        AttemptText.member("active_version", (found.active.map(String.init) ?? "null").utf8, to: &out)
        AttemptText.member("versions", try AnswerJSONText.json(found.versions.map(VersionAnswer.init)), to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func write(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .admin)
        _ = try request.queryParameters(only: [])
        let source = try context.parameter("source")
        let sent = try await bytes(request, bytesMax: HTTPLimits.bodyBytesMax)
        let body = try SchemaRequest.read(sent)
        let key = try request.settingKey("schema \(source)", body: sent)
        let written = try await rules.write(body, key: key, project: project, source: source, by: try actor(context))
        var response = Response.json(
            bytes: try AnswerJSONText.json(VersionAnswer(written.version)), status: written.isNew ? .created : .ok)
        if written.isReplayed { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
        return response
    }

    private func activate(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .admin)
        _ = try request.queryParameters(only: [])
        let source = try context.parameter("source")
        let sent = try await bytes(request, bytesMax: HTTPLimits.bodyBytesMax)
        let body = try SchemaActivation.read(sent)
        let key = try request.settingKey("activation \(source)", body: sent)
        let isFirst = try await rules.activate(
            body.version, key: key, project: project, source: source, by: try actor(context))
        var response = try await answer(project.id, source)
        if !isFirst { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
        return response
    }

    private func dryRun(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .admin)
        _ = try request.queryParameters(only: [])
        let source = try context.parameter("source")
        let body = try DryRunRequest.read(try await bytes(request, bytesMax: Self.dryRunBytesMax))
        let report = try await rules.dryRun(body, project: project, source: source)
        var out = ContractHead.open("field_schema_dry_run", project.id, clock.now)
        AttemptText.member("source", JSONText.quoted(source).utf8, to: &out)
        AttemptText.member("checked", String(report.results.count).utf8, to: &out)
        AttemptText.member("passed", String(report.passed).utf8, to: &out)
        AttemptText.member("failed", String(report.results.count - report.passed).utf8, to: &out)
        AttemptText.member("by_field", try AnswerJSONText.json(report.byField.map(CountAnswer.init)), to: &out)
        AttemptText.member("results", try AnswerJSONText.json(report.results.map(ResultAnswer.init)), to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func bytes(_ request: Request, bytesMax: Int) async throws -> [UInt8] {
        Array(try await request.collectedBody(bytesMax: bytesMax).readableBytesView)
    }

    private func actor(_ context: DaybookContext) throws(Problem) -> SubmissionRulesService.Actor {
        SubmissionRulesService.Actor(try context.requirePrincipal(), address: context.remoteAddress)
    }
}

private struct SchemaSummary: Encodable {
    var source: String
    var active_version: OrNull<Int>
    var versions: Int
}

private struct VersionAnswer: Encodable {
    var source: String
    var version: Int
    var fields: [SchemaField]
    var unknown_fields: UnknownFieldPolicy
    var note: String
    var created_by: String
    var created_at: Timestamp
    var activated_at: OrNull<Timestamp>

    init(_ version: FieldSchemaVersion) {
        source = version.source
        self.version = version.version
        fields = version.schema.fields
        unknown_fields = version.schema.unknownFields
        note = version.note
        created_by = version.createdBy
        created_at = version.createdAt
        activated_at = OrNull(version.activatedAt)
    }
}

private struct CountAnswer: Encodable {
    var pointer: String
    var code: ErrorCode
    var count: Int
    init(_ count: DryRunReport.Count) {
        pointer = count.pointer
        code = count.code
        self.count = count.count
    }
}

private struct ResultAnswer: Encodable {
    struct Field: Encodable {
        var pointer: String
        var code: ErrorCode
        var message: String
    }
    var index: Int
    var outcome: String
    var lead_id: OrNull<String>
    var attempt_id: OrNull<String>
    var errors: [Field]

    init(_ result: DryRunReport.Result) {
        index = result.index
        outcome = result.isPassed ? "passed" : "failed"
        lead_id = OrNull(result.lead?.leadID)
        attempt_id = OrNull(result.lead?.attemptID)
        errors = result.errors.map { Field(pointer: $0.pointer, code: $0.code, message: $0.message) }
    }
}
