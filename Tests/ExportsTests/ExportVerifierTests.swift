import Crypto
import DirectoryFiles
import DuckDBTableFiles
import Events
import Exports
import Foundation
import Ports
import Synchronization
import Testing

/// What was downloaded is what was written, or the first row that is not is named.
@Suite struct ExportVerifierTests {
    private static let message = "=cmd|' /C calc'!A0, \"quoted\"\r\nline two \u{1F600} \\u0041 \\ end"

    /// An export of 25 attempts in files of ten rows.
    private func export(
        _ format: ExportFormat, message: String = Self.message, _ change: (inout AttemptFilter) -> Void = { _ in }
    ) async throws -> ExportHarness {
        let harness = try ExportHarness()
        try await harness.fill(25, message: message)
        var limits = ExportLimits()
        limits.pageRows = 4
        limits.fileRowsMax = 10
        _ = try await harness.write(try await harness.question(format, change), as: "job_1", limits: limits)
        return harness
    }

    private func verify(_ harness: ExportHarness, only: String? = nil) async throws -> ExportVerification {
        let folder = harness.folder + "/exports/job_1"
        return try await ExportVerifier(files: DirectoryWorkspaceFiles(), tables: ParquetRows()).verify(
            manifest: folder + "/manifest.json", in: folder, only: only, progress: { _, _ in })
    }

    /// Changes a file; with `rewrites`, its entry in the manifest too, as a forger would.
    private func change(
        _ harness: ExportHarness, _ name: String, rewrites: Bool = false, _ body: (inout String) -> Void
    ) throws {
        let folder = harness.folder + "/exports/job_1/"
        let before = try String(contentsOfFile: folder + name, encoding: .utf8)
        var text = before
        body(&text)
        try #require(text != before, "the test changes nothing")
        try Data(text.utf8).write(to: URL(filePath: folder + name))
        guard rewrites else { return }
        var manifest = try String(contentsOfFile: folder + "manifest.json", encoding: .utf8)
        for (old, new) in [(digest(before), digest(text)), ("\(before.utf8.count)", "\(text.utf8.count)")] {
            manifest = manifest.replacing(old, with: new)
        }
        try Data(manifest.utf8).write(to: URL(filePath: folder + "manifest.json"))
    }

    private func digest(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    @Test(arguments: ExportFormat.allCases)
    func anHonestExportVerifies(_ format: ExportFormat) async throws {
        let harness = try await export(format)
        let seen = Mutex<[Int64]>([])
        let folder = harness.folder + "/exports/job_1"
        let result = try await ExportVerifier(files: DirectoryWorkspaceFiles(), tables: ParquetRows()).verify(
            manifest: folder + "/manifest.json", in: folder
        ) { done, total in seen.withLock { $0.append(done * 1000 + total) } }
        #expect(result.isOK, "\(result.failures) \(String(describing: result.firstWrongRow))")
        #expect(result.rows == 25 && result.chain?.linkedRows == 24 && result.chain?.isComplete == true)
        #expect(result.notVerified.isEmpty && result.comparisons.count == 2 + 3 * 3 + 2)
        #expect(seen.withLock { $0.last } == 25_025)
        let one = try await verify(harness, only: "attempts-0002.\(format.rawValue)")
        #expect(one.isOK && one.rows == 10 && one.chain?.firstSequence == 11)
    }

    /// In CSV an apostrophe in front of a formula is ours, or the submitter's own: the hash says which.
    @Test(arguments: ["'=1+1", "=1+1", "'", "''=x", "-", ""])
    func apostrophesAreToldApart(message: String) async throws {
        let result = try await verify(try await export(.csv, message: message))
        // An empty text and none are the same in CSV; the log itself writes no empty message.
        #expect(result.isOK == !message.isEmpty, "\(String(describing: result.firstWrongRow))")
    }

    @Test(arguments: [ExportFormat.csv, .jsonl])
    func anEditedRowIsNamedEvenWhenTheManifestAgrees(_ format: ExportFormat) async throws {
        for rewrites in [false, true] {
            let harness = try await export(format, message: "plain")
            let name = "attempts-0002.\(format.rawValue)"
            try change(harness, name, rewrites: rewrites) { text in
                let end = format == .csv ? "\r\n" : "\n"
                var lines = text.components(separatedBy: end)
                let at = format == .csv ? 4 : 3
                lines[at] = lines[at].replacing("organic", with: "paid_ad")
                text = lines.joined(separator: end)
            }
            let result = try await verify(harness)
            let row = try #require(result.firstWrongRow)
            #expect(row.file == name && row.row == 4 && row.sequence == 14 && row.attemptID == "att_14")
            #expect(row.line == (format == .csv ? 5 : 4) && row.reason.contains("changed"))
            #expect(result.failures.map(\.name) == (rewrites ? [] : ["\(name): sha256"]))
        }
    }

    @Test func aRowThatWasTakenOutIsMissed() async throws {
        let harness = try await export(.jsonl)
        try change(harness, "attempts-0002.jsonl") { text in
            var lines = text.components(separatedBy: "\n")
            lines.remove(at: 4)
            text = lines.joined(separator: "\n")
        }
        let result = try await verify(harness)
        let row = try #require(result.firstWrongRow)
        #expect(row.sequence == 16 && row.reason.contains("sequences 15 to 15"), "\(row)")
        #expect(result.chain?.isComplete == false)
        #expect(result.failures.map(\.name).contains("attempts-0002.jsonl: rows"))
    }

    @Test func theEndsOfAWholeLogAreHeldTo() async throws {
        let harness = try await export(.jsonl, message: "plain")
        try FileManager.default.removeItem(atPath: harness.folder + "/exports/job_1/attempts-0003.jsonl")
        let result = try await verify(harness)
        #expect(
            result.failures.map(\.name) == ["attempts-0003.jsonl: file", "chain.last_sequence"],
            "\(result.failures)")
    }

