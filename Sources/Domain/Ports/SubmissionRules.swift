package import Events

/// Everything that a project has set about its submissions, as it holds at one moment: an immutable snapshot.
package struct SubmissionRules: Sendable {
    /// The number of changes so far: two snapshots of a project with the same number are equal. 0: nothing was ever set.
    package var revision: Int64
    /// The active schema of each source that has one.
    package var schemas: [String: FieldSchemaVersion]
    /// Nil: the project's standard rule holds.
    package var limits: LimitRulesVersion?

    package init(
        revision: Int64 = 0, schemas: [String: FieldSchemaVersion] = [:], limits: LimitRulesVersion? = nil
    ) {
        self.revision = revision
        self.schemas = schemas
        self.limits = limits
    }
}

/// The schemas of one source.
package struct SourceSchemas: Hashable, Sendable {
    package var source: String
    /// Nil: the built-in rules judge the source.
    package var active: Int?
    /// Oldest first.
    package var versions: [FieldSchemaVersion]

    package init(source: String, active: Int?, versions: [FieldSchemaVersion]) {
        self.source = source
        self.active = active
        self.versions = versions
    }
}

/// A version that is to be written; its number is found in the transaction that writes it.
package struct FieldSchemaDraft: Sendable {
    package var projectID: ProjectID
    package var source: String
    package var schema: FieldSchema
    package var note: String
    package var activates: Bool

    package init(projectID: ProjectID, source: String, schema: FieldSchema, note: String, activates: Bool) {
        self.projectID = projectID
        self.source = source
        self.schema = schema
        self.note = note
        self.activates = activates
    }
}

/// A lead with the person who sent it, as its submission can be judged again.
package struct RecordedLead: Hashable, Sendable {
    package var lead: Lead
    package var user: UserIdentity?
    package var userName: String?

    package init(lead: Lead, user: UserIdentity?, userName: String?) {
        self.lead = lead
        self.user = user
        self.userName = userName
    }
}

/// The stored state of one rule for one subject.
package struct StoredLimitState: Hashable, Sendable {
    package var ruleID: String
    package var subject: String
    package var state: LimitState

    package init(ruleID: String, subject: String, state: LimitState) {
        self.ruleID = ruleID
        self.subject = subject
        self.state = state
    }
}

/// Some limiter states, all as one attempt left them.
package struct LimitStatePage: Sendable {
    package var states: [StoredLimitState]
    /// The project's newest attempt when they were read: every attempt up to it is in them, and none beyond.
    package var sequence: Int64

    package init(states: [StoredLimitState], sequence: Int64) {
        self.states = states
        self.sequence = sequence
    }
}

/// The settings of submissions: every version is kept, and each change commits together with its audit row. A change
/// holds from the first submission that is decided after it.
package protocol SubmissionRulesLedger: SettingKeyLedger {
    func rules(of project: ProjectID) async throws(LedgerError) -> SubmissionRules
    /// Every source of the project that ever had a schema, by name.
    func schemas(of project: ProjectID) async throws(LedgerError) -> [SourceSchemas]
    /// Nil for a source that never had a schema.
    func schemas(of project: ProjectID, source: String) async throws(LedgerError) -> SourceSchemas?
    /// Writes the version, and switches it on when the draft says so. `audit` and `remember` get the version; a key that is
    /// in use throws `conflict`, and nothing is written.
    func append(
        _ draft: FieldSchemaDraft, by actor: String, at time: Timestamp,
        audit: @escaping @Sendable (Int) -> AuditEntry,
        remember: @escaping @Sendable (FieldSchemaVersion) -> IdempotencyRecord?
    ) async throws(LedgerError) -> FieldSchemaVersion
    /// Switches a version on, or (nil) the schema off. The version exists. A key that is in use throws `conflict`.
    func activate(
        _ version: Int?, source: String, project: ProjectID, by actor: String, at time: Timestamp, audit: AuditEntry,
        remember: IdempotencyRecord?
    ) async throws(LedgerError)
    /// Oldest first.
    func limitVersions(of project: ProjectID) async throws(LedgerError) -> [LimitRulesVersion]
    func setLimits(
        _ rules: [LimitRule], of project: ProjectID, by actor: String, at time: Timestamp,
        audit: @escaping @Sendable (Int) -> AuditEntry
    ) async throws(LedgerError) -> LimitRulesVersion
    /// Stored limiter states in the order of rule and subject, beyond `after`: page by page.
    func limitStates(
        of project: ProjectID, after: StoredLimitState?, limit: Int
    ) async throws(LedgerError) -> LimitStatePage
    /// The newest leads of the source, newest first, found among the project's newest `amongAttempts` attempts.
    func recentLeads(
        of project: ProjectID, source: String, limit: Int, amongAttempts: Int64
    ) async throws(LedgerError) -> [RecordedLead]
}
