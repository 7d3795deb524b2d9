// Days: what happened on one project's date, and the proof that nobody changed it afterwards.
//
// Purpose: keeps the open day's snapshot fresh; closes each date once it has passed in the project's zone (snapshot
// frozen, Merkle root of the attempts' hashes sealed, submissions for the date refused from then on); verifies a day by
// computing everything again from raw rows.
//
// Flow: attempts ─▶ `DayTally` ─▶ `DaySnapshot` ─▶ canonical JSON ─▶ SHA-256 ─▶ ledger. `DayBook` computes and refreshes,
// `DayCloser` closes, `DayScheduler` says when, `DayVerifier` checks.
//
// Constraints: a snapshot is a function of the log, the event store's totals and the closed snapshots of the seven days
// before; it holds no clock reading. Days close in order, so those seven are frozen when they are looked at. Nothing here
// is lost in a crash: a close is one transaction, everything else can be computed again.
//
// Stored format: canonical JSON as `DaySnapshot` describes, with its format's number; seals as RFC 6962 roots.
//
// Failure cases: an unreadable event store leaves `events` out of the snapshot, and delays a close for
// `DayLimits.settleSecondsMax` at most; attempts that arrive during a close make it compute again.

internal import Crypto
package import Events
package import Ports
package import Telemetry

