internal import Crypto
internal import Events
internal import Foundation
package import Ports

/// Checks a downloaded export against its manifest, and its rows against themselves: no ledger, no server.
///
/// For each file: size, SHA-256, rows. For each row: that it can be read with the manifest's columns; of attempts, its hash
/// and its place in the order and in the chain; of days, the snapshot, the columns beside it and the seal. It names the first
/// wrong row. Memory is bounded by a page of rows, and for a log that was received out of order by `AttemptChain`'s runs.
package struct ExportVerifier: Sendable {
    /// Rows done so far, and rows that the manifest names.
    package typealias Progress = @Sendable (_ done: Int64, _ of: Int64) -> Void

    private let files: any WorkspaceFiles
    private let tables: any TableRows

    private static let pieceBytes = 1 << 20
    private static let pageRows = 20_000

    package init(files: any WorkspaceFiles, tables: any TableRows) {
        self.files = files
        self.tables = tables
    }

    /// `manifest` is the path of the manifest, `folder` that of its files. With `only`, that file alone.
    package func verify(
        manifest path: String, in folder: String, only: String? = nil, progress: Progress
    ) async throws -> ExportVerification {
        guard let bytes = try await files.contents(path) else { throw ExportUnreadable.manifestMissing(path: path) }
        let manifest: ExportManifest
        do { manifest = try JSONDecoder().decode(ExportManifest.self, from: Data(bytes)) } catch {
            throw ExportUnreadable.manifestDamaged(path: path, detail: Self.detail(error))
        }
        guard manifest.contract.name == ExportManifest.Contract().name, manifest.contract.version == 1 else {
            throw ExportUnreadable.manifestDamaged(
                path: path, detail: "its contract is \(manifest.contract.name) \(manifest.contract.version)")
        }
        // As the download names a file, and as the manifest does.
        let asked = manifest.files.filter { file in
            only.map { $0 == file.name || $0 == Self.downloadName(file.name, of: manifest.export_id) } ?? true
        }
        if let only, asked.isEmpty { throw ExportUnreadable.notListed(file: only, manifest: path) }
        var run = Run(
            manifest: manifest, folder: folder, total: asked.reduce(0) { $0 + $1.rows }, isWhole: only == nil,
            result: ExportVerification(
                exportID: manifest.export_id, projectID: manifest.project_id, of: manifest.of,
                format: manifest.format, manifestSHA256: ExportTable.hex(SHA256.hash(data: bytes))))
        run.compare("manifest.rows", manifest.rows, manifest.files.reduce(0) { $0 + $1.rows })
        run.compare(
            "manifest.columns", manifest.columns.map(\.name).joined(separator: ","),
            ExportTable.columns(of: manifest.of).prefix(manifest.columns.count).map(\.name).joined(separator: ","))
        for file in asked { try await verify(file, &run, progress) }
        run.finish()
        return run.result
    }

    /// What a downloaded file is called when its name is taken from the answer (`Content-Disposition`).
    package static func downloadName(_ name: String, of exportID: String) -> String { "\(exportID)-\(name)" }

    /// The file's path, by either of its names: the manifest's where there is a file of it.
    private func path(of file: ExportedFile, _ run: Run) async throws(FileStoreError) -> String {
        let plain = run.folder + "/" + file.name
        let downloaded = run.folder + "/" + Self.downloadName(file.name, of: run.manifest.export_id)
        do throws(FileStoreError) { _ = try await files.read(plain, at: 0, upTo: 1) } catch {
            guard case .missing = error else { throw error }
            return downloaded
        }
        return plain
    }

    private static func detail(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let at), DecodingError.valueNotFound(_, let at),
            DecodingError.dataCorrupted(let at):
            at.codingPath.isEmpty
                ? "it is not JSON" : "\(at.codingPath.map(\.stringValue).joined(separator: ".")) cannot be read"
        default: String(describing: error)
        }
    }

    // MARK: Files

    private func verify(_ file: ExportedFile, _ run: inout Run, _ progress: Progress) async throws {
        // A manifest names files, not paths.
        guard !file.name.contains("/"), !file.name.hasPrefix(".") else {
            return run.compare("\(file.name): name", "a plain name", "a path")
        }
        run.begin(file.name)
        do throws(FileStoreError) {
            let path = try await path(of: file, run)
            let (bytes, sha256) = try await read(path, &run, progress)
            run.compare("\(file.name): bytes", file.bytes, bytes)
            run.compare("\(file.name): sha256", file.sha256, sha256)
            if run.manifest.format == .parquet {
                try await readTable(path, isDamaged: sha256 != file.sha256, &run, progress)
            }
        } catch {
            guard case .missing = error else { throw error }
            return run.compare("\(file.name): file", "present", "missing")
        }
        run.compare("\(file.name): rows", file.rows, run.fileRows)
    }

    /// Reads the file once: its size and SHA-256, and the rows of a text format on the way.
    private func read(
        _ path: String, _ run: inout Run, _ progress: Progress
    ) async throws(FileStoreError) -> (bytes: Int64, sha256: String) {
        var hash = SHA256()
        var offset: Int64 = 0
        var records =
            run.manifest.format == .parquet
            ? nil : ExportRecords(run.manifest.format, columns: run.manifest.columns)
        while true {
            let piece = try await files.read(path, at: offset, upTo: Self.pieceBytes)
            guard !piece.isEmpty else { break }
            offset += Int64(piece.count)
            hash.update(data: piece)
            if let found = records?.feed(piece) { run.take(found, progress) }
        }
        if let found = records?.finish() { run.take(found, progress) }
        return (offset, ExportTable.hex(hash.finalize()))
    }

    private func readTable(
        _ path: String, isDamaged: Bool, _ run: inout Run, _ progress: Progress
    ) async throws(FileStoreError) {
        do throws(FileStoreError) {
            while true {
                let page = try await tables.rows(
                    path, columns: run.manifest.columns, from: run.fileRows, upTo: Self.pageRows)
                guard !page.isEmpty else { return }
                for cells in page { run.take(cells, line: nil) }
                progress(run.result.rows, run.total)
            }
        } catch {
            // What does not have its hash may well be no Parquet any more.
            run.compare("\(run.file): parquet", "readable", error.description)
        }
    }

    // MARK: One verification

    private struct Run {
        let manifest: ExportManifest
        let folder: String
        let total: Int64
        var result: ExportVerification
        private var chain: AttemptChain?
        private var days: DayChain?
        var file = ""
        /// Rows of the file so far.
        var fileRows: Int64 = 0

        init(
            manifest: ExportManifest, folder: String, total: Int64, isWhole: Bool, result: ExportVerification
        ) {
            self.manifest = manifest
            self.folder = folder
            self.total = total
            self.result = result
            switch manifest.of {
            case .attempts: chain = AttemptChain(manifest, isWhole: isWhole)
            case .days: days = DayChain(manifest)
            case .leads, .reports: break
            }
        }

        mutating func begin(_ name: String) {
            file = name
            fileRows = 0
        }

        mutating func compare(
            _ name: String, _ expected: some CustomStringConvertible, _ actual: some CustomStringConvertible
        ) {
            result.comparisons.append(
                .init(name: name, expected: expected.description, actual: actual.description))
        }

        mutating func take(_ records: [ExportRecords.Record], _ progress: Progress) {
            for record in records {
                switch record.cells {
                case .success(let cells): take(cells, line: record.line)
                case .failure(let fault):
                    let isHead = manifest.format == .csv && record.line == 1
                    if !isHead { count() }
                    note(wrong(line: record.line, nil, nil, fault.reason))
                }
            }
            progress(result.rows, total)
        }

        mutating func take(_ cells: [String?], line: Int?) {
            count()
            switch manifest.of {
            case .attempts:
                if let found = chain?.check(cells, at: .init(file: file, row: fileRows, line: line)) {
                    note(wrong(line: line, found.sequence, found.attemptID, found.reason))
                }
            case .days:
                if let reason = days?.check(cells) { note(wrong(line: line, nil, nil, reason)) }
            case .leads, .reports: break
            }
        }

        private mutating func count() {
            fileRows += 1
            result.rows += 1
        }

        private mutating func note(_ row: ExportVerification.WrongRow) {
            if result.firstWrongRow == nil { result.firstWrongRow = row }
        }

        private func wrong(
            line: Int?, _ sequence: Int64?, _ attemptID: String?, _ reason: String
        ) -> ExportVerification.WrongRow {
            .init(
                file: file, row: manifest.format == .csv && line == 1 ? 0 : fileRows, line: line, sequence: sequence,
                attemptID: attemptID, reason: reason)
        }

        /// What only the whole export can say.
        mutating func finish() {
            result.extents = chain?.days ?? days?.days ?? [:]
            if let days, !days.hasSeals {
                result.notVerified.append("seals: the export is of a version that does not hold them")
            }
            guard let chain else { return }
            let question = manifest.question
            result.coverage = ExportCoverage(
                isFiltered: question.is_filtered ?? true, date: question.date,
                isRange: question.from != nil || question.to != nil, isPart: total < manifest.rows,
                through: manifest.through_sequence, first: chain.days.keys.min(), last: chain.days.keys.max())
            var isComplete = false
            switch chain.completeness {
            case .complete: isComplete = true
            case .hole(let after, let next, let place):
                noteEarlier(
                    .init(
                        file: place.file, row: place.row, line: place.line, sequence: next, attemptID: nil,
                        reason: "the rows with the sequences \(after + 1) to \(next - 1), before it, are missing"))
            case .unknown(let reason): result.notVerified.append("completeness: \(reason)")
            }
            if chain.isWholeLog, manifest.through_sequence > 0 {
                compare("chain.first_sequence", 1, chain.first ?? 0)
                compare("chain.last_sequence", manifest.through_sequence, chain.last ?? 0)
            }
            result.chain = .init(
                firstSequence: chain.first, lastSequence: chain.last, linkedRows: chain.linked, isComplete: isComplete)
        }

        /// A hole comes before a wrong row behind it.
        private mutating func noteEarlier(_ row: ExportVerification.WrongRow) {
            guard let known = result.firstWrongRow else { return result.firstWrongRow = row }
            if (row.file, row.row) < (known.file, known.row) { result.firstWrongRow = row }
        }
    }
}
