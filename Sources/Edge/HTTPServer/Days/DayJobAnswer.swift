internal import Days
internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Jobs
internal import Ports

/// Creates the jobs about days and answers with where to look for them.
enum DayJobAnswer {
    static func accepted(_ job: StoredJob, links: [String: String]) -> Response {
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
            ]).bytes, status: .accepted)
    }

    /// The header of a POST that creates, when it is one.
    static func idempotencyKey(_ request: Request) throws(Problem) -> String? {
        guard let key = request.headers[HTTPField.Name("Idempotency-Key")!] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw Problem(.idempotencyKeyInvalid, "The Idempotency-Key must be 1 to 255 visible ASCII characters.")
        }
        return key
    }
}