    @Test func underAFilterRowsAreCheckedAndCompletenessIsNotClaimed() async throws {
        let harness = try await export(.csv) { $0.outcome = .failure }
        let result = try await verify(harness)
        #expect(result.isOK && result.rows == 17, "\(String(describing: result.firstWrongRow))")
        // 1, 2, 4, 5, 7, 8, …: every second row follows the one before it.
        #expect(result.chain?.linkedRows == 8 && result.chain?.isComplete == false)
        #expect(result.notVerified.count == 1 && result.notVerified[0].contains("filter"))
        let range = try await export(.csv) { $0.from = ExportHarness.start + .seconds(5) }
        let part = try await verify(range)
        #expect(part.isOK && part.chain?.firstSequence == 5 && part.chain?.isComplete == true)
    }

    @Test func aDamagedParquetIsNamed() async throws {
        let harness = try await export(.parquet)
        let path = harness.folder + "/exports/job_1/attempts-0001.parquet"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 0xFF
        try bytes.write(to: URL(filePath: path))
        let result = try await verify(harness)
        #expect(!result.isOK && result.failures.contains { $0.name == "attempts-0001.parquet: sha256" })
    }

    @Test func whatIsCutOffInTheMiddleIsNamed() async throws {
        let harness = try await export(.jsonl, message: "plain")
        try change(harness, "attempts-0003.jsonl") { $0 = String($0.dropLast(40)) }
        let row = try #require(try await verify(harness).firstWrongRow)
        #expect(row.file == "attempts-0003.jsonl" && row.line == 5 && row.reason.contains("middle"))
    }

    @Test func whatIsNoExportIsRefused() async throws {
        let harness = try await export(.csv)
        let folder = harness.folder + "/exports/job_1"
        await #expect(throws: ExportUnreadable.notListed(file: "x.csv", manifest: folder + "/manifest.json")) {
            try await verify(harness, only: "x.csv")
        }
        try change(harness, "manifest.json") { $0 = $0.replacing("export_manifest", with: "other") }
        await #expect(throws: ExportUnreadable.self) { try await verify(harness) }
        try FileManager.default.removeItem(atPath: folder + "/manifest.json")
        await #expect(throws: ExportUnreadable.manifestMissing(path: folder + "/manifest.json")) {
            try await verify(harness)
        }
    }

    /// A manifest cannot point at files elsewhere.
    @Test func filesElsewhereAreNotRead() async throws {
        let harness = try await export(.csv)
        try change(harness, "manifest.json") { $0 = $0.replacing("attempts-0001.csv", with: "../secret.csv") }
        #expect(try await verify(harness).failures.contains { $0.name == "../secret.csv: name" })
    }
}
