package import Events
internal import Foundation
internal import GRDB
package import Ports

extension SQLiteLedger: TrendLedger {
    package func dayPoints(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [DayPoint] {
        try await read("reading trends") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(PointRow.columns) FROM day_points
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description]
            ).map { try PointRow.point($0, path: path) }
        }
    }

    package func weekUsers(
        _ project: ProjectID, _ weeks: [WeekDates], rowsMax: Int64
    ) async throws(LedgerError) -> [LogicalDate: Int64] {
        guard let first = weeks.map(\.monday).min(), let last = weeks.map(\.monday).max() else { return [:] }
        let known = try await read("reading the users of weeks") { db in
            var known: [String: Int64] = [:]
            for row in try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT monday, users FROM week_users WHERE project_id = ? AND monday BETWEEN ? AND ?"),
                arguments: [project.text, first.description, last.description])
            {
                known[row[0]] = row[1]
            }
            return known
        }
        var users: [LogicalDate: Int64] = [:]
        var counted: [WeekDates] = []
        var rows: Int64 = 0
        for week in weeks {
            if week.isFinal, let stored = known[week.monday.description] {
                users[week.monday] = stored
            } else if rows == 0 || rows + week.attempts <= rowsMax {
                users[week.monday] = try await distinctUsers(project, week)
                rows += max(week.attempts, 1)
                if week.isFinal { counted.append(week) }
            }
        }
        try await keep(counted, users, project)
        return users
    }

    private func distinctUsers(_ project: ProjectID, _ week: WeekDates) async throws(LedgerError) -> Int64 {
        let places = Array(repeating: "?", count: week.dates.count).joined(separator: ", ")
        return try await read("counting the users of a week") { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT count(DISTINCT user_id) FROM attempts INDEXED BY attempts_by_date
                        WHERE project_id = ? AND logical_date IN (\(places))
                        """),
                arguments: StatementArguments([project.text] + week.dates.map(\.description))) ?? 0
        }
    }

    /// A ledger that cannot be written answers all the same; the weeks are counted again then.
    private func keep(
        _ weeks: [WeekDates], _ users: [LogicalDate: Int64], _ project: ProjectID
    ) async throws(LedgerError) {
        guard !weeks.isEmpty else { return }
        do throws(LedgerError) {
            try await write("keeping the users of weeks") { db in
                for week in weeks {
                    try db.cachedStatement(
                        sql: "INSERT OR REPLACE INTO week_users (project_id, monday, users) VALUES (?, ?, ?)"
                    ).execute(arguments: [project.text, week.monday.description, users[week.monday]])
                }
            }
        } catch {
            switch error {
            case .readOnly, .full: return
            default: throw error
            }
        }
    }
}

/// The rows of `day_points` as values.
enum PointRow {
    static let columns = """
        logical_date, attempts, leads, failures, users, is_closed, sources, channels, sources_distinct, channels_distinct
        """

    static func point(_ row: Row, path: String) throws -> DayPoint {
        let (text, sourcesText, channelsText): (String, String, String) = (row[0], row[6], row[7])
        guard let date = LogicalDate(text) else {
            throw LedgerError.unreadable(path: path, detail: "a day's point has the damaged date \(text)")
        }
        let decoder = JSONDecoder()
        let sources = try decoder.decode([DayPoint.Group].self, from: Data(sourcesText.utf8))
        let channels = try decoder.decode([DayPoint.Group].self, from: Data(channelsText.utf8))
        let (sourceCount, channelCount): (Int, Int) = (row[8], row[9])
        return DayPoint(
            date: date, attempts: row[1], leads: row[2], failures: row[3], users: row[4], isClosed: row[5],
            sources: sources, channels: channels, holdsEverySource: sources.count >= sourceCount,
            holdsEveryChannel: channels.count >= channelCount)
    }
}
