// SystemPorts: the machine's clock, random generator and identifiers, and their twins for tests.

package import Events
internal import Foundation
package import Ports

package struct SystemClock: Clock {
    package init() {}
    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
    package var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}

/// The operating system's secure generator.
package struct SystemRandomness: Randomness {
    package init() {}
    package func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// UUID version 7 (RFC 9562 section 5.7) behind a prefix: sorts by time, 74 random bits.
package struct TimeOrderedIdentifiers: Identifiers {
    private let randomness: any Randomness
    package init(randomness: any Randomness) { self.randomness = randomness }

    package func make(_ prefix: IdentifierPrefix, at time: Timestamp) -> String {
        let milliseconds = UInt64(max(0, time.microseconds / 1000))
        var bytes = randomness.bytes(16)
        for i in 0..<6 { bytes[i] = UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * i)) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text = Array(prefix.rawValue.utf8) + [UInt8(ascii: "_")]
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
