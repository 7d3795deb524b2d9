internal import Synchronization

/// Slows the guessing of passwords: counts sign-ins that failed, or are being checked, per email and address, and per
/// address, in windows that begin with the first of them. Kept in memory: a restart forgives.
final class SignInThrottle: Sendable {
    private struct Counter {
        var failures: Int
        var windowEnds: Duration
    }
    private let counters = Mutex<[String: Counter]>([:])

    /// Counts one try. Returns nil when it may be checked, or the time after which the next one may.
    func begin(email: String, address: String, now: Duration) -> Duration? {
        counters.withLock { counters in
            if counters.count >= Limits.signInCountersMax {
                counters = counters.filter { $0.value.windowEnds > now }
                if counters.count >= Limits.signInCountersMax,
                    let oldest = counters.min(by: { $0.value.windowEnds < $1.value.windowEnds })
                {
                    counters[oldest.key] = nil
                }
            }
            let keys = Self.keys(email, address)
            for (key, max) in keys {
                guard let counter = counters[key], counter.windowEnds > now, counter.failures >= max else { continue }
                return counter.windowEnds - now
            }
            for (key, _) in keys {
                var counter = counters[key] ?? Counter(failures: 0, windowEnds: now + Limits.signInWindow)
                if counter.windowEnds <= now { counter = Counter(failures: 0, windowEnds: now + Limits.signInWindow) }
                counter.failures += 1
                counters[key] = counter
            }
            return nil
        }
    }

    /// The try that `begin` counted succeeded: it was no guess.
    func succeeded(email: String, address: String) {
        counters.withLock { counters in
            let keys = Self.keys(email, address)
            counters[keys[0].key] = nil
            counters[keys[1].key]?.failures -= 1
        }
    }

    private static func keys(_ email: String, _ address: String) -> [(key: String, max: Int)] {
        [
            ("both|\(email)|\(address)", Limits.signInFailuresMax),
            ("address|\(address)", Limits.signInFailuresPerAddressMax),
        ]
    }
}
