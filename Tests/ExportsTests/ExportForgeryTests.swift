import Crypto
import DirectoryFiles
import DuckDBTableFiles
import Events
import Exports
import Foundation
import Ports
import SQLiteLedger
import Testing

/// Exports whose manifest was written again to fit: order, completeness and seals give the forgery away.
@Suite struct ExportForgeryTests {
    private let folder = "/exports/job_1/"

    private func export(
        _ harness: ExportHarness, of subject: ExportSubject = .attempts,
        _ change: (inout AttemptFilter) -> Void = { _ in }
    ) async throws {
        var limits = ExportLimits()
        limits.pageRows = 4
        limits.fileRowsMax = 10
        _ = try await harness.write(
            try await harness.question(of: subject, .jsonl, change), as: "job_1", limits: limits)
    }

    /// 25 attempts in files of ten rows; with `isBackfilled`, the first ten were received after the others.
    private func attempts(isBackfilled: Bool = false) async throws -> ExportHarness {
        let harness = try ExportHarness()
        try await harness.fill(25) { isBackfilled && $0 <= 10 ? $0 + 1000 : $0 }
        try await export(harness)
        return harness
    }

    private func verify(_ harness: ExportHarness, only: String? = nil) async throws -> ExportVerification {
        try await ExportVerifier(files: DirectoryWorkspaceFiles(), tables: ParquetRows()).verify(
            manifest: harness.folder + folder + "manifest.json", in: harness.folder + folder, only: only,
            progress: { _, _ in })
    }

