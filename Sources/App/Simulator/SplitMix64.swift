#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The simulator's generator: equal seeds give equal sequences on every machine.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { self.state = seed }

    /// A generator for one part of a whole: parts with different labels do not depend on each other's length.
    package init(seed: UInt64, labels: UInt64...) {
        var mixed = SplitMix64(seed: seed)
        var value = mixed.next()
        for label in labels {
            mixed = SplitMix64(seed: value ^ (label &* 0xD6E8_FEB8_6659_FD93))
            value = mixed.next()
        }
        self.state = value
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 (included) to 1 (not included).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ share: Double) -> Bool { unit() < share }

    mutating func int(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(unit() * Double(range.upperBound - range.lowerBound + 1))
    }

    mutating func pick<T>(_ values: [T]) -> T { values[int(0...values.count - 1)] }

    /// One of the values, each as likely as its weight.
    mutating func pick<T>(weighted values: [(T, Double)]) -> T {
        var at = unit() * values.reduce(0) { $0 + $1.1 }
        for (value, weight) in values {
            at -= weight
            if at < 0 { return value }
        }
        return values[values.count - 1].0
    }

    /// Mean 0, deviation 1 (Box and Muller, 1958).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    /// Right-skewed values such as durations and prices: half lie below `median`.
    mutating func logNormal(median: Double, sigma: Double) -> Double { median * exp(sigma * normal()) }

    /// A gap between arrivals of a Poisson process, in units of 1/rate.
    mutating func exponential() -> Double { -log(1 - unit()) }

    /// A Poisson count (Knuth's product for small means, the normal approximation beyond 30).
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 30 { return max(0, Int((mean + mean.squareRoot() * normal()).rounded())) }
        let floor = exp(-mean)
        var product = unit()
        var count = 0
        while product > floor {
            product *= unit()
            count += 1
        }
        return count
    }

    /// Lower-case hex digits.
    mutating func hex(_ digits: Int) -> String {
        var out = [UInt8]()
        out.reserveCapacity(digits)
        let alphabet = Array("0123456789abcdef".utf8)
        while out.count < digits {
            var word = next()
            for _ in 0..<min(16, digits - out.count) {
                out.append(alphabet[Int(word & 15)])
                word >>= 4
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
