internal import Events
internal import Logging
internal import Ports
internal import Telemetry

private let created = MetricName("daybook_jobs_created_total", help: "Jobs created, by kind.", labels: ["kind"])
private let ended = MetricName(
    "daybook_jobs_finished_total", help: "Jobs finished, by kind and status.", labels: ["kind", "status"])
private let durations = MetricName(
    "daybook_job_try_seconds", help: "Duration of the last try of finished jobs.", labels: ["kind"])
private let tries = MetricName("daybook_job_tries_total", help: "Tries begun, by kind.", labels: ["kind"])
private let retries = MetricName(
    "daybook_job_retries_total", help: "Tries that ended and are followed by another, by kind.", labels: ["kind"])
private let lost = MetricName(
    "daybook_job_leases_lost_total", help: "Tries whose lease was lost.", labels: ["kind"])
private let runnerFailures = MetricName(
    "daybook_job_runner_failures_total", help: "Times that the runner could not read or write jobs.")
private let sweepFailures = MetricName(
    "daybook_job_sweep_failures_total", help: "Times that folders of jobs could not be removed.")

private func facts(_ job: StoredJob) -> Logger.Metadata {
    ["project_id": "\(job.projectID)", "job_id": "\(job.jobID)", "kind": "\(job.kind)", "try": "\(job.tries)"]
}

struct JobCreated: TelemetryEvent {
    static let name = "job_created"
    var job: StoredJob
    var message: String { "a job of kind \(job.kind) waits" }
    var metadata: Logger.Metadata { facts(job) }
    func record(in metrics: MetricRegistry) { metrics.add(created, [job.kind]) }
}

struct JobStarted: TelemetryEvent {
    static let name = "job_started"
    var job: StoredJob
    var message: String { "try \(job.tries) of a job of kind \(job.kind) begins" }
    var metadata: Logger.Metadata { facts(job) }
    func record(in metrics: MetricRegistry) { metrics.add(tries, [job.kind]) }
}

struct JobTryEnded: TelemetryEvent {
    static let name = "job_try_ended"
    var job: StoredJob
    var level: Logger.Level { job.fault == nil ? .info : .warning }
    var message: String {
        "a try ended (\(job.fault.map { "\($0.code.rawValue): \($0.message)" } ?? "stopped")); the job goes on at \(job.nextTryAt)"
    }
    var metadata: Logger.Metadata { facts(job) }
    func record(in metrics: MetricRegistry) { metrics.add(retries, [job.kind]) }
}

/// What a handler threw that was not meant for clients.
struct JobTryBroke: TelemetryEvent {
    static let name = "job_try_broke"
    var job: StoredJob
    var detail: String
    var level: Logger.Level { .error }
    var message: String { "a try failed on our side: \(detail)" }
    var metadata: Logger.Metadata { facts(job) }
}

struct JobEnded: TelemetryEvent {
    static let name = "job_finished"
    var job: StoredJob
    var took: Duration
    var level: Logger.Level { job.status == .failed ? .warning : .info }
    var message: String {
        "a job of kind \(job.kind) \(job.status.rawValue)" + (job.fault.map { ": \($0.code.rawValue)" } ?? "")
    }
    var metadata: Logger.Metadata { facts(job) }
    func record(in metrics: MetricRegistry) {
        metrics.add(ended, [job.kind, job.status.rawValue])
        if took > .zero { metrics.observe(durations, [job.kind], seconds: took.milliseconds / 1000) }
    }
}

struct JobLeaseLost: TelemetryEvent {
    static let name = "job_lease_lost"
    var job: StoredJob
    var level: Logger.Level { .warning }
    var message: String { "the lease of a job of kind \(job.kind) was lost; this try's result is not kept" }
    var metadata: Logger.Metadata { facts(job) }
    func record(in metrics: MetricRegistry) { metrics.add(lost, [job.kind]) }
}

struct JobsTakenOver: TelemetryEvent {
    static let name = "jobs_taken_over"
    var count: Int
    var message: String { "\(count) jobs of a process that stopped are taken up again" }
    var metadata: Logger.Metadata { ["jobs": "\(count)"] }
}

struct JobRunnerFailed: TelemetryEvent {
    static let name = "job_runner_failed"
    var detail: String
    var level: Logger.Level { .error }
    var message: String { "jobs cannot be read or written: \(detail)" }
    func record(in metrics: MetricRegistry) { metrics.add(runnerFailures) }
}

struct JobSweepFailed: TelemetryEvent {
    static let name = "job_sweep_failed"
    var detail: String
    var level: Logger.Level { .warning }
    var message: String { "folders of jobs cannot be removed: \(detail)" }
    func record(in metrics: MetricRegistry) { metrics.add(sweepFailures) }
}
