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
/// Reads only. What to look at is taken from every record that names a project or a date, so that none of them can be taken
/// out of sight by deleting another. An open day has no seal: its chain, leads and events are verified, its snapshot is not
/// compared.
package struct DayVerifier: Sendable {
    /// Rows done so far and rows of the day.
    package typealias Progress = @Sendable (_ done: Int64, _ of: Int64) -> Void

    let ledger: any DayLedger & SealLedger
    private(set) var snapshots = ReadSnapshots()
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

    /// The same for one pass over the log, which reads each stored snapshot once.
    var ofOnePass: DayVerifier {
        var verifier = self
        verifier.snapshots = ReadSnapshots(remembersDays: true)
        return verifier
    }

    /// Dates of the project that have something to verify, ascending: those that any attempt or record of a closed day names,
    /// and those on which events were received.
    package func dates(of project: Project) async throws(DayError) -> [LogicalDate] {
        var dates: Set<LogicalDate>
        do { dates = try await ledger.recordedDates(project.id).dates } catch { throw .ledger(error) }
        if let facts {
            do { dates.formUnion(try await facts.dates(of: project.id)) } catch { throw .events(error) }
        }
        return dates.sorted()
    }

    /// The days that the project has had until today, whether or not anything came in.
    package func life(of project: Project, until today: LogicalDate) async throws(DayError) -> ClosedRange<LogicalDate>
    {
        do {
            let first = try await ledger.firstDate(of: project)
            return first...max(first, today)
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
    /// of the project; who verifies many days leaves it out and asks `wholeLog` once.
    package func verify(
        _ project: Project, date: LogicalDate, looksForStrayLeads: Bool = true,
        rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws(DayError) -> DayVerification {
        do {
            let records = try await ledger.dayRecords(project.id, date)
            let scanned = try await DayScan(ledger: ledger, project: project, date: date, checksRows: true).run(
                progress: rows)
            return try await compare(project, date, records, scanned, looksForStrayLeads: looksForStrayLeads)
        } catch let error as DayError {
            throw error
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch {
            throw .snapshotUnreadable(date: date, detail: String(describing: error))
        }
    }

    /// Several days of one project, ascending.
    package func verify(
        _ dates: [LogicalDate], of project: Project, rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws(DayError) -> [DayVerification] {
        do {
            return try await verify(dates.map { (project, $0) }, rows: rows).sorted { $0.date < $1.date }
        } catch let error as DayError { throw error } catch {
            throw .ledger(.failed(operation: "verifying days", detail: String(describing: error)))
        }
    }

    func verify(
        _ days: [(project: Project, date: LogicalDate)], rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws -> [DayVerification] {
        try await withThrowingTaskGroup(of: DayVerification.self) { group in
            var verified: [DayVerification] = []
            for (index, day) in days.enumerated() {
                if index >= DayLimits.comparedAtOnceMax, let done = try await group.next() { verified.append(done) }
                group.addTask { try await verify(day.project, date: day.date, looksForStrayLeads: false, rows: rows) }
            }
            for try await done in group { verified.append(done) }
            return verified
        }
    }

    /// Compares what a scan of all rows of the day found with the day's records.
    func compare(
        _ project: Project, _ date: LogicalDate, _ records: DayRecords, _ scanned: DayScanned, looksForStrayLeads: Bool
    ) async throws -> DayVerification {
        let tally = scanned.tally
        var result = DayVerification(
            projectID: project.id, date: date, isClosed: records.closedAt != nil, attempts: tally.rowCount,
            comparisons: [], firstWrongRow: nil, skipped: [])
        result.firstWrongRow = [scanned.wrong, scanned.wrongLead].compactMap { $0 }.min { $0.sequence < $1.sequence }
        compareLeads(scanned.leads, &result)
        if looksForStrayLeads { try await compareStrayLeads(project, date, &result) }
        var claimed: DaySnapshot?
        if records.areOfAClosedDay {
            try await compareSeal(records, tally, &result)
            compareClosing(records, &result)
            try await compareLink(records, leadsRoot: scanned.leadTree.root, &result)
            claimed = try await compareSnapshot(records, scanned, project, &result)
        }
        try await compareEvents(project, date, claimed: claimed, &result)
        if result.firstWrongRow == nil { result.firstWrongRow = Self.recordBehind(result.failures) }
        return result
    }

    // MARK: Snapshots

    /// The numbers and texts in which two snapshots differ, by path; those of the event part are left out.
    static func differences(of stored: String, and recomputed: String) -> [DayComparison] {
        var claimed: [String: String] = [:]
        var counted: [String: String] = [:]
        CanonicalJSON(parsing: stored)?.collectLeaves(at: "snapshot", into: &claimed)
        CanonicalJSON(parsing: recomputed)?.collectLeaves(at: "snapshot", into: &counted)
        return Set(claimed.keys).union(counted.keys).filter { !$0.hasPrefix("snapshot.events") }.sorted().map {
            DayComparison($0, expected: claimed[$0] ?? "absent", actual: counted[$0] ?? "absent")
        }.filter { !$0.isOK }
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

    static func stray(_ lead: LeadLink) -> WrongRow {
        WrongRow(
            subject: .lead, sequence: lead.sequence ?? 0, attemptID: lead.attemptID,
            reason: "the lead \(lead.leadID) names the attempt \(lead.attemptID), which "
                + (lead.sequence == nil ? "the log does not have" : "does not know it"))
    }

    // MARK: Events

    private func compareEvents(
        _ project: Project, _ date: LogicalDate, claimed: DaySnapshot?, _ result: inout DayVerification
    ) async throws(DayError) {
        guard let facts else {
            result.skipped.append("events: \(factsMissing)")
            return
        }
        let range = project.calendar.bounds(of: date)
        do throws(EventStoreError) {
            let totals = try await facts.totals(project.id, date, range: range)
            let recount = try await facts.recount(project.id, date, range: range)
            let (rolled, counted) = (DaySnapshot.EventPart(totals), DaySnapshot.EventPart(recount))
            result.events = counted.events
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
            if let claimed, let events = claimed.events, events.pending == 0 {
                Self.compareSnapshot(events, format: claimed.format, with: counted, &result)
            }
        } catch {
            guard !Task.isCancelled else { throw .stopping }
            result.skipped.append("events: \(error)")
        }
    }

    /// A closed day's event part against the rows as they are now.
    private static func compareSnapshot(
        _ claimed: DaySnapshot.EventPart, format: Int, with counted: DaySnapshot.EventPart,
        _ result: inout DayVerification
    ) {
        func compare(_ name: String, _ number: (DaySnapshot.EventPart) -> Int64?) {
            func text(_ part: DaySnapshot.EventPart) -> String { number(part).map(String.init) ?? "none" }
            result.comparisons.append(
                DayComparison("snapshot.events.\(name)", expected: text(claimed), actual: text(counted)))
        }
        compare("books.received") { $0.books.received }
        guard format >= 3 else {
            // Rows that came afterwards cannot be told from those that the snapshot counted.
            result.skipped.append(
                "event numbers of the snapshot: it is of format \(format), which counted events on the date of their own time, "
                    + "and such may have come later; its books are compared")
            return
        }
        compare("events") { $0.events }
        compare("late") { $0.late }
        compare("failures") { $0.failures }
        compare("input_tokens") { $0.inputTokens }
        compare("output_tokens") { $0.outputTokens }
        compare("cost_micro_usd") { $0.costMicroUsd }
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
