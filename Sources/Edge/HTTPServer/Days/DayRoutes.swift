package import Analysis
package import Days
internal import Events
internal import HTTPTypes
package import Hummingbird
package import Ports

/// Days and their reports: `/v1/projects/{project_id}/days…`. Reading needs the scope `query`, as does having a report
/// written; closing needs `admin`.
package struct DayRoutes: RouteArea {
    private let projects: any ProjectDirectory
    private let ledger: any DayLedger & ReportLedger
    private let book: DayBook
    private let closer: DayCloser
    private let reports: ReportService
    private let clock: any Clock

    /// Days that a list answers without `limit`.
    static let listDefault = 50

    package init(
        projects: any ProjectDirectory, ledger: any DayLedger & ReportLedger, book: DayBook, closer: DayCloser,
        reports: ReportService, clock: any Clock
    ) {
        self.projects = projects
        self.ledger = ledger
        self.book = book
        self.closer = closer
        self.reports = reports
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let days = "/v1/projects/{project_id}/days"
        routes.get("\(days)") { request, context in try await list(request, context) }
        routes.get("\(days)/{date}") { request, context in try await one(request, context) }
        routes.post("\(days)/{date}/close") { request, context in try await close(request, context) }
        routes.get("\(days)/{date}/report") { request, context in try await report(request, context) }
        routes.post("\(days)/{date}/report") { request, context in try await writeReport(request, context) }
    }

    // MARK: Days

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .query)
        let parameters = try request.queryParameters(only: ["from", "to", "limit"])
        let today = project.calendar.date(at: clock.now)
        let from = try Self.date(parameters["from"], "from") ?? today.adding(days: -DayLimits.listDaysMax)
        // Half-open, as every range of the API: `to` is the first date that is not wanted.
        let to = try Self.date(parameters["to"], "to") ?? today.next
        guard from < to else {
            throw Problem(
                .rangeInvalid, "`from` (\(from)) must be before `to` (\(to)); `to` itself is not part of the range.")
        }
        let limit = try Self.limit(parameters["limit"])
        let dates = from...to.previous
        let snapshots: [StoredSnapshot]
        let statuses: [LogicalDate: StoredReport.Status]
        do throws(LedgerError) {
            snapshots = try await ledger.snapshotHeads(project.id, in: dates, limit: limit)
            statuses = try await ledger.reportStatuses(project.id, in: dates)
        } catch { throw DayError.ledger(error).problem }
        var out = Array("{\"days\":[".utf8)
        for (index, snapshot) in snapshots.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: Self.row(snapshot, statuses[snapshot.date]).utf8)
        }
        out.append(contentsOf: "]}".utf8)
        return .json(bytes: out)
    }

    private static func row(_ s: StoredSnapshot, _ report: StoredReport.Status?) -> String {
        let isClosed = s.closedAt != nil
        // A number, as every share of the API: four places, like the snapshot's own text.
        let share = Decimal.ratio(s.failures, s.attempts) ?? "null"
        let balanced = s.isBalanced.map { $0 ? "true" : "false" } ?? "null"
        return """
            {"date":"\(s.date)","state":"\(isClosed ? "closed" : "open")","attempts":\(s.attempts),"leads":\(s.leads),\
            "failures":\(s.failures),"failure_share":\(share),"snapshot_sha256":"\(s.sha256)","sealed":\(isClosed),\
            "report_status":\(report.map { "\"\($0.rawValue)\"" } ?? "null"),"balanced":\(balanced)}
            """
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .query)
        _ = try request.queryParameters(only: [])
        let date = try await known(context.date(), of: project)
        let snapshot: StoredSnapshot
        do { snapshot = try await book.snapshot(of: project, date: date) } catch { throw error.problem }
        return try await answer(snapshot)
    }

    private func close(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .admin)
        _ = try request.queryParameters(only: [])
        let date = try await known(context.date(), of: project)
        let snapshot: StoredSnapshot
        do { snapshot = try await closer.close(project, date: date) } catch { throw error.problem }
        return try await answer(snapshot)
    }

    private func answer(_ snapshot: StoredSnapshot) async throws(Problem) -> Response {
        let seal: DaySeal?
        do { seal = try await ledger.seal(snapshot.projectID, snapshot.date) } catch {
            throw DayError.ledger(error).problem
        }
        var out = Array(
            "{\"date\":\"\(snapshot.date)\",\"state\":\"\(snapshot.closedAt == nil ? "open" : "closed")\",\"snapshot\":"
                .utf8)
        // The stored text itself: what the hash was taken of.
        out.append(contentsOf: snapshot.json.utf8)
        out.append(
            contentsOf:
                ",\"snapshot_sha256\":\"\(snapshot.sha256)\",\"refreshed_at\":\"\(snapshot.refreshedAt)\",\"seal\":"
                .utf8)
        out.append(contentsOf: (seal.map(Self.json) ?? .null).bytes)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private static func json(_ seal: DaySeal) -> CanonicalJSON {
        .object([
            "merkle_root": .string(Hexadecimal.text(seal.merkleRoot)), "row_count": .integer(seal.rowCount),
            "first_sequence": seal.firstSequence.map { .integer($0) } ?? .null,
            "last_sequence": seal.lastSequence.map { .integer($0) } ?? .null,
            "last_hash": .optional(seal.lastHash.map { Hexadecimal.text($0) }),
            "sealed_at": .string(seal.sealedAt.rfc3339()),
        ])
    }

    // MARK: Reports

    private func report(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .query)
        _ = try request.queryParameters(only: [])
        let date = try await known(context.date(), of: project)
        guard let report = try await reports.latest(project.id, date: date) else {
            throw Problem(.notFound, "\(date) has no report yet. POST to the same address to have it written.")
        }
        return .json(bytes: report.json.bytes)
    }

    private func writeReport(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context, .query)
        let parameters = try request.queryParameters(only: ["mode", "new_version"])
        guard parameters["mode"] == nil || parameters["mode"] == "sync" else {
            throw Problem(.parameterInvalid, "mode must be sync: the answer comes when the report is written.")
        }
        let newVersion: Bool
        switch parameters["new_version"] {
        case nil, "false": newVersion = false
        case "true": newVersion = true
        default: throw Problem(.parameterInvalid, "new_version must be true or false.")
        }
        let date = try await known(context.date(), of: project)
        let (report, isNew) = try await reports.report(of: project, date: date, newVersion: newVersion)
        return .json(bytes: report.json.bytes, status: isNew ? .created : .ok)
    }

    // MARK: Parameters

    private func project(_ context: DaybookContext, _ scope: Principal.Scope) throws(Problem) -> Project {
        let id = try context.project(scope)
        guard let project = projects.project(id) else { throw DayError.projectUnknown(id).problem }
        return project
    }

    /// Refuses dates outside the project's life, so that asking cannot fill the ledger with empty days.
    private func known(_ date: LogicalDate, of project: Project) async throws(Problem) -> LogicalDate {
        let today = project.calendar.date(at: clock.now)
        guard date <= today else { throw DayError.inFuture(date: date).problem }
        let first: LogicalDate
        do { first = try await book.firstDate(of: project) } catch { throw error.problem }
        guard date >= first else {
            throw Problem(.notFound, "The project has nothing on \(date); its first day is \(first).")
        }
        return date
    }

    private static func date(_ text: String?, _ name: String) throws(Problem) -> LogicalDate? {
        guard let text else { return nil }
        guard let date = LogicalDate(text) else {
            throw Problem(
                .dateInvalid,
                "`\(name)` is '\(text.prefix(40))', not a calendar date. Write it as YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }

    private static func limit(_ text: String?) throws(Problem) -> Int {
        guard let text else { return listDefault }
        guard let limit = Int(text), (1...DayLimits.listDaysMax).contains(limit) else {
            throw Problem(.parameterInvalid, "`limit` must be a number from 1 to \(DayLimits.listDaysMax).")
        }
        return limit
    }
}
