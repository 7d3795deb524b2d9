internal import Events
package import Ports
internal import Synchronization
package import Telemetry

/// The settings of the ways in as requests see them: an immutable snapshot, replaced as a whole after each change. A request
/// reads memory alone.
package final class PublishedWaysIn: Sendable {
    struct Key: Hashable, Sendable {
        var project: ProjectID
        var source: String
    }
    /// A secret with its bytes, nil when they cannot be decrypted.
    struct KnownSecret: Sendable {
        var secret: WebhookSecret
        var bytes: [UInt8]?
    }
    private final class Snapshot: Sendable {
        let forms: [Key: LeadForm]
        let secrets: [Key: [KnownSecret]]

        init(_ records: WaysInRecords, box: SecretBox, telemetry: Telemetry) {
            forms = Dictionary(
                uniqueKeysWithValues: records.forms.map { (Key(project: $0.projectID, source: $0.source), $0) })
            secrets = Dictionary(
                grouping: records.secrets.map { secret in
                    let bytes = box.open(secret.sealed, for: PublishedWaysIn.owner(of: secret))
                    if bytes == nil { telemetry.emit(WebhookSecretUnreadable(secretID: secret.secretID)) }
                    return KnownSecret(secret: secret, bytes: bytes)
                }, by: { Key(project: $0.secret.projectID, source: $0.secret.source) })
        }
    }
    private struct State {
        var snapshot: Snapshot
        /// Readings are numbered as they begin, so that an older one never replaces a newer one.
        var readingsBegun: UInt64 = 0
        var readingPublished: UInt64 = 0
        /// Not yet written to the ledger.
        var uses: [String: Timestamp] = [:]
    }

    private let ledger: any WaysInLedger
    private let box: SecretBox
    private let telemetry: Telemetry
    private let state: Mutex<State>

    /// Reads the settings once; `refresh` reads them again.
    package init(ledger: any WaysInLedger, box: SecretBox, telemetry: Telemetry) async throws(LedgerError) {
        self.ledger = ledger
        self.box = box
        self.telemetry = telemetry
        state = Mutex(State(snapshot: Snapshot(try await ledger.waysInRecords(), box: box, telemetry: telemetry)))
    }

    /// Publishes what the ledger holds now.
    func refresh() async throws(LedgerError) {
        let reading = state.withLock { state in
            state.readingsBegun += 1
            return state.readingsBegun
        }
        let snapshot = Snapshot(try await ledger.waysInRecords(), box: box, telemetry: telemetry)
        state.withLock { state in
            guard reading > state.readingPublished else { return }
            state.readingPublished = reading
            state.snapshot = snapshot
        }
    }

    private var snapshot: Snapshot { state.withLock { $0.snapshot } }

    func form(of source: String, _ project: ProjectID) -> LeadForm? {
        snapshot.forms[Key(project: project, source: source)]
    }
    func forms(of project: ProjectID) -> [LeadForm] {
        snapshot.forms.values.filter { $0.projectID == project }.sorted { $0.source < $1.source }
    }
    func secrets(of source: String, _ project: ProjectID) -> [KnownSecret] {
        snapshot.secrets[Key(project: project, source: source)] ?? []
    }
    /// Every secret of the project by source, oldest first, with its last use as far as it is known.
    func secrets(of project: ProjectID) -> [(source: String, secrets: [WebhookSecret])] {
        let (snapshot, uses) = state.withLock { ($0.snapshot, $0.uses) }
        return snapshot.secrets.filter { $0.key.project == project }.sorted { $0.key.source < $1.key.source }.map {
            (
                $0.key.source,
                $0.value.map { known in
                    var secret = known.secret
                    secret.lastUsedAt = uses[secret.secretID] ?? secret.lastUsedAt
                    return secret
                }
            )
        }
    }

    /// What the encryption of a secret is bound to.
    static func owner(of secret: WebhookSecret) -> String {
        "webhook|\(secret.projectID)|\(secret.source)|\(secret.secretID)"
    }

    func recordUse(of secretID: String, at now: Timestamp) { state.withLock { $0.uses[secretID] = now } }

    /// Writes the last uses to the ledger.
    func flush() async throws(LedgerError) {
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        guard !uses.isEmpty else { return }
        do { try await ledger.applyWaysIn([.recordSecretUse(uses)]) } catch {
            state.withLock { $0.uses.merge(uses) { new, _ in new } }
            throw error
        }
        try await refresh()
    }
}
