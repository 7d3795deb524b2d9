internal import Events
internal import Synchronization

/// Token buckets by name. A batch is let in while its bucket is not empty and then takes one token an event, even below
/// zero: so a batch larger than the bucket passes once, and is paid for by waiting.
final class RateLimiter: Sendable {
    struct Bucket: Hashable, Sendable {
        enum Owner: Hashable, Sendable { case project(ProjectID), key(String) }
        var owner: Owner
        /// Events a second, at least 1.
        var rate: Int

        var name: String {
            switch owner {
            case .project: "project"
            case .key: "key"
            }
        }
    }

    private struct Level {
        var tokens: Double
        var at: Duration
    }
    private let levels = Mutex<[Bucket: Level]>([:])
    private let burstSeconds: Int
    /// Full buckets are forgotten once there are more than this: they say nothing.
    private static let rememberedMax = 20_000

    init(burstSeconds: Int) { self.burstSeconds = burstSeconds }

    /// Nil while the bucket has tokens, otherwise the seconds until it has one again.
    func refusal(_ bucket: Bucket, now: Duration) -> Int? {
        let tokens = levels.withLock { level(of: bucket, in: &$0, now).tokens }
        return tokens >= 1 ? nil : max(1, Int(((1 - tokens) / Double(bucket.rate)).rounded(.up)))
    }

    func charge(_ bucket: Bucket, events: Int, now: Duration) {
        levels.withLock { levels in
            var level = level(of: bucket, in: &levels, now)
            level.tokens -= Double(events)
            levels[bucket] = level
            if levels.count > Self.rememberedMax {
                let full = Double(bucket.rate * burstSeconds)
                levels = levels.filter { $0.key == bucket || $0.value.tokens < full }
            }
        }
    }

    func state(_ bucket: Bucket, now: Duration) -> QuotaState {
        let tokens = levels.withLock { level(of: bucket, in: &$0, now).tokens }
        let quota = bucket.rate * burstSeconds
        return QuotaState(
            name: bucket.name, quota: quota, windowSeconds: burstSeconds, remaining: max(0, Int(tokens)),
            resetSeconds: Int(((Double(quota) - tokens) / Double(bucket.rate)).rounded(.up)))
    }

    private func level(of bucket: Bucket, in levels: inout [Bucket: Level], _ now: Duration) -> Level {
        let full = Double(bucket.rate * burstSeconds)
        guard let last = levels[bucket] else { return Level(tokens: full, at: now) }
        let elapsed = max(0, (now - last.at).milliseconds / 1000)
        return Level(tokens: min(full, last.tokens + elapsed * Double(bucket.rate)), at: now)
    }
}
