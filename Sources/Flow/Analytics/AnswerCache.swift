package import Events
package import Ports
internal import Synchronization
package import Telemetry

/// Encoded answers of aggregates, for a short time, per tenant and normalised question.
///
/// **Single flight**: while an answer is being made, those who ask the same wait for it. Errors and partial answers are not
/// kept. Bounded in entries and bytes: what is stale goes first, then what was made first.
package final class AnswerCache: Sendable {
    package struct Key: Hashable, Sendable {
        package var project: ProjectID
        package var contract: String
        package var question: String
        package init(project: ProjectID, contract: String, question: String) {
            self.project = project
            self.contract = contract
            self.question = question
        }
    }

    package struct Made: Sendable {
        package var bytes: [UInt8]
        /// How long others may get the same bytes; zero when the answer must not be kept.
        package var lifetime: Duration
        package init(bytes: [UInt8], lifetime: Duration) {
            self.bytes = bytes
            self.lifetime = lifetime
        }
    }

    /// What those who waited learn.
    fileprivate enum Outcome: Sendable {
        case made([UInt8])
        case failed(Problem)
        /// The one who made it went away: one of those who waited takes over.
        case abandoned
    }

    fileprivate struct Entry {
        var bytes: [UInt8]
        var expires: Duration
        var number: UInt64
    }

    fileprivate struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var nextNumber: UInt64 = 0
        var flights: [Key: [CheckedContinuation<Outcome?, Never>]] = [:]
    }

    static let lookups = MetricName(
        "daybook_analytics_cache_total", help: "Answers asked of the cache.", labels: ["result"])

    private let state = Mutex(State())
    private let clock: any Clock
    private let metrics: MetricRegistry
    private let entriesMax: Int
    private let bytesMax: Int

    package init(
        clock: any Clock, telemetry: Telemetry, entriesMax: Int = AnalyticsLimits.cachedAnswersMax,
        bytesMax: Int = AnalyticsLimits.cachedBytesMax
    ) {
        self.clock = clock
        self.metrics = telemetry.metrics
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// The kept answer, the one in the making, or a new one from `make`.
    package func answer(
        _ key: Key, make: () async throws(Problem) -> Made
    ) async throws(Problem) -> [UInt8] {
        while true {
            if let kept = kept(key) {
                metrics.add(Self.lookups, ["hit"])
                return kept
            }
            let outcome = await withCheckedContinuation { (waiting: CheckedContinuation<Outcome?, Never>) in
                join(key, waiting)
            }
            switch outcome {
            case nil: return try await lead(key, make: make)
            case .made(let bytes):
                metrics.add(Self.lookups, ["shared"])
                return bytes
            case .failed(let problem): throw problem
            case .abandoned: continue
            }
        }
    }

    /// Those who wait for the answer now being made.
    package func waiting(_ key: Key) -> Int { state.withLock { $0.flights[key]?.count ?? 0 } }

    private func kept(_ key: Key) -> [UInt8]? {
        let now = clock.monotonic
        return state.withLock { $0.kept(key, now) }
    }

    /// Waits with the others, or learns (nil) that it is up to the caller to make the answer.
    private func join(_ key: Key, _ waiting: CheckedContinuation<Outcome?, Never>) {
        let now = clock.monotonic
        let told: Outcome?? = state.withLock { state in
            if let bytes = state.kept(key, now) { return .some(.made(bytes)) }
            if state.flights[key] != nil {
                state.flights[key]!.append(waiting)
                return nil
            }
            state.flights[key] = []
            return .some(nil)
        }
        if let told { waiting.resume(returning: told) }
    }

    private func lead(_ key: Key, make: () async throws(Problem) -> Made) async throws(Problem) -> [UInt8] {
        metrics.add(Self.lookups, ["miss"])
        do throws(Problem) {
            let made = try await make()
            land(key, .made(made.bytes), keep: made)
            return made.bytes
        } catch {
            // A cancelled request says nothing about the question: somebody else asks it again.
            land(key, Task.isCancelled ? .abandoned : .failed(error), keep: nil)
            throw error
        }
    }

    private func land(_ key: Key, _ outcome: Outcome, keep made: Made?) {
        let now = clock.monotonic
        let waiting = state.withLock { state in
            if let made, made.lifetime > .zero {
                state.keep(key, made, now, entriesMax: entriesMax, bytesMax: bytesMax)
            }
            return state.flights.removeValue(forKey: key) ?? []
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }
}

extension AnswerCache.State {
    fileprivate func kept(_ key: AnswerCache.Key, _ now: Duration) -> [UInt8]? {
        guard let entry = entries[key], entry.expires > now else { return nil }
        return entry.bytes
    }

    fileprivate mutating func keep(
        _ key: AnswerCache.Key, _ made: AnswerCache.Made, _ now: Duration, entriesMax: Int, bytesMax: Int
    ) {
        guard made.bytes.count <= bytesMax / 4 else { return }
        remove(key)
        if entries.count >= entriesMax || bytes + made.bytes.count > bytesMax {
            for (stale, entry) in entries where entry.expires <= now { remove(stale) }
        }
        if entries.count >= entriesMax || bytes + made.bytes.count > bytesMax {
            // A quarter at once, so that a full cache is not searched for every answer.
            let oldest = entries.sorted { $0.value.number < $1.value.number }
            var left = max(1, oldest.count / 4)
            for (old, _) in oldest {
                guard left > 0 || bytes + made.bytes.count > bytesMax else { break }
                remove(old)
                left -= 1
            }
        }
        nextNumber += 1
        bytes += made.bytes.count
        entries[key] = .init(bytes: made.bytes, expires: now + made.lifetime, number: nextNumber)
    }

    private mutating func remove(_ key: AnswerCache.Key) {
        if let entry = entries.removeValue(forKey: key) { bytes -= entry.bytes.count }
    }
}
