import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Telemetry

/// A service on a real ledger in a temporary folder, with a clock that moves only when told.
final class SubmissionHarness: Sendable {
    let folder: String
    let ledger: SQLiteLedger
    let clock: ManualClock
    let service: SubmissionService
    let identifiers: any Identifiers
    let telemetry = Telemetry.none()
    let project: Project
    /// Schemas and limits of the same ledger.
    let rules: SubmissionRulesService
    let admin = SubmissionRulesService.Actor(
        Principal(kind: .member("mem_1"), projects: [ProjectID("prj_one")!], scopes: [.admin]), address: nil)

    static let start = Timestamp(rfc3339: "2026-03-10T15:00:00Z")!

    init(
        perMinute: Int = 1000, wrap: ((SQLiteLedger) -> WrappedLedger)? = nil, sync: (@Sendable (Int32) -> Int32)? = nil
    ) throws {
        folder = NSTemporaryDirectory() + "daybook-submissions-\(UUID().uuidString)"
        ledger = try SQLiteLedger(folder: folder, telemetry: .none(), sync: sync)
        clock = ManualClock(now: Self.start)
        project = Self.project("prj_one", perMinute: perMinute)
        rules = SubmissionRulesService(ledger: ledger, clock: clock)
        identifiers = TimeOrderedIdentifiers(randomness: SeededRandomness(seed: 7))
        if let wrapped = wrap?(ledger) {
            service = SubmissionService(ledger: wrapped, clock: clock, identifiers: identifiers, telemetry: telemetry)
        } else {
            service = SubmissionService(ledger: ledger, clock: clock, identifiers: identifiers, telemetry: telemetry)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func project(_ id: String, perMinute: Int = 1000) -> Project {
        Project(
            id: ProjectID(id)!, organisationID: "org_1", name: id, calendar: DayCalendar(zoneName: "America/New_York")!,
            region: "local", eventsPerSecond: 1000, submissionsPerUserPerMinute: perMinute, createdAt: start)
    }

    func submit(
        _ body: String, project: Project? = nil, key: String? = nil, at: Timestamp? = nil,
        facts: RequestFacts = RequestFacts()
    ) async -> SubmissionAnswer {
        await service.submit(
            SubmissionRequest(
                project: project ?? self.project, body: .json(Array(body.utf8)), idempotencyKey: key,
                assumedReceivedAt: at, facts: facts))
    }

    func attempts(_ project: ProjectID? = nil) async throws -> [Attempt] {
        try await ledger.attempts(project: project ?? self.project.id, afterSequence: 0, limit: 100_000)
    }

    /// Runs a statement on a connection of its own, as any other tool on the machine would.
    func execute(_ sql: String, _ arguments: [String] = []) throws {
        try DatabaseQueue(path: ledger.path).write {
            try $0.execute(sql: sql, arguments: StatementArguments(arguments))
        }
    }

    func count(_ table: String) throws -> Int {
        try DatabaseQueue(path: ledger.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }
}

/// A submission that succeeds, for the given person.
func validBody(_ email: String = "ada@example.com", source: String = "web_form", amount: Int = 300_000) -> String {
    """
    {"user":{"email":"\(email)","name":"Ada"},"source":"\(source)","channel":"organic","consent":true,
     "fields":{"state":"CA","loan_amount":\(amount),"term_months":360},"session_id":"ses-1","retry":{"attempt":1}}
    """
}

extension SubmissionAnswer {
    var receipt: SubmissionReceipt? { try? result.get() }
    var problem: Problem? {
        if case .failure(let problem) = result { problem } else { nil }
    }
}

func object(_ json: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
}

/// A ledger whose commits can be made to fail or to wait.
struct WrappedLedger: SubmissionLedger {
    let ledger: SQLiteLedger
    /// Called before each commit with the number of items.
    let before: @Sendable (Int) async throws(LedgerError) -> Void

    func commit<Batch: Sendable, Item: Sendable, Decision: Sendable>(
        next: @escaping @Sendable () -> (batch: Batch, items: [Item])?,
        decide: @escaping @Sendable (Item, any SubmissionTransaction) throws(LedgerError) -> Decision,
        done: @escaping @Sendable (Batch, Result<[Decision], LedgerError>) -> Void
    ) {
        Task.detached {
            while let (batch, items) = next() {
                do throws(LedgerError) { try await before(items.count) } catch {
                    done(batch, .failure(error))
                    continue
                }
                await withCheckedContinuation { (finished: CheckedContinuation<Void, Never>) in
                    let once = Mutex<[Item]?>(items)
                    ledger.commit(
                        next: { once.withLock { $0.take() }.map { (batch, $0) } }, decide: decide
                    ) { batch, result in
                        done(batch, result)
                        finished.resume()
                    }
                }
            }
        }
    }
}
