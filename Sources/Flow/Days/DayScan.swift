internal import Events
internal import Ports
internal import Wire

/// One pass over a day's raw rows: counts them, hashes them again, follows their chain, and looks at their leads.
///
/// The day is cut into runs of `DayLimits.scanRunRows` rows that are read at the same time, each on a thread of the
/// ledger's; their results are joined in order. Nothing here makes an object of a row.
struct DayScan: Sendable {
    /// Rows of the day that were read since the last call.
    typealias Progress = @Sendable (_ rows: Int) -> Void

    let ledger: any DayLedger
    let project: Project
    let date: LogicalDate
    /// Whether hashes are computed again; a close only reads them.
    let checksRows: Bool

    func run(progress: Progress? = nil) async throws(LedgerError) -> DayScanned {
        let empty = DayRun(project: project, date: date, checksRows: checksRows)
        let cuts = try await ledger.dayCuts(project.id, date, every: DayLimits.scanRunRows)
        let starts = [Int64(0)] + cuts
        let runs = try await read(starts, empty: empty, progress)
        var scanned = DayScanned(first: runs[0])
        for run in runs.dropFirst() { scanned.append(run) }
        if scanned.tally.hasOverflow { scanned.tally = try await sequentialTally() }
        if checksRows { try await closeGaps(&scanned) }
        return scanned
    }

    private func read(
        _ starts: [Int64], empty: DayRun, _ progress: Progress?
    ) async throws(LedgerError) -> [DayRun] {
        let results = await withTaskGroup(of: (Int, Result<DayRun, LedgerError>).self) { group in
            var results: [Int: Result<DayRun, LedgerError>] = [:]
            for (index, start) in starts.enumerated() {
                if index >= DayLimits.scansAtOnceMax, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, await readRun(after: start, empty: empty, progress)) }
            }
            for await (done, result) in group { results[done] = result }
            return results
        }
        var runs: [DayRun] = []
        for index in starts.indices {
            guard let result = results[index] else { preconditionFailure("every run has a result") }
            runs.append(try result.get())
        }
        return runs
    }

    private func readRun(
        after start: Int64, empty: DayRun, _ progress: Progress?
    ) async -> Result<DayRun, LedgerError> {
        do throws(LedgerError) {
            var run = try await ledger.scanDay(
                project.id, date, after: start, limit: DayLimits.scanRunRows, into: empty.fresh(progress)
            ) { run, row in run.add(row) }
            run.finish()
            return .success(run)
        } catch {
            return .failure(error)
        }
    }

    /// Names beyond the limit are told apart by their order, which runs side by side do not have.
    private func sequentialTally() async throws(LedgerError) -> DayTally {
        var run = try await ledger.scanDay(
            project.id, date, after: 0, limit: .max,
            into: DayRun(project: project, date: date, checksRows: false)
        ) { run, row in run.add(row) }
        run.finish()
        return run.tally
    }

    /// Rows whose predecessor is not of this day, or of another run: compared with the stored hash before them.
    func closeGaps(_ scanned: inout DayScanned) async throws(LedgerError) {
        for gap in scanned.gaps where gap.sequence < scanned.wrong?.sequence ?? .max {
            if gap.sequence == 1 {
                guard gap.previousHash != AttemptHash.genesis else { continue }
                scanned.wrong = gap.wrong("it is the project's first row, and its previous_hash is not zero")
                return
            }
            switch try await ledger.attemptHash(project.id, sequence: gap.sequence - 1) {
            case nil:
                scanned.wrong = gap.wrong("the row before it, sequence \(gap.sequence - 1), is missing: it was deleted")
                return
            case gap.previousHash: continue
            default:
                scanned.wrong = gap.wrong(DayRun.brokenChain(gap.sequence))
                return
            }
        }
    }
}

/// A row whose predecessor has to be looked up.
struct ChainGap: Sendable {
    var sequence: Int64
    var attemptID: String
    var previousHash: [UInt8]

    func wrong(_ reason: String) -> WrongRow {
        WrongRow(subject: .attempt, sequence: sequence, attemptID: attemptID, reason: reason)
    }
}

/// What a pass over a whole day found.
struct DayScanned: Sendable {
    var tally: DayTally
    /// The first row that is not what was written.
    var wrong: WrongRow?
    /// The first row whose lead is not what was written.
    var wrongLead: WrongRow?
    var gaps: [ChainGap]
    var leads: LeadCounts
    var leadTree: MerkleRootBuilder
    /// The sequence with which each run of `DayTree.rowsPerNode` rows begins.
    var runStarts: [Int64]

