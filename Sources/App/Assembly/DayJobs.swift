internal import Analysis
internal import Days
internal import Events
internal import Foundation
internal import Jobs
internal import Ports

/// The jobs about days: verifying one, and having its report written. Both may be run again at any moment: a verification
/// only reads and adds its result, and a report that was stored before a crash is found and answered.
struct DayJobs: Sendable {
    let projects: any ProjectDirectory
    let verification: VerificationService
    let reports: ReportService

    /// What the routes write into a job (`DayJobInput` of HTTPServer).
    private struct Input: Decodable {
        var date: LogicalDate
        /// For a report: whether another version is wanted, and the newest version when it was.
        var new_version: Bool?
        var after_version: Int?
    }

    var kinds: [JobKind] {
        [
            JobKind(name: "verify", unit: .rows, triesMax: 3, concurrentMax: 1) { try await verify($0) },
            JobKind(name: "report", unit: .steps, triesMax: 3, concurrentMax: 1) { try await report($0) },
        ]
    }

    private func read(_ context: JobContext) throws -> (Project, Input) {
        let input = try JSONDecoder().decode(Input.self, from: Data(context.input.utf8))
        guard let project = projects.project(context.projectID) else {
            throw DayError.projectUnknown(context.projectID).problem
        }
        return (project, input)
    }

    private func verify(_ context: JobContext) async throws -> JobResult {
        let (project, input) = try read(context)
        context.report(phase: "reading the rows")
        do throws(DayError) {
            let result = try await verification.verify(project, date: input.date, jobID: context.jobID) { done, total in
                context.report(done: done, total: total)
            }
            return JobResult(json: result.text)
        } catch { throw error.problem }
    }

    private func report(_ context: JobContext) async throws -> JobResult {
        let (project, input) = try read(context)
        // Stored by a try that did not live to say so.
        if input.new_version == true {
            let latest = try await reports.latest(project.id, date: input.date)
            if let latest, latest.version > input.after_version ?? 0, latest.finishedAt != nil {
                return Self.result(latest)
            }
        }
        let phases = ReportService.Phase.allCases.filter { $0 != .waiting }
        let report: StoredReport
        do throws(Problem) {
            report = try await reports.report(
                of: project, date: input.date, newVersion: input.new_version == true, waits: true
            ) { phase in
                context.report(
                    done: Int64(phases.firstIndex(of: phase) ?? 0), total: Int64(phases.count), phase: phase.rawValue)
            }.report
        } catch {
            // A report that was stopped has said so in its own log of tries.
            try context.checkCancellation()
            throw error
        }
        context.report(done: Int64(phases.count), total: Int64(phases.count))
        return Self.result(report)
    }

    private static func result(_ report: StoredReport) -> JobResult {
        JobResult(
            json: CanonicalJSON.object([
                "date": .string(report.date.description), "version": .count(report.version),
                "status": .string(report.status.rawValue), "report_id": .string(report.reportID),
                "href": .string(
                    "/v1/projects/\(report.projectID)/days/\(report.date)/report?version=\(report.version)"),
            ]).text)
    }
}
