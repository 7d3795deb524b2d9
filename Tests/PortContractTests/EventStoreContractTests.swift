import DuckDBEventStore
import Events
import Foundation
import Ports
import Telemetry
import Testing

/// What every adapter of the event store keeps to, on the real DuckDB in a folder of its own.
@Suite struct EventStoreContractTests {
    static let noon = Timestamp(rfc3339: "2026-03-08T12:10:00Z")!

    static func withStore<R>(_ body: (DuckDBEventStore, String) async throws -> R) async throws -> R {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        let store = try DuckDBEventStore(folder: folder, telemetry: .none())
        let result: R
        do {
            result = try await body(store, folder)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        try FileManager.default.removeItem(atPath: folder)
        return result
    }

    static func events(_ range: Range<Int>, project: String = "prj_a") -> [TestEvent] {
        range.map { TestEvent(project: project, id: "e\($0)", time: noon + .milliseconds($0 * 7)) }
    }

    @Test func anEmptyStoreStartsAtTheStart() async throws {
        try await Self.withStore { store, _ in
            let answer1 = try await store.committedOffset()
            #expect(answer1 == .start)
        }
    }

    @Test func aBatchThatIsNotBeyondTheCommittedOffsetWritesNothing() async throws {
        try await Self.withStore { store, _ in
            let batch = testBatch(Self.events(0..<3000), offset: 0)
            let answer2 = try await store.commit(batch)
            #expect(answer2 == EventStoreReceipt(stored: 3000, duplicates: 0))
            let answer3 = try await store.committedOffset()
            #expect(answer3 == StreamOffset(1))
            let answer4 = try await store.commit(batch)
            #expect(answer4 == EventStoreReceipt(stored: 0, duplicates: 0))
            let later = testBatch(Self.events(2900..<3100), offset: 1)
            let answer5 = try await store.commit(later)
            #expect(answer5 == EventStoreReceipt(stored: 100, duplicates: 100))
        }
    }

    @Test func repeatedIdentitiesAreFoundInTheBatchInMemoryAndAfterReopening() async throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try DuckDBEventStore(folder: folder, telemetry: .none())
        let twice = Self.events(0..<50) + Self.events(0..<50)
        let answer6 = try await store.commit(testBatch(twice, offset: 0))
        #expect(answer6 == EventStoreReceipt(stored: 50, duplicates: 50))
        let answer7 = try await store.commit(testBatch(Self.events(40..<60), offset: 1))
        #expect(answer7.stored == 10)
        await store.close()
        store = try DuckDBEventStore(folder: folder, telemetry: .none())
        let answer8 = try await store.committedOffset()
        #expect(answer8 == StreamOffset(2))
        let answer9 = try await store.commit(testBatch(Self.events(0..<61), offset: 2))
        #expect(answer9.stored == 1)
        // The same id at another time, or in another project, is another identity.
        var moved = Self.events(0..<2)
        moved[0].time = moved[0].time + .seconds(1)
        moved[1].project = "prj_b"
        let answer10 = try await store.commit(testBatch(moved, offset: 3))
        #expect(answer10.stored == 2)
        await store.close()
    }

    @Test func duplicatesAreFoundWhenNoKeysAreRemembered() async throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try DuckDBEventStore(folder: folder, telemetry: .none(), duplicateKeysMax: 10)
        let spread = (0..<200).map { TestEvent(id: "e\($0)", time: Self.noon + .seconds($0 * 90)) }
        for offset in 0..<4 {
            let receipt = try await store.commit(testBatch(spread, offset: Int64(offset)))
            #expect(
                receipt
                    == (offset == 0
                        ? EventStoreReceipt(stored: 200, duplicates: 0) : EventStoreReceipt(stored: 0, duplicates: 200))
            )
        }
        await store.close()
    }

    @Test func anEqualKeyOfAnotherIdentityIsNoDuplicate() async throws {
        try await Self.withStore { store, _ in
            var batch = testBatch(Self.events(0..<2), offset: 0)
            batch.columns.eventKey = [42, 42]
            let answer11 = try await store.commit(batch)
            #expect(answer11.stored == 2)
            var more = testBatch(Self.events(2..<3), offset: 1)
            more.columns.eventKey = [42]
            let answer12 = try await store.commit(more)
            #expect(answer12.stored == 1)
        }
    }

    @Test func aDamagedFileSaysSo() throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 20_000).write(to: URL(fileURLWithPath: folder + "/events.duckdb"))
        #expect {
            _ = try DuckDBEventStore(folder: folder, telemetry: .none())
        } throws: { error in
            guard case EventStoreError.unreadable(_, let detail) = error else { return false }
            return detail.contains("backup")
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["DAYBOOK_MEASURE"] != nil, "DAYBOOK_MEASURE is not set"))
    func commitThroughput() async throws {
        for rows in [1000, 10_000, 50_000, 130_000] {
            try await Self.withStore { store, _ in
                var batches = BenchmarkBatches(
                    seed: 1, projects: 200, start: Self.noon, eventsPerSecond: 60_000, firstOffset: .start)
                let count = max(3, 1_000_000 / rows)
                var spent = Duration.zero
                var processor = 0.0
                for _ in 0..<count {
                    let batch = batches.next(rows: rows)
                    let start = ContinuousClock.now
                    let cpu = clock()
                    let receipt = try await store.commit(batch)
                    spent += ContinuousClock.now - start
                    processor += Double(clock() - cpu) / 1e6
                    #expect(receipt.stored == rows)
                }
                print(
                    "commit of \(rows) rows: \(Int(Double(rows * count) / spent.milliseconds * 1000)) rows/s, \(Int(Double(rows * count) / processor)) rows per CPU second, \(spent.milliseconds / Double(count)) ms each"
                )
            }
        }
    }
}
