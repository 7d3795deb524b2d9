internal import Events
internal import Foundation
internal import GRDB
internal import Ports

/// A row of `jobs` and its value.
enum JobRow {
    static let columns = """
        job_id, project_id, kind, subject, input, status, progress_done, progress_total, unit, phase, output, error_code, \
        error, tries, interruptions, tries_max, next_try_at, is_cancel_requested, lease_owner, lease_expires_at, \
        token_hash, expires_at, created_at, started_at, finished_at, about
        """

    static func job(_ row: Row, path: String) throws -> StoredJob {
        let id: String = row[0]
        let (statusText, unitText): (String, String) = (row[5], row[8])
        guard let status = JobStatus(rawValue: statusText), let unit = JobProgress.Unit(rawValue: unitText) else {
            throw LedgerError.unreadable(path: path, detail: "job \(id) has the unknown status \(statusText)")
        }
        var job = StoredJob(
            jobID: id, projectID: ProjectID(trusted: row[1]), kind: row[2], subject: row[3], input: row[4],
            about: row[25],
            unit: unit, triesMax: row[15], createdAt: Timestamp(microseconds: row[22]))
        job.status = status
        job.progress = JobProgress(done: row[6], total: row[7], unit: unit, phase: row[9])
        job.result = row[10]
        let code: String? = row[11]
        let message: String? = row[12]
        // A code of a newer version is still a fault.
        job.fault = code.map { JobFault(ErrorCode(rawValue: $0) ?? .internalError, message ?? "") }
        job.tries = row[13]
        job.interruptions = row[14]
        job.nextTryAt = Timestamp(microseconds: row[16])
        job.isCancelRequested = row[17]
        job.leaseOwner = row[18]
        job.leaseExpiresAt = time(row[19])
        let token: Data? = row[20]
        job.tokenHash = token.map { bytes($0) }
        job.expiresAt = time(row[21])
        job.startedAt = time(row[23])
        job.finishedAt = time(row[24])
        return job
    }

    private static func time(_ value: Int64?) -> Timestamp? { value.map(Timestamp.init(microseconds:)) }
}
