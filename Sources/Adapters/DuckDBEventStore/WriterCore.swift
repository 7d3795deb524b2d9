internal import Events
internal import Ports

/// The write side's state: lives on the writer thread and is touched nowhere else.
final class WriterCore {
    private let database: Database
    let connection: Connection
    private(set) var committed: StreamOffset
    private var projectNumbers: [String: Int32] = [:]
    private var window: DuplicateWindow
    /// The greatest event time stored, in microseconds.
    private var storedThrough: Int64
    /// After a commit whose end is unknown, what is in memory is read again before the next one.
    private var stale = false

    init(_ database: Database, duplicateKeysMax: Int) throws(EventStoreError) {
        self.database = database
        connection = try Connection(database)
        window = DuplicateWindow(keysMax: duplicateKeysMax)
        committed = .start
        storedThrough = .min
        try Schema.migrate(connection)
        try connection.run(
            "create candidates",
            "CREATE TEMP TABLE IF NOT EXISTS candidates (event_key UBIGINT NOT NULL)")
        try reload()
    }

    private func reload() throws(EventStoreError) {
        committed = StreamOffset(
            try connection.number("read offset", Statement("SELECT max(next_offset) FROM stream_offsets")) ?? 0)
        storedThrough = try connection.number("read last time", Statement("SELECT max(time) FROM events")) ?? .min
        var numbers: [String: Int32] = [:]
        try connection.query("read projects", Statement("SELECT project_id, project_no FROM projects")) { row in
            numbers[row.text(0)] = row.int32(1)
        }
        projectNumbers = numbers
        window.removeAll()
        stale = false
    }

    func commit(_ batch: EventStoreBatch) throws(EventStoreError) -> EventStoreReceipt {
        if stale { try reload() }
        guard batch.nextOffset > committed else { return EventStoreReceipt(stored: 0, duplicates: 0) }
        do {
            try connection.run("begin", "BEGIN TRANSACTION")
            let receipt = try write(batch)
            return receipt
        } catch {
            stale = true
            try? connection.run("rollback", "ROLLBACK")
            throw error
        }
    }

    private func write(_ batch: EventStoreBatch) throws(EventStoreError) -> EventStoreReceipt {
        let columns = batch.columns
        let projects = try numbers(of: batch)
        let latency = (0..<columns.count).map { row -> Int16? in
            let duration = columns.durationMilliseconds[row]
            return duration.isNaN ? nil : LatencySketch.bucket(of: duration)
        }
        let repeated = try findRepeated(columns, projects)
        var kept = (0..<columns.count).filter { !repeated[$0] }.map { Int32($0) }
        kept.sort { a, b in
            let x = projects[Int(a)]
            let y = projects[Int(b)]
            return x == y ? a < b : x < y
        }
        var duplicates: [BooksKey: Int64] = [:]
        var redelivered: [BooksKey: Int64] = [:]
        for row in 0..<columns.count where repeated[row] {
            let key = BooksKey(projectID: ProjectID(trusted: columns.projectID[row]), date: columns.logicalDate[row])
            if batch.relayed.contains(columns.streamOffset[row]) {
                redelivered[key, default: 0] += 1
            } else {
                duplicates[key, default: 0] += 1
            }
        }
        let commit = Commit(
            connection: connection, batch: batch, projects: projects, latency: latency, order: kept,
            duplicates: duplicates, redelivered: redelivered)
        try commit.appendEvents()
        try commit.appendPayloads()
        try commit.appendFunnelSteps()
        try commit.appendRollups()
        try commit.appendDayTotals()
        try commit.appendBooks(projectNumbers)
        try commit.appendQuarantined(projectNumbers)
        try connection.run(
            "write offset", Statement("INSERT INTO stream_offsets VALUES ($1)", [.int(batch.nextOffset.value)]))
        try connection.run("commit", "COMMIT")

        committed = batch.nextOffset
        for row in kept {
            let time = columns.time[Int(row)].microseconds
            storedThrough = max(storedThrough, time)
            window.insert(columns.eventKey[Int(row)], time: time)
        }
        return EventStoreReceipt(stored: kept.count, duplicates: columns.count - kept.count)
    }

