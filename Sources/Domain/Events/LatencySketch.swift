#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// DDSketch bucket mapping for latencies: quantiles with 1 % relative error that merge exactly.
///
/// A value `v > minimum` falls in bucket `ceil(log_gamma(v))` with `gamma = (1 + a) / (1 - a)`, `a = 0.01`; a bucket's
/// estimate is `2 * gamma^i / (gamma + 1)`. Values up to `minimum` share `zeroBucket`.
/// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
/// VLDB 2019, section 2.
package enum LatencySketch {
    package static let relativeError = 0.01
    package static let gamma = (1 + relativeError) / (1 - relativeError)
    /// Milliseconds below which values are not told apart.
    package static let minimum = 0.001
    package static let zeroBucket: Int16 = -2048
    private static let inverseLogGamma = 1 / log(gamma)

    /// The bucket of a duration in milliseconds (negative and NaN count as zero).
    @inline(__always)
    package static func bucket(of milliseconds: Double) -> Int16 {
        guard milliseconds > minimum else { return zeroBucket }
        let index = (log(milliseconds) * inverseLogGamma).rounded(.up)
        return Int16(max(-2047, min(2047, index)))
    }

    /// The value in milliseconds that stands for a bucket: within 1 % of every value in it.
    package static func value(of bucket: Int16) -> Double {
        bucket == zeroBucket ? 0 : 2 * pow(gamma, Double(bucket)) / (gamma + 1)
    }

    /// The `q` quantile (0 to 1, nearest rank) of a histogram given as (bucket, count), in any order; nil when empty.
    package static func quantile(_ q: Double, of histogram: some Sequence<(bucket: Int16, count: Int64)>) -> Double? {
        let sorted = histogram.filter { $0.count > 0 }.sorted { $0.bucket < $1.bucket }
        let total = sorted.reduce(0) { $0 + $1.count }
        guard total > 0 else { return nil }
        let rank = max(1, Int64((q * Double(total)).rounded(.up)))
        var seen: Int64 = 0
        for (bucket, count) in sorted {
            seen += count
            if seen >= rank { return value(of: bucket) }
        }
        return sorted.last.map { value(of: $0.bucket) }
    }
}
