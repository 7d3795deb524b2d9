internal import Accounts
internal import Days
package import Events
internal import Ports
internal import SQLiteLedger
internal import Submissions

/// What replaying one project's log says about its limits.
package struct RateLimitVerification: Sendable {
    package struct Rule: Sendable {
        package var ruleID: String
        package var subjects: Int
        package var verdicts: Int64
        package var refused: Int64
    }
    package struct Difference: Sendable {
        package var sequence: Int64?
        package var attemptID: String?
        package var ruleID: String
        package var subject: String
        package var what: String
        package var recorded: String
        package var replayed: String
    }
    package var projectID: ProjectID
    /// Rows that were read; those that limits were asked about; stored states that were compared.
    package var attempts: Int64
    package var limited: Int64
    package var statesCompared: Int64
    package var rules: [Rule]
    /// The first of each rule and subject, in the order of the log.
    package var differences: [Difference]

    package var isOK: Bool { differences.isEmpty }

    init(_ report: LimitReplayReport) {
        projectID = report.projectID
        attempts = report.attempts
        limited = report.limited
        statesCompared = report.statesCompared
        rules = report.rules.map {
            Rule(ruleID: $0.ruleID, subjects: $0.subjects, verdicts: $0.verdicts, refused: $0.refused)
        }
        differences = report.differences.map {
            Difference(
                sequence: $0.sequence, attemptID: $0.attemptID, ruleID: $0.ruleID, subject: $0.subject, what: $0.what,
                recorded: $0.recorded, replayed: $0.replayed)
        }
    }
}

extension DayCommands {
    /// Replays the log of each project. `progress` gets the project and the rows done and to do.
    package func verifyRateLimits(
        project: String?, progress: @escaping @Sendable (_ project: String, _ done: Int64, _ of: Int64) -> Void
    ) async throws -> [RateLimitVerification] {
        let verifier = LimitVerifier(reader: ledger, rules: ledger)
        var results: [RateLimitVerification] = []
        for project in try projects(project) {
            do throws(LedgerError) {
                let report = try await verifier.verify(project.id) { progress(project.id.text, $0, $1) }
                results.append(RateLimitVerification(report))
            } catch { throw StartFailure(error.description) }
        }
        return results
    }
}
