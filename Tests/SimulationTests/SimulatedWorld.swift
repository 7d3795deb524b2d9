import Days
import Events
import Foundation
import Intake
import Ports
import Processing
import SQLiteLedger
import SegmentLogStream
import SimulatedDisk
import Submissions
import SystemPorts
import Telemetry
import Wire

/// Equal seeds give equal choices (SplitMix64).
struct Choices {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) >> 33) % bound
    }
    mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }
}

/// Every role in one process: real intake, stream, processor, submissions, ledger and days; a disk that tears, forgets and
/// fills up; an event store that sometimes refuses; a clock that only the simulation moves.
final class SimulatedWorld {
    static let projects = [
        Project(
            id: ProjectID(trusted: "prj_a"), organisationID: "org_1", name: "A",
            calendar: DayCalendar(zoneName: "America/New_York")!, region: "local", eventsPerSecond: 1_000_000,
            submissionsPerUserPerMinute: 3, createdAt: Timestamp(seconds: 1_772_000_000)),
        Project(
            id: ProjectID(trusted: "prj_b"), organisationID: "org_1", name: "B",
            calendar: DayCalendar(zoneName: "Asia/Kathmandu")!,
            region: "local", eventsPerSecond: 1_000_000, submissionsPerUserPerMinute: 3,
            createdAt: Timestamp(seconds: 1_772_000_000)),
    ]

    /// What a client knows about an event that it has sent.
    struct Sent: Hashable {
        var project: Int
        var id: String
        var time: Timestamp
        var json: String {
            #"{"event_id":"\#(id)","type":"custom.step","time":"\#(time)","outcome":"success","duration_ms":12.5}"#
        }
    }

    var choices: Choices
    let clock: ManualClock
    let disk: CrashableFolder
    let store = MemoryEventStore()
    let directory = FixedProjectDirectory(SimulatedWorld.projects)
    let ledger: SQLiteLedger?
    let ledgerFolder: String
    private let randomness: SeededRandomness
    private let identifiers: TimeOrderedIdentifiers
    /// What runs between two crashes.
    private struct Roles {
        var stream: SegmentLogStream
        var intake: IntakeService
        var processor: Processor
        var relay: OutboxRelay?
        var submissions: SubmissionService?
    }
    private var started: Roles?
    private var roles: Roles {
        guard let started else { preconditionFailure("the world has not been started") }
        return started
    }

    private(set) var acknowledged: Set<Sent> = []
    private(set) var unacknowledged: Set<Sent> = []
    private(set) var attempts: Set<String> = []
    private(set) var crashes = 0
    private var nextID = 0

    init(seed: UInt64, withLedger: Bool) throws {
        choices = Choices(seed: seed)
        clock = ManualClock(now: Timestamp(rfc3339: "2026-03-08T04:50:00Z")!)
        disk = CrashableFolder(seed: seed ^ 0xD15C)
        randomness = SeededRandomness(seed: seed)
        identifiers = TimeOrderedIdentifiers(randomness: randomness)
        ledgerFolder =
            NSTemporaryDirectory() + "daybook-simulation-\(seed)-\(ProcessInfo.processInfo.processIdentifier)"
        ledger = withLedger ? try SQLiteLedger(folder: ledgerFolder, telemetry: .none()) : nil
    }

    /// Starts every role on what the disk and the stores hold.
    func start() async throws {
        var limits = StreamLimits()
        limits.segmentBytes = 4096
        let stream = try SegmentLogStream(
            folder: disk, firstOffset: await store.committedOffset(), limits: limits, clock: clock, telemetry: .none())
        var processing = ProcessingLimits()
        processing.batchRowsMax = 5
        processing.retryPause = .zero
        processing.retryPauseMax = .zero
        started = Roles(
            stream: stream,
            intake: IntakeService(
                stream: stream, directory: directory, clock: clock, identifiers: identifiers, telemetry: .none()),
            processor: Processor(
                stream: stream, store: store, projects: directory, clock: clock, telemetry: .none(), limits: processing),
            relay: ledger.map { OutboxRelay(outbox: $0, stream: stream, clock: clock, telemetry: .none()) },
            submissions: ledger.map {
                SubmissionService(ledger: $0, clock: clock, identifiers: identifiers, telemetry: .none())
            })
    }

    /// Loss of power: nothing more reaches the disk, what was not synced is kept or lost by chance, and all roles start anew.
    func crash() async throws {
        crashes += 1
        disk.freeze()
        await roles.stream.close()
        disk.crash()
        disk.thaw()
        try await start()
    }

    // MARK: Steps

