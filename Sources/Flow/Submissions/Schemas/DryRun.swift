package import Events
internal import Ports

/// What a schema would have said about some submissions.
package struct DryRunReport: Hashable, Sendable {
    package struct Result: Hashable, Sendable {
        package var index: Int
        package var errors: [FieldProblem]
        /// The lead that was judged again; nil for a given sample.
        package var lead: Lead?
        package var isPassed: Bool { errors.isEmpty }
    }
    package struct Count: Hashable, Sendable {
        package var pointer: String
        package var code: ErrorCode
        package var count: Int
    }
    package var results: [Result]

    package var passed: Int { results.count { $0.isPassed } }

    /// How often which problem, most frequent first.
    package var byField: [Count] {
        struct Key: Hashable {
            var pointer: String
            var code: ErrorCode
        }
        var counts: [Key: Int] = [:]
        for result in results {
            for error in result.errors { counts[Key(pointer: error.pointer, code: error.code), default: 0] += 1 }
        }
        return counts.map { Count(pointer: $0.key.pointer, code: $0.key.code, count: $0.value) }.sorted {
            ($1.count, $0.pointer, $0.code.rawValue) < ($0.count, $1.pointer, $1.code.rawValue)
        }
    }
}

/// Reads submissions by a candidate, as a real one would be read. What depends on state (limits, duplicates, closed days)
/// is not asked.
struct DryRun {
    let project: Project
    let rules: CompiledRules
    private(set) var report = DryRunReport(results: [])

    init(project: Project, rules: CompiledRules) {
        self.project = project
        self.rules = rules
    }

    mutating func judge(_ sample: [UInt8]) { judge(sample, lead: nil) }

    /// A lead, as the submission that created it.
    mutating func judge(_ recorded: RecordedLead) {
        var out = JSONObjectWriter()
        out.object("user") { user in
            user.text("email", recorded.user?.email)
            user.text("phone", recorded.user?.phone)
            user.text("external_id", recorded.user?.externalID)
            user.text("name", recorded.userName)
        }
        out.text("source", recorded.lead.source)
        out.text("channel", recorded.lead.channel)
        out.boolean("consent", true)
        out.raw("fields", recorded.lead.fields.utf8)
        judge(out.finishedBytes, lead: recorded.lead)
    }

    private mutating func judge(_ body: [UInt8], lead: Lead?) {
        let read = SubmissionReader.read(
            SubmissionRequest(project: project, body: .json(body), facts: RequestFacts(endpoint: "dry_run")),
            rules: rules)
        var errors: [FieldProblem] = []
        if let refusal = read.refusal {
            errors.append(FieldProblem(pointer: "", code: refusal.code, message: refusal.detail))
        } else if !read.namesUser {
            errors.append(
                FieldProblem(
                    pointer: "/user", code: .userUnknown,
                    message: "Name the user: at least one of user.email, user.phone and user.external_id."))
        }
        errors += read.refused.map(\.problem)
        report.results.append(DryRunReport.Result(index: report.results.count, errors: errors, lead: lead))
    }
}
