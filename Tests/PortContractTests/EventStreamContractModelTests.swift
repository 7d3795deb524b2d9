import Events
import Ports
import SegmentLogStream
import SimulatedDisk
import SystemPorts
import Telemetry
import Testing

/// The segment log against its twin: random appends, reads, commits, faults and losses of power. After each restart every
/// acknowledged frame is there at its offset, unchanged; what else is there was appended once and never acknowledged.
@Suite struct EventStreamContractModelTests {
    struct Model {
        /// Acknowledged frames by offset.
        var acknowledged: [Int64: Int] = [:]
        var attempted: Set<Int> = []
        var committed: Int64 = 0
        var number = 0
    }

    static let batches = 20

    @Test(arguments: 0..<batches)
    func nothingAcknowledgedIsEverLost(_ batch: Int) async throws {
        for seed in 0..<(1200 / Self.batches) {
            try await run(seed: UInt64(batch * 1000 + seed))
        }
    }

    private func run(seed: UInt64) async throws {
        var randomness = Randomness(seed: seed)
        let folder = CrashableFolder(seed: seed &* 77 &+ 1)
        var limits = StreamLimits()
        limits.segmentBytes = Int64(500 + randomness.next(3000))
        limits.indexBytes = 200
        limits.groupBytesMax = 200 + randomness.next(2000)
        var model = Model()
        for life in 0..<4 {
            let stream: SegmentLogStream
            do throws(StreamOpenError) {
                stream = try StreamSamples.open(folder, limits: limits)
            } catch {
                Issue.record("seed \(seed), life \(life): \(error)")
                return
            }
            try await check(stream, model, seed, "after start \(life)")
            folder.set(randomness.faults())
            for _ in 0..<(5 + randomness.next(25)) { await step(stream, &model, &randomness, seed) }
            folder.set(.init())
            if randomness.next(3) == 0 {
                try await check(stream, model, seed, "before close \(life)")
                await stream.close()
            } else {
                // The process dies between two file calls: nothing runs any more.
                await stream.close(withoutSaving: folder)
            }
        }
    }

    private func step(
        _ stream: SegmentLogStream, _ model: inout Model, _ randomness: inout Randomness, _ seed: UInt64
    ) async {
        switch randomness.next(10) {
        case 0..<4:
            model.number += 1
            await append(stream, [StreamSamples.frame(model.number, bytes: randomness.next(400))], &model)
        case 4..<8:
            let frames = (0..<(1 + randomness.next(8))).map { _ in
                model.number += 1
                return StreamSamples.frame(model.number, bytes: randomness.next(300))
            }
            await append(stream, frames, &model)
        default:
            let head = stream.status.head.value
            let offset = model.committed + Int64(randomness.next(Int(head - model.committed) + 1))
            do throws(StreamError) {
                try await stream.commit(StreamOffset(offset))
                model.committed = max(model.committed, offset)
            } catch {
                // Refused: frames up to `offset` may be gone all the same, since they are processed.
                model.committed = max(model.committed, offset)
            }
        }
    }

    private func append(_ stream: SegmentLogStream, _ frames: [StreamFrame], _ model: inout Model) async {
        for frame in frames { model.attempted.insert(StreamSamples.number(of: frame)!) }
        let results = await withTaskGroup(of: (Int, Int64?).self) { group in
            for frame in frames {
                group.addTask { (StreamSamples.number(of: frame)!, try? await stream.append(frame).value) }
            }
            return await group.reduce(into: [(Int, Int64?)]()) { $0.append($1) }
        }
        for case (let number, let offset?) in results { model.acknowledged[offset] = number }
    }

    private func check(_ stream: SegmentLogStream, _ model: Model, _ seed: UInt64, _ when: String) async throws {
        let from = max(StreamOffset(model.committed), stream.status.tail)
        #expect(stream.status.tail.value <= model.committed || model.committed == 0, "seed \(seed) \(when)")
        let frames = try await StreamSamples.all(stream, from: from, bytesMax: 700)
        let found = Dictionary(uniqueKeysWithValues: frames.map { ($0.offset.value, $0.frame) })
        for (offset, number) in model.acknowledged where offset >= from.value {
            guard let frame = found[offset] else {
                Issue.record("seed \(seed) \(when): acknowledged frame \(number) at \(offset) is gone")
                continue
            }
            let expected = StreamSamples.frame(number, bytes: frame.items.count)
            #expect(frame == expected, "seed \(seed) \(when): offset \(offset)")
        }
        let numbers = frames.compactMap { StreamSamples.number(of: $0.frame) }
        #expect(Set(numbers).count == frames.count, "seed \(seed) \(when): a frame is there twice")
        #expect(Set(numbers).isSubset(of: model.attempted), "seed \(seed) \(when): a frame nobody appended")
        #expect(
            frames.map(\.offset.value) == frames.indices.map { from.value + Int64($0) }, "seed \(seed) \(when): a hole")
    }
}

/// SplitMix64, as a value.
struct Randomness {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) >> 33) % bound
    }

    mutating func faults() -> CrashableFolder.Faults {
        var faults = CrashableFolder.Faults()
        if next(3) == 0 { return faults }
        if next(2) == 0 { faults.write = 3 + next(20) }
        if next(2) == 0 { faults.sync = 3 + next(20) }
        if next(2) == 0 { faults.full = 3 + next(20) }
        if next(3) == 0 { faults.create = 2 + next(10) }
        if next(3) == 0 { faults.truncate = 2 + next(5) }
        return faults
    }
}

extension SegmentLogStream {
    /// The power goes: what the folder holds is what survives, and the stream's own last writes go nowhere.
    func close(withoutSaving folder: CrashableFolder) async {
        folder.crash(freezing: true)
        await close()
        folder.thaw()
    }
}
