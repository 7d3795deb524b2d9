internal import GRDB

/// `week_users`: the distinct users of a week whose seven days are closed, counted once. They cannot be summed from the days,
/// and counting them reads every attempt of the week. Can be made again from the attempts.
enum Migration008WeekUsers {
    static func run(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE week_users (
                    project_id TEXT NOT NULL,
                    monday TEXT NOT NULL,
                    users INTEGER NOT NULL CHECK (users >= 0),
                    PRIMARY KEY (project_id, monday)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
