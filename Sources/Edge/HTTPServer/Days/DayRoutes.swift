internal import Analysis
package import Days
internal import Events
internal import HTTPTypes
package import Hummingbird
package import Jobs
package import Ports

/// Days: `/v1/projects/{project_id}/days…`. Reading needs the scope `query`; closing needs `admin`.
package struct DayRoutes: RouteArea {
    private let projects: any ProjectDirectory
    private let ledger: any DayLedger & ReportLedger & SealLedger
    private let book: DayBook
    private let closer: DayCloser
    private let jobs: JobService
    private let clock: any Clock

    /// Days that a list answers without `limit`.
    static let listDefault = 50
    /// Attempts of the late lane that a day's answer shows.
    static let lateSampleMax = 20
    /// Weeks back from which days of the same weekday are compared, as in the overview.
    static let sameWeekdayWeeks = 4
    /// Open days that one list computes because nobody has looked at them yet; the next one goes on.
    static let listComputedMax = 10

    package init(
        projects: any ProjectDirectory, ledger: any DayLedger & ReportLedger & SealLedger, book: DayBook,
        closer: DayCloser, jobs: JobService, clock: any Clock
    ) {
        self.jobs = jobs
        self.projects = projects
        self.ledger = ledger
        self.book = book
        self.closer = closer
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let days = "/v1/projects/{project_id}/days"
        routes.on("\(days)", contract: "days") { request, context in try await list(request, context) }
        routes.on("\(days)/{date}", contract: "day") { request, context in try await one(request, context) }
        routes.on("\(days)/{date}/close", method: .post, contract: "day") { request, context in
            try await close(request, context)
        }
        routes.post("\(days)/{date}/verify") { request, context in try await verify(request, context) }
    }

    // MARK: The list

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try DayParameters.project(context, .query, projects)
        let parameters = try request.queryParameters(only: ["from", "to", "limit"])
        let today = project.calendar.date(at: clock.now)
        let dates = try DayParameters.range(
            parameters, first: today.adding(days: -DayLimits.listDaysMax), last: today.next)
        let limit = try DayParameters.limit(parameters["limit"], default: Self.listDefault)
        let rows: [CanonicalJSON]
        let isComplete = await computeMissing(project, in: dates, today: today, limit: limit)
        do throws(LedgerError) {
            let snapshots = try await ledger.snapshotHeads(project.id, in: dates, limit: limit)
            let reports = try await ledger.reportStatuses(project.id, in: dates)
            let verified = try await ledger.latestVerifications(project.id, in: dates)
            let users = try await ledger.snapshotUsers(project.id, in: dates, limit: limit)
            let late = try await ledger.lateCounts(project.id, in: dates)
            rows = snapshots.map { snapshot in
                let date = snapshot.date
                return DayJSON.row(
                    snapshot, report: reports[date], verified: verified[date], users: users[date],
                    late: late[date] ?? 0)
            }
        } catch { throw DayError.ledger(error).problem }
        return .json(
            bytes: DayAnswer.envelope(
                "days", project.id, clock.now, ["days": .array(rows)], missing: isComplete ? [] : ["open_days"]
            ).bytes)
    }

    /// Computes the snapshots of open days that have none yet: today's, and those of dates with attempts. Only what the list
    /// will show, newest first. False when one could not be computed or stored: the list is then without it.
    private func computeMissing(
        _ project: Project, in dates: ClosedRange<LogicalDate>, today: LogicalDate, limit: Int
    ) async -> Bool {
        do {
            var wanted = Set(try await ledger.attemptDates(project.id, in: dates))
            wanted.insert(today)
            let stored = try await ledger.snapshotHeads(project.id, in: dates, limit: limit).map(\.date)
            wanted.subtract(stored)
            let oldest = stored.count == limit ? stored.last : nil
            let missing = wanted.filter { date in
                dates.contains(date) && date <= today && (oldest.map { date > $0 } ?? true)
            }
            .sorted(by: >).prefix(min(limit, Self.listComputedMax))
            for date in missing { _ = try await book.snapshot(of: project, date: date) }
            return true
        } catch {
            book.noteOpenDaysMissing(of: project.id, because: error)
            return false
        }
    }

    // MARK: One day

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try DayParameters.project(context, .query, projects)
        _ = try request.queryParameters(only: [])
        let date = try await DayParameters.known(context.date(), of: project, book: book, now: clock.now)
        let snapshot: StoredSnapshot
        do { snapshot = try await book.snapshot(of: project, date: date) } catch { throw error.problem }
        return try await answer(snapshot, project)
    }

    private func close(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try DayParameters.project(context, .admin, projects)
        _ = try request.queryParameters(only: [])
        let date = try await DayParameters.known(context.date(), of: project, book: book, now: clock.now)
        let snapshot: StoredSnapshot
        do { snapshot = try await closer.close(project, date: date) } catch { throw error.problem }
        return try await answer(snapshot, project)
    }

    /// Starts a job that verifies the day; without a key, one at a time for a day.
    private func verify(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try DayParameters.project(context, .query, projects)
        _ = try request.queryParameters(only: [])
        let date = try await DayParameters.known(context.date(), of: project, book: book, now: clock.now)
        let key = try request.idempotencyKey()
        let input = CanonicalJSON.object(["date": .string(date.description)]).text
        let (job, isNew) = try await jobs.enqueue(
            // A request with a key gets a job of its own, which the key can name when it comes again.
            JobRequest(
                kind: "verify", input: input, subject: key == nil ? date.description : nil, idempotencyKey: key,
                about: input), in: project.id)
        return DayJobAnswer.accepted(
            job, isReplayed: key != nil && !isNew, links: ["day": "/v1/projects/\(project.id)/days/\(date)"])
    }

    private func answer(_ snapshot: StoredSnapshot, _ project: Project) async throws(Problem) -> Response {
        let date = snapshot.date
        let members: [String: CanonicalJSON]
        do throws(LedgerError) {
            let sealed = try await ledger.seals(project.id, in: date...date, limit: 1).first
            let verified = try await ledger.latestVerifications(project.id, in: date...date)[date]
            let late = try await ledger.lateCounts(project.id, in: date...date)[date] ?? 0
            let sample: [Attempt] =
                if late > 0 { try await ledger.lateAttempts(project.id, date, limit: Self.lateSampleMax) } else { [] }
            members = [
                "date": .string(date.description),
                "state": .string(snapshot.closedAt == nil ? "open" : "closed"),
                // Parsed from the stored text, whose hash is beside it, and written again in the same canonical form.
                "snapshot": CanonicalJSON(parsing: snapshot.json) ?? .null,
                "snapshot_sha256": .string(snapshot.sha256), "refreshed_at": .string(snapshot.refreshedAt.rfc3339()),
                "seal": sealed.map(SealJSON.seal) ?? .null,
                "comparison": try await comparison(snapshot, project),
                "late": .object([
                    "count": .integer(late), "events": DayJSON.lateEvents(snapshot),
                    "attempts": .array(sample.map(DayJSON.late)),
                ]),
                "verification": DayJSON.verification(verified),
                "signals": .array(try await signals(snapshot, project)),
            ]
        } catch { throw DayError.ledger(error).problem }
        return .json(bytes: DayAnswer.envelope("day", project.id, clock.now, members).bytes)
    }

    /// The day beside the closed days of the week before it, those of its own weekday in the four weeks before, and all of
    /// them.
    private func comparison(_ snapshot: StoredSnapshot, _ project: Project) async throws(LedgerError) -> CanonicalJSON {
        let date = snapshot.date
        let before = try await ledger.snapshotHeads(
            project.id, in: date.adding(days: -DayLimits.listDaysMax)...date.previous, limit: DayLimits.listDaysMax
        ).filter { $0.closedAt != nil }
        let trailing = before.filter { $0.date >= date.adding(days: -DayLimits.trailingDays) }
        let weekdays = before.filter {
            $0.date.weekday == date.weekday && $0.date >= date.adding(days: -7 * Self.sameWeekdayWeeks)
        }
        return .object([
            "trailing_seven_days": DayJSON.means(trailing), "same_weekday": DayJSON.means(weekdays),
            "all_time": DayJSON.means(before),
        ])
    }

    private func signals(_ snapshot: StoredSnapshot, _ project: Project) async throws(LedgerError) -> [CanonicalJSON] {
        let date = snapshot.date
        let trailing = try await ledger.snapshots(
            project.id, in: date.adding(days: -DayLimits.trailingDays)...date.previous, limit: DayLimits.trailingDays)
        return Signals.of(
            snapshot, trailing: trailing, stage: DayStage(of: snapshot, today: project.calendar.date(at: clock.now))
        ).map(\.json)
    }
}