    /// By row: the project's number. New projects get the next one, in the same transaction.
    private func numbers(of batch: EventStoreBatch) throws(EventStoreError) -> [Int32] {
        let column = batch.columns.projectID
        var out = [Int32](repeating: 0, count: batch.columns.count)
        for row in out.indices {
            if row > 0, column.bytes[column.range(row)] == column.bytes[column.range(row - 1)] {
                out[row] = out[row - 1]
            } else {
                out[row] = try number(of: column[row])
            }
        }
        for key in batch.books.keys { _ = try number(of: key.projectID.text) }
        for item in batch.quarantined { _ = try number(of: item.projectID.text) }
        return out
    }

    private func number(of project: String) throws(EventStoreError) -> Int32 {
        if let known = projectNumbers[project] { return known }
        let next = (projectNumbers.values.max() ?? 0) + 1
        try connection.run(
            "add project", Statement("INSERT INTO projects VALUES ($1, $2)", [.int(Int64(next)), .text(project)]))
        projectNumbers[project] = next
        return next
    }

    // MARK: Duplicates

    /// By row: whether its identity is stored already or stands earlier in the batch.
    private func findRepeated(_ columns: EventColumns, _ projects: [Int32]) throws(EventStoreError) -> [Bool] {
        var repeated = [Bool](repeating: false, count: columns.count)
        guard columns.count > 0 else { return repeated }
        try window.prepare(
            Set(columns.time.map { DuplicateWindow.slot(of: $0.microseconds) }), storedThrough: storedThrough
        ) {
            (range, add) throws(EventStoreError) in
            var wanted = true
            try connection.query(
                "load keys",
                Statement(
                    "SELECT event_key, time FROM events WHERE time >= $1 AND time < $2",
                    [.int(range.lowerBound), .int(range.upperBound)])
            ) { row in
                if wanted { wanted = add(row.uint64(0), row.int64(1)) }
            }
        }
        var earlier = BatchKeys(rows: columns.count)
        var candidates: [Int] = []
        for row in 0..<columns.count {
            let same = earlier.isRepeated(row, keys: columns.eventKey) { other in
                projects[row] == projects[other] && columns.time[row] == columns.time[other]
                    && columns.eventID.bytes[columns.eventID.range(row)]
                        == columns.eventID.bytes[columns.eventID.range(other)]
            }
            if same {
                repeated[row] = true
            } else if window.mayHold(columns.eventKey[row], time: columns.time[row].microseconds) {
                candidates.append(row)
            }
        }
        if !candidates.isEmpty { try confirm(candidates, columns, projects, &repeated) }
        return repeated
    }

    /// Looks the candidates up in the table and compares the identities themselves.
    private func confirm(
        _ candidates: [Int], _ columns: EventColumns, _ projects: [Int32], _ repeated: inout [Bool]
    ) throws(EventStoreError) {
        struct Identity: Hashable {
            var project: Int32
            var time: Int64
            var event: [UInt8]
        }
        let times = candidates.map { columns.time[$0].microseconds }
        let appender = try TableAppender(connection, table: "candidates", types: [.unsigned64])
        try appender.append(rows: candidates.count) { out, range in
            out.fixed { columns.eventKey[candidates[range.lowerBound + $0]] }
        }
        try appender.flush()
        var stored: Set<Identity> = []
        try connection.query(
            "find duplicates",
            Statement(
                """
                SELECT project_no, time, event_id FROM events
                WHERE time >= $1 AND time <= $2 AND event_key IN (SELECT event_key FROM candidates)
                """,
                [.int(times.min() ?? 0), .int(times.max() ?? 0)])
        ) { row in
            stored.insert(Identity(project: row.int32(0), time: row.int64(1), event: row.bytes(2)))
        }
        try connection.run("clear candidates", "DELETE FROM candidates")
        for row in candidates {
            let identity = Identity(
                project: projects[row], time: columns.time[row].microseconds,
                event: Array(columns.eventID.bytes[columns.eventID.range(row)]))
            if stored.contains(identity) { repeated[row] = true }
        }
    }
}
