internal import GRDB

/// Jobs keep what was asked for in the words of lists. Jobs of before have none: what their input says is shown instead.
enum Migration007JobAbout {
    static func run(_ db: Database) throws { try db.execute(sql: "ALTER TABLE jobs ADD COLUMN about TEXT") }
}
