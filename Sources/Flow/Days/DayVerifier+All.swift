package import Events
package import Ports

/// What a verification of everything found.
package struct AllDays: Sendable {
    /// By project, ascending by date.
    package var days: [ProjectID: [DayVerification]] = [:]
    /// Whether the pass over the log found the attempt of every lead of the ledger.
    package var leadsAreProven = false
    /// Days that were looked up one by one, because the pass could not follow their rows, or because they have none.
    package var lookedUp = 0
}

/// Every day of every project, in one pass over the log.
extension DayVerifier {
    /// What `verifyAll` reads, to be measured once.
    package func logSize() async throws(DayError) -> LogSize {
        do { return try await ledger.logSize() } catch { throw .ledger(error) }
    }

    /// `projects` are all that the ledger has records of, `began` an instant before the call: a day that was closed later is
    /// looked up again, because its last rows may have come in behind the pass. `rows` gets the rows read since its last call,
    /// from any thread. `partRows` is the width of the parts that the log is cut into.
    package func verifyAll(
        _ projects: [Project], of size: LogSize? = nil, began: Timestamp, partRows: Int64 = 1 << 15,
        rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws(DayError) -> AllDays {
        do {
            let size = if let size { size } else { try await ledger.logSize() }
            let parts = Self.parts(of: size, width: partRows)
            var pass = LogPass(ofOnePass, projects: projects, began: began, parts: parts, rows: rows)
            try await pass.run()
            // What the pass has read already is not reported again.
            let isFirstReading = parts.isEmpty
            let verified = try await lookUp(pass.verified, of: projects) { if isFirstReading { rows($0) } }
            var days: [ProjectID: [DayVerification]] = [:]
            for day in verified.values.sorted(by: { $0.date < $1.date }) {
                days[day.projectID, default: []].append(day)
            }
            return AllDays(
                days: days, leadsAreProven: pass.leadsAgree && pass.leads == size.leads,
                lookedUp: verified.count - pass.verified.count)
        } catch let error as DayError { throw error } catch let error as LedgerError { throw .ledger(error) } catch {
            throw .ledger(.failed(operation: "verifying the log", detail: String(describing: error)))
        }
    }

    /// The log, cut by row number; empty when the numbers have more holes than rows.
    private static func parts(of size: LogSize, width: Int64) -> [ClosedRange<Int64>] {
        guard let rows = size.rows else { return [] }
        let (span, overflows) = rows.upperBound.subtractingReportingOverflow(rows.lowerBound)
        guard !overflows, span / DayLimits.logHolesMax < max(size.attempts, width) else { return [] }
        return (0...span / width).map { part in
            let start = rows.lowerBound + part * width
            return start...start + min(width - 1, rows.upperBound - start)
        }
    }

    /// Adds the days that the pass left over, and those that have records and no row.
    private func lookUp(
        _ verified: [DayKey: DayVerification], of projects: [Project], rows: @escaping @Sendable (_ rows: Int) -> Void
    ) async throws -> [DayKey: DayVerification] {
        var left: [(project: Project, date: LogicalDate)] = []
        for project in projects {
            let dates = try await dates(of: project)
            left += dates.filter { verified[DayKey(project: project.id, date: $0)] == nil }.map { (project, $0) }
        }
        var verified = verified
        for day in try await verify(left, rows: rows) {
            verified[DayKey(project: day.projectID, date: day.date)] = day
        }
        return verified
    }

    /// Compares a day that a pass over the log has read; nil when it was closed after the pass began.
    fileprivate func compare(
        _ project: Project, _ scanned: DayScanned, began: Timestamp
    ) async throws -> DayVerification? {
        let date = scanned.tally.date
        let records = try await ledger.dayRecords(project.id, date)
        if records.areOfAClosedDay, records.closedAt.map({ $0 >= began }) ?? true { return nil }
        var scanned = scanned
        try await DayScan(ledger: ledger, project: project, date: date, checksRows: true).closeGaps(&scanned)
        return try await compare(project, date, records, scanned, looksForStrayLeads: false)
    }
}

/// The pass: parts of the log are read side by side and joined in order; complete days are compared meanwhile.
private struct LogPass {
    let verifier: DayVerifier
    let projects: [Project]
    let began: Timestamp
    let parts: [ClosedRange<Int64>]
    let rows: DayScan.Progress
    private(set) var verified: [DayKey: DayVerification] = [:]
    private var log = LogDays()
    private var wasOvertaken = false
    var leads: Int64 { log.leads }
    var leadsAgree: Bool { !parts.isEmpty && log.leadsAgree && log.leftOver.isEmpty && !wasOvertaken }

    private enum Step: Sendable {
        case part(Int, LogPart<LogRun>)
        case day(DayKey, DayVerification?)
    }

    init(
        _ verifier: DayVerifier, projects: [Project], began: Timestamp, parts: [ClosedRange<Int64>],
        rows: @escaping DayScan.Progress
    ) {
        self.verifier = verifier
        self.projects = projects
        self.began = began
        self.parts = parts
        self.rows = rows
    }

    mutating func run() async throws {
        let byID = Dictionary(projects.map { ($0.id, $0) }) { first, _ in first }
        var (started, joined, comparing) = (0, 0, 0)
        var early: [Int: LogPart<LogRun>] = [:]
        var complete: [(key: DayKey, scanned: DayScanned)] = []
        try await withThrowingTaskGroup(of: Step.self) { [verifier, projects, began, parts, rows] group in
            while true {
                while comparing < DayLimits.comparedAtOnceMax, let day = complete.popLast() {
                    guard let project = byID[day.key.project] else { continue }
                    comparing += 1
                    group.addTask {
                        .day(day.key, try await verifier.compare(project, day.scanned, began: began))
                    }
                }
                while started < min(parts.count, joined + DayLimits.logPartsAtOnceMax), complete.isEmpty {
                    group.addTask { [started] in
                        var part = try await verifier.ledger.scanLog(
                            rows: parts[started], into: LogRun(projects: projects, progress: rows)
                        ) { run, row in run.add(row) }
                        part.state.report()
                        return .part(started, part)
                    }
                    started += 1
                }
                switch try await group.next() {
                case .part(let index, let part)?:
                    early[index] = part
                    while let part = early.removeValue(forKey: joined) {
                        complete.insert(contentsOf: log.append(part).reversed(), at: 0)
                        joined += 1
                    }
                    if joined == parts.count { complete.insert(contentsOf: log.finish().reversed(), at: 0) }
                case .day(let key, let result)?:
                    comparing -= 1
                    verified[key] = result
                    if result == nil { wasOvertaken = true }
                case nil: return
                }
            }
        }
        // Some were complete, and compared, before another row of theirs came by.
        for key in log.leftOver { verified[key] = nil }
    }
}
