import Accounts
import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry

/// Accounts on a real ledger in a temporary folder, initialised, with a clock that moves only when told.
final class AccountHarness: Sendable {
    let folder: String
    let ledger: SQLiteLedger
    let clock = ManualClock(now: Timestamp(rfc3339: "2026-03-10T15:00:00Z")!)
    let published: PublishedAccounts
    let service: AccountService
    let first: FirstSignIn

    init() async throws {
        folder = NSTemporaryDirectory() + "daybook-accounts-\(UUID().uuidString)"
        ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        published = try await PublishedAccounts(ledger: ledger, clock: clock)
        let randomness = SeededRandomness(seed: 11)
        service = AccountService(
            ledger: ledger, published: published, hasher: PasswordHasher(randomness: randomness), clock: clock,
            randomness: randomness, identifiers: TimeOrderedIdentifiers(randomness: randomness),
            sealing: SecretBox(key: [UInt8](repeating: 7, count: 32), randomness: randomness), telemetry: .none())
        first = try await service.initialise(FirstAccount()!)!
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func principal(_ token: String) async throws -> Principal {
        try await published.authenticate(authorization: "Bearer \(token)")
    }

    /// The code that authentication answers.
    func refusal(_ authorization: String?) async -> ErrorCode? {
        do {
            _ = try await published.authenticate(authorization: authorization)
            return nil
        } catch { return error.code }
    }

    func admin() async throws -> Principal { try await principal(first.apiKey) }
}

func code(_ body: () async throws(Problem) -> some Any) async -> ErrorCode? {
    do {
        _ = try await body()
        return nil
    } catch { return error.code }
}
