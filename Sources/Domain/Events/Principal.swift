/// Who asks, after authentication: an API key of one project, or a signed-in member of an organisation.
package struct Principal: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The key's identifier.
        case apiKey(String)
        /// The member's identifier.
        case member(String)

        /// As the audit log names it.
        package var actor: String {
            switch self {
            case .apiKey(let id): "key:\(id)"
            case .member(let id): "member:\(id)"
            }
        }
    }

    package enum Scope: String, Hashable, Sendable, CaseIterable, Codable {
        case ingest, query, admin
    }

    package enum Role: String, Hashable, Sendable, CaseIterable, Codable {
        case owner, admin, developer, `operator`, support, analyst

        /// What a signed-in member of this role may do with the organisation's projects.
        package var scopes: Set<Scope> {
            switch self {
            case .owner, .admin: [.ingest, .query, .admin]
            case .developer: [.ingest, .query]
            case .operator, .support, .analyst: [.query]
            }
        }
    }

    package var kind: Kind
    /// The only projects this principal may name.
    package var projects: Set<ProjectID>
    package var scopes: Set<Scope>
    package var role: Role?
    /// Requests or events a second allowed for this key; nil means the project's limit alone.
    package var eventsPerSecond: Int?

    package init(
        kind: Kind, projects: Set<ProjectID>, scopes: Set<Scope>, role: Role? = nil, eventsPerSecond: Int? = nil
    ) {
        self.kind = kind
        self.projects = projects
        self.scopes = scopes
        self.role = role
        self.eventsPerSecond = eventsPerSecond
    }

    /// Throws `project_forbidden` or `scope_missing`. Every route calls this before it does anything else.
    package func require(_ scope: Scope, of project: ProjectID) throws(Problem) {
        guard projects.contains(project) else {
            throw Problem(
                .projectForbidden,
                "These credentials do not belong to project \(project). Use a key of that project, or check the project_id."
            )
        }
        guard scopes.contains(scope) else {
            throw Problem(
                .scopeMissing,
                "This needs the scope '\(scope.rawValue)'. Create a key with it, or ask an owner or admin of the organisation."
            )
        }
    }
}
