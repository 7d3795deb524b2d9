package import Events
internal import Foundation
package import Ports

/// What a project sets about its submissions: schemas of fields, and limits. Every change is a new version with its audit
/// row in one transaction, and holds from the next decision on.
package struct SubmissionRulesService: Sendable {
    private let ledger: any SubmissionRulesLedger
    private let clock: any Clock

    package init(ledger: any SubmissionRulesLedger, clock: any Clock) {
        self.ledger = ledger
        self.clock = clock
    }

    /// Who changes something, for the audit log.
    package struct Actor: Sendable {
        var name: String
        var address: String?

        package init(_ principal: Principal, address: String?) {
            name = principal.kind.actor
            self.address = address
        }
    }

    // MARK: Schemas

    /// Every source of the project that ever had a schema.
    package func schemas(of project: ProjectID) async throws(Problem) -> [SourceSchemas] {
        do { return try await ledger.schemas(of: project) } catch { throw Self.problem(for: error) }
    }

    /// The schemas of one source; none yet is no error.
    package func schemas(of project: ProjectID, source: String) async throws(Problem) -> SourceSchemas {
        try Self.check(source)
        do {
            return try await ledger.schemas(of: project, source: source)
                ?? SourceSchemas(source: source, active: nil, versions: [])
        } catch { throw Self.problem(for: error) }
    }

    /// A version that was written, or found written already.
    package struct WrittenSchema: Sendable {
        package var version: FieldSchemaVersion
        /// False when the newest version said the same.
        package var isNew: Bool
        /// Whether an earlier request with the same key got this answer first.
        package var isReplayed = false
    }

    /// Writes a version. One that says the same as the newest is not written again: a repeated request gets that version.
    /// With a key, the repeated request is answered as it was, whatever was written since.
    package func write(
        _ request: SchemaRequest, key: SettingKey? = nil, project: Project, source: String, by actor: Actor
    ) async throws(Problem) -> WrittenSchema {
        let now = clock.now
        if let earlier = try await earlier(key, project, source, at: now) { return earlier }
        let known = try await schemas(of: project.id, source: source)
        if let newest = known.versions.last, newest.schema == request.schema, newest.note == request.note {
            if request.activates, known.active != newest.version {
                try await activate(newest.version, project: project, source: source, by: actor)
            }
            let record = key?.record(
                made: "\(source)/\(newest.version)", answer: Self.answer(newest, isNew: false), at: now)
            guard try await remember(record, project) else {
                return try await answeredMeanwhile(key, project, source, at: now)
            }
            return WrittenSchema(version: newest, isNew: false)
        }
        guard known.versions.count < Limits.schemaVersionsMax else {
            throw Problem(
                .fieldTooMany, "A source may have at most \(Limits.schemaVersionsMax) versions of its schema.")
        }
        if known.versions.isEmpty, try await schemas(of: project.id).count >= Limits.schemaSourcesMax {
            throw Problem(
                .fieldTooMany, "A project may have schemas for at most \(Limits.schemaSourcesMax) sources.")
        }
        let draft = FieldSchemaDraft(
            projectID: project.id, source: source, schema: request.schema, note: request.note,
            activates: request.activates)
        do {
            let version = try await ledger.append(draft, by: actor.name, at: now) { version in
                audit(
                    "schema.created", "\(source)/\(version)", project, actor, now,
                    "{\"fields\":\(request.schema.fields.count),\"activated\":\(request.activates)}")
            } remember: { version in
                key?.record(
                    made: "\(source)/\(version.version)", answer: Self.answer(version, isNew: true), at: now)
            }
            return WrittenSchema(version: version, isNew: true)
        } catch {
            guard key != nil, case .conflict = error else { throw Self.problem(for: error) }
        }
        return try await answeredMeanwhile(key, project, source, at: now)
    }

    /// Switches a version on, or (nil) the source back to the built-in rules. What is so already is not written again. False
    /// when an earlier request with the same key did it: nothing is switched then, whatever was switched since.
    @discardableResult
    package func activate(
        _ version: Int?, key: SettingKey? = nil, project: Project, source: String, by actor: Actor
    ) async throws(Problem) -> Bool {
        let now = clock.now
        let earlier = try await key?.earlier(in: ledger, project.id, at: now)
        if earlier != nil { return false }
        let known = try await schemas(of: project.id, source: source)
        if let version, !known.versions.contains(where: { $0.version == version }) {
            throw Problem(.notFound, "The source \(source) has no schema version \(version).")
        }
        let subject = "\(source)/\(version.map(String.init) ?? "none")"
        let record = key?.record(made: subject, at: now)
        guard known.active != version else { return try await remember(record, project) }
        let entry = audit(
            version == nil ? "schema.deactivated" : "schema.activated", subject, project, actor, now,
            "{\"before\":\(known.active.map(String.init) ?? "null")}")
        do {
            try await ledger.activate(
                version, source: source, project: project.id, by: actor.name, at: now, audit: entry, remember: record)
            return true
        } catch {
            guard record != nil, case .conflict = error else { throw Self.problem(for: error) }
        }
        // Somebody else's request with this key was first: the same one, or another that `earlier` refuses.
        _ = try await key?.earlier(in: ledger, project.id, at: now)
        return false
    }

    /// Keeps the key of a request that changed nothing. False when a request with the same key was first.
    private func remember(_ record: IdempotencyRecord?, _ project: Project) async throws(Problem) -> Bool {
        guard let record else { return true }
        do { try await ledger.remember(record, of: project.id) } catch {
            guard case .conflict = error else { throw Self.problem(for: error) }
            return false
        }
        return true
    }

    /// What a request that was answered while this one was on its way got.
    private func answeredMeanwhile(
        _ key: SettingKey?, _ project: Project, _ source: String, at now: Timestamp
    ) async throws(Problem) -> WrittenSchema {
        if let earlier = try await earlier(key, project, source, at: now) { return earlier }
        throw Problem(
            .dependencyUnavailable, "The key was in use a moment ago. Retry in a moment.", retryAfterSeconds: 2)
    }

    /// The answer that an earlier request with this key got.
    private func earlier(
        _ key: SettingKey?, _ project: Project, _ source: String, at now: Timestamp
    ) async throws(Problem) -> WrittenSchema? {
        guard let key else { return nil }
        let found = try await key.earlier(in: ledger, project.id, at: now)
        guard let found else { return nil }
        let stored: StoredSchemaAnswer
        do { stored = try JSONDecoder().decode(StoredSchemaAnswer.self, from: Data(found.answer.utf8)) } catch {
            throw Problem(.internalError, "The earlier answer of this Idempotency-Key cannot be read.")
        }
        let known = try await schemas(of: project.id, source: source)
        guard var version = known.versions.first(where: { $0.version == stored.version }) else {
            throw Problem(.internalError, "The version that this Idempotency-Key wrote cannot be found.")
        }
        version.activatedAt = stored.activatedAt.map(Timestamp.init(microseconds:))
        return WrittenSchema(version: version, isNew: stored.isNew, isReplayed: true)
    }

    private static func answer(_ version: FieldSchemaVersion, isNew: Bool) -> String {
        let activated = version.activatedAt.map { String($0.microseconds) } ?? "null"
        return "{\"version\":\(version.version),\"is_new\":\(isNew),\"activated_at_us\":\(activated)}"
    }

    /// Judges submissions by a schema that is not switched on. Stores nothing.
    package func dryRun(
        _ request: DryRunRequest, project: Project, source: String
    ) async throws(Problem) -> DryRunReport {
        let schema: FieldSchema
        switch request.candidate {
        case .schema(let given):
            try Self.check(source)
            schema = given
        case .version(let number):
            let known = try await schemas(of: project.id, source: source)
            guard let found = known.versions.first(where: { $0.version == number }) else {
                throw Problem(.notFound, "The source \(source) has no schema version \(number).")
            }
            schema = found.schema
        }
        let compiled: CompiledSchema
        do throws(PatternError) { compiled = try CompiledSchema(schema, version: "candidate") } catch {
            throw Problem(.patternUnsupported, error.message)
        }
        var dryRun = DryRun(project: project, rules: CompiledRules(candidate: compiled))
        switch request.samples {
        case .given(let samples):
            for sample in samples { dryRun.judge(sample) }
        case .recent(let count):
            do {
                let leads = try await ledger.recentLeads(
                    of: project.id, source: source, limit: count, amongAttempts: Limits.dryRunAttemptsMax)
                for lead in leads { dryRun.judge(lead) }
            } catch { throw Self.problem(for: error) }
        }
        return dryRun.report
    }

    // MARK: Limits

    /// The rules that hold, and since when; nil since nothing was ever set.
    package func limits(of project: Project) async throws(Problem) -> (rules: [LimitRule], version: LimitRulesVersion?)
    {
        do {
            let set = try await ledger.limitVersions(of: project.id).last
            return (set?.rules ?? [.standard(perMinute: project.submissionsPerUserPerMinute)], set)
        } catch { throw Self.problem(for: error) }
    }

    /// Sets all rules at once; an empty list means no limits. Equal rules are not written again.
    package func setLimits(
        _ request: LimitRequest, project: Project, by actor: Actor
    ) async throws(Problem) -> LimitRulesVersion {
        let (rules, version) = try await limits(of: project)
        if let version, rules == request.rules { return version }
        let now = clock.now
        let ids = request.rules.map { JSONText.quoted($0.id) }.joined(separator: ",")
        do {
            return try await ledger.setLimits(request.rules, of: project.id, by: actor.name, at: now) { version in
                audit("limits.changed", String(version), project, actor, now, "{\"rules\":[\(ids)]}")
            }
        } catch { throw Self.problem(for: error) }
    }

    // MARK: Shared

    private static func check(_ source: String) throws(Problem) {
        guard FieldRules.isName(source) else {
            throw Problem(
                .parameterInvalid,
                "A source has 1 to \(Limits.sourceBytesMax) letters, digits or _ . : - here.")
        }
    }

    private func audit(
        _ action: String, _ subject: String, _ project: Project, _ actor: Actor, _ at: Timestamp, _ detail: String
    ) -> AuditEntry {
        AuditEntry(
            organisationID: project.organisationID, projectID: project.id, actor: actor.name, action: action,
            subject: subject, address: actor.address, detail: detail, at: at)
    }

    static func problem(for error: LedgerError) -> Problem {
        switch error {
        case .full:
            Problem(
                .storageFull, "The disk is full; nothing was changed. Retry once there is space.", retryAfterSeconds: 30
            )
        case .readOnly:
            Problem(.readOnly, "Settings cannot be changed at the moment. Retry later.", retryAfterSeconds: 30)
        case .closed: Problem(.shuttingDown, "The server is shutting down. Retry in a moment.", retryAfterSeconds: 2)
        default:
            Problem(
                .dependencyUnavailable, "Settings cannot be read or written at the moment. Retry in a moment.",
                retryAfterSeconds: 2)
        }
    }
}

/// What is kept of the answer of a request that wrote a version; the version itself never changes.
private struct StoredSchemaAnswer: Decodable {
    var version: Int
    var isNew: Bool
    /// Microseconds since 1970; what was so when it was answered.
    var activatedAt: Int64?

    private enum CodingKeys: String, CodingKey {
        case version
        case isNew = "is_new"
        case activatedAt = "activated_at_us"
    }
}
