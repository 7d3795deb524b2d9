internal import Events

/// What an export says about one date: of attempts counted from its rows, of days as the day was sealed.
struct DayExtent: Hashable, Sendable {
    var attempts: Int64 = 0
    var failures: Int64 = 0
    var leads: Int64 = 0
    var firstSequence: Int64?
    var lastSequence: Int64?
    /// Of the row with the last sequence, in hexadecimal. It commits to every row before it.
    var lastHash: String?
}

/// An export of attempts beside one of days of the same project: for each closed day that both hold whole, the numbers of its
/// rows against those of the day, and the hash of its last row against the one that was sealed. As each export is verified
/// alone as well (its rows against their hashes and their chain), a day that agrees has the rows that were sealed.
package struct ExportAgreement: Sendable {
    /// `expected` is what the days say, `actual` what the attempts give.
    package private(set) var comparisons: [ExportVerification.Comparison] = []
    /// Closed days that were compared.
    package private(set) var days = 0
    package private(set) var notVerified: [String] = []

    package var failures: [ExportVerification.Comparison] { comparisons.filter { !$0.isOK } }
    package var isOK: Bool { failures.isEmpty }

    /// Nil when they are not one of attempts and one of days; in any order.
    package init?(_ one: ExportVerification, _ other: ExportVerification) {
        switch (one.of, other.of) {
        case (.attempts, .days): compare(one, other)
        case (.days, .attempts): compare(other, one)
        default: return nil
        }
    }

    private mutating func compare(_ attempts: ExportVerification, _ days: ExportVerification) {
        guard attempts.projectID == days.projectID else {
            return add("project", days.projectID.text, attempts.projectID.text)
        }
        guard let coverage = attempts.coverage, !coverage.isFiltered else {
            notVerified.append("the days: a filter leaves attempts out, so that a day's cannot be counted")
            return
        }
        var uncovered = 0
        for (date, sealed) in days.extents.sorted(by: { $0.key < $1.key }) {
            guard coverage.holds(date, through: sealed.lastSequence) else {
                uncovered += 1
                continue
            }
            self.days += 1
            compare(date, sealed, attempts.extents[date] ?? DayExtent())
        }
        if uncovered > 0 {
            notVerified.append(
                "\(uncovered) closed \(uncovered == 1 ? "day" : "days"): the attempts do not hold them whole")
        }
        let others = attempts.extents.keys.filter { days.extents[$0] == nil }.count
        if others > 0 {
            notVerified.append(
                "\(others) \(others == 1 ? "date" : "dates") of attempts: the days do not hold them closed")
        }
    }

    private mutating func compare(_ date: LogicalDate, _ sealed: DayExtent, _ found: DayExtent) {
        add("\(date): attempts", String(sealed.attempts), String(found.attempts))
        add("\(date): failures", String(sealed.failures), String(found.failures))
        add("\(date): leads", String(sealed.leads), String(found.leads))
        // Days that were exported before seals had statements say no more.
        guard sealed.attempts > 0, let hash = sealed.lastHash else { return }
        func text(_ value: Int64?) -> String { value.map(String.init) ?? "none" }
        add("\(date): first_sequence", text(sealed.firstSequence), text(found.firstSequence))
        add("\(date): last_sequence", text(sealed.lastSequence), text(found.lastSequence))
        add("\(date): last_hash", hash, found.lastHash ?? "none")
    }

    private mutating func add(_ name: String, _ expected: String, _ actual: String) {
        comparisons.append(.init(name: name, expected: expected, actual: actual))
    }
}

/// Which dates an export of attempts holds whole.
struct ExportCoverage: Hashable, Sendable {
    var isFiltered: Bool
    /// The one date that was asked for.
    var date: LogicalDate?
    /// Whether a range of time was asked for: then the first and the last date of the rows may be cut.
    var isRange: Bool
    /// Whether some files of it were left aside.
    var isPart: Bool
    var through: Int64
    var first: LogicalDate?
    var last: LogicalDate?

    func holds(_ other: LogicalDate, through sequence: Int64?) -> Bool {
        guard !isPart, sequence ?? 0 <= through else { return false }
        if let date { return date == other }
        guard isRange else { return true }
        guard let first, let last else { return false }
        return first < other && other < last
    }
}