    init(first: DayRun) {
        tally = first.tally.placed
        wrong = first.wrong
        wrongLead = first.wrongLead
        gaps = first.gaps
        leads = first.leads
        leadTree = MerkleRootBuilder()
        runStarts = first.runStarts
        first.addLeads(to: &leadTree)
    }

    mutating func append(_ run: DayRun) {
        tally.append(run.tally)
        wrong = wrong ?? run.wrong
        wrongLead = wrongLead ?? run.wrongLead
        gaps += run.gaps
        leads.add(run.leads)
        runStarts += run.runStarts
        run.addLeads(to: &leadTree)
    }
}

/// Successful attempts and their leads, counted.
struct LeadCounts: Sendable {
    var successes: Int64 = 0
    /// Leads that name an attempt of the day.
    var found: Int64 = 0
    var matched: Int64 = 0
    var missing: Int64 = 0
    /// Leads that differ from their attempt, or name one that failed.
    var mismatched: Int64 = 0
    /// Leads whose fields no longer have the digest that was stored with them.
    var altered: Int64 = 0

    mutating func add(_ other: LeadCounts) {
        successes += other.successes
        found += other.found
        matched += other.matched
        missing += other.missing
        mismatched += other.mismatched
        altered += other.altered
    }
}

/// One run of a day's rows.
struct DayRun: Sendable {
    let project: Project
    let checksRows: Bool
    let bounds: Range<Int64>
    var tally: DayTally
    var wrong: WrongRow?
    var wrongLead: WrongRow?
    var gaps: [ChainGap] = []
    var leads = LeadCounts()
    var runStarts: [Int64] = []
    /// The leaves of the leads, in the order of their attempts.
    private var leadLeaves: [Hash32] = []
    private var last: (sequence: Int64, hash: Hash32)?
    private var buffer = FieldBuffer()
    private var unreported = 0
    private var progress: DayScan.Progress?
    // SAFETY: a run is folded by one thread at a time, and each run has a parser of its own (`fresh`).
    nonisolated(unsafe) private var parser: JSONParser

    /// `isPlaced` unless rows of the day may come before this run.
    init(
        project: Project, date: LogicalDate, checksRows: Bool, isPlaced: Bool = true, parser: JSONParser = JSONParser()
    ) {
        self.parser = parser
        self.project = project
        self.checksRows = checksRows
        tally = DayTally(projectID: project.id, date: date, calendar: project.calendar, isPlaced: isPlaced)
        bounds = tally.bounds.lowerBound.microseconds..<tally.bounds.upperBound.microseconds
    }

    func fresh(_ progress: DayScan.Progress?) -> DayRun {
        var run = self
        run.parser = JSONParser()
        run.progress = progress
        return run
    }

    static func brokenChain(_ sequence: Int64) -> String {
        "its previous_hash is not the hash of row \(sequence - 1): rows were inserted, replaced or reordered"
    }

    /// Adds a row of this project and date.
    mutating func add(_ row: borrowing AttemptColumns) {
        unreported += 1
        if unreported == DayLimits.progressRows { finish() }
        guard let hash = Hash32(row.hash) else {
            wrong = wrong ?? self.wrong(row, "its hash is damaged: \(row.hash.count) bytes instead of 32")
            return
        }
        if checksRows, wrong == nil { check(row, hash) }
        if tally.rowCount % Int64(DayTree.rowsPerNode) == 0 { runStarts.append(row.sequence) }
        tally.add(row, hash: hash, parser: parser)
        last = (row.sequence, hash)
        countLead(of: row)
    }

    /// Reports the rows since the last report.
    mutating func finish() {
        if unreported > 0 { progress?(unreported) }
        unreported = 0
    }

    func addLeads(to tree: inout MerkleRootBuilder) {
        for leaf in leadLeaves { tree.append(leaf: leaf) }
    }

    // MARK: The chain

    private mutating func check(_ row: borrowing AttemptColumns, _ hash: Hash32) {
        if recomputedHash(of: row) != hash {
            wrong = self.wrong(
                row, "its hash is not the hash of its fields: a field was changed after the row was written")
            return
        }
        if !bounds.contains(row.receivedAt) {
            let at = Timestamp(microseconds: row.receivedAt)
            wrong = self.wrong(row, "its date \(tally.date) is not the date of its receipt time \(at)")
            return
        }
        if let last, last.sequence == row.sequence - 1 {
            if Hash32(row.previousHash) != last.hash { wrong = self.wrong(row, Self.brokenChain(row.sequence)) }
        } else {
            gaps.append(
                ChainGap(
                    sequence: row.sequence, attemptID: String(decoding: row.attemptID, as: UTF8.self),
                    previousHash: Array(row.previousHash)))
        }
    }

