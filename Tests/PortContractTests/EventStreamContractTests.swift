import Events
import Foundation
import Ports
import SegmentLogStream
import SimulatedDisk
import SystemPorts
import Telemetry
import Testing

/// What every event stream promises.
@Suite struct EventStreamContractTests {
    enum Kind: String, CaseIterable, Sendable { case memory, segmentLog }

    private func make(_ kind: Kind, budget: Int64 = 1 << 30) throws -> any EventStream {
        switch kind {
        case .memory: return MemoryEventStream(bytesBudget: budget)
        case .segmentLog:
            var limits = StreamLimits()
            limits.bytesBudget = budget
            limits.segmentBytes = 2000
            return try StreamSamples.open(CrashableFolder(seed: 1), limits: limits)
        }
    }

    @Test(arguments: Kind.allCases)
    func framesComeBackInOrderAndWhole(_ kind: Kind) async throws {
        let stream = try make(kind)
        for number in 0..<200 {
            let offset = try await stream.append(StreamSamples.frame(number, bytes: number * 5))
            #expect(offset == StreamOffset(Int64(number)))
        }
        let all = try await StreamSamples.all(stream)
        #expect(all.map(\.frame) == (0..<200).map { StreamSamples.frame($0, bytes: $0 * 5) })
        #expect(all.map(\.offset.value) == Array(0..<200))
        let from = try await StreamSamples.all(stream, from: StreamOffset(117), bytesMax: 1)
        #expect(from.first?.offset == StreamOffset(117) && from.count == 83)
        #expect(try await stream.read(from: StreamOffset(200), bytesMax: 100).isEmpty)
        await stream.close()
    }

    @Test(arguments: Kind.allCases)
    func manyAppendsAtOnceAreDense(_ kind: Kind) async throws {
        let stream = try make(kind)
        let offsets = try await withThrowingTaskGroup(of: StreamOffset.self) { group in
            for number in 0..<500 { group.addTask { try await stream.append(StreamSamples.frame(number)) } }
            return try await group.reduce(into: Set<StreamOffset>()) { $0.insert($1) }
        }
        #expect(offsets == Set((0..<500).map { StreamOffset($0) }))
        let numbers = try await StreamSamples.all(stream).compactMap { StreamSamples.number(of: $0.frame) }
        #expect(Set(numbers) == Set(0..<500))
        await stream.close()
    }

    @Test(arguments: Kind.allCases)
    func committedFramesMayGoAndOthersStay(_ kind: Kind) async throws {
        let stream = try make(kind)
        for number in 0..<300 { _ = try await stream.append(StreamSamples.frame(number, bytes: 100)) }
        #expect(stream.status.oldestUncommitted == StreamSamples.frame(0).receivedAt)
        try await stream.commit(StreamOffset(250))
        #expect(stream.status.committed == StreamOffset(250))
        #expect(stream.status.tail <= StreamOffset(250) && stream.status.tail > StreamOffset(200))
        let kept = try await StreamSamples.all(stream, from: StreamOffset(250))
        #expect(kept.compactMap { StreamSamples.number(of: $0.frame) } == Array(250..<300))
        await #expect(throws: StreamError.offsetGone(requested: .start, tail: stream.status.tail)) {
            try await stream.read(from: .start, bytesMax: 10)
        }
        try await stream.commit(StreamOffset(300))
        #expect(stream.status.oldestUncommitted == nil)
        try await stream.commit(StreamOffset(10))
        #expect(stream.status.committed == StreamOffset(300), "a commit never goes back")
        await stream.close()
    }

    /// A day is complete when nothing uncommitted was received before its end, and receipts need not be in order.
    @Test(arguments: Kind.allCases)
    func theEarliestUncommittedReceiptIsKnown(_ kind: Kind) async throws {
        let stream = try make(kind)
        #expect(stream.status.earliestUncommitted == nil)
        for number in 1000..<1020 { _ = try await stream.append(StreamSamples.frame(number)) }
        _ = try await stream.append(StreamSamples.frame(3))
        for number in 1020..<1200 { _ = try await stream.append(StreamSamples.frame(number)) }
        #expect(stream.status.oldestUncommitted == StreamSamples.frame(1000).receivedAt)
        #expect(stream.status.earliestUncommitted == StreamSamples.frame(3).receivedAt)
        try await stream.commit(StreamOffset(19))
        #expect(stream.status.earliestUncommitted == StreamSamples.frame(3).receivedAt)
        try await stream.commit(StreamOffset(150))
        let earliest = try #require(stream.status.earliestUncommitted)
        #expect(earliest > StreamSamples.frame(1000).receivedAt && earliest <= StreamSamples.frame(1149).receivedAt)
        try await stream.commit(StreamOffset(201))
        #expect(stream.status.earliestUncommitted == nil)
        await stream.close()
    }

    @Test(arguments: Kind.allCases)
    func theBudgetRefusesAndRecovers(_ kind: Kind) async throws {
        let stream = try make(kind, budget: 20_000)
        var accepted = 0
        var refused: StreamError?
        while refused == nil {
            do throws(StreamError) {
                _ = try await stream.append(StreamSamples.frame(accepted, bytes: 500))
                accepted += 1
            } catch {
                refused = error
            }
        }
        guard case .full = refused else {
            Issue.record("expected full, got \(String(describing: refused))")
            return
        }
        #expect(accepted > 20)
        try await stream.commit(stream.status.head)
        _ = try await stream.append(StreamSamples.frame(accepted, bytes: 500))
        await stream.close()
    }

    @Test(arguments: Kind.allCases)
    func waitingEndsWithAFrameAndWithCloseAndWithCancellation(_ kind: Kind) async throws {
        let stream = try make(kind)
        let waiting = Task { await stream.waitForFrames(beyond: .start) }
        _ = try await stream.append(StreamSamples.frame(0))
        await waiting.value
        let cancelled = Task { await stream.waitForFrames(beyond: StreamOffset(5)) }
        cancelled.cancel()
        await cancelled.value
        let closing = Task { await stream.waitForFrames(beyond: StreamOffset(5)) }
        await stream.close()
        await closing.value
        await #expect(throws: StreamError.closed) { try await stream.append(StreamSamples.frame(1)) }
        await #expect(throws: StreamError.closed) { try await stream.read(from: .start, bytesMax: 1) }
    }
}

