internal import CArgon2
internal import Dispatch
package import Ports
internal import Synchronization

/// Argon2id (RFC 9106) in PHC string form. Hashing takes tens of milliseconds and 19 MiB, so it runs on a bounded number
/// of threads of its own, never on the cooperative pool.
package final class PasswordHasher: Sendable {
    package enum Failure: Error, Sendable {
        /// Too many hashes wait.
        case overloaded
        case argon(code: Int32)
    }

    private struct State {
        var waiting = 0
        var next = 0
    }
    private let state = Mutex(State())
    private let queues: [DispatchQueue]
    private let randomness: any Randomness
    private let passes: UInt32
    private let kibibytes: UInt32

    package convenience init(randomness: any Randomness) {
        self.init(randomness: randomness, passes: Limits.argonPasses, kibibytes: Limits.argonKibibytes)
    }

    /// With other costs: for tests alone.
    init(randomness: any Randomness, passes: UInt32, kibibytes: UInt32) {
        self.randomness = randomness
        self.passes = passes
        self.kibibytes = kibibytes
        queues = (0..<Limits.hashersMax).map { DispatchQueue(label: "daybook.password.\($0)", qos: .userInitiated) }
    }

    package func hash(_ password: String) async throws(Failure) -> String {
        let salt = randomness.bytes(Limits.argonSaltBytes)
        let (passes, kibibytes) = (passes, kibibytes)
        return try await run { () -> Result<String, Failure> in
            let length = argon2_encodedlen(
                passes, kibibytes, Limits.argonLanes, UInt32(salt.count), UInt32(Limits.argonHashBytes), Argon2_id)
            var encoded = [CChar](repeating: 0, count: length)
            let secret = Array(password.utf8)
            let code = argon2id_hash_encoded(
                passes, kibibytes, Limits.argonLanes, secret, secret.count, salt, salt.count, Limits.argonHashBytes,
                &encoded, length)
            guard code == ARGON2_OK.rawValue else { return .failure(.argon(code: code)) }
            let text = encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return .success(String(decoding: text, as: UTF8.self))
        }
    }

    /// Whether the password has this hash. Takes the same time whichever byte differs.
    package func verify(_ password: String, hash: String) async throws(Failure) -> Bool {
        try await run { () -> Result<Bool, Failure> in
            let secret = Array(password.utf8)
            switch argon2id_verify(hash, secret, secret.count) {
            case ARGON2_OK.rawValue: return .success(true)
            case ARGON2_VERIFY_MISMATCH.rawValue: return .success(false)
            case let code: return .failure(.argon(code: code))
            }
        }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable () -> Result<Value, Failure>
    ) async throws(Failure) -> Value {
        let queue: DispatchQueue? = state.withLock { state in
            guard state.waiting < Limits.hashesWaitingMax else { return nil }
            state.waiting += 1
            state.next = (state.next + 1) % queues.count
            return queues[state.next]
        }
        guard let queue else { throw .overloaded }
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
        state.withLock { $0.waiting -= 1 }
        return try result.get()
    }
}
