// Accounts: who may do what. Organisations own projects and members; projects own API keys.
//
// Constraints: nothing secret is stored (passwords as Argon2id, tokens as SHA-256) and a key is shown once; only the answer
// to an `Idempotency-Key` keeps a new key for a day, encrypted. Every change is one transaction with its audit row.
// Requests are authenticated from `PublishedAccounts`, in memory.
//
// Stored: `organisations`, `projects`, `members`, `sessions`, `api_keys`, `audit_log`.
//
// Failure cases: wrong, revoked and expired credentials and credentials of another project each have their own code;
// guessing is throttled; an unknown email takes as long to refuse as a wrong password; a ledger that fails is
// `dependency_unavailable` and changes nothing.

package import Events
internal import Foundation
package import Ports
package import Telemetry

package struct AccountService: Sendable {
    let ledger: any AccountLedger
    package let published: PublishedAccounts
    let hasher: PasswordHasher
    let clock: any Clock
    let randomness: any Randomness
    let identifiers: any Identifiers
    let sealing: any SecretSealing
    let telemetry: Telemetry
    let throttle = SignInThrottle()

    package init(
        ledger: any AccountLedger, published: PublishedAccounts, hasher: PasswordHasher, clock: any Clock,
        randomness: any Randomness, identifiers: any Identifiers, sealing: any SecretSealing, telemetry: Telemetry
    ) {
        self.ledger = ledger
        self.published = published
        self.hasher = hasher
        self.clock = clock
        self.randomness = randomness
        self.identifiers = identifiers
        self.sealing = sealing
        self.telemetry = telemetry
    }

    /// Writes key uses and session ends in batches, until the task is cancelled; then once more.
    package func run() async {
        var isRunning = true
        while isRunning {
            do { try await clock.sleep(for: Limits.flushInterval) } catch { isRunning = false }
            do { try await published.flush() } catch {
                if error == .closed { return }
                telemetry.emit(AccountFlushFailed(error: error))
            }
        }
    }

    // MARK: Projects

    /// The projects that the principal may name, by creation.
    package func projects(of principal: Principal) -> [Project] {
        published.projects.filter { principal.projects.contains($0.id) }
    }

    /// Creates a project in the principal's organisation, and a first API key (ingest, query, admin) for it. A repeated
    /// request with the same `repeating` gets the project and the key of the first one.
    package func createProject(
        name: String, timeZone: String, region: String, repeating: SettingKey? = nil, by principal: Principal,
        address: String?
    ) async throws(Problem) -> CreatedProject {
        guard principal.scopes.contains(.admin) else {
            throw Problem(
                .scopeMissing, "Creating a project needs the scope 'admin'. Ask an owner or admin of the organisation.")
        }
        let organisation = try await organisation(of: principal)
        if let earlier = try await earlierProject(repeating, organisation) { return earlier }
        let calendar = try Self.check(name: name, timeZone: timeZone, region: region)
        guard published.projects(of: organisation).count < Limits.projectsPerOrganisationMax else {
            throw Problem(
                .fieldTooMany, "An organisation may have at most \(Limits.projectsPerOrganisationMax) projects.")
        }
        let now = clock.now
        let project = Project(
            id: newProjectID(name), organisationID: organisation, name: name, calendar: calendar, region: region,
            eventsPerSecond: Limits.defaultEventsPerSecond,
            submissionsPerUserPerMinute: Limits.defaultSubmissionsPerUserPerMinute, createdAt: now)
        let (key, token) = newKey(
            project: project.id, name: "first key", scopes: Set(Principal.Scope.allCases), expiresAt: nil)
        var changes: [AccountChange] = [
            .createProject(project), .createKey(key),
            audit("project.created", project.id.text, organisation, project.id, principal, address),
            audit("key.created", key.keyID, organisation, project.id, principal, address),
        ]
        if let repeating {
            let answer = try sealed(token, of: key.keyID)
            changes.append(
                .remember(
                    repeating.record(made: project.id.text, answer: answer, at: now),
                    project: ProjectID(trusted: organisation)))
        }
        do throws(Problem) { try await apply(changes) } catch {
            // A request with the same key may have been first.
            if let earlier = try await earlierProject(repeating, organisation) { return earlier }
            throw error
        }
        return CreatedProject(project: project, apiKey: token)
    }

    private static func check(name: String, timeZone: String, region: String) throws(Problem) -> DayCalendar {
        var fields: [FieldProblem] = []
        if !isName(name) {
            fields.append(
                FieldProblem(
                    pointer: "/name", code: .fieldValue,
                    message:
                        "\(Limits.nameBytes.lowerBound) to \(Limits.nameBytes.upperBound) bytes without control characters."
                ))
        }
        let calendar = DayCalendar(zoneName: timeZone)
        if calendar == nil {
            fields.append(
                FieldProblem(
                    pointer: "/time_zone", code: .fieldValue,
                    message: "Write a tz database name, e.g. America/New_York."))
        }
        let isRegion =
            Limits.regionBytes.contains(region.utf8.count)
            && region.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
        if !isRegion {
            fields.append(
                FieldProblem(
                    pointer: "/region", code: .fieldPattern,
                    message: "2 to 32 lower-case letters, digits or -, e.g. us-east."))
        }
        guard fields.isEmpty, let calendar else {
            throw Problem(fields[0].code, "The project cannot be created: see errors.", fields: fields)
        }
        return calendar
    }

    private static func isName(_ text: String) -> Bool {
        Limits.nameBytes.contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && text.contains { !$0.isWhitespace }
    }

    /// `prj_<name as far as it fits>_<six random characters>`.
    private func newProjectID(_ name: String) -> ProjectID {
        let slug = String(
            decoding: name.lowercased().utf8.filter { (48...57).contains($0) || (97...122).contains($0) }.prefix(20),
            as: UTF8.self)
        let random = randomness.bytes(6).map { Array("0123456789abcdefghijklmnopqrstuv".utf8)[Int($0 & 31)] }
        return ProjectID(trusted: "prj_\(slug.isEmpty ? "" : slug + "_")\(String(decoding: random, as: UTF8.self))")
    }

    // MARK: Keys

    /// The project's keys, oldest first; their secrets are not known to anyone any more.
    package func keys(of project: ProjectID) -> [APIKey] { published.keys(of: project) }

    /// Creates a key. A repeated request with the same `repeating` gets the key of the first one, whatever became of it.
    package func createKey(
        project: ProjectID, name: String, scopes: Set<Principal.Scope>, expiresAt: Timestamp?,
        repeating: SettingKey? = nil, by principal: Principal, address: String?
    ) async throws(Problem) -> CreatedKey {
        try principal.require(.admin, of: project)
        if let earlier = try await earlierKey(repeating, project) { return earlier }
        guard Self.isName(name) else {
            throw Problem(
                .fieldValue, "A key needs a name of 1 to 80 bytes.",
                fields: [
                    FieldProblem(
                        pointer: "/name", code: .fieldValue, message: "1 to 80 bytes without control characters.")
                ])
        }
        guard !scopes.isEmpty else {
            throw Problem(
                .fieldMissing, "A key needs at least one scope.",
                fields: [FieldProblem(pointer: "/scopes", code: .fieldMissing, message: "Any of ingest, query, admin.")]
            )
        }
        if let expiresAt, expiresAt <= clock.now {
            throw Problem(
                .timeTooOld, "The key would have expired already.",
                fields: [
                    FieldProblem(
                        pointer: "/expires_at", code: .timeTooOld,
                        message: "Give a time in the future, or leave it out.")
                ])
        }
        guard published.keys(of: project).filter({ $0.revokedAt == nil }).count < Limits.keysPerProjectMax else {
            throw Problem(
                .fieldTooMany, "A project may have at most \(Limits.keysPerProjectMax) keys. Revoke one first.")
        }
        let (key, token) = newKey(project: project, name: name, scopes: scopes, expiresAt: expiresAt)
        let organisation = published.project(project)?.organisationID
        var changes = [
            AccountChange.createKey(key), audit("key.created", key.keyID, organisation, project, principal, address),
        ]
        if let repeating {
            let answer = try sealed(token, of: key.keyID)
            changes.append(
                .remember(repeating.record(made: key.keyID, answer: answer, at: clock.now), project: project))
        }
        do throws(Problem) { try await apply(changes) } catch {
            // A request with the same key may have been first.
            if let earlier = try await earlierKey(repeating, project) { return earlier }
            throw error
        }
        return CreatedKey(key: key, token: token)
    }

    /// Ends the key at once. Revoking a revoked key changes nothing.
    package func revokeKey(
        _ keyID: String, project: ProjectID, by principal: Principal, address: String?
    ) async throws(Problem) {
        try principal.require(.admin, of: project)
        guard let key = published.keys(of: project).first(where: { $0.keyID == keyID }) else {
            throw Problem(.notFound, "This project has no key with that key_id.")
        }
        guard key.revokedAt == nil else { return }
        let organisation = published.project(project)?.organisationID
        try await apply([
            .revokeKey(keyID: keyID, project: project, at: clock.now),
            audit("key.revoked", keyID, organisation, project, principal, address),
        ])
    }

    func newKey(
        project: ProjectID, name: String, scopes: Set<Principal.Scope>, expiresAt: Timestamp?
    ) -> (key: APIKey, token: String) {
        let token = Token.newKey(project: project, randomness: randomness)
        let now = clock.now
        let key = APIKey(
            keyID: identifiers.make(.apiKey, at: now), projectID: project, prefix: Token.shownPrefix(of: token),
            name: name, scopes: scopes, tokenHash: Token.hash(token), createdAt: now, expiresAt: expiresAt)
        return (key, token)
    }

    // MARK: Shared

    func organisation(of principal: Principal) async throws(Problem) -> String {
        switch principal.kind {
        case .apiKey:
            if let project = principal.projects.first.flatMap(published.project) { return project.organisationID }
        case .member(let id):
            do throws(LedgerError) {
                if let member = try await ledger.member(id: id) { return member.organisationID }
            } catch { throw Self.problem(for: error) }
        }
        throw Problem(.credentialsInvalid, "The organisation of these credentials does not exist any more.")
    }

    func audit(
        _ action: String, _ subject: String, _ organisation: String?, _ project: ProjectID?, _ principal: Principal?,
        _ address: String?
    ) -> AccountChange {
        .audit(
            AuditEntry(
                organisationID: organisation, projectID: project, actor: principal?.kind.actor ?? "system",
                action: action, subject: subject, address: address, at: clock.now))
    }

    /// Applies the changes and publishes them.
    func apply(_ changes: [AccountChange]) async throws(Problem) {
        do {
            try await ledger.apply(changes)
            try await published.refresh()
        } catch { throw Self.problem(for: error) }
    }

    static func problem(for error: LedgerError) -> Problem {
        switch error {
        case .full:
            Problem(
                .storageFull, "The disk is full; nothing was changed. Retry once there is space.", retryAfterSeconds: 30
            )
        case .readOnly:
            Problem(.readOnly, "Accounts cannot be changed at the moment. Retry later.", retryAfterSeconds: 30)
        case .closed: Problem(.shuttingDown, "The server is shutting down. Retry in a moment.", retryAfterSeconds: 2)
        default:
            Problem(
                .dependencyUnavailable, "Accounts cannot be read at the moment. Retry in a moment.",
                retryAfterSeconds: 2)
        }
    }
}
