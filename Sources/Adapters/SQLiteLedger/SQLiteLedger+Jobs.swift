package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: JobLedger {
    package func insertJob(
        _ job: StoredJob, idempotency: JobIdempotency?, activeMax: Int
    ) async throws(LedgerError) -> JobInsertion {
        try await write("creating a job") { [path] db in
            if let idempotency, let found = try Self.earlier(job, idempotency, path: path, in: db) { return found }
            if let subject = job.subject,
                let found = try Self.oneJob(
                    "project_id = ? AND kind = ? AND subject = ? AND status IN ('queued', 'running')",
                    [job.projectID.text, job.kind, subject], path: path, in: db)
            {
                return .existing(found)
            }
            let active =
                try Int.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT count(*) FROM jobs WHERE project_id = ? AND status IN ('queued', 'running')"),
                    arguments: [job.projectID.text]) ?? 0
            guard active < activeMax else { return .tooMany(active) }
            let values: [(any DatabaseValueConvertible)?] = [
                job.jobID, job.projectID.text, job.kind, job.subject, job.input, job.status.rawValue,
                job.progress.unit.rawValue, job.triesMax, job.nextTryAt.microseconds, job.tokenHash.map(blob),
                idempotency?.key, (idempotency?.digest).map(blob), job.createdAt.microseconds, job.about,
            ]
            try db.cachedStatement(
                sql: """
                    INSERT INTO jobs (job_id, project_id, kind, subject, input, status, unit, tries_max, next_try_at,
                        token_hash, idempotency_key, request_digest, created_at, about)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: StatementArguments(values))
            return .created
        }
    }

    /// What the idempotency key was used for before; a use that is too old is forgotten.
    private static func earlier(
        _ job: StoredJob, _ idempotency: JobIdempotency, path: String, in db: Database
    ) throws -> JobInsertion? {
        try db.cachedStatement(
            sql: """
                UPDATE jobs SET idempotency_key = NULL, request_digest = NULL
                WHERE project_id = ? AND kind = ? AND idempotency_key = ? AND created_at < ?
                """
        ).execute(
            arguments: [job.projectID.text, job.kind, idempotency.key, idempotency.since.microseconds])
        let condition = "project_id = ? AND kind = ? AND idempotency_key = ?"
        let arguments: StatementArguments = [job.projectID.text, job.kind, idempotency.key]
        guard let found = try oneJob(condition, arguments, path: path, in: db) else { return nil }
        let isSame =
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT request_digest = ? FROM jobs WHERE \(condition)"),
                arguments: [blob(idempotency.digest)] + arguments) ?? false
        return isSame ? .existing(found) : .keyReused
    }

    private static func oneJob(
        _ condition: String, _ arguments: StatementArguments, path: String, in db: Database
    ) throws -> StoredJob? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(JobRow.columns) FROM jobs WHERE \(condition)"), arguments: arguments
        ).map { try JobRow.job($0, path: path) }
    }

    package func job(_ jobID: String, project: ProjectID) async throws(LedgerError) -> StoredJob? {
        try await read("reading a job") { [path] db in
            try Self.oneJob("job_id = ? AND project_id = ?", [jobID, project.text], path: path, in: db)
        }
    }

    package func jobToSweep(_ jobID: String) async throws(LedgerError) -> StoredJob? {
        try await read("reading a job") { [path] db in
            try Self.oneJob("job_id = ?", [jobID], path: path, in: db)
        }
    }

    package func jobs(
        _ filter: JobFilter, before: JobPosition?, limit: Int
    ) async throws(LedgerError) -> [StoredJob] {
        var sql = "SELECT \(JobRow.columns) FROM jobs WHERE project_id = ?"
        var arguments: StatementArguments = [filter.projectID.text]
        if let kind = filter.kind {
            sql += " AND kind = ?"
            arguments += [kind]
        }
        if let status = filter.status {
            sql += " AND status = ?"
            arguments += [status.rawValue]
        }
        if let before {
            sql += " AND (created_at, job_id) < (?, ?)"
            arguments += [before.createdAt.microseconds, before.jobID]
        }
        sql += " ORDER BY created_at DESC, job_id DESC LIMIT ?"
        arguments += [limit]
        return try await fetchJobs("listing jobs", sql, arguments)
    }

    private func fetchJobs(
        _ operation: String, _ sql: String, _ arguments: StatementArguments
    ) async throws(LedgerError) -> [StoredJob] {
        try await read(operation) { [path] db in
            try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map { try JobRow.job($0, path: path) }
        }
    }

    package func jobTries(
        _ jobIDs: [String], project: ProjectID
    ) async throws(LedgerError) -> [String: [JobTryEntry]] {
        try await read("reading tries of jobs") { [path] db in
            var found: [String: [JobTryEntry]] = [:]
            for jobID in jobIDs {
                found[jobID] = try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT number, phase, outcome, detail, owner, created_at FROM job_tries
                            WHERE project_id = ? AND job_id = ? ORDER BY position
                            """),
                    arguments: [project.text, jobID]
                ).map { row in
                    let outcomeText: String? = row[2]
                    let outcome = outcomeText.flatMap(JobTryEntry.Outcome.init(rawValue:))
                    guard (outcomeText == nil) == (outcome == nil) else {
                        throw LedgerError.unreadable(path: path, detail: "a try of job \(jobID) has an unknown outcome")
                    }
                    return JobTryEntry(
                        number: row[0], phase: outcome.map { .ended($0, detail: row[3]) } ?? .started, owner: row[4],
                        at: Timestamp(microseconds: row[5]))
                }
            }
            return found
        }
    }

    package func requestCancel(_ jobID: String, project: ProjectID) async throws(LedgerError) -> StoredJob? {
        try await write("asking for a job's end") { [path] db in
            try db.cachedStatement(
                sql: """
                    UPDATE jobs SET is_cancel_requested = 1
                    WHERE job_id = ? AND project_id = ? AND status IN ('queued', 'running')
                    """
            ).execute(arguments: [jobID, project.text])
            return try Self.oneJob("job_id = ? AND project_id = ?", [jobID, project.text], path: path, in: db)
        }
    }
}

