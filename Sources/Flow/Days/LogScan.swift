internal import Events
internal import Ports
internal import Wire

/// One project's date.
struct DayKey: Hashable, Sendable {
    var project: ProjectID
    var date: LogicalDate
}

/// One pass over the whole log in the order in which it was written: every day of every project is counted and hashed while its
/// rows go by, and no index is looked up.
///
/// The log is cut into parts by row number, which are read side by side and joined in order. A project's day is complete
/// when the project has gone on to a later one. What does not stand as submissions write it (rows or leads out of their
/// order, a day that goes on after it ended, more names than are told apart) is left to `DayScan`, which finds rows by their
/// index and needs no order: see `LogDays.leftOver`.
struct LogRun: Sendable {
    private(set) var days: [LogDay] = []
    private(set) var isReadable = true
    /// Whether every row belonged to a day of one of the projects.
    private(set) var knowsEveryRow = true
    private let projects: [Project]
    /// Of each of `days`.
    private var names: [Names] = []
    private var places: [UInt64: Int] = [:]
    private var last: Int?
    private var unreported = 0
    private let progress: DayScan.Progress
    // SAFETY: a part is folded by one thread, and has a parser of its own (`fresh`).
    nonisolated(unsafe) private let parser = JSONParser()

    struct LogDay: Sendable {
        var key: DayKey
        var run: DayRun
        var isInOrder = true
    }

    /// The project and date of a day as rows have them. Beside the days: asked of every row, and a day is large.
    private struct Names: Sendable {
        var bytes: [UInt8]
        var projectBytes: Int

        func are(of row: borrowing AttemptColumns) -> Bool {
            let (project, date) = (row.projectID, row.logicalDate)
            guard project.count == projectBytes, date.count == bytes.count - projectBytes else { return false }
            return bytes.withUnsafeBufferPointer { names in
                UnsafeBufferPointer(rebasing: names[..<projectBytes]).isEqual(to: project)
                    && UnsafeBufferPointer(rebasing: names[projectBytes...]).isEqual(to: date)
            }
        }
    }

    init(projects: [Project], progress: @escaping DayScan.Progress) {
        self.projects = projects
        self.progress = progress
    }

    mutating func add(_ row: borrowing AttemptColumns) {
        unreported += 1
        if unreported == DayLimits.progressRows { report() }
        guard let place = place(of: row) else { return }
        guard days[place].isInOrder, row.sequence > days[place].run.tally.lastSequence else {
            days[place].isInOrder = false
            return
        }
        days[place].run.add(row)
    }

    /// Reports the rows since the last report.
    mutating func report() {
        if unreported > 0 { progress(unreported) }
        unreported = 0
    }

    private mutating func place(of row: borrowing AttemptColumns) -> Int? {
        if let last, names[last].are(of: row) { return last }
        let hash = ByteHash.of(row.logicalDate, seed: ByteHash.of(row.projectID))
        if let found = places[hash] {
            guard names[found].are(of: row) else {
                isReadable = false
                return nil
            }
            last = found
            return found
        }
        // A date that is none belongs to no day; the verification of the log as a whole names it.
        guard let project = projects.first(where: { row.projectID.elementsEqual($0.id.text.utf8) }),
            let date = LogicalDate(String(decoding: row.logicalDate, as: UTF8.self))
        else {
            knowsEveryRow = false
            return nil
        }
        places[hash] = days.count
        last = days.count
        days.append(
            LogDay(
                key: DayKey(project: project.id, date: date),
                run: DayRun(project: project, date: date, checksRows: true, isPlaced: false, parser: parser)))
        names.append(Names(bytes: Array(row.projectID) + Array(row.logicalDate), projectBytes: row.projectID.count))
        return last
    }
}

/// The days of a log, put together part by part.
struct LogDays: Sendable {
    private var open: [DayKey: DayScanned] = [:]
    private var newest: [ProjectID: LogicalDate] = [:]
    /// The row that each project has come to.
    private var tips: [ProjectID: (sequence: Int64, hash: [UInt8])] = [:]
    private var complete: Set<DayKey> = []
    /// Days that a scan of their own has to look at.
    private(set) var leftOver: Set<DayKey> = []
    /// Leads seen, and whether each stood where its attempt is and agreed with it.
    private(set) var leads: Int64 = 0
    private(set) var leadsAgree = true

    /// Adds the next part; the days that are complete now.
    mutating func append(_ part: LogPart<LogRun>) -> [(key: DayKey, scanned: DayScanned)] {
        leads += part.leads
        leadsAgree = leadsAgree && part.leadsAreInOrder && part.state.knowsEveryRow
        for var day in part.state.days {
            closeGaps(of: &day)
            join(day, isSound: part.leadsAreInOrder && part.state.isReadable && day.isInOrder)
            newest[day.key.project] = max(newest[day.key.project] ?? day.key.date, day.key.date)
        }
        return take { [newest] key in newest[key.project].map { key.date < $0 } ?? false }
    }

    /// What is left when the log has ended.
    mutating func finish() -> [(key: DayKey, scanned: DayScanned)] { take { _ in true } }

    /// A day's first row names the hash of the row before it, which the pass has just read. What is not behind that row is
    /// looked up (`DayScan.closeGaps`).
    private mutating func closeGaps(of day: inout LogRun.LogDay) {
        if let tip = tips[day.key.project] {
            day.run.gaps.removeAll { $0.sequence > 1 && $0.sequence - 1 == tip.sequence && $0.previousHash == tip.hash }
        }
        if let hash = day.run.tally.lastRowHash {
            tips[day.key.project] = (day.run.tally.lastSequence, hash)
        }
    }

    private mutating func join(_ day: LogRun.LogDay, isSound: Bool) {
        let key = day.key
        let goesOn = open[key].map { (day.run.tally.firstSequence ?? 0) > $0.tally.lastSequence }
        guard isSound, goesOn ?? true, !complete.contains(key), !leftOver.contains(key) else {
            leftOver.insert(key)
            open[key] = nil
            return
        }
        if goesOn == nil { open[key] = DayScanned(first: day.run) } else { open[key]?.append(day.run) }
    }

    private mutating func take(_ isComplete: (DayKey) -> Bool) -> [(key: DayKey, scanned: DayScanned)] {
        var taken: [(key: DayKey, scanned: DayScanned)] = []
        for (key, scanned) in open where isComplete(key) {
            open[key] = nil
            guard !scanned.tally.hasOverflow else {
                leftOver.insert(key)
                continue
            }
            complete.insert(key)
            let counts = scanned.leads
            leadsAgree = leadsAgree && counts.missing == 0 && counts.mismatched == 0
            taken.append((key, scanned))
        }
        return taken.sorted { $0.key.date < $1.key.date }
    }
}
