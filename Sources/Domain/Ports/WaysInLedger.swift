package import Events

/// How web pages may submit to one source: a setting of the control plane.
package struct LeadForm: Hashable, Sendable {
    package var projectID: ProjectID
    package var source: String
    package var isEnabled: Bool
    /// Absolute addresses; a redirect goes to one of them or below it.
    package var redirectTargets: [String]
    package var successRedirect: String?
    package var failureRedirect: String?
    /// `https://example.com`; empty means that any page may submit.
    package var allowedOrigins: [String]
    /// The field that people do not see and leave empty.
    package var honeypot: String
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        projectID: ProjectID, source: String, isEnabled: Bool, redirectTargets: [String], successRedirect: String?,
        failureRedirect: String?, allowedOrigins: [String], honeypot: String, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.projectID = projectID
        self.source = source
        self.isEnabled = isEnabled
        self.redirectTargets = redirectTargets
        self.successRedirect = successRedirect
        self.failureRedirect = failureRedirect
        self.allowedOrigins = allowedOrigins
        self.honeypot = honeypot
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A secret that webhooks of one source are signed with, encrypted.
package struct WebhookSecret: Hashable, Sendable {
    package var secretID: String
    package var projectID: ProjectID
    package var source: String
    /// The secret's first characters, for people to recognise it.
    package var prefix: String
    /// The secret, sealed with a key that is not in the ledger.
    package var sealed: [UInt8]
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    package var lastUsedAt: Timestamp?

    package init(
        secretID: String, projectID: ProjectID, source: String, prefix: String, sealed: [UInt8], createdAt: Timestamp,
        expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil
    ) {
        self.secretID = secretID
        self.projectID = projectID
        self.source = source
        self.prefix = prefix
        self.sealed = sealed
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
    }

    package func isValid(at now: Timestamp) -> Bool {
        revokedAt == nil && (expiresAt.map { now < $0 } ?? true)
    }
}

/// One change of the ways in. A list of changes and its audit rows commit together.
package enum WaysInChange: Hashable, Sendable {
    /// Creates the form, or replaces its settings.
    case putForm(LeadForm)
    case removeForm(source: String, project: ProjectID)
    case createSecret(WebhookSecret)
    /// Ends the secret then, unless it ends earlier.
    case expireSecret(secretID: String, project: ProjectID, at: Timestamp)
    case revokeSecret(secretID: String, project: ProjectID, at: Timestamp)
    case recordSecretUse([String: Timestamp])
    case audit(AuditEntry)
    /// Keeps the key of the request that makes the changes; one that is in use makes all of them a `conflict`.
    case remember(IdempotencyRecord, project: ProjectID)
}

package struct WaysInRecords: Sendable {
    package var forms: [LeadForm]
    package var secrets: [WebhookSecret]

    package init(forms: [LeadForm], secrets: [WebhookSecret]) {
        self.forms = forms
        self.secrets = secrets
    }
}

/// The settings of the ways in.
package protocol WaysInLedger: SettingKeyLedger {
    /// All of them, of every project.
    func waysInRecords() async throws(LedgerError) -> WaysInRecords
    /// All of them or none. Creating what exists throws `conflict`.
    func applyWaysIn(_ changes: [WaysInChange]) async throws(LedgerError)
}