/// Days as JSON.
enum DayJSON {
    static func row(
        _ s: StoredSnapshot, report: StoredReport.Status?, verified: StoredVerification?, users: Int64?, late: Int64
    ) -> CanonicalJSON {
        let isClosed = s.closedAt != nil
        let balanced: CanonicalJSON = if let isBalanced = s.isBalanced { .boolean(isBalanced) } else { .null }
        let verified: CanonicalJSON = .object([
            "status": .string(status(of: verified)), "at": .optional(verified?.at.rfc3339()),
        ])
        return .object([
            "date": .string(s.date.description), "state": .string(isClosed ? "closed" : "open"),
            "attempts": .integer(s.attempts), "leads": .integer(s.leads), "failures": .integer(s.failures),
            // A number, as every share of the API: four places, like the snapshot's own text.
            "failure_share": .share(Decimal.ratio(s.failures, s.attempts)), "snapshot_sha256": .string(s.sha256),
            "sealed": .boolean(isClosed), "report_status": .optional(report?.rawValue),
            "balanced": balanced,
            "users": .optional(users), "late": .integer(late),
            "verified": verified,
        ])
    }

    private static func status(of verified: StoredVerification?) -> String {
        guard let verified else { return "never" }
        return verified.passed ? "passed" : "failed"
    }

