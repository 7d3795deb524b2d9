internal import GRDB

/// The audit log refuses what REPLACE would overwrite, as every append-only table does: REPLACE deletes without the triggers
/// of DELETE unless the connection asks for them.
enum Migration011AuditOnce {
    static func run(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TRIGGER audit_log_once BEFORE INSERT ON audit_log
                BEGIN
                    SELECT RAISE(ABORT, 'audit_log is append-only: the row exists already')
                    WHERE EXISTS (SELECT 1 FROM audit_log WHERE audit_id = NEW.audit_id);
                END;
                """)
    }
}
