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
    /// What concerns the log as a whole: that the project is registered, sequences without holes, leads without an attempt, the
    /// chain of seals.
    package var log: LogVerification
    package var days: [DayVerification]
    /// Why events were not looked at; nil when they were.
    package var eventsMissing: String?

    package var isOK: Bool { log.isOK && days.allSatisfy(\.isOK) }

    /// The first wrong record: one of a day, else one of the log as a whole.
    package var firstWrong: LogVerification.Wrong? {
        for day in days { if let row = day.firstWrongRow { return .init(row: row, date: day.date) } }
        return log.firstWrong
    }
}

/// Why a date cannot be verified: no project has anything of it.
package struct NothingOfDate: Error, CustomStringConvertible {
    package var description: String
}

/// Rows verified so far, of how many.
private final class VerifiedRows: Sendable {
    private let counts = Mutex<(done: Int64, total: Int64)>((0, 0))
    private let progress: @Sendable (_ done: Int64, _ of: Int64) -> Void

    init(_ progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void) { self.progress = progress }

    var total: Int64 {
        get { counts.withLock { $0.total } }
        set { counts.withLock { $0.total = newValue } }
    }

    /// Reported within the lock, so that the last report is that of the end.
    @Sendable func add(_ rows: Int) {
        counts.withLock { counts in
            counts.done += Int64(rows)
            progress(counts.done, counts.total)
        }
    }
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

    func projects(_ name: String?) throws(ProjectUnknown) -> [Project] {
        guard let name else { return published.projects.sorted { $0.id.text < $1.id.text } }
        guard let id = ProjectID(name), let project = published.project(id) else {
            let known = published.projects.map(\.id.text).sorted().joined(separator: ", ")
            throw ProjectUnknown(description: "--project: there is no project '\(name)'. Known: \(known).")
        }
        return [project]
    }

