internal import GRDB

extension SQLiteLedger {
    /// Every migration in order. A published migration never changes; a change of the schema is a new one at the end.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-records", migrate: Migration001Records.run)
        migrator.registerMigration("002-days", migrate: Migration002Days.run)
        migrator.registerMigration("003-submission-rules", migrate: Migration003SubmissionRules.run)
        migrator.registerMigration("004-ways-in", migrate: Migration004WaysIn.run)
        migrator.registerMigration("005-jobs", migrate: Migration005Jobs.run)
        migrator.registerMigration("005-search", migrate: Migration005Search.run)
        migrator.registerMigration("005-trends", migrate: Migration005Trends.run)
        migrator.registerMigration("006-seals", migrate: Migration006Seals.run)
        migrator.registerMigration("007-job-about", migrate: Migration007JobAbout.run)
        migrator.registerMigration("008-week-users", migrate: Migration008WeekUsers.run)
        migrator.registerMigration("009-tokens", foreignKeyChecks: .immediate, migrate: Migration009Tokens.run)
        // By default the library looks for broken references in the whole ledger after a migration: minutes, with millions of
        // attempts. A migration that rebuilds a table keeps that default; these touch no reference.
        migrator.registerMigration(
            "011-audit-once", foreignKeyChecks: .immediate, migrate: Migration011AuditOnce.run)
        migrator.registerMigration(
            "012-insert-conditions", foreignKeyChecks: .immediate, migrate: Migration012InsertConditions.run)
        migrator.registerMigration(
            "013-report-snapshot-time", foreignKeyChecks: .immediate, migrate: Migration013ReportSnapshotTime.run)
        return migrator
    }

    /// Refuses UPDATE and DELETE on the table: the triggers of an append-only record. What REPLACE would overwrite needs a
    /// trigger of its own, before INSERT.
    static func protect(_ table: String, in db: Database) throws {
        for verb in ["UPDATE", "DELETE"] {
            try db.execute(
                sql: """
                    CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
                    BEGIN SELECT RAISE(ABORT, '\(table) is append-only: \(verb) is refused'); END
                    """)
        }
    }
}
