package import Events
internal import Ports

/// What concerns a project's log as a whole.
package struct LogVerification: Hashable, Sendable {
    package struct Wrong: Hashable, Sendable {
        package var row: WrongRow
        /// Nil where no day can be named.
        package var date: LogicalDate?

        package init(row: WrongRow, date: LogicalDate?) {
            self.row = row
            self.date = date
        }

        package var json: CanonicalJSON { row.json(date: date) }
    }
    package var comparisons: [DayComparison] = []
    package var firstWrong: Wrong?

    package var isOK: Bool { comparisons.allSatisfy(\.isOK) }

    /// Compares, and names the record where the two differ.
    package mutating func compare(
        _ name: String, expected: String, actual: String, date: LogicalDate? = nil,
        else wrong: @autoclosure () -> WrongRow
    ) {
        let comparison = DayComparison(name, expected: expected, actual: actual)
        comparisons.append(comparison)
        if !comparison.isOK, firstWrong == nil { firstWrong = Wrong(row: wrong(), date: date) }
    }
}

extension DayVerifier {
    /// Sequences without holes, leads without an attempt, the chain of seals, dates that are none. `leadsAreProven` when a pass
    /// over the log found the attempt of every lead.
    package func wholeLog(
        of project: Project, leadsAreProven: Bool = false
    ) async throws(DayError) -> LogVerification {
        do {
            var result = LogVerification()
            let extent = try await ledger.logExtent(project.id)
            let last = extent.lastSequence ?? 0
            result.compare(
                "log.rows_without_holes", expected: String(last), actual: String(extent.rowCount),
                else: WrongRow(
                    subject: .attempt, sequence: 0, attemptID: "",
                    reason: "the log has \(extent.rowCount) rows and its last sequence is \(last): rows are missing"))
            let strays: (count: Int64, first: LeadLink?) =
                leadsAreProven ? (0, nil) : try await ledger.orphanLeads(project.id, createdIn: nil)
            result.compare(
                "log.leads_without_attempt", expected: "0",
                actual: strays.first.map { "\(strays.count), first \($0.leadID)" } ?? "0",
                date: strays.first.map { $0.date ?? project.calendar.date(at: $0.createdAt) },
                else: strays.first.map(Self.stray)
                    ?? WrongRow(subject: .lead, sequence: 0, attemptID: "", reason: "a lead has no attempt"))
            let broken = try await SealChain(ledger: ledger).firstBreak(of: project.id)
            result.compare(
                "seals.chain", expected: "unbroken",
                actual: broken.map { "broken at \($0.date): \($0.reason)" } ?? "unbroken", date: broken?.date,
                else: WrongRow(
                    subject: .seal, sequence: 0, attemptID: "",
                    reason: broken.map { "seal \($0.position) (\($0.date)): \($0.reason)" } ?? ""))
            if let damaged = try await ledger.recordedDates(project.id).damaged.first {
                result.compare(
                    "log.dates", expected: "readable", actual: "\(damaged.table): '\(damaged.text)'",
                    else: WrongRow(
                        subject: Self.subject(of: damaged.table), sequence: 0, attemptID: "",
                        reason: "\(damaged.table) has a row with the logical_date '\(damaged.text)', which is no date"))
            }
            return result
        } catch { throw .ledger(error) }
    }

    private static func subject(of table: String) -> WrongRow.Subject {
        switch table {
        case "attempts": .attempt
        case "closed_days": .closedDay
        case "day_snapshots": .snapshot
        default: .seal
        }
    }
}
