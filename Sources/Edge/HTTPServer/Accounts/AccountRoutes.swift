package import Accounts
internal import Events
internal import HTTPTypes
package import Hummingbird
internal import Ports
internal import Submissions

/// Sign-in, projects and API keys.
package struct AccountRoutes: RouteArea {
    private let accounts: AccountService
    private let environment: String

    package init(accounts: AccountService, environment: String) {
        self.accounts = accounts
        self.environment = environment
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("/v1/session") { request, context in
            let body = try await request.object(known: SignInBody.members, SignInBody.init).value
            let signedIn = try await accounts.signIn(
                email: body.email, password: body.password, address: context.remoteAddress)
            return try Response.json(SessionAnswer(signedIn, environment: environment), status: .created)
        }
        routes.get("/v1/session") { request, _ in
            let signedIn = try await accounts.session(authorization: request.headers[.authorization])
            return try Response.json(SessionAnswer(signedIn, environment: environment))
        }
        routes.delete("/v1/session") { request, context in
            try await accounts.signOut(authorization: request.headers[.authorization], address: context.remoteAddress)
            return Response(status: .noContent)
        }
        routes.get("/v1/projects") { _, context in
            let principal = try context.requirePrincipal()
            return try Response.json(ProjectList(projects: accounts.projects(of: principal).map { ProjectAnswer($0) }))
        }
        routes.post("/v1/projects") { request, context in
            let principal = try context.requirePrincipal()
            let (body, sent) = try await request.object(known: ProjectBody.members, ProjectBody.init)
            let created = try await accounts.createProject(
                name: body.name, timeZone: body.timeZone, region: body.region ?? "local",
                repeating: try request.settingKey("project \(principal.kind.actor)", body: sent), by: principal,
                address: context.remoteAddress)
            var response = try Response.json(
                ProjectAnswer(created.project, apiKey: created.apiKey), status: .created)
            if created.isReplayed { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
            return response
        }
        addKeys(to: routes)
    }

    private func addKeys(to routes: Router<DaybookContext>) {
        routes.get("/v1/projects/{project_id}/keys") { request, context in
            let project = try request.pathProject(context, .admin)
            return try Response.json(KeyList(keys: accounts.keys(of: project).map { KeyAnswer($0) }))
        }
        routes.post("/v1/projects/{project_id}/keys") { request, context in
            let project = try request.pathProject(context, .admin)
            let principal = try context.requirePrincipal()
            let (body, sent) = try await request.object(known: KeyBody.members, KeyBody.init)
            let created = try await accounts.createKey(
                project: project, name: body.name, scopes: try Self.scopes(body.scopes),
                expiresAt: try Self.expiry(body.expiresAt),
                repeating: try request.settingKey("key \(principal.kind.actor)", body: sent), by: principal,
                address: context.remoteAddress)
            var response = try Response.json(KeyAnswer(created.key, token: created.token), status: .created)
            if created.isReplayed { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
            return response
        }
        routes.delete("/v1/projects/{project_id}/keys/{key_id}") { request, context in
            let project = try request.pathProject(context, .admin)
            try await accounts.revokeKey(
                try context.parameter("key_id"), project: project, by: try context.requirePrincipal(),
                address: context.remoteAddress)
            return Response(status: .noContent)
        }
    }

    private static func scopes(_ names: [String]) throws(Problem) -> Set<Principal.Scope> {
        var scopes: Set<Principal.Scope> = []
        for (index, name) in names.enumerated() {
            guard let scope = Principal.Scope(rawValue: name) else {
                throw Problem(
                    .fieldValue, "A scope is one of ingest, query and admin.",
                    fields: [
                        FieldProblem(
                            pointer: "/scopes/\(index)", code: .fieldValue, message: "Write ingest, query or admin.")
                    ])
            }
            scopes.insert(scope)
        }
        return scopes
    }

    private static func expiry(_ text: String?) throws(Problem) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw Problem(
                .timeInvalid, "expires_at must be an RFC 3339 time.",
                fields: [
                    FieldProblem(
                        pointer: "/expires_at", code: .timeInvalid, message: "Write it as 2027-01-31T00:00:00Z.")
                ])
        }
        return time
    }
}

private struct SignInBody {
    static let members: Set<String> = ["email", "password"]
    var email: String
    var password: String

    init?(_ object: inout SettingObject) {
        let email = object.string("email", isRequired: true)
        let password = object.string("password", isRequired: true)
        guard let email, let password else { return nil }
        (self.email, self.password) = (email, password)
    }
}

private struct ProjectBody {
    static let members: Set<String> = ["name", "time_zone", "region"]
    var name: String
    var timeZone: String
    var region: String?

    init?(_ object: inout SettingObject) {
        let name = object.string("name", isRequired: true)
        let timeZone = object.string("time_zone", isRequired: true)
        region = object.string("region")
        guard let name, let timeZone else { return nil }
        (self.name, self.timeZone) = (name, timeZone)
    }
}

private struct KeyBody {
    static let members: Set<String> = ["name", "scopes", "expires_at"]
    /// More than there are scopes; a repeated one counts once.
    private static let scopesMax = 100
    var name: String
    var scopes: [String]
    var expiresAt: String?

    init?(_ object: inout SettingObject) {
        let name = object.string("name", isRequired: true)
        let scopes = object.strings("scopes", countMax: Self.scopesMax, isRequired: true)
        expiresAt = object.string("expires_at")
        guard let name, let scopes else { return nil }
        (self.name, self.scopes) = (name, scopes)
    }
}

private struct ProjectList: Encodable { var projects: [ProjectAnswer] }
private struct KeyList: Encodable { var keys: [KeyAnswer] }

private struct ProjectAnswer: Encodable {
    var project_id: String
    var name: String
    var time_zone: String
    var region: String
    var api_key: String?

    init(_ project: Project, apiKey: String? = nil) {
        project_id = project.id.text
        name = project.name
        time_zone = project.calendar.zoneName
        region = project.region
        api_key = apiKey
    }
}

private struct KeyAnswer: Encodable {
    var key_id: String
    var prefix: String
    var name: String
    var scopes: [String]
    var created_at: Timestamp
    var expires_at: OrNull<Timestamp>
    var last_used_at: OrNull<Timestamp>
    var revoked_at: OrNull<Timestamp>
    var api_key: String?

    init(_ key: APIKey, token: String? = nil) {
        key_id = key.keyID
        prefix = key.prefix
        name = key.name
        scopes = key.scopes.map(\.rawValue).sorted()
        created_at = key.createdAt
        expires_at = OrNull(key.expiresAt)
        last_used_at = OrNull(key.lastUsedAt)
        revoked_at = OrNull(key.revokedAt)
        api_key = token
    }
}

private struct SessionAnswer: Encodable {
    struct MemberFacts: Encodable {
        var member_id: String
        var email: String
        var role: Principal.Role
    }
    struct OrganisationFacts: Encodable {
        var organisation_id: String
        var name: String
    }
    var token: String?
    var expires_at: Timestamp
    var member: MemberFacts
    var organisation: OrganisationFacts
    var projects: [ProjectAnswer]
    var environment: String

    init(_ signedIn: SignedIn, environment: String) {
        token = signedIn.token
        expires_at = signedIn.expiresAt
        member = MemberFacts(
            member_id: signedIn.member.memberID, email: signedIn.member.email, role: signedIn.member.role)
        organisation = OrganisationFacts(
            organisation_id: signedIn.organisation.organisationID, name: signedIn.organisation.name)
        projects = signedIn.projects.map { ProjectAnswer($0) }
        self.environment = environment
    }
}
