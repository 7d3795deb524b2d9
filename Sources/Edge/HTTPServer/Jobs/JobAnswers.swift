internal import Events
internal import Foundation
internal import Jobs
internal import Ports

/// A job as it is shown.
struct JobAnswer: Encodable {
    struct Progress: Encodable {
        var done: Int64
        var total: OrNull<Int64>
        var unit: String
    }
    struct Try: Encodable {
        var `try`: Int
        var started_at: Timestamp
        var ended_at: OrNull<Timestamp>
        var outcome: OrNull<String>
        var detail: OrNull<String>
    }
    struct Fault: Encodable {
        var code: ErrorCode
        var message: String
    }
    var job_id: String
    var project_id: ProjectID
    var kind: String
    var subject: OrNull<String>
    var status: JobStatus
    var progress: Progress
    var phase: OrNull<String>
    var created_at: Timestamp
    var started_at: OrNull<Timestamp>
    var finished_at: OrNull<Timestamp>
    var expires_at: OrNull<Timestamp>
    var cancel_requested: Bool
    var tries: Int
    var tries_max: Int
    var next_try_at: OrNull<Timestamp>
    var attempts: [Try]
    var error: OrNull<Fault>

    init(_ view: JobView) {
        let job = view.job
        job_id = job.jobID
        project_id = job.projectID
        kind = job.kind
        subject = OrNull(job.subject)
        status = job.status
        progress = Progress(
            done: job.progress.done, total: OrNull(job.progress.total), unit: job.progress.unit.rawValue)
        phase = OrNull(job.progress.phase)
        created_at = job.createdAt
        started_at = OrNull(job.startedAt)
        finished_at = OrNull(job.finishedAt)
        expires_at = OrNull(job.expiresAt)
        cancel_requested = job.isCancelRequested
        tries = job.tries
        // Tries that an orderly stop cut short are shown, and do not count.
        tries_max = job.triesMax + job.interruptions
        next_try_at = OrNull(job.status == .queued ? job.nextTryAt : nil)
        attempts = view.tries.map { one in
            Try(
                try: one.number, started_at: one.startedAt, ended_at: OrNull(one.endedAt),
                outcome: OrNull(one.outcome?.rawValue), detail: OrNull(one.detail))
        }
        error = OrNull(job.fault.map { Fault(code: $0.code, message: $0.message) })
    }

    /// The members of a job's input that lists show for jobs that did not keep what they are about.
    private static let shown = ["of", "format", "date", "source", "file"]

    /// What was asked for, as an object.
    private static func about(_ job: StoredJob, _ encoder: JSONEncoder) throws -> [UInt8] {
        if let about = job.about { return Array(about.utf8) }
        let input = try? JSONSerialization.jsonObject(with: Data(job.input.utf8)) as? [String: Any]
        return Array(
            try encoder.encode(shown.reduce(into: [String: String]()) { $0[$1] = input?[$1] as? String }))
    }

    /// One JSON object; `about` and the result are texts that the job's kind wrote.
    static func json(_ view: JobView) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var out = Array(try encoder.encode(JobAnswer(view)).dropLast())
        ContractHead.member("about", try about(view.job, encoder), to: &out)
        ContractHead.member("result", (view.job.result ?? "null").utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }
}
