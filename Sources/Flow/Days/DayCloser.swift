package import Events
package import Ports
package import Telemetry

/// Closes days: in order, each once, in one transaction.
///
/// A close reads the whole date from the log (never the refreshed tally), so the seal commits to rows as stored. The
/// ledger checks within the transaction that no attempt came in between. A crash leaves the day open or closed, never
/// half; closing again answers `alreadyClosed`.
package actor DayCloser {
    private let ledger: any DayLedger & SealLedger & TrendLedger
    private let signer: SealSigner?
    private let book: DayBook
    private let clock: any Clock
    private let telemetry: Telemetry
    private let quiet: Duration
    private var watched: [ProjectID: Watch] = [:]

    /// `quiet` is the time for which nothing of the days that are over may change before they are closed on schedule;
    /// `signer` signs the seals from now on.
    package init(
        ledger: any DayLedger & SealLedger & TrendLedger, book: DayBook, clock: any Clock, telemetry: Telemetry,
        signer: SealSigner? = nil, quiet: Duration = .seconds(DayLimits.quietSeconds)
    ) {
        self.signer = signer
        self.quiet = quiet
        self.ledger = ledger
        self.book = book
        self.clock = clock
        self.telemetry = telemetry
    }

    /// Closes `date` and every open date of the project before it, now; returns the frozen snapshot.
    ///
    /// Events of the date that are on their way to the event store are waited for, `DayLimits.closeWaitSecondsMax` at most,
    /// unless nobody is there to move them (`waitsForEvents`).
    ///
    /// Throws `notOver` for today, `inFuture` for a later date and `beforeFirst` for one before the project's first day: a seal
    /// cannot be taken back. A date that is closed already is answered as it is.
    package func close(
        _ project: Project, date: LogicalDate, waitsForEvents: Bool = true
    ) async throws(DayError) -> StoredSnapshot {
        let today = project.calendar.date(at: clock.now)
        guard date <= today else { throw .inFuture(date: date) }
        guard date < today else { throw .notOver(date: date, ends: project.calendar.start(of: date.next)) }
        let first = try await book.firstDate(of: project)
        guard date >= first else { throw .beforeFirst(date: date, first: first) }
        let due = try await openDates(project, through: date)
        if waitsForEvents, !due.isEmpty { try await settle(project, date) }
        for date in due { try await closeOne(project, date) }
        guard let stored = try await book.stored(project.id, date) else {
            throw .snapshotUnreadable(date: date, detail: "the day is closed and has no snapshot")
        }
        return stored
    }

    /// Returns once the events received until the end of the date are stored, or the time for that is over.
    private func settle(_ project: Project, _ date: LogicalDate) async throws(DayError) {
        let end = clock.monotonic + .seconds(DayLimits.closeWaitSecondsMax)
        while clock.monotonic < end {
            guard let totals = try await book.eventTotals(project, date) else { return }
            if totals.pending == 0 { return }
            do { try await clock.sleep(for: DayLimits.closeWaitStep) } catch { throw .stopping }
        }
    }

    /// Closes what is due by schedule, oldest first, and returns the closed dates.
    ///
    /// Dates that are over are first watched: while attempts or events of any of them still arrive (stragglers at
    /// midnight, a backfill in `dev`), none is closed. Once nothing has changed for the quiet time, they are
    /// closed up to the first whose events are still in the stream; that one waits `DayLimits.settleSecondsMax` at most.
    package func closeDue(_ project: Project) async throws(DayError) -> [LogicalDate] {
        let today = project.calendar.date(at: clock.now)
        let dates = try await openDates(project, through: today.previous).prefix(DayLimits.catchUpDaysMax)
        guard !dates.isEmpty else {
            watched[project.id] = nil
            return []
        }
        var marks: [LogicalDate: Mark] = [:]
        for date in dates { marks[date] = try await mark(project, date) }
        guard let watch = watched[project.id], watch.marks.count == marks.count,
            marks.allSatisfy({ $0.value.isLike(watch.marks[$0.key]) })
        else {
            watched[project.id] = Watch(marks: marks, since: clock.monotonic)
            return []
        }
        let unchanged = clock.monotonic - watch.since
        guard unchanged >= quiet else { return [] }
        var closed: [LogicalDate] = []
        for date in dates {
            let isSettled = marks[date]?.pending == 0 || unchanged >= .seconds(DayLimits.settleSecondsMax)
            guard isSettled else { break }
            try await closeOne(project, date)
            closed.append(date)
        }
        // The rest goes on being watched from where it was.
        watched[project.id] = Watch(marks: marks.filter { !closed.contains($0.key) }, since: watch.since)
        return closed
    }

    /// What of a date is known to be still moving.
    private struct Mark {
        var lastSequence: Int64?
        var received: Int64?
        /// Nil when the event store could not be read. Not part of what has to stay the same.
        var pending: Int64?

        func isLike(_ other: Mark?) -> Bool { lastSequence == other?.lastSequence && received == other?.received }
    }
    private struct Watch {
        var marks: [LogicalDate: Mark]
        /// On the monotonic clock.
        var since: Duration
    }

    private func mark(_ project: Project, _ date: LogicalDate) async throws(DayError) -> Mark {
        let last = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.dayLastSequence(project.id, date)
        }
        guard await book.hasEventFacts else { return Mark(lastSequence: last, received: 0, pending: 0) }
        let totals = try await book.eventTotals(project, date)
        return Mark(lastSequence: last, received: totals?.books.received, pending: totals?.pending)
    }

    /// Dates from the project's first (creation or first attempt) through `last` that are not closed, ascending.
    private func openDates(_ project: Project, through last: LogicalDate) async throws(DayError) -> [LogicalDate] {
        let first = try await book.firstDate(of: project)
        guard first <= last else { return [] }
        let range = first...last
        let closed = Set(
            try await ledgerCall { () async throws(LedgerError) in
                try await ledger.closedDates(project.id, in: range)
            })
        return (first.dayNumber...last.dayNumber).map { LogicalDate(dayNumber: $0) }.filter { !closed.contains($0) }
    }

    private func closeOne(_ project: Project, _ date: LogicalDate) async throws(DayError) {
        for _ in 1...DayLimits.closeTriesMax {
            let scanned = try await ledgerCall { () async throws(LedgerError) in
                try await DayScan(ledger: ledger, project: project, date: date, checksRows: false).run()
            }
            let tally = scanned.tally
            var snapshot = try await book.snapshot(from: tally, project: project)
            let now = clock.now
            snapshot.refreshedAt = now
            snapshot.closedAt = now
            let seal = DaySeal(
                projectID: project.id, date: date, merkleRoot: tally.merkleRoot, rowCount: tally.rowCount,
                firstSequence: tally.extent.firstSequence, lastSequence: tally.extent.lastSequence,
                lastHash: tally.lastRowHash, snapshotSHA256: snapshot.sha256, sealedAt: now)
            let link = try await link(seal, leadsRoot: scanned.leadTree.root)
            let tree = DayTree(
                rowCount: tally.rowCount, firstSequences: scanned.runStarts, nodes: tally.merkle.runRoots)
            let (closing, extent) = (snapshot, tally.extent)
            let outcome = try await ledgerCall { () async throws(LedgerError) in
                try await ledger.closeDay(closing, seal: seal, extent: extent, link: link, tree: tree)
            }
            switch outcome {
            case .closed:
                telemetry.emit(
                    DayClosed(
                        project: project.id, date: date, attempts: tally.rowCount,
                        merkleRoot: Hexadecimal.text(tally.merkleRoot), hasEvents: snapshot.isBalanced != nil))
                return
            case .alreadyClosed: return
            case .moved: continue
            }
        }
        throw .moving(date: date, tries: DayLimits.closeTriesMax)
    }

    /// Counts the distinct people of the week that the day completes, while its rows are still at hand: who opens the trends a
    /// year later would read them all from the disk. No part of the close, which does not wait for it. What fails here is
    /// counted when somebody asks.
    nonisolated func countWeek(of project: ProjectID, endingWith date: LogicalDate) async {
        let monday = date.adding(days: -6)
        guard monday.weekday == 0 else { return }
        do throws(LedgerError) {
            let dates = try await ledger.closedDates(project, in: monday...date)
            guard dates.count == 7 else { return }
            let week = WeekDates(monday: monday, dates: dates, attempts: 0, isFinal: true)
            _ = try await ledger.weekUsers(project, [week], rowsMax: .max)
        } catch {
            telemetry.emit(WeekNotCounted(project: project, monday: monday, error: error))
        }
    }

    /// The seal's place behind the last one, signed when there is a key.
    private func link(_ seal: DaySeal, leadsRoot: [UInt8]) async throws(DayError) -> DaySealLink {
        let tip = try await ledgerCall { () async throws(LedgerError) in try await ledger.sealTip(seal.projectID) }
        var link = DaySealLink(
            projectID: seal.projectID, date: seal.date, position: (tip?.position ?? 0) + 1, leadsRoot: leadsRoot,
            previousSealHash: tip?.sealHash ?? SealStatement.genesis, sealHash: [], signature: nil, keyID: nil,
            linkedAt: seal.sealedAt)
        let statement = seal.statement(link)
        link.sealHash = statement.sealHash
        if let signer, let signature = signer.signature(of: statement) {
            link.signature = signature
            link.keyID = signer.keyID
        }
        return link
    }

    private func ledgerCall<Value: Sendable>(
        _ body: () async throws(LedgerError) -> Value
    ) async throws(DayError) -> Value {
        do { return try await body() } catch { throw .ledger(error) }
    }
}
