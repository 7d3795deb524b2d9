import Accounts
import Events
import Foundation
import Ports
import SQLiteLedger
import SystemPorts
import Testing

@Suite struct AuthenticationTests {
    @Test func theFirstStartHandsOutItsSecretsOnce() async throws {
        let harness = try await AccountHarness()
        #expect(harness.first.projectID.text == "prj_demo")
        #expect(harness.first.adminEmail == "admin@daybook.local")
        #expect(harness.first.apiKey.hasPrefix("dbk_prj_demo_"))
        #expect(try await harness.service.initialise(FirstAccount()!) == nil)
        let project = try #require(harness.published.project(harness.first.projectID))
        #expect(project.calendar.zoneName == "America/New_York")
        let principal = try await harness.admin()
        #expect(principal.scopes == [.ingest, .query, .admin])
        #expect(principal.projects == [harness.first.projectID])
    }

    @Test func twoStartsAtOnceCreateOneOrganisation() async throws {
        let harness = try await AccountHarness()
        let other = try await PublishedAccounts(ledger: harness.ledger, clock: harness.clock)
        let created = try await harness.ledger.applyIfEmpty([
            .createOrganisation(Organisation(organisationID: "org_x", name: "x", createdAt: harness.clock.now))
        ])
        #expect(!created)
        #expect(other.projects.count == 1)
    }

    @Test func wrongCredentialsHaveTheirOwnCodes() async throws {
        let harness = try await AccountHarness()
        let key = harness.first.apiKey
        #expect(await harness.refusal(nil) == .credentialsMissing)
        #expect(await harness.refusal("") == .credentialsMissing)
        #expect(await harness.refusal("Bearer") == .credentialsInvalid)
        #expect(await harness.refusal("Digest \(key)") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer \(key)x") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer \(key.dropLast())") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer \(key.uppercased())") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer dbs_unknown") == .credentialsInvalid)
        #expect(await harness.refusal("Bearer " + String(repeating: "k", count: 5000)) == .credentialsInvalid)
        #expect(await harness.refusal("Basic !!!") == .credentialsInvalid)
        #expect(await harness.refusal("bearer \(key)") == nil)
        for pair in ["\(key):", ":\(key)", "\(key):\(key)", "name:\(key)"] {
            #expect(await harness.refusal("Basic " + Data(pair.utf8).base64EncodedString()) == nil, "\(pair)")
        }
    }

    @Test func revokedAndExpiredKeysAreRefusedAtOnce() async throws {
        let harness = try await AccountHarness()
        let admin = try await harness.admin()
        let project = harness.first.projectID
        let created = try await harness.service.createKey(
            project: project, name: "short", scopes: [.ingest], expiresAt: harness.clock.now + .seconds(60), by: admin,
            address: nil)
        let (key, token) = (created.key, created.token)
        #expect(try await harness.principal(token).scopes == [.ingest])
        harness.clock.advance(by: .seconds(60))
        #expect(await harness.refusal("Bearer \(token)") == .credentialsExpired)
        try await harness.service.revokeKey(key.keyID, project: project, by: admin, address: nil)
        #expect(await harness.refusal("Bearer \(token)") == .credentialsRevoked)
        let reopened = try await PublishedAccounts(ledger: harness.ledger, clock: harness.clock)
        await #expect(throws: Problem.self) { try await reopened.authenticate(authorization: "Bearer \(token)") }
    }

    @Test func projectsAreIsolated() async throws {
        let harness = try await AccountHarness()
        let admin = try await harness.admin()
        let created = try await harness.service.createProject(
            name: "Second Bank", timeZone: "Europe/Berlin", region: "eu-central", by: admin, address: nil)
        let (project, token) = (created.project, created.apiKey)
        #expect(project.id.text.hasPrefix("prj_secondbank_"))
        let stranger = try await harness.principal(token)
        #expect(
            await code { () throws(Problem) in try stranger.require(.query, of: harness.first.projectID) }
                == .projectForbidden)
        #expect(await code { () throws(Problem) in try admin.require(.query, of: project.id) } == .projectForbidden)
        #expect(harness.service.projects(of: stranger).map(\.id) == [project.id])
        let key = try #require(harness.service.keys(of: harness.first.projectID).first)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.revokeKey(key.keyID, project: project.id, by: stranger, address: nil)
            } == .notFound)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.revokeKey(
                    key.keyID, project: harness.first.projectID, by: stranger, address: nil)
            } == .projectForbidden)
        #expect(try await harness.principal(harness.first.apiKey).kind == .apiKey(key.keyID))
    }

    @Test func aKeyWithoutAdminChangesNothing() async throws {
        let harness = try await AccountHarness()
        let project = harness.first.projectID
        let token = try await harness.service.createKey(
            project: project, name: "writer", scopes: [.ingest], expiresAt: nil, by: try await harness.admin(),
            address: nil
        ).token
        let writer = try await harness.principal(token)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.createKey(
                    project: project, name: "x", scopes: [.admin], expiresAt: nil, by: writer, address: nil)
            } == .scopeMissing)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.createProject(
                    name: "x", timeZone: "UTC", region: "local", by: writer, address: nil)
            } == .scopeMissing)
        #expect(harness.published.projects.count == 1)
        #expect(harness.service.keys(of: project).count == 2)
    }

    @Test func badProjectsAndKeysNameTheirFields() async throws {
        let harness = try await AccountHarness()
        let admin = try await harness.admin()
        do {
            _ = try await harness.service.createProject(
                name: "", timeZone: "Mars/Olympus", region: "EU!", by: admin, address: nil)
            Issue.record("a bad project was created")
        } catch { #expect(error.fields.map(\.pointer) == ["/name", "/time_zone", "/region"]) }
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.createKey(
                    project: harness.first.projectID, name: "k", scopes: [], expiresAt: nil, by: admin, address: nil)
            } == .fieldMissing)
        #expect(
            await code { () async throws(Problem) in
                try await harness.service.createKey(
                    project: harness.first.projectID, name: "k", scopes: [.query], expiresAt: harness.clock.now,
                    by: admin,
                    address: nil)
            } == .timeTooOld)
    }

    @Test func theLastUseOfAKeyIsWrittenInBatches() async throws {
        let harness = try await AccountHarness()
        _ = try await harness.admin()
        #expect(try await harness.ledger.accountRecords().keys.first?.lastUsedAt == nil)
        #expect(harness.service.keys(of: harness.first.projectID).first?.lastUsedAt == harness.clock.now)
        try await harness.published.flush()
        #expect(try await harness.ledger.accountRecords().keys.first?.lastUsedAt == harness.clock.now)
    }

    @Test func noSecretIsStored() async throws {
        let harness = try await AccountHarness()
        let signedIn = try await harness.service.signIn(
            email: harness.first.adminEmail, password: harness.first.adminPassword, address: "192.0.2.1")
        let token = try #require(signedIn.token)
        var stored = Data()
        for name in try FileManager.default.contentsOfDirectory(atPath: harness.folder) {
            stored.append(try Data(contentsOf: URL(filePath: harness.folder + "/" + name)))
        }
        #expect(stored.range(of: Data("admin@daybook.local".utf8)) != nil)
        for secret in [harness.first.apiKey, harness.first.adminPassword, token] {
            #expect(stored.range(of: Data(secret.suffix(20).utf8)) == nil)
        }
    }
}
