internal import Days
internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Jobs
internal import Ports

/// Answers with where to look for a job about a day.
enum DayJobAnswer {
    /// `isReplayed`: an earlier request with the same `Idempotency-Key` made the job.
    static func accepted(_ job: StoredJob, isReplayed: Bool, links: [String: String]) -> Response {
        let project = job.projectID
        var members: [String: CanonicalJSON] = [
            "self": .string("/v1/jobs/\(job.jobID)?project_id=\(project)"),
            "events": .string("/v1/jobs/\(job.jobID)/events?project_id=\(project)"),
            "cancel": .string("/v1/jobs/\(job.jobID)/cancel?project_id=\(project)"),
        ]
        for (name, href) in links { members[name] = .string(href) }
        return .json(
            bytes: CanonicalJSON.object([
                "job_id": .string(job.jobID), "status": .string(job.status.rawValue), "links": .object(members),
            ]).bytes, status: .accepted, headers: isReplayed ? [LeadRoutes.idempotencyReplayed: "true"] : [:])
    }
}
