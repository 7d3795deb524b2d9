internal import Accounts
package import Days
internal import DuckDBEventStore
package import Events
internal import Ports
internal import SQLiteLedger
internal import Logging
package import Settings
internal import SystemPorts
internal import Synchronization
package import Telemetry

/// What `daybook verify` found for one project.
package struct ProjectVerification: Sendable {
    package var project: Project
    /// What concerns the log as a whole: sequences without holes, leads without an attempt, the chain of seals.
    package var log: [DayComparison]
    package var days: [DayVerification]

    package var isOK: Bool { log.allSatisfy(\.isOK) && days.allSatisfy(\.isOK) }
}

/// What the commands about days do: on a data folder, with or without a server beside it.
package struct DayCommands: Sendable {
    let ledger: SQLiteLedger
    private let events: DuckDBEventStore?
    private let eventsMissing: String
    private let published: PublishedAccounts
    private let clock: any Clock
    private let telemetry: Telemetry
    private let settings: Settings
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
            settings: settings, folder: folder)
    }

    func projects(_ name: String?) throws(StartFailure) -> [Project] {
        guard let name else { return published.projects.sorted { $0.id.text < $1.id.text } }
        guard let id = ProjectID(name), let project = published.project(id) else {
            let known = published.projects.map(\.id.text).sorted().joined(separator: ", ")
            throw StartFailure("There is no project '\(name)'. Known: \(known).")
        }
        return [project]
    }

    /// Days that are verified at the same time.
    private static let daysAtOnce = 2

    /// Recomputes days from raw rows. `progress` gets the rows done and to do, from any thread.
    package func verify(
        project: String?, date: LogicalDate?, progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws -> [ProjectVerification] {
        let facts = events.map { DayFacts(reader: $0, outbox: ledger, stream: nil) }
        let verifier = DayVerifier(ledger: ledger, facts: facts, factsMissing: eventsMissing)
        var work: [(project: Project, dates: [LogicalDate])] = []
        var total: Int64 = 0
        let asked = try projects(project)
        do throws(DayError) {
            for project in asked {
                let dates: [LogicalDate] =
                    if let date { [date] } else {
                        try await verifier.dates(of: project, through: project.calendar.date(at: clock.now))
                    }
                for date in dates { total += try await rowCount(project.id, date) }
                work.append((project, dates))
            }
        } catch { throw StartFailure(error.problem.detail) }
        let counted = Mutex<Int64>(0)
        let rowsInAll = total
        let rows: @Sendable (Int) -> Void = { rows in
            counted.withLock { done in
                done += Int64(rows)
                progress(done, rowsInAll)
            }
        }
        var results: [ProjectVerification] = []
        for (project, dates) in work {
            do throws(DayError) {
                async let log = Self.result { () async throws(DayError) in try await verifier.wholeLog(of: project.id) }
                let days = try await verify(dates, of: project, with: verifier, rows: rows)
                results.append(ProjectVerification(project: project, log: try await log.get(), days: days))
            } catch { throw StartFailure(error.problem.detail) }
        }
        return results
    }

    private static func result<Value: Sendable>(
        _ body: () async throws(DayError) -> Value
    ) async -> Result<Value, DayError> {
        do throws(DayError) { return .success(try await body()) } catch { return .failure(error) }
    }

    private func verify(
        _ dates: [LogicalDate], of project: Project, with verifier: DayVerifier,
        rows: @escaping @Sendable (Int) -> Void
    ) async throws(DayError) -> [DayVerification] {
        let found = await withTaskGroup(of: Result<DayVerification, DayError>.self) { group in
            var found: [Result<DayVerification, DayError>] = []
            for (index, date) in dates.enumerated() {
                if index >= Self.daysAtOnce, let done = await group.next() { found.append(done) }
                group.addTask {
                    do throws(DayError) {
                        return .success(
                            try await verifier.verify(project, date: date, looksForStrayLeads: false, rows: rows))
                    } catch { return .failure(error) }
                }
            }
            for await done in group { found.append(done) }
            return found
        }
        var days: [DayVerification] = []
        for result in found { days.append(try result.get()) }
        return days.sorted { $0.date < $1.date }
    }

    private func rowCount(_ project: ProjectID, _ date: LogicalDate) async throws(DayError) -> Int64 {
        do { return try await ledger.dayExtent(project, date).rowCount } catch { throw .ledger(error) }
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
            ledger: ledger, facts: DayFacts(reader: events, outbox: ledger, stream: nil), clock: clock,
            telemetry: telemetry)
        let signer = try await folder.sealSigner(
            settings, ledger: ledger, clock: clock, randomness: SystemRandomness())
        let closer = DayCloser(ledger: ledger, book: book, clock: clock, telemetry: telemetry, signer: signer)
        var closed: [(Project, sha256: String)] = []
        for project in try projects(project) {
            do throws(DayError) {
                let snapshot = try await closer.close(project, date: date, waitsForEvents: false)
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
