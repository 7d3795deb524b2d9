import Accounts
import Events
import Foundation
import Ports
import SQLiteLedger
import SystemPorts
import Testing

@Suite struct SessionTests {
    private func signIn(
        _ harness: AccountHarness, password: String? = nil, email: String? = nil, address: String = "192.0.2.1"
    )
        async throws(Problem) -> SignedIn
    {
        try await harness.service.signIn(
            email: email ?? harness.first.adminEmail, password: password ?? harness.first.adminPassword,
            address: address)
    }

    @Test func aSessionSeesTheOrganisationsProjects() async throws {
        let harness = try await AccountHarness()
        let signedIn = try await signIn(harness, email: "ADMIN@daybook.local")
        let token = try #require(signedIn.token)
        #expect(token.hasPrefix("dbs_"))
        #expect(signedIn.expiresAt == harness.clock.now + .seconds(12 * 3600))
        #expect(signedIn.member.role == .owner)
        #expect(signedIn.organisation.name == "Demo")
        #expect(signedIn.projects.map(\.id) == [harness.first.projectID])
        let later = try await harness.service.createProject(
            name: "Later", timeZone: "UTC", region: "local", by: try await harness.principal(token), address: nil
        ).project
        #expect(try await harness.principal(token).projects == [harness.first.projectID, later.id])
        let again = try await harness.service.session(authorization: "Bearer \(token)")
        #expect(again.token == nil)
        #expect(again.projects.count == 2)
    }

    @Test func sessionsSlideAndEnd() async throws {
        let harness = try await AccountHarness()
        let token = try #require(try await signIn(harness).token)
        for _ in 0..<3 {
            harness.clock.advance(by: .seconds(11 * 3600))
            #expect(await harness.refusal("Bearer \(token)") == nil)
        }
        try await harness.published.flush()
        let restarted = try await PublishedAccounts(ledger: harness.ledger, clock: harness.clock)
        #expect(try await restarted.authenticate(authorization: "Bearer \(token)").role == .owner)
        harness.clock.advance(by: .seconds(12 * 3600))
        #expect(await harness.refusal("Bearer \(token)") == .credentialsExpired)
        await #expect(throws: Problem.self) { try await restarted.authenticate(authorization: "Bearer \(token)") }
    }

    @Test func signingOutEndsTheSessionAtOnce() async throws {
        let harness = try await AccountHarness()
        let token = try #require(try await signIn(harness).token)
        let other = try #require(try await signIn(harness).token)
        try await harness.service.signOut(authorization: "Bearer \(token)", address: nil)
        #expect(await harness.refusal("Bearer \(token)") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer \(other)") == nil)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.session(authorization: "Bearer \(harness.first.apiKey)")
            } == .credentialsInvalid)
    }

    @Test func wrongPasswordsAndUnknownEmailsLookTheSame() async throws {
        let harness = try await AccountHarness()
        var details: Set<String> = []
        for (email, password) in [
            (harness.first.adminEmail, "wrong password"), ("nobody@example.com", "wrong password"),
            (harness.first.adminEmail, ""), (harness.first.adminEmail, String(repeating: "p", count: 10_000)),
        ] {
            do {
                _ = try await signIn(harness, password: password, email: email)
                Issue.record("signed in as \(email)")
            } catch {
                #expect(error.code == .signInFailed)
                details.insert(error.detail)
            }
        }
        #expect(details.count == 1)
    }

    @Test func guessingIsThrottledForOneAddressAndEmail() async throws {
        let harness = try await AccountHarness()
        for _ in 0..<5 {
            #expect(
                await code { () async throws(Problem) in try await signIn(harness, password: "wrong guess") }
                    == .signInFailed)
        }
        #expect(await code { () async throws(Problem) in try await signIn(harness) } == .signInThrottled)
        #expect(
            await code { () async throws(Problem) in try await signIn(harness, address: "192.0.2.2") } == nil,
            "the member is not locked out elsewhere")
        harness.clock.advance(by: .seconds(15 * 60))
        #expect(await code { () async throws(Problem) in try await signIn(harness) } == nil)
    }

    @Test func everyChangeLeavesAnAuditRow() async throws {
        let harness = try await AccountHarness()
        let signedIn = try await signIn(harness)
        let owner = try await harness.principal(signedIn.token ?? "")
        _ = await code { () async throws(Problem) in try await signIn(harness, password: "wrong guess") }
        let project = try await harness.service.createProject(
            name: "Audit", timeZone: "UTC", region: "local", by: owner, address: "192.0.2.7"
        ).project
        let key = try #require(harness.service.keys(of: project.id).first)
        let now = try await harness.principal(signedIn.token ?? "")
        for _ in 0..<2 {
            try await harness.service.revokeKey(key.keyID, project: project.id, by: now, address: "192.0.2.7")
        }
        try await harness.service.signOut(authorization: "Bearer \(signedIn.token ?? "")", address: nil)
        let rows = try await harness.ledger.audit(organisation: harness.first.organisationID, limit: 100)
        #expect(
            rows.map(\.action) == [
                "session.ended", "key.revoked", "key.created", "project.created", "sign_in.failed", "session.created",
                "key.created", "member.created", "project.created", "organisation.created",
            ])
        #expect(rows[1].address == "192.0.2.7")
        #expect(rows[1].actor == "member:\(signedIn.member.memberID)")
    }
}