    /// Recomputes days from raw rows. `progress` gets the rows done and to do, from any thread.
    package func verify(
        project: String?, date: LogicalDate?, progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws -> [ProjectVerification] {
        let began = clock.now
        let asked = try await verifiedProjects(project)
        let facts = events.map {
            VerifiedFacts(DayFacts(reader: $0, outbox: ledger, stream: nil), of: asked.map(\.project))
        }
        let verifier = DayVerifier(ledger: ledger, facts: facts, factsMissing: eventsMissing)
        var found = try await verify(
            asked, date: date, isEverything: project == nil && date == nil, verifier, began, progress)
        if facts == nil { for at in found.indices { found[at].eventsMissing = eventsMissing } }
        return found
    }

    private func verify(
        _ asked: [VerifiedProject], date: LogicalDate?, isEverything: Bool, _ verifier: DayVerifier, _ began: Timestamp,
        _ progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws -> [ProjectVerification] {
        let report = VerifiedRows(progress)
        do throws(DayError) {
            if isEverything {
                let size = try await verifier.logSize()
                report.total = size.attempts
                let found = try await verifier.verifyAll(
                    asked.map(\.project), of: size, began: began, rows: report.add)
                var results: [ProjectVerification] = []
                for verified in asked {
                    let log = try await log(of: verified, with: verifier, leadsAreProven: found.leadsAreProven)
                    results.append(
                        ProjectVerification(
                            project: verified.project, log: log, days: found.days[verified.project.id] ?? []))
                }
                return results
            }
        } catch { throw StartFailure(error.problem.detail) }
        return try await verify(some: asked, date: date, with: verifier, report)
    }

    /// Some of the days: they are looked up one by one.
    private func verify(
        some asked: [VerifiedProject], date: LogicalDate?, with verifier: DayVerifier, _ report: VerifiedRows
    ) async throws -> [ProjectVerification] {
        var work: [(project: VerifiedProject, dates: [LogicalDate])] = []
        do throws(DayError) {
            for project in asked {
                var dates = try await verifier.dates(of: project.project)
                if let date {
                    let life = try await verifier.life(
                        of: project.project, until: project.project.calendar.date(at: clock.now))
                    dates = dates.contains(date) || life.contains(date) ? [date] : []
                }
                for date in dates { report.total += try await rowCount(project.project.id, date) }
                work.append((project, dates))
            }
        } catch { throw StartFailure(error.problem.detail) }
        if let date {
            work.removeAll { $0.dates.isEmpty }
            if work.isEmpty { throw try await nothing(of: date, in: asked.map(\.project), verifier) }
        }
        var results: [ProjectVerification] = []
        for (verified, dates) in work {
            do throws(DayError) {
                async let log = Self.result { () async throws(DayError) in
                    try await self.log(of: verified, with: verifier, leadsAreProven: false)
                }
                let days = try await verifier.verify(dates, of: verified.project, rows: report.add)
                results.append(ProjectVerification(project: verified.project, log: try await log.get(), days: days))
            } catch { throw StartFailure(error.problem.detail) }
        }
        return results
    }

    private func log(
        of verified: VerifiedProject, with verifier: DayVerifier, leadsAreProven: Bool
    ) async throws(DayError) -> LogVerification {
        let project = verified.project
        var whole = try await verifier.wholeLog(of: project, leadsAreProven: leadsAreProven)
        if !verified.isRegistered {
            whole.compare(
                "project", expected: "registered", actual: "missing",
                else: WrongRow(
                    subject: .project, sequence: 0, attemptID: "",
                    reason:
                        "the ledger has records of \(project.id) and no row of it in projects: the row was deleted, or the records were given another project_id"
                ))
        }
        return whole
    }

    private struct VerifiedProject {
        var project: Project
        var isRegistered: Bool
    }

    /// The named project or all: registered ones, and those that records name all the same.
    private func verifiedProjects(_ name: String?) async throws -> [VerifiedProject] {
        let registered = Set(published.projects.map(\.id))
        let lost: [ProjectID]
        do throws(LedgerError) {
            lost = try await ledger.recordedProjects().filter { !registered.contains($0) }
        } catch { throw StartFailure(DayError.ledger(error).problem.detail) }
        if name == nil || lost.contains(where: { $0.text == name }) {
            var found = name == nil ? published.projects.map { VerifiedProject(project: $0, isRegistered: true) } : []
            for id in lost where name == nil || id.text == name {
                found.append(VerifiedProject(project: try await standIn(for: id), isRegistered: false))
            }
            return found.sorted { $0.project.id.text < $1.project.id.text }
        }
        return try projects(name).map { VerifiedProject(project: $0, isRegistered: true) }
    }

    /// For a project without a row: its zone is the one that a snapshot names, so that its days can be recomputed.
    private func standIn(for id: ProjectID) async throws -> Project {
        var calendar = DayCalendar.utc
        do throws(LedgerError) {
            let dates = try await ledger.recordedDates(id).dates
            if let first = dates.min(), let last = dates.max(),
                let stored = try await ledger.snapshots(id, in: first...last, limit: 1).first,
                let zone = (try? DaySnapshot(canonicalJSON: stored.json, date: stored.date))?.timeZone
            {
                calendar = DayCalendar(zoneName: zone) ?? .utc
            }
        } catch { throw StartFailure(DayError.ledger(error).problem.detail) }
        return Project(
            id: id, organisationID: "", name: id.text, calendar: calendar, region: "", eventsPerSecond: 1,
            submissionsPerUserPerMinute: 1, createdAt: clock.now)
    }

    private func nothing(
        of date: LogicalDate, in projects: [Project], _ verifier: DayVerifier
    ) async throws -> NothingOfDate {
        var spans: [String] = []
        do throws(DayError) {
            for project in projects {
                let life = try await verifier.life(of: project, until: project.calendar.date(at: clock.now))
                spans.append("\(project.id) has days from \(life.lowerBound) to \(life.upperBound)")
            }
        } catch { throw StartFailure(error.problem.detail) }
        let known = spans.isEmpty ? "there is no project" : spans.prefix(5).joined(separator: ", ")
        return NothingOfDate(description: "there is nothing of \(date) to verify: \(known)")
    }

    private static func result<Value: Sendable>(
        _ body: () async throws(DayError) -> Value
    ) async -> Result<Value, DayError> {
        do throws(DayError) { return .success(try await body()) } catch { return .failure(error) }
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
        var tooEarly: StartFailure?
        for one in try projects(project) {
            do throws(DayError) {
                let snapshot = try await closer.close(one, date: date, waitsForEvents: false)
                closed.append((one, sha256: snapshot.sha256))
            } catch {
                let failure = StartFailure("\(one.id): \(error.problem.detail)")
                // Of all projects, those that had not begun are left alone.
                guard case .beforeFirst = error else { throw failure }
                tooEarly = tooEarly ?? failure
            }
        }
        if closed.isEmpty, let tooEarly { throw tooEarly }
        return closed
    }

    package func finish() async {
        await events?.close()
        do { try ledger.close() } catch { telemetry.logger.error("Closing the ledger failed: \(error)") }
    }
}
