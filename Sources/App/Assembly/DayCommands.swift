internal import Accounts
package import Days
internal import DuckDBEventStore
package import Events
internal import Ports
internal import SQLiteLedger
internal import Logging
package import Settings
internal import SystemPorts
package import Telemetry

/// What `daybook verify` found for one project.
package struct ProjectVerification: Sendable {
    package var project: Project
    /// Whether the log's sequences have no hole.
    package var density: DayComparison
    package var days: [DayVerification]

    package var isOK: Bool { density.isOK && days.allSatisfy(\.isOK) }
}

/// What the commands about days do: on a data folder, with or without a server beside it.
package struct DayCommands: Sendable {
    let ledger: SQLiteLedger
    private let events: DuckDBEventStore?
    private let eventsMissing: String
    private let published: PublishedAccounts
    private let clock: any Clock
    private let telemetry: Telemetry
    /// Keeps the lock while the commands run.
    private let folder: DataFolder

    /// Opens the folder. A running server keeps the event store to itself: its numbers are then left out, and said to be.
    package static func open(_ settings: Settings, telemetry: Telemetry) async throws -> DayCommands {
        _ = try DataFolder(path: settings.dataFolder, access: .read)
        let owned: DataFolder?
        do throws(StartFailure) { owned = try DataFolder(path: settings.dataFolder, access: .own) } catch {
            // Owned by a server, or not writable: either way the ledger can still be read beside it.
            telemetry.logger.debug("The data folder is not ours: \(error)")
            owned = nil
        }
        let folder = try owned ?? DataFolder(path: settings.dataFolder, access: .read)
        let ledger = try Initialise.openLedger(folder, telemetry: telemetry)
        let events = try owned.map { folder throws(StartFailure) in
            try Stores.openEvents(folder, settings, telemetry: telemetry)
        }
        let clock = SystemClock()
        return DayCommands(
            ledger: ledger, events: events,
            eventsMissing: "the running server owns the event store; stop it to verify its numbers too",
            published: try await PublishedAccounts(ledger: ledger, clock: clock), clock: clock, telemetry: telemetry,
            folder: folder)
    }

    func projects(_ name: String?) throws(StartFailure) -> [Project] {
        guard let name else { return published.projects.sorted { $0.id.text < $1.id.text } }
        guard let id = ProjectID(name), let project = published.project(id) else {
            let known = published.projects.map(\.id.text).sorted().joined(separator: ", ")
            throw StartFailure("There is no project '\(name)'. Known: \(known).")
        }
        return [project]
    }

    /// Recomputes days from raw rows. `progress` gets the day and the rows done and to do.
    package func verify(
        project: String?, date: LogicalDate?,
        progress: @escaping @Sendable (_ day: String, _ done: Int64, _ of: Int64) -> Void
    ) async throws -> [ProjectVerification] {
        let facts = events.map { DayFacts(reader: $0, stream: nil) }
        let verifier = DayVerifier(ledger: ledger, facts: facts, factsMissing: eventsMissing)
        var results: [ProjectVerification] = []
        for project in try projects(project) {
            var days: [DayVerification] = []
            do throws(DayError) {
                let density = try await verifier.density(of: project.id)
                let dates: [LogicalDate]
                if let date {
                    dates = [date]
                } else {
                    dates = try await verifier.dates(of: project, through: project.calendar.date(at: clock.now))
                }
                for date in dates {
                    days.append(
                        try await verifier.verify(project, date: date) { done, total in
                            progress("\(project.id) \(date)", done, total)
                        })
                }
                results.append(ProjectVerification(project: project, density: density, days: days))
            } catch {
                throw StartFailure(error.problem.detail)
            }
        }
        return results
    }

    /// Closes a date that is over, and every open one before it. Needs the folder for itself: a running server closes days
    /// on its own, and over its API.
    package func close(project: String?, date: LogicalDate) async throws -> [(Project, sha256: String)] {
        guard let events else {
            throw StartFailure(
                "A running Daybook owns this folder and closes days by itself. To close one now, ask it: POST /v1/projects/PROJECT/days/\(date)/close"
            )
        }
        let book = DayBook(
            ledger: ledger, facts: DayFacts(reader: events, stream: nil), clock: clock, telemetry: telemetry)
        let closer = DayCloser(ledger: ledger, book: book, clock: clock, telemetry: telemetry)
        var closed: [(Project, sha256: String)] = []
        for project in try projects(project) {
            do throws(DayError) {
                let snapshot = try await closer.close(project, date: date)
                closed.append((project, sha256: snapshot.sha256))
            } catch {
                throw StartFailure("\(project.id): \(error.problem.detail)")
            }
        }
        return closed
    }

    package func finish() async {
        await events?.close()
        do { try ledger.close() } catch { telemetry.logger.error("Closing the ledger failed: \(error)") }
    }
}
