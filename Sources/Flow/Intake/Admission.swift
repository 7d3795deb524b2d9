package import Events
internal import Synchronization

/// Bounds the bytes that requests hold at one moment. Refuses before memory grows; never queues.
package final class Admission: Sendable {
    private let inFlight = Mutex(0)
    private let bytesMax: Int
    private let retryAfterSeconds: Int

    package init(bytesMax: Int, retryAfterSeconds: Int) {
        self.bytesMax = bytesMax
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var bytesInFlight: Int { inFlight.withLock { $0 } }

    /// Room for `bytes`, until the ticket is gone. Throws `overloaded`.
    package func reserve(_ bytes: Int) throws(Problem) -> Ticket {
        try take(bytes)
        return Ticket(self, bytes)
    }

    private func take(_ bytes: Int) throws(Problem) {
        let isFull = inFlight.withLock { inFlight in
            guard inFlight + bytes <= bytesMax else { return true }
            inFlight += bytes
            return false
        }
        if isFull {
            throw Problem(
                .overloaded,
                "Too much is being received at this moment. Nothing was stored; send the batch again shortly.",
                retryAfterSeconds: retryAfterSeconds)
        }
    }

    fileprivate func give(_ bytes: Int) { inFlight.withLock { $0 -= bytes } }

    /// Gives its room back when it goes away.
    package final class Ticket: Sendable {
        private let admission: Admission
        private let bytes: Mutex<Int>

        fileprivate init(_ admission: Admission, _ bytes: Int) {
            self.admission = admission
            self.bytes = Mutex(bytes)
        }

        deinit { admission.give(bytes.withLock { $0 }) }

        package func grow(by more: Int) throws(Problem) {
            try admission.take(more)
            bytes.withLock { $0 += more }
        }
    }
}
