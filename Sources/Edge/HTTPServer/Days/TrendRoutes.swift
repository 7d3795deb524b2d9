package import Days
internal import Events
package import Hummingbird
package import Ports

/// `GET /v1/analytics/trends`: attempts, leads and failures by day and week over months and years, from the days' snapshots.
package struct TrendRoutes: RouteArea {
    private let projects: any ProjectDirectory
    private let ledger: any TrendLedger
    private let book: DayBook
    private let clock: any Clock

    static let monthsDefault = 12
    static let monthsMax = 120
    /// Attempts that one answer reads in order to count the people of weeks, about: those of the week that goes on, and of
    /// weeks that were closed before closing a week counted them. From a cold disk a row takes up to 0.2 ms.
    static let weekRowsMax: Int64 = 50_000
    private static let nameBytesMax = 200

    package init(projects: any ProjectDirectory, ledger: any TrendLedger, book: DayBook, clock: any Clock) {
        self.projects = projects
        self.ledger = ledger
        self.book = book
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.on("/v1/analytics/trends", contract: "trends") { request, context in try await trends(request, context) }
    }

    private func trends(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let given = try request.queryParameters(only: ["project_id", "granularity", "months", "source", "channel"])
        let id = try context.project(named: given["project_id"], .query)
        guard let project = projects.project(id) else {
            throw Problem(.projectForbidden, "The project \(id) is not known here.")
        }
        let isByWeek = try Self.isByWeek(given["granularity"])
        let months = try Self.months(given["months"])
        let filter = DayTrends.Filter(
            source: try Self.name(given["source"], "source"), channel: try Self.name(given["channel"], "channel"))
        let now = clock.now
        let today = project.calendar.date(at: now)
        let range = Self.start(of: months, before: today)...today
        let points: [DayPoint]
        do {
            // Today's snapshot is as fresh as it is asked for, as everywhere.
            _ = try await book.snapshot(of: project, date: today)
        } catch { throw error.problem }
        do { points = try await ledger.dayPoints(id, in: range) } catch { throw DayError.ledger(error).problem }
        var made = DayTrends(points, filter: filter, range: range)
        do {
            made.setUsers(try await ledger.weekUsers(id, made.weekDates, rowsMax: Self.weekRowsMax))
        } catch { throw DayError.ledger(error).problem }
        var out = ContractHead.open("trends", id, now, missing: made.missing)
        let (from, to) = (project.calendar.start(of: range.lowerBound), project.calendar.start(of: today.next))
        ContractHead.member(
            "range",
            "{\"from\":\"\(from.rfc3339())\",\"to\":\"\(to.rfc3339())\",\"granularity\":\"\(isByWeek ? "week" : "day")\"}"
                .utf8, to: &out)
        ContractHead.member("points", Self.json(isByWeek ? made.weeks : made.days), to: &out)
        ContractHead.member("by_week", Self.json(made.weeks), to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    // MARK: Answer

    private static func json(_ points: [DayTrends.Point]) -> [UInt8] {
        var out = [UInt8(ascii: "[")]
        for (index, point) in points.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            func optional(_ value: Int64?) -> String { value.map { String($0) } ?? "null" }
            let share = Decimal.ratio(point.attempts - point.failures, point.attempts) ?? "null"
            out.append(
                contentsOf: """
                    {"date":"\(point.date)","days":\(point.days),"attempts":\(point.attempts),"leads":\(point.leads),\
                    "failures":\(point.failures),"success_share":\(share),"users":\(optional(point.users)),\
                    "user_days":\(optional(point.userDays)),"closed":\(point.isClosed),"by_source":[
                    """.utf8)
            for (at, group) in point.bySource.enumerated() {
                if at > 0 { out.append(UInt8(ascii: ",")) }
                out.append(contentsOf: "{\"source\":".utf8)
                JSONText.appendString(group.name, to: &out)
                out.append(
                    contentsOf:
                        ",\"attempts\":\(group.attempts),\"leads\":\(group.attempts - group.failures),\"failures\":\(group.failures)}"
                        .utf8)
            }
            out.append(contentsOf: "]}".utf8)
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    // MARK: Parameters

    private static func isByWeek(_ text: String?) throws(Problem) -> Bool {
        switch text {
        case nil, "day": return false
        case "week": return true
        default: throw Problem(.parameterInvalid, "`granularity` must be day or week.")
        }
    }

    private static func months(_ text: String?) throws(Problem) -> Int {
        guard let text else { return monthsDefault }
        guard let months = Int(text), (1...monthsMax).contains(months) else {
            throw Problem(.parameterInvalid, "`months` must be a whole number from 1 to \(monthsMax).")
        }
        return months
    }

    private static func name(_ text: String?, _ name: String) throws(Problem) -> String? {
        guard let text else { return nil }
        guard (1...nameBytesMax).contains(text.utf8.count) else {
            throw Problem(.parameterInvalid, "`\(name)` must have 1 to \(nameBytesMax) bytes.")
        }
        return text
    }

    /// The same day of the month so many months earlier, or the last one that exists; the day after it begins the range.
    private static func start(of months: Int, before today: LogicalDate) -> LogicalDate {
        let (year, month, day) = today.components
        let total = year * 12 + month - 1 - months
        let (wantedYear, wantedMonth) = (total / 12, total % 12 + 1)
        var wantedDay = day
        while wantedDay > 28, LogicalDate(year: wantedYear, month: wantedMonth, day: wantedDay) == nil {
            wantedDay -= 1
        }
        return LogicalDate(year: wantedYear, month: wantedMonth, day: wantedDay)?.next
            ?? today.adding(days: -31 * months)
    }
}
