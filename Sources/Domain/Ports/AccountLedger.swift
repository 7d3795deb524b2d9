package import Events

package struct Organisation: Hashable, Sendable {
    package var organisationID: String
    package var name: String
    package var createdAt: Timestamp
    package init(organisationID: String, name: String, createdAt: Timestamp) {
        self.organisationID = organisationID
        self.name = name
        self.createdAt = createdAt
    }
}

package struct Member: Hashable, Sendable {
    package var memberID: String
    package var organisationID: String
    /// In lower case; unique over all organisations.
    package var email: String
    package var role: Principal.Role
    /// Argon2id in PHC string form.
    package var passwordHash: String
    package var createdAt: Timestamp

    package init(
        memberID: String, organisationID: String, email: String, role: Principal.Role, passwordHash: String,
        createdAt: Timestamp
    ) {
        self.memberID = memberID
        self.organisationID = organisationID
        self.email = email
        self.role = role
        self.passwordHash = passwordHash
        self.createdAt = createdAt
    }
}

package struct Session: Hashable, Sendable {
    package var sessionID: String
    /// SHA-256 of the token; the token itself is never stored.
    package var tokenHash: [UInt8]
    package var memberID: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp

    package init(
        sessionID: String, tokenHash: [UInt8], memberID: String, createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.sessionID = sessionID
        self.tokenHash = tokenHash
        self.memberID = memberID
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

package struct APIKey: Hashable, Sendable {
    package var keyID: String
    package var projectID: ProjectID
    /// The key's first characters, for people to recognise it.
    package var prefix: String
    package var name: String
    package var scopes: Set<Principal.Scope>
    /// SHA-256 of the key; the key itself is never stored.
    package var tokenHash: [UInt8]
    package var eventsPerSecond: Int?
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var lastUsedAt: Timestamp?
    package var revokedAt: Timestamp?

    package init(
        keyID: String, projectID: ProjectID, prefix: String, name: String, scopes: Set<Principal.Scope>,
        tokenHash: [UInt8], eventsPerSecond: Int? = nil, createdAt: Timestamp, expiresAt: Timestamp? = nil,
        lastUsedAt: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.keyID = keyID
        self.projectID = projectID
        self.prefix = prefix
        self.name = name
        self.scopes = scopes
        self.tokenHash = tokenHash
        self.eventsPerSecond = eventsPerSecond
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }
}

/// Who did what, when, from where. Append-only.
package struct AuditEntry: Hashable, Sendable {
    package var organisationID: String?
    package var projectID: ProjectID?
    /// `member:mem_…`, `key:key_…` or `system`.
    package var actor: String
    /// `project.created`, `key.revoked`, …
    package var action: String
    /// The identifier of what it was done to.
    package var subject: String
    /// The caller's network address.
    package var address: String?
    /// A JSON object.
    package var detail: String
    package var at: Timestamp

    package init(
        organisationID: String?, projectID: ProjectID?, actor: String, action: String, subject: String,
        address: String?, detail: String = "{}", at: Timestamp
    ) {
        self.organisationID = organisationID
        self.projectID = projectID
        self.actor = actor
        self.action = action
        self.subject = subject
        self.address = address
        self.detail = detail
        self.at = at
    }
}

/// One change of the control plane. A list of changes and its audit rows commit together.
package enum AccountChange: Hashable, Sendable {
    case createOrganisation(Organisation)
    case createProject(Project)
    case createMember(Member)
    case createKey(APIKey)
    case revokeKey(keyID: String, project: ProjectID, at: Timestamp)
    case createSession(Session)
    case extendSession(sessionID: String, expiresAt: Timestamp)
    case endSession(sessionID: String)
    /// Sessions that expired before the instant.
    case removeSessions(expiredBefore: Timestamp)
    case recordKeyUse([String: Timestamp])
    case audit(AuditEntry)
    /// What an `Idempotency-Key` made. What is an organisation's, not a project's, stands under its identifier.
    case remember(IdempotencyRecord, project: ProjectID)
}

/// Everything that authentication and project lookups need, read at once.
package struct AccountRecords: Sendable {
    package var organisations: [Organisation]
    package var projects: [Project]
    package var keys: [APIKey]

    package init(organisations: [Organisation], projects: [Project], keys: [APIKey]) {
        self.organisations = organisations
        self.projects = projects
        self.keys = keys
    }
}

/// The control plane's records.
package protocol AccountLedger: SettingKeyLedger {
    func accountRecords() async throws(LedgerError) -> AccountRecords
    func member(email: String) async throws(LedgerError) -> Member?
    func member(id: String) async throws(LedgerError) -> Member?
    func session(tokenHash: [UInt8]) async throws(LedgerError) -> Session?
    /// Newest first.
    func audit(organisation: String, limit: Int) async throws(LedgerError) -> [AuditEntry]
    /// All of them or none. Creating what exists throws `conflict`.
    func apply(_ changes: [AccountChange]) async throws(LedgerError)
    /// Applies the changes if there is no organisation yet; false (and nothing written) otherwise.
    func applyIfEmpty(_ changes: [AccountChange]) async throws(LedgerError) -> Bool
}
