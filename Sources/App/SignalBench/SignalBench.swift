// SignalBench: how good the signals of days are. Days with and without something wrong are simulated from a seed, every
// submission goes through the real rules into a real ledger, each day is closed by the real closer, and the signals of its
// snapshot are compared with what was wrong.
//
// Precision: signals that something wrong explains, by all signals. Recall: wrong settings that a signal names, by all that
// touched enough rows to be seen at all (`touchedMin`); the others are counted apart. Thresholds are for the
// simulator's own misconfigurations with the seed 1; the held-out scenarios and other seeds were not looked at.

internal import Analysis
internal import Days
internal import Events
internal import Foundation
internal import Ports
internal import SQLiteLedger
internal import Simulator
internal import Submissions
internal import Synchronization
internal import SystemPorts
internal import Telemetry

package enum SignalBench {
    /// Rows that a wrong setting must touch to count for recall.
    package static let touchedMin = 10
    /// Days without anything wrong before the measurement, so that there is something to compare with.
    static let quietDays = 8

    package struct Options: Sendable {
        package var days: Int
        package var seed: UInt64
        package var scale: Double

        package init(days: Int, seed: UInt64, scale: Double) {
            self.days = days
            self.seed = seed
            self.scale = scale
        }
    }

    /// Runs the measurement in a folder of its own, which is removed afterwards. `progress` gets the days done.
    package static func run(
        _ options: Options, progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws -> SignalBenchReport {
        let folder = NSTemporaryDirectory() + "daybook-signal-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let world = try BenchWorld(folder: folder, options: options)
        var random = SplitMix64(seed: options.seed &* 7919)
        var report = SignalBenchReport(options: options)
        let first = LogicalDate(year: 2026, month: 1, day: 5)!
        let total = quietDays + options.days
        for index in 0..<total {
            let date = first.adding(days: index)
            let active = index < quietDays ? [] : draw(using: &random)
            let script = DayScript(
                world.plan, index: 0, project: ProjectProfile.all[0], calendar: world.project.calendar, date: date,
                active: active, random: &random)
            let signals = try await world.play(script)
            if index >= quietDays { report.add(script, signals) }
            progress(index + 1, total)
        }
        try world.ledger.close()
        return report
    }

    /// Two days in five have nothing wrong; of the others half have a scenario for tuning and half a held-out one.
    private static func draw(using random: inout SplitMix64) -> [ActiveScenario] {
        let choice = random.next() % 10
        guard choice >= 4 else { return [] }
        let kinds = choice < 7 ? Scenario.allTuning : Scenario.allHeldOut
        return [.drawn(kinds[Int(random.next() % UInt64(kinds.count))], using: &random)]
    }
}

/// Event totals of the day that is being played.
private final class ScriptedFacts: DayEventFacts {
    let current = Mutex<[LogicalDate: DayEventTotals]>([:])

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        guard let totals = current.withLock({ $0[date] }) else { throw .closed }
        return totals
    }
    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals { try await totals(project, date, range: range) }
    func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        Set(current.withLock { $0.keys })
    }
}

/// A clock that the measurement moves; each look at the monotonic time costs some milliseconds, drawn from the seed, so that
/// attempts have durations.
private final class LoadedClock: Clock {
    private struct State {
        var now: Timestamp
        var monotonic = Duration.zero
        var random: SplitMix64
        var slowness = 1.0
    }
    private let state: Mutex<State>

    init(now: Timestamp, seed: UInt64) { state = Mutex(State(now: now, random: SplitMix64(seed: seed))) }

    var now: Timestamp { state.withLock { $0.now } }
    var monotonic: Duration {
        state.withLock { state in
            let share = Double(state.random.next() >> 40) / Double(1 << 24)
            state.monotonic += .microseconds(Int64((800 + 9000 * share * share) * state.slowness))
            return state.monotonic
        }
    }
    func set(_ now: Timestamp, slowness: Double) {
        state.withLock {
            $0.now = now
            $0.slowness = slowness
        }
    }
    func sleep(for duration: Duration) async throws { state.withLock { $0.monotonic += duration } }
}

/// The real rules and stores around one simulated project.
private struct BenchWorld {
    let project: Project
    let plan: SimulationPlan
    let ledger: SQLiteLedger
    private let clock: LoadedClock
    private let submissions: SubmissionService
    private let closer: DayCloser
    private let facts = ScriptedFacts()
    private static let chainsAtOnce = 48

    init(folder: String, options: SignalBench.Options) throws {
        let start = Timestamp(rfc3339: "2026-01-05T00:00:00Z")!
        project = Project(
            id: ProjectID(trusted: "prj_bench"), organisationID: "org_bench", name: "Bench",
            calendar: DayCalendar(zoneName: ProjectProfile.all[0].timeZone)!, region: "local", eventsPerSecond: 1000,
            submissionsPerUserPerMinute: 10, createdAt: start)
        plan = SimulationPlan(seed: options.seed, scale: options.scale)
        ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        clock = LoadedClock(now: start, seed: options.seed)
        submissions = SubmissionService(
            ledger: ledger, clock: clock,
            identifiers: TimeOrderedIdentifiers(randomness: SeededRandomness(seed: options.seed)), telemetry: .none())
        let book = DayBook(ledger: ledger, facts: facts, clock: clock, telemetry: .none())
        closer = DayCloser(ledger: ledger, book: book, clock: clock, telemetry: .none())
    }

    /// Submits the day, closes it, and finds its signals.
    func play(_ script: DayScript) async throws -> [DaySignal] {
        let bounds = project.calendar.bounds(of: script.date)
        let isSlow = script.active.contains { $0.scenario == .heldOut(.latencyStep) }
        clock.set(bounds.upperBound - .seconds(1), slowness: isSlow ? 6 : 1)
        await withTaskGroup(of: Void.self) { group in
            for (number, chain) in script.chains.enumerated() {
                if number >= Self.chainsAtOnce { _ = await group.next() }
                group.addTask { await submit(chain, before: bounds.upperBound) }
            }
        }
        facts.current.withLock { $0 = [script.date: script.totals] }
        clock.set(bounds.upperBound + .seconds(60), slowness: 1)
        let snapshot = try await closer.close(project, date: script.date)
        let trailing = try await ledger.snapshots(
            project.id, in: script.date.adding(days: -7)...script.date.previous, limit: 7)
        return Signals.of(snapshot, trailing: trailing, stage: .closed)
    }

    private func submit(_ chain: PlannedChain, before end: Timestamp) async {
        var at = chain.at
        for attempt in chain.attempts {
            at = min(at + .microseconds(Int64(attempt.pauseSeconds * 1e6)), end - .milliseconds(2))
            let answer = await submissions.submit(
                SubmissionRequest(
                    project: project, body: .json(attempt.body), idempotencyKey: attempt.idempotencyKey,
                    assumedReceivedAt: at))
            if case .success = answer.result, chain.endsAtSuccess { return }
        }
    }
}