    /// Changes the lines of a file, and what the manifest says about it.
    private func forge(_ harness: ExportHarness, _ name: String, _ body: (inout [String]) -> Void) throws {
        let path = harness.folder + folder
        let before = try String(contentsOfFile: path + name, encoding: .utf8)
        var lines = before.split(separator: "\n").map(String.init)
        body(&lines)
        let text = lines.map { $0 + "\n" }.joined()
        try #require(text != before, "the test changes nothing")
        try Data(text.utf8).write(to: URL(filePath: path + name))
        let manifestPath = URL(filePath: path + "manifest.json")
        var manifest = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: manifestPath)) as? [String: Any])
        var files = try #require(manifest["files"] as? [[String: Any]])
        for at in files.indices where files[at]["name"] as? String == name {
            files[at]["bytes"] = text.utf8.count
            files[at]["rows"] = lines.count
            files[at]["sha256"] = HexText.of(SHA256.hash(data: Array(text.utf8)))
        }
        manifest["files"] = files
        manifest["rows"] = files.reduce(0) { $0 + ($1["rows"] as? Int ?? 0) }
        try JSONSerialization.data(withJSONObject: manifest).write(to: manifestPath)
    }

    // MARK: Attempts

    @Test func rowsThatChangedPlacesAreNamed() async throws {
        let harness = try await attempts()
        try forge(harness, "attempts-0002.jsonl") { $0.swapAt(3, 4) }
        let result = try await verify(harness)
        let row = try #require(result.firstWrongRow)
        #expect(row.file == "attempts-0002.jsonl" && row.row == 5 && row.sequence == 14, "\(row)")
        #expect(row.reason.contains("moved") && result.failures.isEmpty)
        try forge(harness, "attempts-0002.jsonl") { $0.reverse() }
        #expect(try await verify(harness).firstWrongRow?.reason.contains("moved") == true)
    }

    @Test func reorderingHidesNoRowThatWasTakenOut() async throws {
        let harness = try await attempts()
        try forge(harness, "attempts-0002.jsonl") { lines in
            lines.remove(at: 4)
            lines.swapAt(6, 7)
        }
        let result = try await verify(harness)
        let row = try #require(result.firstWrongRow)
        #expect(row.sequence == 16 && row.reason.contains("sequences 15 to 15"), "\(row)")
        #expect(result.chain?.isComplete == false)
        // And the other way round.
        let other = try await attempts()
        try forge(other, "attempts-0002.jsonl") { lines in
            lines.swapAt(1, 2)
            lines.remove(at: 7)
        }
        #expect(try await verify(other).firstWrongRow?.reason.contains("moved") == true)
    }

    @Test func aBackfilledLogIsCompleteInTheOrderOfItsReceipt() async throws {
        let harness = try await attempts(isBackfilled: true)
        let result = try await verify(harness)
        #expect(result.isOK, "\(result.failures) \(String(describing: result.firstWrongRow))")
        #expect(result.chain?.linkedRows == 24 && result.chain?.isComplete == true && result.notVerified.isEmpty)
        // One file of it holds two stretches of the log.
        let one = try await verify(harness, only: "attempts-0002.jsonl")
        #expect(one.isOK && one.chain?.isComplete == false && one.notVerified.count == 1)
    }

    @Test func aRowTakenOutOfABackfilledLogIsMissed() async throws {
        let harness = try await attempts(isBackfilled: true)
        try forge(harness, "attempts-0003.jsonl") { $0.removeAll { $0.contains("\"sequence\":7,") } }
        let row = try #require(try await verify(harness).firstWrongRow)
        #expect(row.sequence == 8 && row.file == "attempts-0003.jsonl", "\(row)")
        #expect(row.reason.contains("sequences 7 to 7"))
    }

    /// Sequence 10 is the last row of the export, and the row after it in the log the first.
    @Test func linksAreFollowedAcrossABackfill() async throws {
        let harness = try await attempts(isBackfilled: true)
        var attempt = try #require(
            try await harness.ledger.attempts(
                AttemptFilter(projectID: harness.project), after: nil, through: 10, limit: 10
            ).last)
        #expect(attempt.sequence == 10)
        let honest = HexText.of(attempt.hash)
        attempt.source = "partner_api"
        let forged = HexText.of(AttemptHash.hash(of: attempt))
        try forge(harness, "attempts-0003.jsonl") { lines in
            lines[lines.count - 1] = lines[lines.count - 1].replacing("web_form", with: "partner_api")
                .replacing(honest, with: forged)
        }
        let row = try #require(try await verify(harness).firstWrongRow)
        #expect(row.sequence == 10 && row.reason.contains("row after it, sequence 11"), "\(row)")
    }

    @Test func aRangeOfABackfilledLogDoesNotClaimToBeComplete() async throws {
        let harness = try ExportHarness()
        try await harness.fill(25) { [3, 7].contains($0) ? $0 + 1000 : 26 - $0 }
        try await export(harness) { $0.to = ExportHarness.start + .seconds(500) }
        let result = try await verify(harness)
        #expect(result.isOK && result.rows == 23 && result.chain?.isComplete == false, "\(result)")
        #expect(result.notVerified.count == 1 && result.notVerified[0].contains("backfill"))
    }

    // MARK: Days

    /// Four closed days with one attempt each.
    private func days() async throws -> ExportHarness {
        let harness = try ExportHarness()
        try await harness.fill(4) { ($0 - 1) * 86_400 }
        for day in 10...13 { try await harness.closeDay(LogicalDate(year: 2026, month: 3, day: day)!) }
        try await export(harness, of: .days)
        return harness
    }

    @Test func daysAgreeWithTheirSnapshotsAndSeals() async throws {
        let harness = try await days()
        let result = try await verify(harness)
        #expect(result.isOK && result.rows == 4, "\(result.failures) \(String(describing: result.firstWrongRow))")
        #expect(result.notVerified.isEmpty)
    }

    @Test(arguments: [
        ("\"attempts\":1,\"leads\"", "\"attempts\":7,\"leads\"", "attempts 1"),
        ("\"leads\":0,\"failures\"", "\"leads\":5,\"failures\"", "leads 0"),
        ("\"failures\":1,\"failure_share\"", "\"failures\":0,\"failure_share\"", "failures 1"),
        ("\"failure_share\":1,", "\"failure_share\":0.5,", "failure_share 1.0"),
        ("\"balanced\":null", "\"balanced\":true", "balanced none"),
        ("\"date\":\"2026-03-11\",\"state\"", "\"date\":\"2026-03-21\",\"state\"", "date 2026-03-11"),
        ("\"sealed_rows\":1", "\"sealed_rows\":2", "covers 2 rows"),
        ("\"merkle_root\":\"0202", "\"merkle_root\":\"0203", "merkle_root"),
        ("\"state\":\"closed\"", "\"state\":\"open\"", "is open, and has a merkle_root"),
        ("tree_size=1", "tree_size=2", "is not the SHA-256"),
        ("\"seal_hash\":\"", "\"seal_hash\":\"0", "is not the SHA-256"),
    ])
    func aChangedColumnOfADayIsNamed(from: String, to: String, reason: String) async throws {
        let harness = try await days()
        try forge(harness, "days-0001.jsonl") { $0[1] = $0[1].replacing(from, with: to, maxReplacements: 1) }
        let row = try #require(try await verify(harness).firstWrongRow)
        #expect(row.row == 2 && row.reason.contains(reason), "\(row)")
    }

    /// A seal whose statement and hash were written again is given away by the one after it.
    @Test func aRewrittenSealBreaksTheNextLink() async throws {
        let harness = try await days()
        try forge(harness, "days-0001.jsonl") { lines in
            let forged = lines[1].replacing("0202", with: "0203")
            let json = try? JSONSerialization.jsonObject(with: Data(forged.utf8)) as? [String: Any]
            let statement = json?["seal_statement"] as? String ?? ""
            let hash = json?["seal_hash"] as? String ?? ""
            lines[1] = forged.replacing(hash, with: HexText.of(SHA256.hash(data: Array(statement.utf8))))
        }
        let row = try #require(try await verify(harness).firstWrongRow)
        #expect(row.row == 3 && row.reason.contains("the seal before it, position 2"), "\(row)")
    }
}

