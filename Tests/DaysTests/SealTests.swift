import Days
import Events
import Ports
import SQLiteLedger
import SystemPorts
import Testing

struct SealTests {
    static let seed = (0..<32).map { UInt8($0) }

    private func range(_ from: String, _ to: String) -> ClosedRange<LogicalDate> {
        DayFixture.date(from)...DayFixture.date(to)
    }

    private func closedDays(signer: SealSigner? = nil) async throws -> DayFixture {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-09T15:00:00Z", signer: signer)
        if let signer {
            try await day.ledger.record(
                SealKey(keyID: signer.keyID, publicKey: signer.publicKey, createdAt: day.clock.now))
        }
        try await day.submit(
            (0..<5).map { .init(at: "2026-03-10T13:0\($0):00Z", user: "usr_\($0)") } + [
                .init(at: "2026-03-11T13:06:00Z")
            ])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-11"))
        return day
    }

    @Test func sealsFormAChain() async throws {
        let day = try await closedDays()
        let sealed = try await day.ledger.seals(day.project.id, in: range("2026-03-01", "2026-03-31"), limit: 10)
        #expect(sealed.map { $0.link?.position } == [1, 2, 3])
        #expect(sealed[0].link?.previousSealHash == SealStatement.genesis)
        for (before, after) in zip(sealed, sealed.dropFirst()) {
            #expect(after.link?.previousSealHash == before.link?.sealHash)
            #expect(after.statement?.sealHash == after.link?.sealHash)
        }
        #expect(try await SealChain(ledger: day.ledger).firstBreak(of: day.project.id) == nil)
    }