/// Computes snapshots, and keeps the open days' ones fresh without reading the whole day each time.
package actor DayBook {
    private let ledger: any DayLedger
    private let facts: (any DayEventFacts)?
    private let clock: any Clock
    private let telemetry: Telemetry
    /// The open day of each project as far as it has been read.
    private var open: [ProjectID: DayTally] = [:]

    package init(ledger: any DayLedger, facts: (any DayEventFacts)?, clock: any Clock, telemetry: Telemetry) {
        self.ledger = ledger
        self.facts = facts
        self.clock = clock
        self.telemetry = telemetry
    }

    /// The date's snapshot: the frozen one when it is closed; else computed now from the log, stored and returned.
    /// Throws `inFuture` for a date that has not begun.
    package func snapshot(of project: Project, date: LogicalDate) async throws(DayError) -> StoredSnapshot {
        let today = project.calendar.date(at: clock.now)
        guard date <= today else { throw .inFuture(date: date) }
        if let stored = try await stored(project.id, date), stored.closedAt != nil { return stored }
        return try await refresh(project, date: date, isToday: date == today)
    }

    /// Says in the log why a list of days lacks open ones.
    package nonisolated func noteOpenDaysMissing(of project: ProjectID, because error: any Error) {
        telemetry.emit(OpenDaysMissing(project: project, reason: String(describing: error)))
    }

    /// Whether snapshots have an event store's part at all.
    var hasEventFacts: Bool { facts != nil }

    package func firstDate(of project: Project) async throws(DayError) -> LogicalDate {
        do { return try await ledger.firstDate(of: project) } catch { throw .ledger(error) }
    }

    /// What is stored, as it is; nil when the date was never looked at.
    package func stored(_ project: ProjectID, _ date: LogicalDate) async throws(DayError) -> StoredSnapshot? {
        do { return try await ledger.snapshot(project, date) } catch { throw .ledger(error) }
    }

    private func refresh(_ project: Project, date: LogicalDate, isToday: Bool) async throws(DayError) -> StoredSnapshot
    {
        let started = clock.monotonic
        var tally = isToday ? openTally(project, date) : nil
        if tally == nil {
            tally = DayTally(projectID: project.id, date: date, calendar: project.calendar)
        }
        let read = try await readOn(tally!)
        if isToday { keep(read) }
        let snapshot = try await snapshot(from: read, project: project)
        do {
            guard try await ledger.replaceOpenSnapshot(snapshot) else {
                guard let closed = try await ledger.snapshot(project.id, date) else {
                    throw DayError.snapshotUnreadable(date: date, detail: "the day is closed and has no snapshot")
                }
                return closed
            }
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch let error as DayError {
            throw error
        } catch {
            throw .snapshotUnreadable(date: date, detail: String(describing: error))
        }
        telemetry.emit(
            SnapshotRefreshed(
                project: project.id, date: date, attempts: snapshot.attempts, took: clock.monotonic - started))
        return snapshot
    }

    private func openTally(_ project: Project, _ date: LogicalDate) -> DayTally? {
        guard let tally = open[project.id], tally.date == date, tally.calendar == project.calendar else { return nil }
        return tally
    }

    /// Another refresh may have read further meanwhile; the longer one stays.
    private func keep(_ tally: DayTally) {
        if let kept = open[tally.projectID], kept.date == tally.date, kept.lastSequence > tally.lastSequence { return }
        open[tally.projectID] = tally
    }

    /// Adds every attempt of the tally's date that is in the log and not yet in the tally.
    func readOn(_ start: DayTally) async throws(DayError) -> DayTally {
        var tally = start
        while true {
            let page: [Attempt]
            do {
                page = try await ledger.dayAttempts(
                    tally.projectID, tally.date, after: tally.lastSequence, limit: DayLimits.readPage)
            } catch { throw .ledger(error) }
            tally.add(contentsOf: page)
            if page.count < DayLimits.readPage { return tally }
        }
    }

    /// The stored form of a tally's snapshot, with leads, event totals and the comparison as they are now.
    func snapshot(from tally: DayTally, project: Project) async throws(DayError) -> StoredSnapshot {
        let leads: Int64
        do { leads = try await ledger.dayLeadCount(project.id, tally.date) } catch { throw .ledger(error) }
        let events = try await eventTotals(project, tally.date)
        let trailing = try await trailingDays(project.id, before: tally.date)
        let snapshot = tally.snapshot(leads: leads, events: events, trailing: trailing)
        let json = snapshot.canonicalJSON()
        return StoredSnapshot(
            projectID: project.id, date: tally.date, json: json, sha256: Self.sha256(json),
            attempts: snapshot.attempts.attempts, leads: leads, failures: snapshot.attempts.failures,
            isBalanced: events?.books.isBalanced, refreshedAt: clock.now, closedAt: nil)
    }

    /// Nil, with a warning in the log, when the event store cannot be read. Throws `stopping` when the task is cancelled: that
    /// the numbers did not come says nothing about the store then, and no day may be closed without them.
    func eventTotals(_ project: Project, _ date: LogicalDate) async throws(DayError) -> DayEventTotals? {
        guard let facts else { return nil }
        do {
            return try await facts.totals(project.id, date, range: project.calendar.bounds(of: date))
        } catch {
            guard !Task.isCancelled else { throw .stopping }
            telemetry.emit(EventTotalsMissing(project: project.id, date: date, reason: String(describing: error)))
            return nil
        }
    }

    /// The closed ones of the seven days before a date, ascending: what its snapshot was compared with.
    package func trailingDays(
        _ project: ProjectID, before date: LogicalDate
    ) async throws(DayError) -> [TrailingDay] {
        let range = date.adding(days: -DayLimits.trailingDays)...date.previous
        let stored: [StoredSnapshot]
        do {
            stored = try await ledger.snapshots(project, in: range, limit: DayLimits.trailingDays)
        } catch { throw .ledger(error) }
        var days: [TrailingDay] = []
        for snapshot in stored.filter({ $0.closedAt != nil }).sorted(by: { $0.date < $1.date }) {
            days.append(
                TrailingDay(
                    sha256: snapshot.sha256,
                    snapshot: try DaySnapshot(canonicalJSON: snapshot.json, date: snapshot.date)))
        }
        return days
    }

    /// SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits.
    package static func sha256(_ text: String) -> String { Hexadecimal.text(SHA256.hash(data: Array(text.utf8))) }
}

extension DayLedger {
    /// The project's first day: that of its creation, or of an attempt before it (a backfill in `dev`).
    func firstDate(of project: Project) async throws(LedgerError) -> LogicalDate {
        let created = project.calendar.date(at: project.createdAt)
        return min(created, try await firstAttemptDate(project.id) ?? created)
    }
}
