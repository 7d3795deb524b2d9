package import Events
internal import Foundation
package import Ports
internal import Synchronization

/// The control plane as the hot path sees it: an immutable snapshot, replaced as a whole after each change. Looking up a
/// project or a key reads memory alone; a session reads the ledger once and is remembered.
package final class PublishedAccounts: ProjectDirectory, Authenticator {
    private final class Snapshot: Sendable {
        let projects: [Project]
        let byID: [ProjectID: Project]
        let organisations: [String: Organisation]
        let keys: [[UInt8]: (key: APIKey, principal: Principal)]

        init(_ records: AccountRecords) {
            projects = records.projects
            byID = Dictionary(uniqueKeysWithValues: records.projects.map { ($0.id, $0) })
            organisations = Dictionary(uniqueKeysWithValues: records.organisations.map { ($0.organisationID, $0) })
            keys = Dictionary(
                uniqueKeysWithValues: records.keys.map { key in
                    let principal = Principal(
                        kind: .apiKey(key.keyID), projects: [key.projectID], scopes: key.scopes,
                        eventsPerSecond: key.eventsPerSecond)
                    return (key.tokenHash, (key, principal))
                })
        }
    }
    private struct KnownSession {
        var session: Session
        var member: Member
    }
    private struct State {
        var snapshot: Snapshot
        /// Readings of the ledger are numbered as they begin, so that an older one never replaces a newer one.
        var readingsBegun: UInt64 = 0
        var readingPublished: UInt64 = 0
        var sessions: [[UInt8]: KnownSession] = [:]
        /// Not yet written to the ledger.
        var keyUses: [String: Timestamp] = [:]
        var extensions: [String: Timestamp] = [:]
    }

    private let state: Mutex<State>
    private let ledger: any AccountLedger
    private let clock: any Clock

    /// Reads the accounts once; `refresh` reads them again.
    package init(ledger: any AccountLedger, clock: any Clock) async throws(LedgerError) {
        self.ledger = ledger
        self.clock = clock
        state = Mutex(State(snapshot: Snapshot(try await ledger.accountRecords())))
    }

    /// Publishes what the ledger holds now. Called after every change of the control plane.
    package func refresh() async throws(LedgerError) {
        let reading = state.withLock { state in
            state.readingsBegun += 1
            return state.readingsBegun
        }
        let snapshot = Snapshot(try await ledger.accountRecords())
        state.withLock { state in
            guard reading > state.readingPublished else { return }
            state.readingPublished = reading
            state.snapshot = snapshot
        }
    }

    private var snapshot: Snapshot { state.withLock { $0.snapshot } }

    // MARK: ProjectDirectory

    package func project(_ id: ProjectID) -> Project? { snapshot.byID[id] }
    package var projects: [Project] { snapshot.projects }
    package func organisation(_ id: String) -> Organisation? { snapshot.organisations[id] }
    package func keys(of project: ProjectID) -> [APIKey] {
        let (snapshot, uses) = state.withLock { ($0.snapshot, $0.keyUses) }
        return snapshot.keys.values.map(\.key).filter { $0.projectID == project }
            .sorted { ($0.createdAt, $0.keyID) < ($1.createdAt, $1.keyID) }
            .map { key in
                var key = key
                key.lastUsedAt = uses[key.keyID] ?? key.lastUsedAt
                return key
            }
    }
    func projects(of organisation: String) -> [Project] { projects.filter { $0.organisationID == organisation } }

    // MARK: Authenticator

    package func authenticate(authorization: String?) async throws(Problem) -> Principal {
        let token = try Self.token(in: authorization)
        let hash = Token.hash(token)
        if token.hasPrefix(Token.keyPrefix) { return try principal(ofKey: hash) }
        if token.hasPrefix(Token.sessionPrefix) {
            let known = try await session(hash)
            return principal(of: known.member)
        }
        throw Self.invalid
    }

    private static let invalid = Problem(
        .credentialsInvalid, "This key or session token is not known here. Check that it was copied whole.")

    /// The token of `Bearer <token>`, or of `Basic <base64 of name:token>`.
    static func token(in authorization: String?) throws(Problem) -> String {
        guard let authorization, !authorization.isEmpty else {
            throw Problem(.credentialsMissing, "Send `Authorization: Bearer <API key or session token>`.")
        }
        guard authorization.utf8.count <= Limits.authorizationBytesMax else { throw invalid }
        // As nearly everybody writes it.
        if authorization.hasPrefix("Bearer ") { return trimmed(authorization.dropFirst(7)) }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw invalid }
        switch parts[0].lowercased() {
        case "bearer": return trimmed(parts[1])
        case "basic":
            guard let data = Data(base64Encoded: String(parts[1])), let pair = String(data: data, encoding: .utf8)
            else {
                throw invalid
            }
            let halves = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return String(
                halves.first { $0.hasPrefix(Token.keyPrefix) && halves.last?.hasPrefix(Token.keyPrefix) != true }
                    ?? halves.last ?? "")
        default: throw invalid
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.utf8.first, first == 32 || first == 9 { text.removeFirst() }
        while let last = text.utf8.last, last == 32 || last == 9 { text.removeLast() }
        return String(text)
    }

    private func principal(ofKey hash: [UInt8]) throws(Problem) -> Principal {
        guard let (key, principal) = snapshot.keys[hash], Token.areEqual(key.tokenHash, hash) else {
            throw Self.invalid
        }
        guard key.revokedAt == nil else {
            throw Problem(.credentialsRevoked, "This API key was revoked. Create a new one in the project's settings.")
        }
        let now = clock.now
        if let expiresAt = key.expiresAt, expiresAt <= now {
            throw Problem(
                .credentialsExpired, "This API key expired at \(expiresAt). Create a new one in the project's settings."
            )
        }
        state.withLock { $0.keyUses[key.keyID] = now }
        return principal
    }

    /// A member may name every project of the organisation, including those created after the sign-in.
    func principal(of member: Member) -> Principal {
        Principal(
            kind: .member(member.memberID), projects: Set(projects(of: member.organisationID).map(\.id)),
            scopes: member.role.scopes, role: member.role)
    }

    // MARK: Sessions

    private func session(_ hash: [UInt8]) async throws(Problem) -> KnownSession {
        if let known = state.withLock({ $0.sessions[hash] }) { return try live(known) }
        let found: KnownSession?
        do throws(LedgerError) {
            if let session = try await ledger.session(tokenHash: hash),
                let member = try await ledger.member(id: session.memberID)
            {
                found = KnownSession(session: session, member: member)
            } else {
                found = nil
            }
        } catch { throw AccountService.problem(for: error) }
        guard let found, Token.areEqual(found.session.tokenHash, hash) else { throw Self.invalid }
        let live = try live(found)
        remember(live.session, of: live.member)
        return live
    }

    /// The session with its end moved on; throws when it is over.
    private func live(_ known: KnownSession) throws(Problem) -> KnownSession {
        let now = clock.now
        guard known.session.expiresAt > now else {
            state.withLock { $0.sessions[known.session.tokenHash] = nil }
            throw Problem(.credentialsExpired, "The session ended. Sign in again.")
        }
        var known = known
        let end = now + Limits.sessionLifetime
        guard end - known.session.expiresAt >= Limits.sessionExtensionStep else { return known }
        known.session.expiresAt = end
        state.withLock { state in
            guard state.sessions[known.session.tokenHash] != nil else { return }
            state.sessions[known.session.tokenHash] = known
            state.extensions[known.session.sessionID] = end
        }
        return known
    }

    func remember(_ session: Session, of member: Member) {
        state.withLock { state in
            if state.sessions.count >= Limits.cachedSessionsMax,
                let first = state.sessions.min(by: { $0.value.session.expiresAt < $1.value.session.expiresAt })
            {
                state.sessions[first.key] = nil
            }
            state.sessions[session.tokenHash] = KnownSession(session: session, member: member)
        }
    }

    func forget(_ session: Session) {
        state.withLock { state in
            state.sessions[session.tokenHash] = nil
            state.extensions[session.sessionID] = nil
        }
    }

    /// The session and member behind a session token.
    func session(authorization: String?) async throws(Problem) -> (session: Session, member: Member)? {
        let token = try Self.token(in: authorization)
        guard token.hasPrefix(Token.sessionPrefix) else { return nil }
        let known = try await session(Token.hash(token))
        return (known.session, known.member)
    }

    // MARK: Batched writes

    /// Writes key uses and moved session ends to the ledger.
    package func flush() async throws(LedgerError) {
        let (uses, extensions) = state.withLock { state in
            defer {
                state.keyUses = [:]
                state.extensions = [:]
            }
            return (state.keyUses, state.extensions)
        }
        guard !uses.isEmpty || !extensions.isEmpty else { return }
        var changes = extensions.map { AccountChange.extendSession(sessionID: $0.key, expiresAt: $0.value) }
        changes.append(.recordKeyUse(uses))
        do { try await ledger.apply(changes) } catch {
            state.withLock { state in
                state.keyUses.merge(uses) { new, _ in new }
                state.extensions.merge(extensions) { new, _ in new }
            }
            throw error
        }
        // The published keys show the uses that are no longer pending.
        if !uses.isEmpty { try await refresh() }
    }
}
