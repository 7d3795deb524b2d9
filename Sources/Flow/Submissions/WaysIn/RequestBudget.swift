internal import Synchronization

/// Token buckets by name, in memory: a restart fills them. For what arrives without credentials, beside the limits that
/// the log itself decides.
final class RequestBudget: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Duration
    }
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Takes a token of `name`, whose bucket holds `perMinute` and fills at that rate. Nil when there was one; else the time
    /// until there is.
    func take(_ name: String, perMinute: Int, now: Duration) -> Duration? {
        let full = Double(perMinute)
        let perSecond = full / 60
        return buckets.withLock { buckets in
            if buckets.count >= WaysInLimits.bucketsMax, buckets[name] == nil { Self.forget(&buckets, now: now) }
            var bucket = buckets[name] ?? Bucket(tokens: full, at: now)
            bucket.tokens = min(full, bucket.tokens + max(0, (now - bucket.at).seconds) * perSecond)
            bucket.at = now
            defer { buckets[name] = bucket }
            guard bucket.tokens >= 1 else { return .milliseconds(Int64((1 - bucket.tokens) / perSecond * 1000) + 1) }
            bucket.tokens -= 1
            return nil
        }
    }

    /// Buckets that were not touched for a minute are full: they say nothing. If all are in use, the oldest goes.
    private static func forget(_ buckets: inout [String: Bucket], now: Duration) {
        buckets = buckets.filter { now - $0.value.at < .seconds(60) }
        if buckets.count >= WaysInLimits.bucketsMax, let oldest = buckets.min(by: { $0.value.at < $1.value.at }) {
            buckets[oldest.key] = nil
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
