package import Events
package import Ports

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

    private let ledger: any DayLedger
    private let facts: (any DayEventFacts)?
    /// Why there are no event facts, for the report.
    private let factsMissing: String

    package init(ledger: any DayLedger, facts: (any DayEventFacts)?, factsMissing: String = "not opened") {
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

    /// Whether the project's log has no hole: as many rows as its highest sequence.
    package func density(of project: ProjectID) async throws(DayError) -> DayComparison {
        do {
            let extent = try await ledger.logExtent(project)
            return DayComparison(
                "log.rows_without_holes", expected: String(extent.lastSequence ?? 0), actual: String(extent.rowCount))
        } catch { throw .ledger(error) }
    }

    package func verify(
        _ project: Project, date: LogicalDate, progress: Progress? = nil
    ) async throws(DayError) -> DayVerification {
        do {
            let seal = try await ledger.seal(project.id, date)
            let stored = try await ledger.snapshot(project.id, date)
            let isClosed = try await ledger.closedDates(project.id, in: date...date) == [date]
            var result = DayVerification(
                projectID: project.id, date: date, isClosed: isClosed, attempts: 0, comparisons: [], firstWrongRow: nil,
                skipped: [])
            let (tally, wrong, successes) = try await readChain(project, date, progress)
            result.attempts = tally.rowCount
            result.firstWrongRow = wrong
            try await compareLeads(project, date, successes, &result)
            if isClosed {
                compareSeal(seal, tally, stored, &result)
                try await compareSnapshot(stored, tally, project, &result)
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

    // MARK: The chain

    private func readChain(
        _ project: Project, _ date: LogicalDate, _ progress: Progress?
    ) async throws -> (DayTally, WrongRow?, successes: [String: String]) {
        var tally = DayTally(projectID: project.id, date: date, calendar: project.calendar)
        var wrong: WrongRow?
        var successes: [String: String] = [:]
        let total = try await ledger.dayExtent(project.id, date).rowCount
        var previous: Attempt?
        while true {
            let page = try await ledger.dayAttempts(
                project.id, date, after: tally.lastSequence, limit: DayLimits.readPage)
            for attempt in page {
                if wrong == nil { wrong = try await check(attempt, after: previous, in: project) }
                if attempt.outcome == .success { successes[attempt.attemptID] = attempt.leadID ?? "" }
                previous = attempt
            }
            tally.add(contentsOf: page)
            progress?(tally.rowCount, total)
            if page.count < DayLimits.readPage { return (tally, wrong, successes) }
        }
    }

    private func check(_ attempt: Attempt, after previous: Attempt?, in project: Project) async throws -> WrongRow? {
        func wrong(_ reason: String) -> WrongRow {
            WrongRow(sequence: attempt.sequence, attemptID: attempt.attemptID, reason: reason)
        }
        if AttemptHash.hash(of: attempt) != attempt.hash {
            return wrong("its hash is not the hash of its fields: a field was changed after the row was written")
        }
        if project.calendar.date(at: attempt.receivedAt) != attempt.logicalDate {
            return wrong("its date \(attempt.logicalDate) is not the date of its receipt time \(attempt.receivedAt)")
        }
        let before = attempt.sequence - 1
        if before == 0 {
            return attempt.previousHash == AttemptHash.genesis
                ? nil : wrong("it is the project's first row, and its previous_hash is not zero")
        }
        let expected: [UInt8]?
        if let previous, previous.sequence == before {
            expected = previous.hash
        } else {
            expected = try await ledger.attemptHash(project.id, sequence: before)
        }
        guard let expected else { return wrong("the row before it, sequence \(before), is missing: it was deleted") }
        return expected == attempt.previousHash
            ? nil
            : wrong("its previous_hash is not the hash of row \(before): rows were inserted, replaced or reordered")
    }

    // MARK: Seal and snapshot

    private func compareSeal(
        _ seal: DaySeal?, _ tally: DayTally, _ stored: StoredSnapshot?, _ result: inout DayVerification
    ) {
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
                actual: tally.lastHash.map(Hexadecimal.text) ?? "none"),
            DayComparison(
                "seal.merkle_root", expected: Hexadecimal.text(seal.merkleRoot),
                actual: Hexadecimal.text(tally.merkleRoot)),
            DayComparison("seal.snapshot_sha256", expected: seal.snapshotSHA256, actual: stored?.sha256 ?? "missing"),
        ]
    }

    private func compareSnapshot(
        _ stored: StoredSnapshot?, _ tally: DayTally, _ project: Project, _ result: inout DayVerification
    ) async throws {
        guard let stored else {
            result.comparisons.append(DayComparison("snapshot", expected: "present", actual: "missing"))
            return
        }
        result.comparisons.append(
            DayComparison("snapshot.sha256", expected: stored.sha256, actual: DayBook.sha256(stored.json)))
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
        var fresh = tally.snapshot(leads: leads, events: nil, trailing: trailing)
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

    private func compareLeads(
        _ project: Project, _ date: LogicalDate, _ successes: [String: String], _ result: inout DayVerification
    ) async throws {
        var unmatched = successes
        var orphans = 0
        var mismatched = 0
        var count: Int64 = 0
        var last = ""
        let range = project.calendar.bounds(of: date)
        while true {
            let page = try await ledger.dayLeadLinks(
                project.id, date, createdIn: range, after: last, limit: DayLimits.readPage)
            for link in page {
                last = link.leadID
                guard link.sequence != nil else {
                    orphans += 1
                    continue
                }
                guard link.date == date else { continue }
                count += 1
                if unmatched.removeValue(forKey: link.attemptID) != link.leadID { mismatched += 1 }
            }
            if page.count < DayLimits.readPage { break }
        }
        result.comparisons += [
            DayComparison("leads.one_per_successful_attempt", expected: String(successes.count), actual: String(count)),
            DayComparison("leads.without_attempt", expected: "0", actual: String(orphans)),
            DayComparison("leads.mismatched", expected: "0", actual: String(mismatched)),
            DayComparison("leads.missing", expected: "0", actual: String(unmatched.count)),
        ]
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
        case .boolean(let value): leaves[path] = value ? "true" : "false"
        case .null: leaves[path] = "null"
        }
    }
}
