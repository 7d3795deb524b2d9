import Crypto
import Days
import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// One project with a ledger in a temporary folder, a manual clock, and attempts written as submissions write them.
final class DayFixture: Sendable {
    let folder: String
    let ledger: SQLiteLedger
    let clock: ManualClock
    let project: Project
    let facts: FixedEventFacts
    let book: DayBook
    let closer: DayCloser

    init(
        zone: String = "America/New_York", now: String, created: String? = nil, withFacts: Bool = false,
        signer: SealSigner? = nil
    ) throws {
        folder = (NSTemporaryDirectory() as NSString).appendingPathComponent("daybook-days-\(UUID().uuidString)")
        ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        clock = ManualClock(now: Self.time(now))
        project = Project(
            id: ProjectID("prj_days")!, organisationID: "org_1", name: "Days", calendar: DayCalendar(zoneName: zone)!,
            region: "eu", eventsPerSecond: 1000, submissionsPerUserPerMinute: 60,
            createdAt: Self.time(created ?? now))
        facts = FixedEventFacts()
        book = DayBook(ledger: ledger, facts: withFacts ? facts : nil, clock: clock, telemetry: .none())
        closer = DayCloser(ledger: ledger, book: book, clock: clock, telemetry: .none(), signer: signer)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }
    static func date(_ text: String) -> LogicalDate { LogicalDate(text)! }

    struct Draft: Sendable {
        var at: String
        var source = "web_form"
        var channel = "organic"
        var user = "usr_1"
        /// Nil for a success.
        var code: String?
        var category = FailureCategory.validation
        var context = "{}"
        var retry = 1
        var milliseconds = 12.0
    }

    /// Appends attempts in one transaction, chained as the log requires. Those of another project have its name in their ids.
    func submit(_ drafts: [Draft], to other: Project? = nil) async throws {
        let project = other ?? self.project
        let suffix = other.map { "_\($0.id.text)" } ?? ""
        _ = try await ledger.commit(drafts) { draft, transaction throws(LedgerError) in
            let at = Self.time(draft.at)
            let tip = try transaction.tip(of: project.id)
            let sequence = (tip?.sequence ?? 0) + 1
            if try transaction.userID(
                of: UserIdentity(email: nil, phone: nil, externalID: draft.user)!, in: project.id) == nil
            {
                try transaction.insert(
                    SubmittingUser(
                        userID: draft.user + suffix, projectID: project.id,
                        identity: UserIdentity(email: nil, phone: nil, externalID: draft.user)!, name: nil,
                        createdAt: at))
            }
            var attempt = Attempt(
                attemptID: "att_\(sequence)\(suffix)", projectID: project.id, sequence: sequence,
                userID: draft.user + suffix,
                source: draft.source, channel: draft.channel, receivedAt: at,
                logicalDate: project.calendar.date(at: at), outcome: draft.code == nil ? .success : .failure,
                failureCategory: draft.code == nil ? nil : draft.category, failureCode: draft.code,
                failureMessage: draft.code.map { "failed with \($0)" }, context: draft.context,
                retryAttempt: draft.retry, durationMilliseconds: draft.milliseconds, idempotencyKey: nil,
                leadID: draft.code == nil ? "led_\(sequence)\(suffix)" : nil,
                previousHash: tip?.hash ?? AttemptHash.genesis,
                hash: [])
            attempt.hash = AttemptHash.hash(of: attempt)
            try transaction.append(attempt)
            if let leadID = attempt.leadID {
                try transaction.insert(
                    Lead(
                        leadID: leadID, projectID: project.id, attemptID: attempt.attemptID,
                        userID: draft.user + suffix,
                        source: draft.source, channel: draft.channel, createdAt: at, fields: "{}"),
                    digest: Array(SHA256.hash(data: Array("{}".utf8))))
            }
        }
    }

    /// Runs SQL on the file as somebody with a database tool would, after taking the triggers away.
    func tamper(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: ledger.path, configuration: configuration)
        try queue.write { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    /// A close as the closer does it, with the given parts.
    func closeDay(_ snapshot: StoredSnapshot, seal: DaySeal, extent: DayExtent) async throws -> DayCloseOutcome {
        let tip = try await ledger.sealTip(project.id)
        var link = DaySealLink(
            projectID: project.id, date: seal.date, position: (tip?.position ?? 0) + 1, leadsRoot: nil,
            previousSealHash: tip?.sealHash ?? SealStatement.genesis, sealHash: [], signature: nil, keyID: nil,
            linkedAt: seal.sealedAt)
        link.sealHash = seal.statement(link).sealHash
        return try await ledger.closeDay(
            snapshot, seal: seal, extent: extent, link: link,
            tree: DayTree(rowCount: seal.rowCount, firstSequences: [], nodes: []))
    }

    /// Verifies the day by its own rows, and expects the pass over the whole log to find the same, however it is cut.
    func verify(_ date: String) async throws -> DayVerification {
        let verifier = DayVerifier(ledger: ledger, facts: nil)
        let alone = try await verifier.verify(
            project, date: Self.date(date), looksForStrayLeads: false, rows: { _ in })
        for width in [Int64(1), 2, 1 << 15] {
            let all = try await verifier.verifyAll(
                [project], began: clock.now + .seconds(1), partRows: width, rows: { _ in })
            let isSame = all.days[project.id]?.first { $0.date == alone.date } == alone
            #expect(isSame, "parts of \(width)")
        }
        return try await verifier.verify(project, date: Self.date(date))
    }

    func snapshot(_ date: String) async throws -> DaySnapshot {
        let stored = try await book.snapshot(of: project, date: Self.date(date))
        return try DaySnapshot(canonicalJSON: stored.json, date: stored.date)
    }
}

/// Event totals that a test sets.
final class FixedEventFacts: DayEventFacts {
    struct State {
        var totals = DayEventTotals(
            byType: [], inputTokens: 0, outputTokens: 0, costMicroUSD: 0, books: BooksDelta(), pending: 0)
        var recount: DayEventTotals?
        var dates: Set<LogicalDate> = []
        var isBroken = false
    }
    let state = Mutex(State())

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError)
        -> DayEventTotals
    {
        let state = state.withLock { $0 }
        if state.isBroken { throw .closed }
        return state.totals
    }
    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError)
        -> DayEventTotals
    {
        let state = state.withLock { $0 }
        if state.isBroken { throw .closed }
        return state.recount ?? state.totals
    }
    func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        let state = state.withLock { $0 }
        if state.isBroken { throw .closed }
        return state.dates
    }
}
