import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Testing

@Suite struct ImportServiceTests {
    private struct OneProject: ProjectDirectory {
        var one: Project
        func project(_ id: ProjectID) -> Project? { id == one.id ? one : nil }
        var projects: [Project] { [one] }
    }

    private struct Setup {
        let harness: SubmissionHarness
        let files = MemoryWorkspaceFiles()
        var service: ImportService {
            ImportService(
                submissions: harness.service, projects: OneProject(one: harness.project), files: files,
                clock: harness.clock)
        }

        init(_ file: String, wrap: ((SQLiteLedger) -> WrappedLedger)? = nil) async throws {
            harness = try SubmissionHarness(wrap: wrap)
            try await files.write(Array(file.utf8), to: "/job/input.csv", at: 0)
            try await files.sync("/job/input.csv")
        }

        func run(
            _ options: LeadRowOptions = LeadRowOptions(source: "file", consent: true)
        ) async throws -> [String: Any] {
            let input = ImportInput(name: "f.csv", options: options, bytes: 1, sha256: "", submitter: "key_1")
            return try object(
                try await service.run(
                    jobID: "job_1", project: harness.project.id, input: try input.json, folder: "/job",
                    report: { _, _, _ in }))
        }

        func errors() async throws -> [String] {
            let progress = try #require(try await service.progress(in: "/job"))
            let bytes = try await files.contents("/job/errors.csv") ?? []
            return String(decoding: bytes.prefix(Int(progress.errorBytes)), as: UTF8.self)
                .split(separator: "\r\n").map(String.init)
        }
    }

    private static func file(rows: Int) -> String {
        var lines = ["email,state,note"]
        for n in 0..<rows {
            switch n % 10 {
            case 3: lines.append("u\(n)@example.com,Atlantis,\"=HYPERLINK(\"\"x\"\")\"")
            case 7: lines.append("u\(n)@example.com")
            default: lines.append("u\(n)@example.com,CA,+1 (212) 555-0123")
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test func everyRowIsALeadOrANamedFailure() async throws {
        let setup = try await Setup(Self.file(rows: 300))
        let result = try await setup.run()
        #expect(result["rows"] as? Int == 300)
        #expect(result["leads"] as? Int == 240)
        #expect(result["by_code"] as? [String: Int] == ["state_invalid": 30, "csv_row_invalid": 30])
        #expect(try setup.harness.count("leads") == 240)
        let attempts = try await setup.harness.attempts()
        #expect(attempts.count == 300)
        #expect(attempts.allSatisfy { $0.source == "file" && $0.context.contains("\"endpoint\":\"import\"") })
        let errors = try await setup.errors()
        #expect(errors.count == 61)
        #expect(errors[0] == "email,state,note,line,code,pointer,message")
        #expect(
            errors[1]
                == "u3@example.com,Atlantis,\"'=HYPERLINK(\"\"x\"\")\",5,state_invalid,/fields/state,\"Write the two letters of a US state, e.g. CA.\""
        )
        #expect(errors[2].hasPrefix("u7@example.com,,,9,csv_row_invalid,,"))
    }

    /// Stops the machine after each single change of the files, and goes on: nothing twice, nothing lost.
    @Test func anImportThatIsKilledAnywhereGoesOn() async throws {
        let file = Self.file(rows: 300)
        var stops = 0
        for changes in 0..<12 {
            let setup = try await Setup(file)
            setup.files.stop(afterChanges: changes)
            var isDone = false
            var tries = 0
            while !isDone {
                tries += 1
                do {
                    let result = try await setup.run()
                    #expect(result["rows"] as? Int == 300 && result["leads"] as? Int == 240)
                    isDone = true
                } catch let error as FileStoreError {
                    stops += 1
                    setup.files.restart()
                    #expect(tries < 3, "\(error)")
                }
            }
            #expect(try await setup.harness.attempts().count == 300, "stopped after \(changes) changes")
            #expect(try setup.harness.count("leads") == 240)
            #expect(try await setup.errors().count == 61)
        }
        #expect(stops >= 8, "the machine was never stopped")
    }

    @Test func aFileWithoutAUsableHeaderSaysSo() async throws {
        let setup = try await Setup("state\nCA\n")
        await #expect { _ = try await setup.run() } throws: { ($0 as? Problem)?.code == .csvHeaderInvalid }
        let empty = try await Setup("")
        await #expect { _ = try await empty.run() } throws: { ($0 as? Problem)?.code == .bodyEmpty }
    }

    /// Cancelled while the log is full in the middle of a batch: its rows are counted as what became of them.
    @Test(arguments: [false, true])
    func anImportThatIsCancelledWhileTheLogRefusesCountsWhatIsLogged(goesOn: Bool) async throws {
        let room = Mutex(168)
        let setup = try await Setup(Self.file(rows: 300)) { ledger in
            WrappedLedger(ledger: ledger) { count throws(LedgerError) in
                // One at a time, so that it is full behind a row of the second batch.
                if count > 1 { throw .failed(operation: "test", detail: "one by one") }
                let isFull = room.withLock { room in
                    room -= 1
                    return room < 0
                }
                if isFull { throw .full(path: "ledger", detail: "no space") }
            }
        }
        let run = Task { _ = try await setup.run() }
        await until { setup.harness.clock.sleeping > 0 }
        #expect(try await setup.harness.attempts().count == 168)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        if goesOn {
            // The machine was stopped, not the import.
            room.withLock { $0 = 1000 }
            let result = try await setup.run()
            #expect(result["rows"] as? Int == 300 && result["leads"] as? Int == 240)
            #expect(result["by_code"] as? [String: Int] == ["state_invalid": 30, "csv_row_invalid": 30])
            #expect(try await setup.harness.attempts().count == 300)
            #expect(try await setup.errors().count == 61)
            return
        }
        let result = try object(
            try await setup.service.partialResult(jobID: "job_1", project: setup.harness.project.id, folder: "/job"))
        let codes = try #require(result["by_code"] as? [String: Int])
        #expect(result["rows"] as? Int == 256 && codes["storage_full"] == 256 - 168, "\(result)")
        let leads = try setup.harness.count("leads")
        #expect(result["leads"] as? Int == leads)
        #expect(codes.values.reduce(result["leads"] as? Int ?? 0, +) == 256)
        // The rows to be sent again are in the file of failed rows.
        #expect(try await setup.errors().count { $0.contains(",storage_full,") } == 256 - 168)
    }

    @Test func aCancelledImportStopsBetweenRows() async throws {
        let setup = try await Setup(Self.file(rows: 300))
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    _ = try await setup.run()
                    return false
                } catch { return error is CancellationError }
            }
            return await group.next() ?? false
        }
        #expect(ended)
        #expect(try await setup.harness.attempts().isEmpty)
    }
}
