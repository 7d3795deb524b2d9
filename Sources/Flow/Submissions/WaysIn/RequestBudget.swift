internal import Synchronization

/// Token buckets by name, in memory: a restart fills them. For what arrives without credentials, beside the limits that
/// the log itself decides.
final class RequestBudget: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Duration
    }
    private let buckets = Mutex<[String: Bucket]>([:])

    /// What a bucket has after it was asked for a token.
    struct Room: Hashable, Sendable {
        /// Until there is a token again, when there was none; nil when one was taken.
        var wait: Duration?
        /// Whole tokens that are left.
        var remaining: Int
        /// Until the bucket is full.
        var untilFull: Duration
    }

    /// Takes a token of `name`, whose bucket holds `perMinute` and fills at that rate.
    func take(_ name: String, perMinute: Int, now: Duration) -> Room {
        let full = Double(perMinute)
        let perSecond = full / 60
        return buckets.withLock { buckets in
            if buckets.count >= WaysInLimits.bucketsMax, buckets[name] == nil { Self.forget(&buckets, now: now) }
            var bucket = buckets[name] ?? Bucket(tokens: full, at: now)
            bucket.tokens = min(full, bucket.tokens + max(0, (now - bucket.at).seconds) * perSecond)
            bucket.at = now
            let isThere = bucket.tokens >= 1
            if isThere { bucket.tokens -= 1 }
            buckets[name] = bucket
            return Room(
                wait: isThere ? nil : .milliseconds(Int64((1 - bucket.tokens) / perSecond * 1000) + 1),
                remaining: Int(bucket.tokens),
                untilFull: .milliseconds(Int64(((full - bucket.tokens) / perSecond * 1000).rounded(.up))))
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
    /// Whole seconds, rounded up.
    var wholeSecondsUp: Int { Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0) }

    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
