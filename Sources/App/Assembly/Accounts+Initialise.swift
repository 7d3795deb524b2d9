package import Accounts
package import Events
internal import Foundation
internal import Ports
package import Settings
internal import SQLiteLedger
internal import SystemPorts
package import Telemetry

/// What a first start creates, or what is there already.
package enum InitialiseOutcome: Sendable {
    case created(FirstSignIn)
    case alreadyThere(projects: [Project])
}

package enum Initialise {
    /// Creates the data folder with a first organisation, project, owner and key; changes nothing when they exist.
    package static func run(
        _ settings: Settings, timeZone: String, telemetry: Telemetry
    ) async throws -> InitialiseOutcome {
        if FileManager.default.fileExists(atPath: settings.dataFolder + "/" + SQLiteLedger.fileName) {
            let folder = try DataFolder(path: settings.dataFolder, access: .read)
            let ledger = try openLedger(folder, telemetry: telemetry)
            let published = try await PublishedAccounts(ledger: ledger, clock: SystemClock())
            if !published.projects.isEmpty { return .alreadyThere(projects: published.projects) }
        }
        guard let first = FirstAccount(timeZone: timeZone) else {
            throw StartFailure("'\(timeZone)' is not a time zone of the tz database, e.g. America/New_York or UTC.")
        }
        let folder = try DataFolder(path: settings.dataFolder, access: .own)
        let ledger = try openLedger(folder, telemetry: telemetry)
        let clock = SystemClock()
        let randomness = SystemRandomness()
        let published = try await PublishedAccounts(ledger: ledger, clock: clock)
        let accounts = AccountService(
            ledger: ledger, published: published, hasher: PasswordHasher(randomness: randomness), clock: clock,
            randomness: randomness, identifiers: TimeOrderedIdentifiers(randomness: randomness),
            sealing: try Node.secretBox(folder, randomness: randomness), telemetry: telemetry)
        do {
            guard let created = try await accounts.initialise(first) else {
                return .alreadyThere(projects: published.projects)
            }
            return .created(created)
        } catch {
            throw StartFailure("The first account could not be created: \(error)")
        }
    }

    static func openLedger(_ folder: DataFolder, telemetry: Telemetry) throws(StartFailure) -> SQLiteLedger {
        do { return try SQLiteLedger(folder: folder.path, telemetry: telemetry) } catch {
            throw StartFailure(sentence(error.description))
        }
    }
}

/// First letter in upper case, full stop at the end.
func sentence(_ text: String) -> String {
    guard let first = text.first else { return text }
    return first.uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
}
