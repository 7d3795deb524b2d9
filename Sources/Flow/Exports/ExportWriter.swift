internal import Crypto
internal import Events
internal import Foundation
package import Ports

/// How far an export is. What is nil stays as it was said before.
package struct ExportProgress: Hashable, Sendable {
    /// Rows that are written.
    package var done: Int64
    package var total: Int64?
    package var phase: String
}

/// Writes one export: the handler of its job.
package struct ExportWriter: Sendable {
    private let reader: any ExportReader
    private let files: any ExportFiles
    private let tables: any TableFiles
    private let limits: ExportLimits

    package static let manifestName = "manifest.json"

    package init(
        reader: any ExportReader, files: any ExportFiles, tables: any TableFiles, limits: ExportLimits = ExportLimits()
    ) {
        self.reader = reader
        self.files = files
        self.tables = tables
        self.limits = limits
    }

    /// Writes the files in `workspace`, then makes them the export `exportID` in one step. `report` is told the rows that
    /// are written and what is being done. What an earlier try published is found and not written again.
    package func write(
        _ question: ExportQuestion, as exportID: String, in workspace: String,
        report: @Sendable (ExportProgress) -> Void
    ) async throws -> ExportResult {
        if let published = try await published(exportID) { return published }
        let folder = workspace + "/out"
        try await files.makeEmptyFolder(folder)
        let total = question.isWholeLog ? question.throughSequence : nil
        report(ExportProgress(done: 0, total: total, phase: "reading"))
        var run = Run(
            question: question, folder: folder, scratch: workspace, columns: ExportTable.columns(of: question.of))
        do {
            try await writeRows(&run, report: report)
        } catch {
            await run.file?.abandon()
            throw error
        }
        report(ExportProgress(done: run.rows, total: nil, phase: "checking"))
        var done: [ExportedFile] = []
        for part in run.parts {
            try Task.checkCancellation()
            done.append(try await describe(part.name, rows: part.rows, in: folder))
        }
        let manifest = try await writeManifest(question, run, done, exportID: exportID)
        try Task.checkCancellation()
        try await files.publish(folder, as: exportID)
        return ExportResult(
            of: question.of, format: question.format, rows: run.rows, files: done, manifest: manifest)
    }

    /// The result of an export that was published before the process stopped: read from its manifest.
    private func published(_ exportID: String) async throws -> ExportResult? {
        guard let bytes = try await files.contents(exportID, Self.manifestName) else { return nil }
        let manifest = try JSONDecoder().decode(ExportManifest.self, from: Data(bytes))
        return ExportResult(
            of: manifest.of, format: manifest.format, rows: manifest.rows, files: manifest.files,
            manifest: ExportedFile(
                name: Self.manifestName, bytes: Int64(bytes.count), rows: 0,
                sha256: ExportTable.hex(SHA256.hash(data: bytes))))
    }

    // MARK: Rows

    /// The files of one run as far as they are written.
    private struct Run {
        let question: ExportQuestion
        let folder: String
        let scratch: String
        let columns: [TableColumn]
        var file: (any TableFileWriter)?
        var parts: [(name: String, rows: Int64)] = []
        var rows: Int64 = 0
        var first: Timestamp?
        var last: Timestamp?
    }

    private func writeRows(_ run: inout Run, report: @Sendable (ExportProgress) -> Void) async throws {
        let question = run.question
        switch question.of {
        case .attempts:
            var after: AttemptPosition?
            while true {
                let page = try await reader.attempts(
                    question.filter, after: after, through: question.throughSequence, limit: limits.pageRows)
                try await put(page.map(ExportTable.row), times: page.map(\.receivedAt), &run, report)
                guard page.count == limits.pageRows, let last = page.last else { break }
                after = AttemptPosition(receivedAt: last.receivedAt, sequence: last.sequence)
            }
        case .leads:
            var after: AttemptPosition?
            while true {
                let page = try await reader.leads(
                    question.filter, after: after, through: question.throughSequence, limit: limits.pageRows)
                try await put(page.map(ExportTable.row), times: page.map(\.lead.createdAt), &run, report)
                guard let last = page.last else { break }
                after = AttemptPosition(receivedAt: last.lead.createdAt, sequence: last.sequence)
            }
        case .days:
            var after: LogicalDate?
            while true {
                let page = try await reader.days(
                    question.filter.projectID, in: dates(question), after: after, limit: limits.pageRows)
                try await put(page.map(ExportTable.row), times: [], &run, report)
                guard page.count == limits.pageRows else { break }
                after = page.last?.snapshot.date
            }
        case .reports:
            var after: (date: LogicalDate, version: Int)?
            while true {
                let page = try await reader.reports(
                    question.filter.projectID, in: dates(question), after: after, limit: limits.pageRows)
                try await put(page.map(ExportTable.row), times: page.map(\.createdAt), &run, report)
                guard page.count == limits.pageRows, let last = page.last else { break }
                after = (last.date, last.version)
            }
        }
        try await close(&run)
        // An export without rows is a file without rows.
        if run.parts.isEmpty {
            try await open(&run)
            try await close(&run)
        }
    }

    private func dates(_ question: ExportQuestion) -> ClosedRange<LogicalDate> {
        guard let first = question.firstDate, let last = question.lastDate, first <= last else {
            preconditionFailure("an export of days has its dates")
        }
        return first...last
    }

    private func put(
        _ rows: [[TableValue]], times: [Timestamp], _ run: inout Run, _ report: @Sendable (ExportProgress) -> Void
    ) async throws {
        try Task.checkCancellation()
        var rest = rows[...]
        while !rest.isEmpty {
            if run.file == nil { try await open(&run) }
            let room = Int(limits.fileRowsMax - run.parts[run.parts.count - 1].rows)
            let fitting = rest.prefix(room)
            try await run.file?.append(Array(fitting))
            run.parts[run.parts.count - 1].rows += Int64(fitting.count)
            run.rows += Int64(fitting.count)
            rest = rest.dropFirst(fitting.count)
            if run.parts[run.parts.count - 1].rows >= limits.fileRowsMax { try await close(&run) }
        }
        run.first = run.first ?? times.first
        run.last = times.last ?? run.last
        report(ExportProgress(done: run.rows, total: nil, phase: "writing"))
    }

    private func open(_ run: inout Run) async throws {
        let number = String(run.parts.count + 1)
        let padded = String(repeating: "0", count: max(0, 4 - number.utf8.count)) + number
        let name = "\(run.question.of.rawValue)-\(padded).\(run.question.format.rawValue)"
        let path = run.folder + "/" + name
        run.parts.append((name, 0))
        switch run.question.format {
        case .csv, .jsonl:
            run.file = PlainTableFile(
                try await files.create(path), columns: run.columns, format: run.question.format)
        case .parquet:
            run.file = try await tables.create(path, columns: run.columns, scratch: run.scratch)
        }
    }

    private func close(_ run: inout Run) async throws {
        guard let file = run.file else { return }
        try await file.finish()
        run.file = nil
    }

    // MARK: Manifest

    private func describe(_ name: String, rows: Int64, in folder: String) async throws -> ExportedFile {
        let (bytes, sha256) = try await files.digest(folder + "/" + name)
        return ExportedFile(name: name, bytes: bytes, rows: rows, sha256: ExportTable.hex(sha256))
    }

    private func writeManifest(
        _ question: ExportQuestion, _ run: Run, _ done: [ExportedFile], exportID: String
    ) async throws -> ExportedFile {
        let manifest = ExportManifest(question, run.columns, done, exportID: exportID, first: run.first, last: run.last)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let file = try await files.create(run.folder + "/" + Self.manifestName)
        do {
            try await file.append(Array(try encoder.encode(manifest)) + [10])
            try await file.finish()
        } catch {
            await file.abandon()
            throw error
        }
        return try await describe(Self.manifestName, rows: 0, in: run.folder)
    }
}
