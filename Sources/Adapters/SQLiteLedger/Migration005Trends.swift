internal import GRDB

/// `day_points`: what trends need of each snapshot, in a row of a few hundred bytes, so that years of days are one short
/// read. Written by triggers whenever a snapshot is: it can always be made again from `day_snapshots`. (A trigger's own
/// REPLACE would give way to the conflict clause of the statement that fires it: hence DELETE and INSERT.)
enum Migration005Trends {
    static func run(_ db: Database) throws {
        try db.execute(sql: table)
        try db.execute(
            sql: "INSERT OR REPLACE INTO day_points \(values(of: "s")) FROM day_snapshots s WHERE json_valid(s.json)")
        for event in ["INSERT", "UPDATE"] {
            try db.execute(
                sql: """
                    CREATE TRIGGER day_points_\(event.lowercased()) AFTER \(event) ON day_snapshots
                    WHEN json_valid(NEW.json)
                    BEGIN
                        DELETE FROM day_points WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date;
                        INSERT INTO day_points \(values(of: "NEW"));
                    END
                    """)
        }
    }

    private static let table = """
        CREATE TABLE day_points (
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            leads INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            users INTEGER,
            is_closed INTEGER NOT NULL,
            sources TEXT NOT NULL,
            channels TEXT NOT NULL,
            sources_distinct INTEGER NOT NULL,
            channels_distinct INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date)
        ) STRICT, WITHOUT ROWID;
        """

    /// The point of a snapshot's row, as a SELECT without its FROM.
    private static func values(of row: String) -> String {
        func groups(_ member: String) -> String {
            """
            (SELECT coalesce(json_group_array(json_object('name', json_extract(value, '$.name'),
                'attempts', json_extract(value, '$.attempts'), 'failures', json_extract(value, '$.failures'))), '[]')
                FROM json_each(\(row).json, '$.\(member).rows'))
            """
        }
        return """
            SELECT \(row).project_id, \(row).logical_date, \(row).attempts, \(row).leads, \(row).failures,
                json_extract(\(row).json, '$.users.distinct'), \(row).closed_at IS NOT NULL,
                \(groups("by_source")), \(groups("by_channel")),
                coalesce(json_extract(\(row).json, '$.by_source.distinct'), 0),
                coalesce(json_extract(\(row).json, '$.by_channel.distinct'), 0), \(row).refreshed_at
            """
    }
}
