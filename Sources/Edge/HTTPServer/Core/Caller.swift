package import Events

/// What a route knows about who asks.
package protocol Caller {
    /// `X-Request-Id`: the caller's, when it is well formed, or one of ours. In every answer and every log line.
    var correlationID: String { get }
    /// `traceparent`: the trace that the request belongs to, when its caller says so.
    var trace: TraceContext? { get }
    /// Who asks; nil on routes that need nobody.
    var principal: Principal? { get }
    /// The caller's address: as the socket saw it, or as a trusted proxy names it.
    var remoteAddress: String? { get }
}

extension Caller {
    /// The principal of an authenticated route.
    package func requirePrincipal() throws(Problem) -> Principal {
        guard let principal else {
            throw Problem(
                .credentialsMissing, "Send `Authorization: Bearer <API key or session token>`.")
        }
        return principal
    }

    /// The project named by text, after checking that the caller may use it so.
    package func project(named text: String?, _ scope: Principal.Scope) throws(Problem) -> ProjectID {
        let principal = try requirePrincipal()
        guard let text, !text.isEmpty else {
            throw Problem(.parameterMissing, "Name the project: `project_id=prj_…`.")
        }
        guard let id = ProjectID(text) else {
            throw Problem(
                .projectForbidden,
                "These credentials do not belong to the project that the request names. Check the project_id.")
        }
        try principal.require(scope, of: id)
        return id
    }

    /// The project named by text, after checking that the caller may use it in one of these ways; the first one is named
    /// when none is allowed.
    package func project(named text: String?, anyOf scopes: [Principal.Scope]) throws(Problem) -> ProjectID {
        let principal = try requirePrincipal()
        return try project(named: text, scopes.first(where: principal.scopes.contains) ?? scopes[0])
    }
}
