import DirectoryFiles
import Events
import Exports
import Foundation
import Ports
import Testing

@Suite struct ExportWriterTests {
    @Test(arguments: ExportFormat.allCases)
    func everyFormatHoldsEveryRowAndItsManifestIsRight(_ format: ExportFormat) async throws {
        let harness = try ExportHarness()
        try await harness.fill(25)
        var limits = ExportLimits()
        limits.pageRows = 4
        limits.fileRowsMax = 10
        let result = try await harness.write(try await harness.question(format), as: "job_1", limits: limits)
        #expect(result.rows == 25 && result.files.map(\.rows) == [10, 10, 5])
        #expect(result.files.map(\.name) == (1...3).map { "attempts-000\($0).\(format.rawValue)" })
        for file in result.files + [result.manifest] {
            let (bytes, sha256) = try await harness.files.digest(harness.folder + "/exports/job_1/" + file.name)
            #expect(bytes == file.bytes && sha256.map { String(format: "%02x", $0) }.joined() == file.sha256)
        }
        let manifest =
            try JSONSerialization.jsonObject(with: try harness.data("job_1", "manifest.json")) as? [String: Any]
        #expect(manifest?["rows"] as? Int == 25 && (manifest?["files"] as? [Any])?.count == 3)
        #expect(manifest?["first_row_at"] as? String == "2026-03-10T12:00:01.000Z")
        #expect(manifest?["last_row_at"] as? String == "2026-03-10T12:00:25.000Z")
        if format == .jsonl {
            let lines = try harness.text("job_1", "attempts-0002.jsonl").split(separator: "\n")
            let row = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
            #expect(lines.count == 10 && row?["sequence"] as? Int == 11 && row?["context"] is [String: Any])
            #expect((row?["hash"] as? String)?.count == 64 && row?["lead_id"] is NSNull)
        }
        if format == .parquet {
            let data = try harness.data("job_1", "attempts-0001.parquet")
            #expect(data.prefix(4) == Data("PAR1".utf8) && data.suffix(4) == Data("PAR1".utf8))
        }
    }

    @Test(arguments: ExportFormat.allCases)
    func aRepetitionGivesTheSameBytesWhateverCameMeanwhile(_ format: ExportFormat) async throws {
        let harness = try ExportHarness()
        try await harness.fill(30)
        let question = try await harness.question(format)
        let first = try await harness.write(question, as: "job_1")
        try await harness.fill(7)
        let second = try await harness.write(question, as: "job_2")
        #expect(first.files == second.files && first.rows == 30)
    }

    @Test func aTryThatBrokeServesNothingAndTheNextOneIsWhole() async throws {
        let harness = try ExportHarness()
        try await harness.fill(30)
        var limits = ExportLimits()
        limits.pageRows = 4
        let question = try await harness.question(.parquet)
        await #expect(throws: FileStoreError.full(path: "disk", detail: "no space")) {
            try await harness.write(question, as: "job_1", limits: limits, tables: FailingTables())
        }
        #expect(try await harness.files.published().isEmpty)
        let again = try await harness.write(question, as: "job_1", limits: limits)
        let fresh = try await harness.write(question, as: "job_2", limits: limits)
        #expect(again.files == fresh.files && again.rows == 30)
    }

    /// The process died between the rename and the job's end.
    @Test func whatWasPublishedIsFoundAndNotWrittenAgain() async throws {
        let harness = try ExportHarness()
        try await harness.fill(9)
        let question = try await harness.question(.jsonl)
        let first = try await harness.write(question, as: "job_1")
        let before = try FileManager.default.attributesOfItem(
            atPath: harness.folder + "/exports/job_1/attempts-0001.jsonl")
        let second = try await harness.write(question, as: "job_1")
        let after = try FileManager.default.attributesOfItem(
            atPath: harness.folder + "/exports/job_1/attempts-0001.jsonl")
        #expect(first == second)
        #expect(before[.systemFileNumber] as? NSNumber == after[.systemFileNumber] as? NSNumber)
    }

    @Test func formulasAreMadeHarmlessInCSVAlone() async throws {
        let harness = try ExportHarness()
        try await harness.fill(1, message: "=HYPERLINK(\"http://evil\",\"x\"), say \"hi\"\r\nbye")
        _ = try await harness.write(try await harness.question(.csv), as: "job_1")
        let csv = try harness.text("job_1", "attempts-0001.csv")
        #expect(csv.contains("\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\"), say \"\"hi\"\"\r\nbye\""), "\(csv)")
        #expect(csv.hasPrefix("attempt_id,sequence,received_at,"))
        // Every third attempt is a success, which has no message: two of each, so that one has.
        for risky in ["+1", "-1", "@SUM", "\t1"] {
            try await harness.fill(2, message: risky)
        }
        _ = try await harness.write(try await harness.question(.csv), as: "job_2")
        let second = try harness.text("job_2", "attempts-0001.csv")
        for risky in ["'+1", "'-1", "'@SUM", "'\t1"] { #expect(second.contains(",\(risky),"), "\(risky)") }
        _ = try await harness.write(try await harness.question(.jsonl), as: "job_3")
        #expect(try harness.text("job_3", "attempts-0001.jsonl").contains("\"failure_message\":\"+1\""))
    }

    @Test func filtersAndLeads() async throws {
        let harness = try ExportHarness()
        try await harness.fill(30)
        let failures = try await harness.question { $0.outcome = .failure }
        #expect(try await harness.write(failures, as: "job_1").rows == 20)
        let leads = try await harness.write(try await harness.question(of: .leads, .jsonl), as: "job_2")
        #expect(leads.rows == 10)
        #expect(try harness.text("job_2", "leads-0001.jsonl").contains("\"fields\":{\"loan_amount\":1000}"))
        var limits = ExportLimits()
        limits.pageRows = 3
        let words = try await harness.question { $0.words = ["plain"] }
        #expect(try await harness.write(words, as: "job_3", limits: limits).rows == 20)
        let nobody = try await harness.question { $0.words = ["nothing"] }
        let empty = try await harness.write(nobody, as: "job_4")
        #expect(empty.rows == 0 && empty.files.count == 1)
        #expect(try harness.text("job_4", "attempts-0001.csv").split(separator: "\r\n").count == 1)
    }

    @Test func aCancelledExportLeavesNothing() async throws {
        let harness = try ExportHarness()
        try await harness.fill(20)
        let question = try await harness.question()
        let task = Task {
            try await harness.write(question, as: "job_1")
        }
        task.cancel()
        _ = await task.result
        let published = try await harness.files.published()
        // Either it was cancelled before it had begun to publish, or it had finished: never a part of it.
        if published.isEmpty {
            #expect(!FileManager.default.fileExists(atPath: harness.folder + "/exports/job_1"))
        } else {
            #expect(try harness.text("job_1", "manifest.json").contains("\"rows\" : 20"))
        }
    }

    @Test func namesFromOutsideNeverBecomePaths() async throws {
        let harness = try ExportHarness()
        for (id, name) in [("..", "x"), ("job_1", "../../ledger.sqlite"), ("job_1", "."), ("", "x"), ("a/b", "x")] {
            await #expect(throws: FileStoreError.self, "\(id) \(name)") {
                _ = try await harness.files.contents(id, name)
            }
        }
    }
}
