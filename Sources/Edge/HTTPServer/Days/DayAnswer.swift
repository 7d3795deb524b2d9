internal import Days
internal import Events
internal import Ports

/// What every answer about days begins with.
enum DayAnswer {
    static func envelope(
        _ contract: String, _ project: ProjectID, _ now: Timestamp, _ members: [String: CanonicalJSON],
        missing: [String] = []
    ) -> CanonicalJSON {
        var all = members
        all["contract"] = .object(["name": .string(contract), "version": .integer(1)])
        all["generated_at"] = .string(now.rfc3339())
        all["data_as_of"] = .string(now.rfc3339())
        all["partial"] = .boolean(!missing.isEmpty)
        all["missing"] = .array(missing.map { .string($0) })
        all["project_id"] = .string(project.text)
        return .object(all)
    }
}

/// Parameters that several routes about days share.
enum DayParameters {
    /// `from` and `to`, half-open as every range of the API: `to` is the first date that is not wanted.
    static func range(
        _ parameters: [String: String], first: LogicalDate, last: LogicalDate
    ) throws(Problem) -> ClosedRange<LogicalDate> {
        let from = try date(parameters["from"], "from") ?? first
        let to = try date(parameters["to"], "to") ?? last
        guard from < to else {
            throw Problem(
                .rangeInvalid, "`from` (\(from)) must be before `to` (\(to)); `to` itself is not part of the range.")
        }
        return from...to.previous
    }

    static func date(_ text: String?, _ name: String) throws(Problem) -> LogicalDate? {
        guard let text else { return nil }
        guard let date = LogicalDate(text) else {
            throw Problem(
                .dateInvalid,
                "`\(name)` is '\(text.prefix(40))', not a calendar date. Write it as YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }

    static func limit(_ text: String?, default usual: Int) throws(Problem) -> Int {
        guard let text else { return usual }
        guard let limit = Int(text), (1...DayLimits.listDaysMax).contains(limit) else {
            throw Problem(.parameterInvalid, "`limit` must be a number from 1 to \(DayLimits.listDaysMax).")
        }
        return limit
    }

    static func project(
        _ context: DaybookContext, _ scope: Principal.Scope, _ projects: any ProjectDirectory
    ) throws(Problem) -> Project {
        let id = try context.project(scope)
        guard let project = projects.project(id) else { throw DayError.projectUnknown(id).problem }
        return project
    }

    /// Refuses dates outside the project's life, so that asking cannot fill the ledger with empty days.
    static func known(
        _ date: LogicalDate, of project: Project, book: DayBook, now: Timestamp
    ) async throws(Problem) -> LogicalDate {
        guard date <= project.calendar.date(at: now) else { throw DayError.inFuture(date: date).problem }
        let first: LogicalDate
        do { first = try await book.firstDate(of: project) } catch { throw error.problem }
        guard date >= first else { throw DayError.beforeFirst(date: date, first: first).problem }
        return date
    }
}