// MARK: The runner's side

extension SQLiteLedger {
    package func dueJobs(
        at now: Timestamp, kinds: [String], busyProjects: [ProjectID], limit: Int
    ) async throws(LedgerError) -> [StoredJob] {
        guard !kinds.isEmpty else { return [] }
        func places(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
        var free = ""
        var names = StatementArguments(kinds)
        if !busyProjects.isEmpty {
            free = " AND project_id NOT IN (\(places(busyProjects.count)))"
            names += StatementArguments(busyProjects.map(\.text))
        }
        let sql = """
            SELECT \(JobRow.columns) FROM (
                SELECT *, next_try_at AS due_at FROM jobs
                WHERE kind IN (\(places(kinds.count)))\(free) AND status = 'queued' AND next_try_at <= ?
                UNION ALL
                SELECT *, lease_expires_at AS due_at FROM jobs
                WHERE kind IN (\(places(kinds.count)))\(free) AND status = 'running' AND lease_expires_at <= ?
            ) ORDER BY due_at, created_at, job_id LIMIT ?
            """
        let time = now.microseconds
        return try await fetchJobs("looking for due jobs", sql, names + [time] + names + [time, limit])
    }

    package func nextDue(kinds: [String]) async throws(LedgerError) -> Timestamp? {
        try await read("looking for the next due job") { db in
            var next: Int64?
            for kind in kinds {
                for (column, status) in [("next_try_at", "queued"), ("lease_expires_at", "running")] {
                    let found = try Int64.fetchOne(
                        db.cachedStatement(
                            sql: "SELECT min(\(column)) FROM jobs WHERE kind = ? AND status = '\(status)'"),
                        arguments: [kind])
                    if let found { next = min(next ?? found, found) }
                }
            }
            return next.map(Timestamp.init(microseconds:))
        }
    }

    package func apply(_ change: JobChange) async throws(LedgerError) -> Bool {
        let job = change.job
        return try await write("changing a job") { db in
            let values: [(any DatabaseValueConvertible)?] = [
                job.status.rawValue, job.progress.done, job.progress.total, job.progress.phase, job.result,
                job.fault?.code.rawValue, job.fault?.message, job.tries, job.interruptions, job.nextTryAt.microseconds,
                job.leaseOwner, job.leaseExpiresAt?.microseconds, job.expiresAt?.microseconds,
                job.startedAt?.microseconds, job.finishedAt?.microseconds, job.jobID, job.projectID.text,
                change.expectedStatus.rawValue, change.expectedTries, change.expectedOwner,
            ]
            try db.cachedStatement(
                sql: """
                    UPDATE jobs SET status = ?, progress_done = ?, progress_total = ?, phase = ?, output = ?,
                        error_code = ?, error = ?, tries = ?, interruptions = ?, next_try_at = ?, lease_owner = ?,
                        lease_expires_at = ?, expires_at = ?, started_at = ?, finished_at = ?
                    WHERE job_id = ? AND project_id = ? AND status = ? AND tries = ? AND lease_owner IS ?
                    """
            ).execute(arguments: StatementArguments(values))
            guard db.changesCount == 1 else { return false }
            for entry in change.entries { try Self.insert(entry, of: job, in: db) }
            return true
        }
    }

    private static func insert(_ entry: JobTryEntry, of job: StoredJob, in db: Database) throws {
        var outcome: String?
        var detail: String?
        if case .ended(let how, let text) = entry.phase { (outcome, detail) = (how.rawValue, text) }
        try db.cachedStatement(
            sql: """
                INSERT INTO job_tries (job_id, project_id, number, phase, outcome, detail, owner, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                job.jobID, job.projectID.text, entry.number, outcome == nil ? "started" : "ended", outcome, detail,
                entry.owner, entry.at.microseconds,
            ])
    }

    package func renewLease(
        _ jobID: String, project: ProjectID, owner: String, number: Int, progress: JobProgress, until: Timestamp
    ) async throws(LedgerError) -> JobLease {
        try await write("renewing a job's lease") { db in
            try db.cachedStatement(
                sql: """
                    UPDATE jobs SET progress_done = ?, progress_total = ?, phase = ?, lease_expires_at = ?
                    WHERE job_id = ? AND project_id = ? AND status = 'running' AND lease_owner = ? AND tries = ?
                    """
            ).execute(
                arguments: [
                    progress.done, progress.total, progress.phase, until.microseconds, jobID, project.text, owner,
                    number,
                ])
            guard db.changesCount == 1 else { return .lost }
            let isAsked =
                try Bool.fetchOne(
                    db.cachedStatement(sql: "SELECT is_cancel_requested FROM jobs WHERE job_id = ?"),
                    arguments: [jobID]) ?? false
            return isAsked ? .cancelRequested : .held
        }
    }

    package func endLeases(notOwnedBy owner: String, at now: Timestamp) async throws(LedgerError) -> Int {
        try await write("ending the leases of earlier processes") { db in
            try db.cachedStatement(
                sql: """
                    UPDATE jobs SET lease_expires_at = ?
                    WHERE status = 'running' AND lease_owner <> ? AND lease_expires_at > ?
                    """
            ).execute(arguments: [now.microseconds, owner, now.microseconds])
            return db.changesCount
        }
    }

    package func expiredJobs(kind: String, at now: Timestamp, limit: Int) async throws(LedgerError) -> [StoredJob] {
        try await fetchJobs(
            "looking for expired results",
            """
            SELECT \(JobRow.columns) FROM jobs WHERE kind = ? AND expires_at IS NOT NULL AND expires_at <= ?
            ORDER BY expires_at LIMIT ?
            """, [kind, now.microseconds, limit])
    }
}