    @Test func theStatementIsTheDocumentedText() {
        let statement = SealStatement(
            projectID: ProjectID("prj_a")!, date: DayFixture.date("2026-03-10"), position: 2,
            merkleRoot: [UInt8](repeating: 0xAB, count: 32), rowCount: 0, firstSequence: nil, lastSequence: nil,
            lastHash: nil, leadsRoot: nil, snapshotSHA256: String(repeating: "c", count: 64),
            sealedAt: Timestamp(microseconds: 17), previousSealHash: SealStatement.genesis)
        #expect(
            statement.text == """
                daybook-seal-v1
                project_id=prj_a
                date=2026-03-10
                position=2
                tree_size=0
                merkle_root=\(String(repeating: "ab", count: 32))
                first_sequence=none
                last_sequence=none
                last_hash=none
                leads_root=none
                snapshot_sha256=\(String(repeating: "c", count: 64))
                sealed_at_us=17
                previous_seal_hash=\(String(repeating: "0", count: 64))

                """)
    }

    /// RFC 8032, section 7.1, test 1: the public key of the seed.
    @Test func theKeyIsTheOneOfTheRFC() throws {
        let seed = try #require(HexText.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        let signer = try #require(SealSigner(seed: seed))
        #expect(
            HexText.of(signer.publicKey) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        #expect(signer.keyID == SealSigner.keyID(of: signer.publicKey))
        #expect(SealSigner(seed: [1, 2, 3]) == nil)
    }

    @Test func signedSealsVerifyAndNoOther() async throws {
        let signer = try #require(SealSigner(seed: Self.seed))
        let day = try await closedDays(signer: signer)
        let sealed = try #require(
            try await day.ledger.seals(day.project.id, in: range("2026-03-10", "2026-03-10"), limit: 1).first)
        let signature = try #require(sealed.link?.signature)
        var statement = try #require(sealed.statement)
        #expect(sealed.link?.keyID == signer.keyID)
        #expect(SealSigner.isValid(signature, of: statement, publicKey: signer.publicKey))
        #expect(try await day.verify("2026-03-10").isOK)
        statement.rowCount += 1
        #expect(!SealSigner.isValid(signature, of: statement, publicKey: signer.publicKey))
        // A forger rewrites the last seal and its hash, but has no key.
        try day.tamper("UPDATE day_seal_links SET signature = zeroblob(64) WHERE logical_date = '2026-03-11'")
        #expect(try await day.verify("2026-03-11").failures.contains { $0.actual.contains("signature") })
    }

    @Test func everyAttemptOfASealedDayHasAProof() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        // More than two runs, the last one incomplete.
        let count = 2 * DayTree.rowsPerNode + 37
        try await day.submit((0..<count).map { .init(at: "2026-03-10T13:05:00Z", user: "usr_\($0 % 7)") })
        let proofs = ProofService(ledger: day.ledger)
        let date = DayFixture.date("2026-03-10")
        let attempts = try await day.ledger.dayAttempts(day.project.id, date, after: 0, limit: 1000)
        await #expect(throws: ProofError.self) { try await proofs.proof(of: attempts[0]) }
        _ = try await day.closer.close(day.project, date: date)
        let leaves = attempts.map { MerkleTree.leaf($0.hash) }
        for index in [0, 1, 255, 256, 257, 511, 512, count - 1] {
            let proof = try await proofs.proof(of: attempts[index])
            #expect(proof.holds && proof.leafIndex == Int64(index) && proof.treeSize == Int64(count))
            #expect(proof.path == MerkleTree.inclusionProof(ofLeaf: index, in: leaves))
        }
        var forged = attempts[3]
        forged.source = "forged"
        await #expect(throws: ProofError.self) { try await proofs.proof(of: forged) }
        // A day without a stored tree is proven all the same.
        try day.tamper("DELETE FROM day_trees")
        let proof = try await ProofService(ledger: day.ledger).proof(of: attempts[300])
        #expect(proof.path == MerkleTree.inclusionProof(ofLeaf: 300, in: leaves))
    }

    @Test(arguments: [(0, 1), (256, 1), (512, 300), (1024, 1024), (256, 255), (768, 257)])
    func joinedTreesAreTheTreeOfAll(first: Int, second: Int) {
        let leaves = (0..<first + second).map { MerkleTree.leaf([UInt8($0 & 255), UInt8($0 >> 8)]) }
        // Both in runs of 256, joined one by one, as a scan does.
        var joined = MerkleRootBuilder()
        for start in stride(from: 0, to: leaves.count, by: 256) {
            var run = MerkleRootBuilder()
            for leaf in leaves[start..<min(start + 256, leaves.count)] { run.append(leafHash: leaf) }
            joined.append(run)
        }
        var whole = MerkleRootBuilder()
        for leaf in leaves { whole.append(leafHash: leaf) }
        #expect(joined.root == whole.root && joined.count == whole.count)
        #expect(joined.runRoots == whole.runRoots && joined.runRoots.count == (leaves.count + 255) / 256)
        #expect(MerkleTree.root(ofLeaves: joined.runRoots) == whole.root)
    }
}

struct VerificationServiceTests {
    @Test func theResultIsKeptAndTheNewestIsShown() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([
            .init(at: "2026-03-10T13:05:00Z"), .init(at: "2026-03-10T13:06:00Z", code: "email_invalid"),
        ])
        let date = DayFixture.date("2026-03-10")
        _ = try await day.closer.close(day.project, date: date)
        let service = VerificationService(ledger: day.ledger, facts: nil, clock: day.clock)
        let good = try await service.verify(day.project, date: date, jobID: "job_1").text
        #expect(good.contains(#""passed":true"#) && good.contains(#""rows":2"#))
        try day.tamper("UPDATE attempts SET channel = 'forged' WHERE sequence = 2")
        day.clock.advance(by: .seconds(60))
        let bad = try await service.verify(day.project, date: date, jobID: "job_2").text
        #expect(bad.contains(#""first_wrong":{"attempt_id":"att_2""#))
        let stored = try #require(try await day.ledger.latestVerifications(day.project.id, in: date...date)[date])
        #expect(stored.passed == false && stored.jobID == "job_2" && stored.result == bad && stored.rows == 2)
    }
}