extension ExportHarness {
    /// Closes a day with what of a snapshot an export's columns repeat; its Merkle root is its position, 32 times.
    func closeDay(_ date: LogicalDate) async throws {
        let attempts = try await ledger.dayAttempts(project, date, after: 0, limit: 100)
        let failures = attempts.count { $0.outcome == .failure }
        let leads = attempts.count - failures
        let json =
            #"{"attempts":{"attempts":\#(attempts.count),"failures":\#(failures)},"date":"\#(date)","events":null,"leads":\#(leads),"project_id":"prj_a"}"#
        let sha256 = HexText.of(SHA256.hash(data: Array(json.utf8)))
        let tip = try await ledger.sealTip(project)
        let position = (tip?.position ?? 0) + 1
        let now = Self.start + .seconds(position)
        let extent = try await ledger.dayExtent(project, date)
        let seal = DaySeal(
            projectID: project, date: date, merkleRoot: [UInt8](repeating: UInt8(position), count: 32),
            rowCount: extent.rowCount, firstSequence: extent.firstSequence, lastSequence: extent.lastSequence,
            lastHash: attempts.last?.hash, snapshotSHA256: sha256, sealedAt: now)
        var link = DaySealLink(
            projectID: project, date: date, position: position, leadsRoot: nil,
            previousSealHash: tip?.sealHash ?? SealStatement.genesis, sealHash: [], signature: nil, keyID: nil,
            linkedAt: now)
        link.sealHash = seal.statement(link).sealHash
        let snapshot = StoredSnapshot(
            projectID: project, date: date, json: json, sha256: sha256, attempts: Int64(attempts.count),
            leads: Int64(leads), failures: Int64(failures), isBalanced: nil, refreshedAt: now, closedAt: now)
        let outcome = try await ledger.closeDay(
            snapshot, seal: seal, extent: extent, link: link,
            tree: DayTree(rowCount: extent.rowCount, firstSequences: [], nodes: []))
        #expect(outcome == .closed)
    }
}
