// SystemPorts: the machine's clock, random generator and identifiers, and their twins for tests.

package import Events
internal import Foundation
package import Ports
internal import Synchronization

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

/// The operating system's secure generator. Small draws come from a stock that is fetched in one system call and whose
/// bytes are wiped as they are handed out.
package struct SystemRandomness: Randomness {
    /// Bytes fetched at once; longer draws go to the system directly.
    private static let stockBytes = 8192

    private final class Stock: Sendable {
        let left = Mutex<[UInt8]>([])
    }
    private let stock = Stock()

    package init() {}

    package func bytes(_ count: Int) -> [UInt8] {
        guard count <= Self.stockBytes / 64 else { return Self.fetch(count) }
        return stock.left.withLock { left in
            if left.count < count { left = Self.fetch(Self.stockBytes) }
            let start = left.count - count
            let drawn = Array(left[start...])
            for at in start..<left.count { left[at] = 0 }
            left.removeLast(count)
            return drawn
        }
    }

    private static func fetch(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // One read instead of a system call for each eight bytes; what it could not give is drawn below.
            let file = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
            if file >= 0 {
                filled = max(0, read(file, buffer.baseAddress, count))
                close(file)
            }
            while filled < count {
                withUnsafeBytes(of: generator.next() as UInt64) { word in
                    for byte in word.prefix(count - filled) {
                        buffer.initializeElement(at: filled, to: byte)
                        filled += 1
                    }
                }
            }
        }
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
        let lead = prefix.rawValue.utf8
        return String(unsafeUninitializedCapacity: lead.count + 1 + 2 * bytes.count) { text in
            var at = 0
            func put(_ byte: UInt8) {
                text.initializeElement(at: at, to: byte)
                at += 1
            }
            for byte in lead { put(byte) }
            put(UInt8(ascii: "_"))
            for byte in bytes {
                put(hexDigit(byte >> 4))
                put(hexDigit(byte & 15))
            }
            return at
        }
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