/// What the segment log adds: files.
@Suite struct EventStreamContractDiskTests {
    @Test func aFolderIsReopenedWithEverything() async throws {
        let path = StreamSamples.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var limits = StreamLimits()
        limits.segmentBytes = 4096
        let first = try StreamSamples.open(try DiskSegmentFolder(path: path), limits: limits)
        for number in 0..<100 { _ = try await first.append(StreamSamples.frame(number, bytes: 300)) }
        try await first.commit(StreamOffset(40))
        await first.close()

        let second = try StreamSamples.open(try DiskSegmentFolder(path: path), limits: limits)
        #expect(second.status.head == StreamOffset(100))
        #expect(second.status.committed == StreamOffset(40))
        #expect(second.status.oldestUncommitted != nil)
        let earliest = try #require(second.status.earliestUncommitted)
        #expect(earliest <= StreamSamples.frame(40).receivedAt, "what is not indexed may be as early as can be")
        let rest = try await StreamSamples.all(second, from: StreamOffset(40))
        #expect(rest.map(\.frame) == (40..<100).map { StreamSamples.frame($0, bytes: 300) })
        #expect(try await second.append(StreamSamples.frame(100)) == StreamOffset(100))
        await second.close()
    }

    @Test func aSecondOwnerIsRefused() async throws {
        let path = StreamSamples.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let stream = try StreamSamples.open(try DiskSegmentFolder(path: path))
        #expect(throws: StreamOpenError.locked(path: path)) { try DiskSegmentFolder(path: path) }
        await stream.close()
        #expect(throws: Never.self) { try DiskSegmentFolder(path: path).close() }
    }

    @Test func aFileInTheWayIsNamed() throws {
        let path = StreamSamples.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        #expect(throws: StreamOpenError.self) { try DiskSegmentFolder(path: path) }
    }

