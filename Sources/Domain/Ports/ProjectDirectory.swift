package import Events

/// The control plane's published snapshot of projects: no database read per event. A lookup is a dictionary access.
package protocol ProjectDirectory: Sendable {
    func project(_ id: ProjectID) -> Project?
    var projects: [Project] { get }
}

/// Turns an `Authorization` header (Bearer API key or session) into a principal, from published snapshots and without
/// I/O for keys already seen. Throws `credentials_missing`, `_invalid`, `_revoked` or `_expired`.
package protocol Authenticator: Sendable {
    func authenticate(authorization: String?) async throws(Problem) -> Principal
}
