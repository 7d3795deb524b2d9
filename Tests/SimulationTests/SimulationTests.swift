import Days
import Events
import Ports
import SQLiteLedger
import SystemPorts
import Telemetry
import Testing

/// The invariant behind everything: whatever fails and whenever, acknowledged is stored exactly once, and the books balance.
/// A failing seed goes into `failedBefore` and stays there.
@Suite struct SimulationTests {
    static let seeds: UInt64 = 1000
    static let stepsPerSeed = 40
    static let failedBefore: [UInt64] = []

    private func run(_ seed: UInt64, withLedger: Bool) async throws {
        let world = try SimulatedWorld(seed: seed, withLedger: withLedger)
        try await world.start()
        for _ in 0..<Self.stepsPerSeed { try await world.step() }
        try await world.settle()
        let stored = world.store.identities
        for event in world.acknowledged {
            let identity = MemoryEventStore.Identity(
                project: SimulatedWorld.projects[event.project].id.text, event: event.id, time: event.time)
            #expect(stored.contains(identity), "seed \(seed): \(event.id) was acknowledged and is not stored")
        }
        #expect(world.unacknowledged.isEmpty, "seed \(seed): a healthy system still refuses \(world.unacknowledged)")
        let attempts = stored.filter { $0.event.hasPrefix("att_") }
        #expect(stored.count - attempts.count == world.acknowledged.count, "seed \(seed)")
        if withLedger {
            #expect(
                Set(attempts.map(\.event)) == world.attempts,
                "seed \(seed): attempts in the store and in the log differ")
        }
        for (key, books) in world.store.books {
            #expect(
                books.isBalanced, "seed \(seed): the books of \(key.projectID) on \(key.date) do not balance: \(books)")
        }
        #expect(world.store.books.values.reduce(0) { $0 + $1.stored } == Int64(stored.count), "seed \(seed)")
        if withLedger { try await closeAndVerify(world, seed) }
        await world.end()
    }

    /// Both zones' days end, are closed, and every number and hash is recomputed from raw rows.
    private func closeAndVerify(_ world: SimulatedWorld, _ seed: UInt64) async throws {
        let ledger = try #require(world.ledger)
        world.clock.advance(by: .seconds(2 * 86_400))
        let book = DayBook(ledger: ledger, facts: nil, clock: world.clock, telemetry: .none())
        let closer = DayCloser(ledger: ledger, book: book, clock: world.clock, telemetry: .none())
        let verifier = DayVerifier(ledger: ledger, facts: nil)
        for project in SimulatedWorld.projects {
            let last = project.calendar.date(at: world.clock.now).previous
            _ = try await closer.close(project, date: last)
            #expect(try await verifier.wholeLog(of: project).isOK, "seed \(seed)")
            for date in try await verifier.dates(of: project) {
                let result = try await verifier.verify(project, date: date)
                #expect(result.isOK && result.isClosed, "seed \(seed): \(project.id) \(date): \(result.failures)")
            }
        }
    }

    @Test(.timeLimit(.minutes(6))) func acknowledgedIsStoredExactlyOnceAndTheBooksBalance() async throws {
        for seed in Self.failedBefore { try await run(seed, withLedger: true) }
        for seed in 0..<Self.seeds { try await run(seed, withLedger: seed % 10 == 0) }
    }
}