    private func wrong(_ row: borrowing AttemptColumns, _ reason: String) -> WrongRow {
        WrongRow(
            subject: .attempt, sequence: row.sequence, attemptID: String(decoding: row.attemptID, as: UTF8.self),
            reason: reason)
    }

    /// `AttemptHash` from the columns: the previous hash and the canonical encoding in one buffer.
    private mutating func recomputedHash(of row: borrowing AttemptColumns) -> Hash32 {
        var texts = row.previousHash.count + row.attemptID.count + row.projectID.count
        texts += row.source.count + row.channel.count + row.outcome.count + row.context.count
        texts += Self.count(row.userID) + Self.count(row.failureCategory) + Self.count(row.failureCode)
        texts += Self.count(row.failureMessage) + Self.count(row.idempotencyKey) + Self.count(row.leadID)
        let dayNumber = Int64(tally.date.dayNumber)
        return buffer.with(capacity: texts + 18 * FieldBuffer.Cursor.width) { out in
            out.append(raw: row.previousHash)
            out.append(byte: 1)
            out.append(row.attemptID)
            out.append(row.projectID)
            out.append(row.sequence)
            out.append(row.userID)
            out.append(row.source)
            out.append(row.channel)
            out.append(row.receivedAt)
            out.append(dayNumber)
            out.append(row.outcome)
            out.append(row.failureCategory)
            out.append(row.failureCode)
            out.append(row.failureMessage)
            out.append(row.context)
            out.append(row.retryAttempt)
            out.append(Int64(bitPattern: row.durationMilliseconds.bitPattern))
            out.append(row.idempotencyKey)
            out.append(row.leadID)
        } _: {
            Hash32(hashing: $0)
        }
    }

    @inline(__always)
    private static func count(_ text: AttemptColumns.Text?) -> Int { text?.count ?? 0 }

    // MARK: Leads

    private mutating func countLead(of row: borrowing AttemptColumns) {
        if row.isSuccess { leads.successes += 1 }
        guard let lead = row.lead else {
            guard row.isSuccess else { return }
            leads.missing += 1
            wrongLead = wrongLead ?? wrongLead(row, "has no lead: it was deleted")
            return
        }
        leads.found += 1
        leadLeaves.append(Hash32.leaf(hash(of: lead, row.attemptID)))
        guard checksRows else { return }
        let isLike =
            row.isSuccess && same(lead.leadID, row.leadID) && same(lead.userID, row.userID)
            && same(lead.source, row.source) && same(lead.channel, row.channel) && lead.createdAt == row.receivedAt
            && same(lead.projectID, row.projectID)
        guard isLike else {
            leads.mismatched += 1
            let name = String(decoding: lead.leadID, as: UTF8.self)
            wrongLead = wrongLead ?? wrongLead(row, "and its lead \(name) do not agree: the lead was changed")
            return
        }
        leads.matched += 1
        guard Hash32(hashing: UnsafeRawBufferPointer(lead.fields)) != Hash32(lead.fieldsDigest) else { return }
        leads.altered += 1
        let name = String(decoding: lead.leadID, as: UTF8.self)
        wrongLead =
            wrongLead
            ?? wrongLead(row, "has the lead \(name), whose fields are not those of its digest: they were changed")
    }

    private func wrongLead(_ row: borrowing AttemptColumns, _ reason: String) -> WrongRow {
        WrongRow(
            subject: .lead, sequence: row.sequence, attemptID: String(decoding: row.attemptID, as: UTF8.self),
            reason: "the attempt " + reason)
    }

    /// `LeadHash` from the columns.
    private mutating func hash(of lead: AttemptColumns.LeadColumns, _ attemptID: AttemptColumns.Text) -> Hash32 {
        var texts = lead.leadID.count + lead.projectID.count + attemptID.count
        texts += lead.userID.count + lead.source.count + lead.channel.count + lead.fields.count
        return buffer.with(capacity: texts + 9 * FieldBuffer.Cursor.width) { out in
            out.append(byte: 1)
            out.append(lead.leadID)
            out.append(lead.projectID)
            out.append(attemptID)
            out.append(lead.userID)
            out.append(lead.source)
            out.append(lead.channel)
            out.append(lead.fields)
            out.append(lead.createdAt)
        } _: {
            Hash32(hashing: $0)
        }
    }

    private func same(_ a: AttemptColumns.Text, _ b: AttemptColumns.Text?) -> Bool {
        b.map { a.isEqual(to: $0) } ?? false
    }
}
