internal import GRDB

/// Reports keep when their snapshot was taken: an open day goes on, and its snapshot of then is no longer stored. Reports of
/// before say nothing.
enum Migration013ReportSnapshotTime {
    static func run(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE day_reports ADD COLUMN snapshot_at INTEGER")
    }
}