    /// Null where the snapshot does not count them.
    static func lateEvents(_ snapshot: StoredSnapshot) -> CanonicalJSON {
        guard case .object(let members) = CanonicalJSON(parsing: snapshot.json),
            case .object(let events) = members["events"], case .integer(let late) = events["late"]
        else { return .null }
        return .integer(late)
    }

    static func late(_ attempt: Attempt) -> CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "attempt_id": .string(attempt.attemptID), "sequence": .integer(attempt.sequence),
            "source": .string(attempt.source), "channel": .string(attempt.channel),
            "outcome": .string(attempt.outcome.rawValue), "failure_code": .optional(attempt.failureCode),
            "received_at": .string(attempt.receivedAt.rfc3339()), "late": .null,
        ]
        if case .object(let context) = CanonicalJSON(parsing: attempt.context) { members["late"] = context["late"] }
        return .object(members)
    }

    static func verification(_ verified: StoredVerification?) -> CanonicalJSON {
        .object([
            "status": .string(status(of: verified)), "at": .optional(verified?.at.rfc3339()),
            "job_id": .optional(verified?.jobID),
            "result": verified.flatMap { CanonicalJSON(parsing: $0.result) } ?? .null,
        ])
    }

    /// Means over closed days; null members without any.
    static func means(_ days: [StoredSnapshot]) -> CanonicalJSON {
        let attempts = days.reduce(0) { $0 + $1.attempts }
        let failures = days.reduce(0) { $0 + $1.failures }
        func mean(_ sum: Int64) -> CanonicalJSON { .share(Decimal.ratio(sum, Int64(days.count), places: 2)) }
        return .object([
            "days": .count(days.count), "attempts_mean": mean(attempts),
            "leads_mean": mean(days.reduce(0) { $0 + $1.leads }), "failures_mean": mean(failures),
            "failure_share": .share(Decimal.ratio(failures, attempts)),
        ])
    }
}
