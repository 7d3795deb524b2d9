package import Events
internal import Foundation
internal import GRDB
package import Ports

extension SQLiteLedger: TrendLedger {
    package func dayPoints(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [DayPoint] {
        try await read("reading trends") { [path] db in
            let decoder = JSONDecoder()
            return try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT logical_date, attempts, leads, failures, users, is_closed, sources, channels,
                            sources_distinct, channels_distinct
                        FROM day_points WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description]
            ).map { row in
                let (text, sourcesText, channelsText): (String, String, String) = (row[0], row[6], row[7])
                guard let date = LogicalDate(text) else {
                    throw LedgerError.unreadable(path: path, detail: "a day's point has the damaged date \(text)")
                }
                let sources = try decoder.decode([DayPoint.Group].self, from: Data(sourcesText.utf8))
                let channels = try decoder.decode([DayPoint.Group].self, from: Data(channelsText.utf8))
                let (sourceCount, channelCount): (Int, Int) = (row[8], row[9])
                return DayPoint(
                    date: date, attempts: row[1], leads: row[2], failures: row[3], users: row[4], isClosed: row[5],
                    sources: sources, channels: channels, holdsEverySource: sources.count >= sourceCount,
                    holdsEveryChannel: channels.count >= channelCount)
            }
        }
    }
}
