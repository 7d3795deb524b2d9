internal import Events
internal import Exports
internal import Foundation
internal import HTTPServer
internal import Jobs
internal import Ports
internal import Submissions

extension Node {
    /// Every kind of job, and what runs it. A handler is a closure over the services that it needs: Jobs knows none of them,
    /// and they know nothing of Jobs.
    static func jobKinds(
        exports: ExportWriter, imports: ImportService, days: DayJobs, clock: any Clock
    ) -> [JobKind] {
        [exportKind(exports, clock: clock), importKind(imports)] + days.kinds
    }

    /// A CSV file, row by row. A crash counts as a try, and an import can be long: it gets many.
    private static func importKind(_ imports: ImportService) -> JobKind {
        JobKind(
            name: ImportInput.jobKind, unit: .rows, triesMax: 20, concurrentMax: 2,
            keepsWorkspaceFor: ImportLimits.errorsKept, scope: .ingest,
            cancellation: JobCancellation { job, folder in
                JobResult(
                    json: try await imports.partialResult(
                        jobID: job.jobID, project: job.projectID, folder: folder))
            } cleanUp: { _, folder in
                try await imports.removeInput(in: folder)
            }
        ) { context in
            let result = try await imports.run(
                jobID: context.jobID, project: context.projectID, input: context.input, folder: context.workspace
            ) { done, total, phase in
                context.report(done: Int64(done), total: total.map(Int64.init), phase: phase)
            }
            return JobResult(json: result)
        }
    }

    private static func exportKind(_ exports: ExportWriter, clock: any Clock) -> JobKind {
        JobKind(name: ExportRoutes.kind, unit: .rows, triesMax: 5, concurrentMax: 2) { context in
            let question = try JSONDecoder().decode(ExportQuestion.self, from: Data(context.input.utf8))
            let result = try await exports.write(question, as: context.jobID, in: context.workspace) { report in
                context.report(done: report.done, total: report.total, phase: report.phase)
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return JobResult(
                json: String(decoding: try encoder.encode(result), as: UTF8.self),
                expiresAt: clock.now + ExportLimits().keeps)
        }
    }
}
