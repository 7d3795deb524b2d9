package import Events
package import Ports
internal import Synchronization

/// Proves or disproves that a day is complete and unmodified, from raw rows alone.
///
/// For each row: its hash is the hash of its fields, its `previous_hash` is the hash of the row before it in the project,
/// and that row exists. For the day: Merkle root, row count, sequences and last hash against the seal; every number of the
/// snapshot against a fresh count; the snapshot's text against its SHA-256; leads one to one with successful attempts; the
/// event store's rollups and books against a recount of its rows. For a project: sequences without holes.
///
/// Reads only. An open day has no seal: its chain, leads and events are verified, its snapshot is not compared.
package struct DayVerifier: Sendable {
    /// Rows done so far and rows of the day.
    package typealias Progress = @Sendable (_ done: Int64, _ of: Int64) -> Void

    let ledger: any DayLedger & SealLedger
    private let facts: (any DayEventFacts)?
    /// Why there are no event facts, for the report.
    private let factsMissing: String

    package init(
        ledger: any DayLedger & SealLedger, facts: (any DayEventFacts)?, factsMissing: String = "not opened"
    ) {
        self.ledger = ledger
        self.facts = facts
        self.factsMissing = factsMissing
    }

    /// Dates of the project that have something to verify, ascending: closed ones and those with attempts or a snapshot.
    package func dates(of project: Project, through last: LogicalDate) async throws(DayError) -> [LogicalDate] {
        do {
            var first = project.calendar.date(at: project.createdAt)
            if let attempt = try await ledger.firstAttemptDate(project.id) { first = min(first, attempt) }
            guard first <= last else { return [] }
            var dates = Set(try await ledger.closedDates(project.id, in: first...last))
            for number in first.dayNumber...last.dayNumber {
                let date = LogicalDate(dayNumber: number)
                if !dates.contains(date), try await ledger.dayExtent(project.id, date).rowCount > 0 {
                    dates.insert(date)
                }
            }
            return dates.sorted()
        } catch { throw .ledger(error) }
    }

    package func verify(
        _ project: Project, date: LogicalDate, progress: Progress? = nil
    ) async throws(DayError) -> DayVerification {
        do {
            let total = try await ledger.dayExtent(project.id, date).rowCount
            let done = Mutex<Int64>(0)
            return try await verify(project, date: date) { rows in
                // Reported within the lock, so that the last report is that of the end.
                done.withLock { done in
                    done += Int64(rows)
                    progress?(done, total)
                }
            }
        } catch let error as DayError { throw error } catch let error as LedgerError { throw .ledger(error) } catch {
            throw .snapshotUnreadable(date: date, detail: String(describing: error))
        }
    }

    /// `rows` gets the rows read since its last call, from any thread. Looking for leads without an attempt reads all leads
    /// of the project; who verifies many days leaves it out and asks `strayLeads` once.
    package func verify(
        _ project: Project, date: LogicalDate, looksForStrayLeads: Bool = true,
        rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws(DayError) -> DayVerification {
        do {
            let sealed = try await ledger.seals(project.id, in: date...date, limit: 1).first
            let stored = try await ledger.snapshot(project.id, date)
            let isClosed = try await ledger.closedDates(project.id, in: date...date) == [date]
            var result = DayVerification(
                projectID: project.id, date: date, isClosed: isClosed, attempts: 0, comparisons: [], firstWrongRow: nil,
                skipped: [])
            let scanned = try await DayScan(ledger: ledger, project: project, date: date, checksRows: true).run(
                progress: rows)
            let tally = scanned.tally
            result.attempts = tally.rowCount
            result.firstWrongRow = [scanned.wrong, scanned.wrongLead].compactMap { $0 }.min {
                $0.sequence < $1.sequence
            }
            compareLeads(scanned.leads, &result)
            if looksForStrayLeads { try await compareStrayLeads(project, date, &result) }
            if isClosed {
                try await compareSeal(sealed?.seal, tally, stored, &result)
                try await compareLink(sealed, leadsRoot: scanned.leadTree.root, &result)
                try await compareSnapshot(stored, tally, project, &result)
                if result.firstWrongRow == nil { result.firstWrongRow = Self.recordBehind(result.failures) }
            } else if sealed != nil || stored?.closedAt != nil {
                result.comparisons.append(DayComparison("closed_day", expected: "present", actual: "missing"))
            }
            await compareEvents(project, date, stored: isClosed ? stored : nil, &result)
            return result
        } catch let error as DayError {
            throw error
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch {
            throw .snapshotUnreadable(date: date, detail: String(describing: error))
        }
    }

    /// Where every row is as it was written: the record that a difference points at.
    private static func recordBehind(_ failures: [DayComparison]) -> WrongRow? {
        func wrong(_ subject: WrongRow.Subject, _ failure: DayComparison) -> WrongRow {
            WrongRow(
                subject: subject, sequence: 0, attemptID: "",
                reason: "\(failure.name): stored \(failure.expected), recomputed \(failure.actual)")
        }
        if let failure = failures.first(where: { $0.name == "seal.leads_root" }) {
            return WrongRow(
                subject: .lead, sequence: 0, attemptID: "",
                reason: "\(failure.name): a lead of the day was changed together with its digest")
        }
        if let failure = failures.first(where: { $0.name.hasPrefix("seal.") && $0.name != "seal.snapshot_sha256" }) {
            return wrong(.seal, failure)
        }
        return failures.first { $0.name.hasPrefix("snapshot") || $0.name == "seal.snapshot_sha256" }.map {
            wrong(.snapshot, $0)
        }
    }

    // MARK: Seal and snapshot

    private func compareSeal(
        _ seal: DaySeal?, _ tally: DayTally, _ stored: StoredSnapshot?, _ result: inout DayVerification
    ) async throws(LedgerError) {
        func text(_ number: Int64?) -> String { number.map(String.init) ?? "none" }
        guard let seal else {
            result.comparisons.append(DayComparison("seal", expected: "present", actual: "missing"))
            return
        }
        result.comparisons += [
            DayComparison("seal.row_count", expected: String(seal.rowCount), actual: String(tally.rowCount)),
            DayComparison(
                "seal.first_sequence", expected: text(seal.firstSequence), actual: text(tally.extent.firstSequence)),
            DayComparison(
                "seal.last_sequence", expected: text(seal.lastSequence), actual: text(tally.extent.lastSequence)),
            DayComparison(
                "seal.last_hash", expected: seal.lastHash.map(Hexadecimal.text) ?? "none",
                actual: tally.lastRowHash.map(Hexadecimal.text) ?? "none"),
            DayComparison(
                "seal.merkle_root", expected: Hexadecimal.text(seal.merkleRoot),
                actual: Hexadecimal.text(tally.merkleRoot)),
            DayComparison("seal.snapshot_sha256", expected: seal.snapshotSHA256, actual: stored?.sha256 ?? "missing"),
        ]
        guard result.firstWrongRow == nil else { return }
        result.firstWrongRow = try await rowBesideSeal(seal, tally)
    }

    /// Rows that agree with themselves and their neighbours, and not with the seal: the first that is too few or too many.
    private func rowBesideSeal(_ seal: DaySeal, _ tally: DayTally) async throws(LedgerError) -> WrongRow? {
        let last = seal.lastSequence ?? 0
        if last > tally.extent.lastSequence ?? 0 {
            return WrongRow(
                subject: .attempt, sequence: (tally.extent.lastSequence ?? (seal.firstSequence ?? 1) - 1) + 1,
                attemptID: "",
                reason: "the seal says that the day ends with sequence \(last): the rows from here on were deleted")
        }
        if tally.extent.lastSequence ?? 0 > last,
            let extra = try await ledger.dayAttempts(tally.projectID, tally.date, after: last, limit: 1).first
        {
            return WrongRow(
                subject: .attempt, sequence: extra.sequence, attemptID: extra.attemptID,
                reason:
                    "the seal says that the day ends with sequence \(last): the row was inserted after the day was closed"
            )
        }
        guard
            seal.merkleRoot != tally.merkleRoot || seal.lastHash != tally.lastRowHash || seal.rowCount != tally.rowCount
        else { return nil }
        return WrongRow(
            subject: .seal, sequence: 0, attemptID: "",
            reason:
                "each row agrees with its own hash and with its neighbours, and the seal does not agree with them: the log was rewritten, or the seal was changed"
        )
    }

    private func compareSnapshot(
        _ stored: StoredSnapshot?, _ tally: DayTally, _ project: Project, _ result: inout DayVerification
    ) async throws {
        guard let stored else {
            result.comparisons.append(DayComparison("snapshot", expected: "present", actual: "missing"))
            return
        }
        let sha256 = DayBook.sha256(stored.json)
        result.comparisons.append(DayComparison("snapshot.sha256", expected: stored.sha256, actual: sha256))
        if stored.sha256 != sha256, result.firstWrongRow == nil {
            result.firstWrongRow = WrongRow(
                subject: .snapshot, sequence: 0, attemptID: "",
                reason: "the snapshot's text does not have the SHA-256 that was stored and sealed: it was changed")
        }
        guard let claimed = try? DaySnapshot(canonicalJSON: stored.json, date: stored.date) else {
            result.comparisons.append(DayComparison("snapshot.json", expected: "readable", actual: "damaged"))
            return
        }
        var trailing: [TrailingDay] = []
        for day in claimed.comparison.days {
            guard let other = try await ledger.snapshot(project.id, day.date),
                let parsed = try? DaySnapshot(canonicalJSON: other.json, date: day.date)
            else {
                result.comparisons.append(
                    DayComparison("snapshot.comparison.\(day.date)", expected: day.sha256, actual: "missing"))
                continue
            }
            trailing.append(TrailingDay(sha256: DayBook.sha256(other.json), snapshot: parsed))
        }
        let leads = try await ledger.dayLeadCount(project.id, tally.date)
        var fresh = tally.snapshot(leads: leads, events: nil, trailing: trailing, format: claimed.format)
        // The event store's part has its own comparison, against its own rows.
        fresh.events = claimed.events
        let pairs = try Self.leaves(of: stored.json, and: fresh.canonicalJSON())
        result.comparisons += pairs
        result.comparisons += [
            DayComparison(
                "snapshot.column.attempts", expected: String(stored.attempts), actual: String(tally.rowCount)),
            DayComparison(
                "snapshot.column.failures", expected: String(stored.failures),
                actual: String(fresh.attempts.failures)),
            DayComparison("snapshot.column.leads", expected: String(stored.leads), actual: String(leads)),
        ]
    }

    /// Every number and text of two snapshots by its path; those of the event part are left out.
    static func leaves(of stored: String, and fresh: String) throws(DayError) -> [DayComparison] {
        var claimed: [String: String] = [:]
        var counted: [String: String] = [:]
        CanonicalJSON(parsing: stored)?.collectLeaves(at: "snapshot", into: &claimed)
        CanonicalJSON(parsing: fresh)?.collectLeaves(at: "snapshot", into: &counted)
        return Set(claimed.keys).union(counted.keys).filter { !$0.hasPrefix("snapshot.events") }.sorted().map {
            DayComparison($0, expected: claimed[$0] ?? "absent", actual: counted[$0] ?? "absent")
        }
    }

    // MARK: Leads

    private func compareLeads(_ counts: LeadCounts, _ result: inout DayVerification) {
        result.comparisons += [
            DayComparison(
                "leads.one_per_successful_attempt", expected: String(counts.successes),
                actual: String(counts.matched + counts.mismatched)),
            DayComparison("leads.mismatched", expected: "0", actual: String(counts.mismatched)),
            DayComparison("leads.missing", expected: "0", actual: String(counts.missing)),
            DayComparison("leads.altered", expected: "0", actual: String(counts.altered)),
        ]
    }

    private func compareStrayLeads(
        _ project: Project, _ date: LogicalDate, _ result: inout DayVerification
    ) async throws(LedgerError) {
        let strays = try await ledger.orphanLeads(project.id, createdIn: project.calendar.bounds(of: date))
        result.comparisons.append(
            DayComparison("leads.without_attempt", expected: "0", actual: String(strays.count)))
        if let lead = strays.first, result.firstWrongRow == nil { result.firstWrongRow = Self.stray(lead) }
    }

    private static func stray(_ lead: LeadLink) -> WrongRow {
        WrongRow(
            subject: .lead, sequence: lead.sequence ?? 0, attemptID: lead.attemptID,
            reason: "the lead \(lead.leadID) names the attempt \(lead.attemptID), which "
                + (lead.sequence == nil ? "the log does not have" : "does not know it"))
    }

    /// What concerns the whole log of a project: sequences without holes, leads without an attempt, the chain of seals.
    package func wholeLog(of project: ProjectID) async throws(DayError) -> [DayComparison] {
        do {
            let extent = try await ledger.logExtent(project)
            let strays = try await ledger.orphanLeads(project, createdIn: nil)
            let broken = try await SealChain(ledger: ledger).firstBreak(of: project)
            return [
                DayComparison(
                    "log.rows_without_holes", expected: String(extent.lastSequence ?? 0),
                    actual: String(extent.rowCount)),
                DayComparison(
                    "log.leads_without_attempt", expected: "0",
                    actual: strays.first.map { "\(strays.count), first \($0.leadID)" } ?? "0"),
                DayComparison(
                    "seals.chain", expected: "unbroken",
                    actual: broken.map { "broken at \($0.date): \($0.reason)" } ?? "unbroken"),
            ]
        } catch { throw .ledger(error) }
    }

    // MARK: Events

    private func compareEvents(
        _ project: Project, _ date: LogicalDate, stored: StoredSnapshot?, _ result: inout DayVerification
    ) async {
        guard let facts else {
            result.skipped.append("events: \(factsMissing)")
            return
        }
        let range = project.calendar.bounds(of: date)
        do throws(EventStoreError) {
            let totals = try await facts.totals(project.id, date, range: range)
            let recount = try await facts.recount(project.id, date, range: range)
            let (rolled, counted) = (DaySnapshot.EventPart(totals), DaySnapshot.EventPart(recount))
            result.comparisons += [
                DayComparison("events.count", expected: String(rolled.events), actual: String(counted.events)),
                DayComparison("events.failures", expected: String(rolled.failures), actual: String(counted.failures)),
                DayComparison(
                    "events.input_tokens", expected: String(rolled.inputTokens), actual: String(counted.inputTokens)),
                DayComparison(
                    "events.output_tokens", expected: String(rolled.outputTokens), actual: String(counted.outputTokens)),
                DayComparison(
                    "events.cost_micro_usd", expected: String(rolled.costMicroUsd), actual: String(counted.costMicroUsd)
                ),
                DayComparison("books.stored", expected: String(rolled.books.stored), actual: String(counted.events)),
                DayComparison(
                    "books.received", expected: String(totals.books.received), actual: String(totals.books.accounted)),
            ]
            let claimed = stored.flatMap { try? DaySnapshot(canonicalJSON: $0.json, date: date) }?.events
            if let claimed, claimed.pending == 0 {
                result.comparisons += [
                    DayComparison(
                        "snapshot.events.events", expected: String(claimed.events), actual: String(counted.events)),
                    DayComparison(
                        "snapshot.events.cost_micro_usd", expected: String(claimed.costMicroUsd),
                        actual: String(counted.costMicroUsd)),
                    DayComparison(
                        "snapshot.events.books.received", expected: String(claimed.books.received),
                        actual: String(rolled.books.received)),
                ]
            }
        } catch {
            result.skipped.append("events: \(error)")
        }
    }
}

extension CanonicalJSON {
    /// Scalars by their path: `a.b[2].c`.
    func collectLeaves(at path: String, into leaves: inout [String: String]) {
        switch self {
        case .object(let members):
            for (name, value) in members { value.collectLeaves(at: path + "." + name, into: &leaves) }
        case .array(let elements):
            for (index, value) in elements.enumerated() { value.collectLeaves(at: "\(path)[\(index)]", into: &leaves) }
        case .string(let text): leaves[path] = text
        case .integer(let value): leaves[path] = String(value)
        case .decimal(let text): leaves[path] = text
        case .boolean(let value): leaves[path] = value ? "true" : "false"
        case .null: leaves[path] = "null"
        }
    }
}
