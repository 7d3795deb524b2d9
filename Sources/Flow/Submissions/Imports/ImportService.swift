package import Events
internal import Foundation
package import Ports

/// Imports a CSV file, row by row, through the door that every lead takes.
///
/// A job may be killed at any moment and is then run again: it continues behind the last saved position, and the rows that
/// were decided after it get their first answers again, because each row's idempotency key is made of the job and the line.
/// So every row ends in exactly one of lead and failure, and is counted once.
package struct ImportService: Sendable {
    private let submissions: SubmissionService
    private let projects: any ProjectDirectory
    private let files: any WorkspaceFiles
    private let clock: any Clock

    package init(
        submissions: SubmissionService, projects: any ProjectDirectory, files: any WorkspaceFiles, clock: any Clock
    ) {
        self.submissions = submissions
        self.projects = projects
        self.files = files
        self.clock = clock
    }

    /// What a run tells its job.
    package typealias Report = @Sendable (_ done: Int, _ total: Int?, _ phase: String) -> Void

    /// How far the import in that folder is; nil before its first row.
    package func progress(in folder: String) async throws(FileStoreError) -> ImportProgress? {
        try await saved(ImportFiles.progress(in: folder))
    }

    private func saved(_ path: String) async throws(FileStoreError) -> ImportProgress? {
        guard let bytes = try await files.contents(path) else { return nil }
        do { return try JSONDecoder().decode(ImportProgress.self, from: Data(bytes)) } catch {
            throw .failed(operation: "reading", path: path, detail: String(describing: error))
        }
    }

    /// Runs the import, or what is left of it. Returns the job's result as JSON. Throws `Problem`, `FileStoreError` or
    /// `CancellationError`.
    package func run(
        jobID: String, project id: ProjectID, input: String, folder: String, report: @escaping Report
    ) async throws -> String {
        let input = try ImportInput(json: input)
        guard let project = projects.project(id) else {
            throw Problem(.notFound, "The project \(id) does not exist any more.")
        }
        var run = Run(
            jobID: jobID, project: project, input: input, folder: folder, progress: ImportProgress())
        try await files.remove(ImportFiles.interrupted(in: folder))
        if let saved = try await progress(in: folder) {
            run.progress = saved
            // Killed behind the last row: the file may be gone already.
            if saved.rows == saved.total { return try result(of: run) }
        }
        if run.progress.total == nil {
            report(0, nil, "counting rows")
            run.progress.total = try await count(run)
        }
        report(run.progress.rows, run.progress.total, "importing")
        try await submitRows(&run, report: report)
        try await files.remove(ImportFiles.input(in: folder))
        return try result(of: run)
    }

    private func result(of run: Run) throws -> String {
        try Self.result(run.progress, jobID: run.jobID, project: run.project.id)
    }

    private static func result(_ progress: ImportProgress, jobID: String, project: ProjectID) throws -> String {
        try ImportJSON.text(
            ImportResult(progress, errorsHref: "/v1/projects/\(project)/imports/\(jobID)/errors"))
    }

    /// The result of an import that was cancelled: the rows that were finished until then, and of those that were under way the
    /// ones that the log did not take, as failures. The rows behind them were not read.
    package func partialResult(jobID: String, project: ProjectID, folder: String) async throws -> String {
        var progress = try await progress(in: folder) ?? ImportProgress()
        if let interrupted = try await saved(ImportFiles.interrupted(in: folder)), interrupted.rows > progress.rows {
            progress = interrupted
            try await save(progress, ImportFiles.progress(in: folder))
        }
        return try Self.result(progress, jobID: jobID, project: project)
    }

    private func save(_ progress: ImportProgress, _ path: String) async throws {
        try await files.replace(path, with: Array(try ImportJSON.text(progress).utf8))
    }

    /// Removes the uploaded file, which no further run will read.
    package func removeInput(in folder: String) async throws(FileStoreError) {
        try await files.remove(ImportFiles.input(in: folder))
    }

    /// Logs an import that is refused before there is a job for it, as one failed attempt; gives the problem that is answered.
    package func refuse(_ problem: Problem, project id: ProjectID, facts: RequestFacts) async -> Problem {
        guard let project = projects.project(id) else { return problem }
        let answer = await submissions.refuse(problem, project: project, facts: facts)
        if case .failure(let logged) = answer.result { return logged }
        return problem
    }

    private struct Run {
        let jobID: String
        let project: Project
        let input: ImportInput
        let folder: String
        var progress: ImportProgress
    }

    /// Calls `body` with the rows of each piece of the file.
    private func forEachPiece(
        _ run: Run, _ body: (LeadRows, [LeadRows.Row]) async throws -> Void
    ) async throws {
        var reader = LeadRows(options: run.input.options)
        let path = ImportFiles.input(in: run.folder)
        var offset: Int64 = 0
        while true {
            try Task.checkCancellation()
            let bytes = try await files.read(path, at: offset, upTo: ImportLimits.readBytes)
            offset += Int64(bytes.count)
            let rows = bytes.isEmpty ? try reader.finish() : try reader.feed(bytes)
            try await body(reader, rows)
            if bytes.isEmpty { return }
        }
    }

    private func count(_ run: Run) async throws -> Int {
        var count = 0
        try await forEachPiece(run) { _, rows in count += rows.count }
        return count
    }

    private func submitRows(_ run: inout Run, report: Report) async throws {
        var current = run
        var skip = current.progress.rows
        var waiting: [LeadRows.Row] = []
        var columns = (kept: [String](), sent: 0)
        try await forEachPiece(run) { reader, rows in
            columns = (reader.ownColumns, reader.columns.count)
            for row in rows {
                guard skip == 0 else {
                    skip -= 1
                    continue
                }
                waiting.append(row)
                guard waiting.count == ImportLimits.rowsInFlight else { continue }
                try await finish(waiting, columns, &current)
                waiting = []
                report(current.progress.rows, current.progress.total, "importing")
            }
        }
        try await finish(waiting, columns, &current)
        report(current.progress.rows, current.progress.total, "importing")
        run = current
    }

    /// Submits the rows and saves the position behind them: first the failing rows, then the position that counts them. When
    /// the run is cancelled while the log does not take some of them, that is saved apart: whoever cancelled the import is told
    /// (`partialResult`), and a run that goes on begins at the old position, where the others get their first answers again.
    private func finish(
        _ rows: [LeadRows.Row], _ columns: (kept: [String], sent: Int), _ run: inout Run
    ) async throws {
        try Task.checkCancellation()
        let (problems, isInterrupted) = try await submit(rows, run)
        var next = run.progress
        let delimiter = run.input.options.csvDelimiter
        var errors: [UInt8] = next.errorBytes == 0 ? ErrorRows.header(columns.kept, delimiter) : []
        for (row, problem) in zip(rows, problems) {
            next.rows += 1
            if let problem {
                next.byCode[problem.code.rawValue, default: 0] += 1
                errors += ErrorRows.row(
                    row, columns: columns.kept.count, sent: columns.sent, problem, delimiter)
            } else {
                next.leads += 1
            }
        }
        if !errors.isEmpty {
            let path = ImportFiles.errors(in: run.folder)
            try await files.write(errors, to: path, at: next.errorBytes)
            try await files.sync(path)
            next.errorBytes += Int64(errors.count)
        }
        guard !isInterrupted else {
            try await save(next, ImportFiles.interrupted(in: run.folder))
            throw CancellationError()
        }
        try await save(next, ImportFiles.progress(in: run.folder))
        run.progress = next
    }

    /// The problem of each row, nil for a lead. Rows that could not be logged are submitted again, after a pause; when it is
    /// interrupted, they have the problem that kept them out of the log.
    private func submit(
        _ rows: [LeadRows.Row], _ run: Run
    ) async throws -> (problems: [Problem?], isInterrupted: Bool) {
        var problems: [Problem?] = Array(repeating: nil, count: rows.count)
        var open = Array(rows.indices)
        var pause = ImportLimits.overloadPauseFirst
        for number in 1... {
            let answers = await submissions.submit(
                open.map { request(rows[$0], run) }, inFlightMax: ImportLimits.rowsInFlight)
            var again: [Int] = []
            var last: Problem?
            for (index, answer) in zip(open, answers) {
                problems[index] = nil
                guard case .failure(let problem) = answer.result else { continue }
                problems[index] = problem
                if problem.attemptID == nil, problem.code.isRetryable {
                    again.append(index)
                    last = problem
                }
            }
            guard let last else { break }
            guard number < ImportLimits.overloadTriesMax else { throw last }
            do { try await clock.sleep(for: pause) } catch is CancellationError { return (problems, true) }
            pause = min(pause * 2, ImportLimits.overloadPauseMax)
            open = again
        }
        return (problems, false)
    }

    private func request(_ row: LeadRows.Row, _ run: Run) -> SubmissionRequest {
        var request = SubmissionRequest(
            project: run.project, body: row.body, idempotencyKey: "import.\(run.jobID).\(row.line)",
            facts: RequestFacts(submitter: run.input.submitter, endpoint: "import", valuesAreText: true))
        request.source = row.source
        request.answerLifetime = ImportLimits.answerLifetime
        return request
    }
}

/// The result of an import's job.
private struct ImportResult: Encodable {
    var rows: Int
    var leads: Int
    var failures: Int
    var by_code: [String: Int]
    var errors_href: String

    init(_ progress: ImportProgress, errorsHref: String) {
        rows = progress.rows
        leads = progress.leads
        failures = progress.failures
        by_code = progress.byCode
        errors_href = errorsHref
    }
}
