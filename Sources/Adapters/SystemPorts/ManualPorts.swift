package import Events
internal import Ports
internal import Synchronization

/// A clock that moves only when told: sleepers wake, in order of their deadlines, as `advance` passes them.
package final class ManualClock: Clock {
    private struct Sleeper {
        var deadline: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now: Timestamp
        var monotonic: Duration = .zero
        var sleepers: [UInt64: Sleeper] = [:]
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
    }
    private let state: Mutex<State>

    package init(now: Timestamp) { state = Mutex(State(now: now)) }

    package var now: Timestamp { state.withLock { $0.now } }
    package var monotonic: Duration { state.withLock { $0.monotonic } }

    /// How many wait for the clock.
    package var sleeping: Int { state.withLock { $0.sleepers.count } }

    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now + duration
            state.monotonic += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.monotonic }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    package func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let immediate: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    let deadline = state.monotonic + duration
                    if deadline <= state.monotonic { return .success(()) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

/// Bytes from a seed: equal seeds give equal sequences. Generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
package final class SeededRandomness: Randomness {
    private let state: Mutex<UInt64>
    package init(seed: UInt64) { state = Mutex(seed) }

    package func bytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                return UInt8(truncatingIfNeeded: (z ^ (z >> 31)) >> 56)
            }
        }
    }
}

/// A fixed list of projects, for tests.
package struct FixedProjectDirectory: ProjectDirectory {
    package let projects: [Project]
    private let byID: [ProjectID: Project]
    package init(_ projects: [Project]) {
        self.projects = projects
        self.byID = Dictionary(uniqueKeysWithValues: projects.map { ($0.id, $0) })
    }
    package func project(_ id: ProjectID) -> Project? { byID[id] }
}