    func step() async throws {
        clock.advance(by: .milliseconds(choices.below(4000)))
        switch choices.below(20) {
        case 0..<8: await send()
        case 8..<11: await retry()
        case 11..<14: await submit()
        case 14..<17: await process()
        case 17:
            var faults = CrashableFolder.Faults()
            faults.write = choices.oneIn(2) ? 1 + choices.below(8) : 0
            faults.sync = choices.oneIn(2) ? 1 + choices.below(8) : 0
            faults.full = choices.oneIn(3) ? 1 + choices.below(8) : 0
            faults.create = choices.oneIn(4) ? 2 + choices.below(6) : 0
            disk.set(faults)
        case 18: disk.set(CrashableFolder.Faults())
        default: try await crash()
        }
    }

    private func send() async {
        let project = choices.below(2)
        var items: [String] = []
        var sent: [Sent] = []
        for _ in 0..<(1 + choices.below(6)) {
            switch choices.below(8) {
            case 0: items.append(#"{"event_id":"x","type":"nonsense"}"#)
            case 1: items.append("{broken")
            case 2:
                // A repetition of something that was acknowledged.
                if let old = acknowledged.filter({ $0.project == project }).min(by: { $0.id < $1.id }) {
                    items.append(old.json)
                }
            default:
                nextID += 1
                let event = Sent(
                    project: project, id: "e\(nextID)", time: clock.now - .milliseconds(choices.below(7_200_000)))
                sent.append(event)
                items.append(event.json)
            }
        }
        if choices.oneIn(15) { items = ["this is not JSON at all"] }
        if items.first == "this is not JSON at all" { sent = [] }
        await deliver(items, of: project, sent)
    }

    /// A client repeats what was never acknowledged.
    private func retry() async {
        let project = choices.below(2)
        let pending = unacknowledged.filter { $0.project == project }.sorted { $0.id < $1.id }.prefix(4)
        guard !pending.isEmpty else { return }
        await deliver(pending.map(\.json), of: project, Array(pending))
    }

    private func deliver(_ items: [String], of project: Int, _ sent: [Sent]) async {
        let id = Self.projects[project].id
        let request = IntakeRequest(
            projectID: id, principal: Principal(kind: .apiKey("key_1"), projects: [id], scopes: [.ingest]),
            body: PaddedBytes(Array(items.joined(separator: "\n").utf8)), contentType: "application/x-ndjson",
            contentEncoding: nil, receivedAt: clock.now)
        do {
            _ = try await roles.intake.accept(request)
            acknowledged.formUnion(sent)
            unacknowledged.subtract(sent)
        } catch {
            unacknowledged.formUnion(sent)
        }
    }

    private func submit() async {
        guard let submissions = roles.submissions else { return }
        let project = Self.projects[choices.below(2)]
        let bodies = [
            #"{"user":{"email":"p\#(choices.below(4))@example.org"},"source":"web_form","channel":"organic","consent":true,"fields":{"loan_amount":\#(100_000 + choices.below(1000))}}"#,
            #"{"user":{"phone":"5551234567"},"source":"partner_api","channel":"affiliate","consent":true,"fields":{}}"#,
            #"{"user":{},"source":"web_form","channel":"organic","consent":true,"fields":{}}"#,
            "{broken",
        ]
        let answer = await submissions.submit(
            SubmissionRequest(project: project, body: .json(Array(bodies[choices.below(bodies.count)].utf8))))
        switch answer.result {
        case .success(let receipt): attempts.insert(receipt.attemptID)
        case .failure(let problem): if let id = problem.attemptID { attempts.insert(id) }
        }
    }

    private func process() async {
        if choices.oneIn(3) {
            store.refuseNext([
                .full(path: "/memory", detail: "no space left"), .failed(operation: "commit", detail: "injected"),
            ])
        }
        // A disk that fails may stop the relay or the reader here; the next round goes on.
        _ = try? await roles.relay?.drainOnce()
        try? await roles.processor.drain()
    }

    // MARK: The end

    /// Everything heals; clients repeat until they are answered; every role finishes its work.
    func settle() async throws {
        disk.set(CrashableFolder.Faults())
        try await crash()
        for project in 0..<2 {
            let pending = unacknowledged.filter { $0.project == project }.sorted { $0.id < $1.id }
            for start in stride(from: 0, to: pending.count, by: 50) {
                let chunk = Array(pending[start..<min(start + 50, pending.count)])
                await deliver(chunk.map(\.json), of: project, chunk)
            }
        }
        while let relay = roles.relay, try await relay.drainOnce() > 0 {}
        try await roles.processor.drain()
    }

    func end() async {
        await roles.stream.close()
        do { try ledger?.close() } catch { print("closing the ledger of \(ledgerFolder): \(error)") }
        if ledger != nil { try? FileManager.default.removeItem(atPath: ledgerFolder) }
    }
}