    @Test func oneSyncServesManyAppends() async throws {
        let folder = CrashableFolder(seed: 5)
        let stream = try StreamSamples.open(folder)
        let before = folder.syncs
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2000 { group.addTask { _ = try? await stream.append(StreamSamples.frame(number)) } }
        }
        #expect(stream.status.head == StreamOffset(2000))
        #expect(folder.syncs - before < 1500)
        await stream.close()
    }

    @Test func aFrameLargerThanASegmentPasses() async throws {
        var limits = StreamLimits()
        limits.segmentBytes = 1000
        let folder = CrashableFolder(seed: 2)
        let stream = try StreamSamples.open(folder, limits: limits)
        for number in 0..<4 {
            _ = try await stream.append(StreamSamples.frame(number, bytes: number % 2 == 0 ? 200_000 : 10))
        }
        let all = try await StreamSamples.all(stream, bytesMax: 1)
        #expect(all.map { $0.frame.items.count } == [200_000, 10, 200_000, 10])
        await stream.close()
    }

    @Test func aLostFolderDoesNotReuseOffsets() async throws {
        let stream = try StreamSamples.open(CrashableFolder(seed: 1), firstOffset: StreamOffset(77))
        #expect(stream.status.head == StreamOffset(77) && stream.status.committed == StreamOffset(77))
        #expect(try await stream.append(StreamSamples.frame(0)) == StreamOffset(77))
        await stream.close()
    }

    /// A segment name as the format describes it.
    private func segment(_ base: Int) -> String { "segment-" + String(format: "%020d", base) + ".log" }

    private func filled(_ folder: CrashableFolder, segmentBytes: Int64 = 1 << 20) async throws {
        var limits = StreamLimits()
        limits.segmentBytes = segmentBytes
        let stream = try StreamSamples.open(folder, limits: limits)
        for number in 0..<60 { _ = try await stream.append(StreamSamples.frame(number, bytes: 200)) }
        await stream.close()
    }

    @Test func damageInTheMiddleIsRefusedWithItsPlace() async throws {
        let folder = CrashableFolder(seed: 1)
        try await filled(folder)
        folder.damage(segment(0), at: 3000) { $0 ^ 0x10 }
        do throws(StreamOpenError) {
            _ = try StreamSamples.open(folder)
            Issue.record("a damaged segment was opened")
        } catch {
            guard case .corrupt(let path, let position, _) = error else {
                Issue.record("expected corrupt, got \(error)")
                return
            }
            #expect(path.hasSuffix(segment(0)) && position < 3000 && position > 2500)
            #expect("\(error)".contains(".damaged"))
        }
        #expect(folder.content(segment(0)).count > 60 * 200, "nothing was changed")
    }

    @Test func aShortenedLastSegmentIsRefusedAfterACleanClose() async throws {
        let folder = CrashableFolder(seed: 1)
        try await filled(folder)
        try folder.truncate(segment(0), to: 9000)
        #expect(throws: StreamOpenError.self) { try StreamSamples.open(folder) }
    }

    @Test func damageInAnOlderSegmentIsFoundWhenItIsRead() async throws {
        let folder = CrashableFolder(seed: 1)
        try await filled(folder, segmentBytes: 3000)
        folder.damage(segment(0), at: 1000) { ~$0 }
        let stream = try StreamSamples.open(folder)
        do {
            _ = try await StreamSamples.all(stream)
            Issue.record("damaged frames were read")
        } catch let error as StreamError {
            guard case .corrupt(let path, _, let reason) = error else {
                Issue.record("expected corrupt, got \(error)")
                return
            }
            #expect(path.hasSuffix(segment(0)) && reason.contains(".damaged"))
        }
        await stream.close()
    }

    @Test func aSegmentSetAsideIsSkipped() async throws {
        let folder = CrashableFolder(seed: 1)
        try await filled(folder)
        folder.damage(segment(0), at: 3000) { $0 ^ 0x10 }
        folder.rename(segment(0), to: segment(0) + ".damaged")
        let stream = try StreamSamples.open(folder)
        #expect(stream.status.head == StreamOffset(60), "offsets are not used twice")
        #expect(try await stream.append(StreamSamples.frame(60)) == StreamOffset(60))
        await stream.close()
    }

    @Test func aNewerFormatIsNamed() async throws {
        let folder = CrashableFolder(seed: 1)
        try await filled(folder)
        folder.damage(segment(0), at: 7) { _ in 9 }
        #expect(throws: StreamOpenError.self) { try StreamSamples.open(folder) }
    }

    /// The figure that group commit is about, on this machine's disk.
    @Test func throughput() async throws {
        let path = StreamSamples.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let stream = try StreamSamples.open(try DiskSegmentFolder(path: path))
        let frame = StreamSamples.frame(1, bytes: 200_000)
        let small = StreamSamples.frame(2, bytes: 400)
        let clock = ContinuousClock()
        let large = await clock.measure {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask { for _ in 0..<30 { _ = try? await stream.append(frame) } }
                }
            }
        }
        let many = await clock.measure {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask { for _ in 0..<200 { _ = try? await stream.append(small) } }
                }
            }
        }
        #expect(stream.status.head == StreamOffset(480 + 12_800))
        let reading = try await clock.measure { _ = try await StreamSamples.all(stream, bytesMax: 8 << 20) }
        print(
            "stream: 200 kB frames \(96.0 / (large.milliseconds / 1000)) MB/s; 64 writers of 400 B "
                + "\(12_800.0 / (many.milliseconds / 1000)) frames/s; read back \(101.0 / (reading.milliseconds / 1000)) MB/s"
        )
        await stream.close()
    }
}
