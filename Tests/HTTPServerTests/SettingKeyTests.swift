import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import SystemPorts
import Testing

/// `Idempotency-Key` on requests that change settings.
@Suite struct SettingKeyTests {
    private let first = #"{"fields":[{"name":"zip","type":"text"}],"activate":true}"#
    private let second = #"{"fields":[{"name":"city","type":"text"}],"activate":true}"#

    private func schemas(_ harness: RouteHarness, _ source: String = "web") -> String {
        "/v1/projects/\(harness.first.projectID)/schemas/\(source)"
    }

    private func key(_ text: String) -> [String: String] { ["Idempotency-Key": text] }

    @Test func aRepeatedSchemaIsAnsweredAsItWasWhateverWasWrittenSince() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = schemas(harness)
            let one = try await send(.post, path, first, headers: key("k1"))
            #expect(one.status == 201 && one.header("Idempotency-Replayed") == nil)
            #expect(try await send(.post, path, second, headers: key("k2")).json["version"] as? Int == 2)
            let again = try await send(.post, path, first, headers: key("k1"))
            #expect(again.status == 201 && again.body == one.body)
            #expect(again.header("Idempotency-Replayed") == "true")
            let state = try await send(.get, path)
            #expect(state.json["active_version"] as? Int == 2, "the repeated request switched nothing")
            #expect(state.list("versions").count == 2)
            // One that says the same as the newest is remembered as well.
            let same = try await send(.post, path, second, headers: key("k3"))
            #expect(same.status == 200)
            let sameAgain = try await send(.post, path, second, headers: key("k3"))
            #expect(sameAgain.status == 200 && sameAgain.header("Idempotency-Replayed") == "true")
            let other = try await send(.post, path, first, headers: key("k3"))
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
            let elsewhere = try await send(.post, schemas(harness, "crm"), first, headers: key("k1"))
            #expect(elsewhere.status == 201, "a key belongs to its route and source: \(elsewhere.body)")
            #expect(try await send(.post, path, first, headers: key("a b")).code == "idempotency_key_invalid")
            #expect(try await send(.post, harness.leads, lead(), headers: key("k1")).status == 201)
            harness.clock.advance(by: .seconds(24 * 3600))
            let late = try await send(.post, path, first, headers: key("k1"))
            #expect(late.status == 201 && late.json["version"] as? Int == 3, "a day later the key is free")
        }
    }

    @Test func aRepeatedActivationSwitchesNothing() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = schemas(harness)
            _ = try await send(.post, path, first)
            _ = try await send(.post, path, second)
            let back = try await send(.post, path + "/activate", #"{"version":1}"#, headers: key("k"))
            #expect(back.json["active_version"] as? Int == 1)
            _ = try await send(.post, path + "/activate", #"{"version":2}"#)
            let again = try await send(.post, path + "/activate", #"{"version":1}"#, headers: key("k"))
            #expect(again.header("Idempotency-Replayed") == "true")
            #expect(again.json["active_version"] as? Int == 2)
            let other = try await send(.post, path + "/activate", #"{"version":null}"#, headers: key("k"))
            #expect(other.code == "idempotency_key_reused")
        }
    }

    @Test func aRepeatedSecretIsTheSameSecret() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = "/v1/projects/\(harness.first.projectID)/webhooks/crm/secrets"
            let one = try await send(.post, path, headers: key("k"))
            let again = try await send(.post, path, headers: key("k"))
            #expect(one.status == 201 && again.status == 201)
            #expect(again.body == one.body && again.header("Idempotency-Replayed") == "true")
            #expect(try await send(.post, path).text("secret") != one.text("secret"))
            let other = try await send(.post, path, #"{"expires_previous_in_seconds":5}"#, headers: key("k"))
            #expect(other.code == "idempotency_key_reused")
        }
        #expect(try await harness.ledger.waysInRecords().secrets.count == 2)
        let record = try #require(
            try await harness.ledger.settingRecord(
                "setting webhook-secret crm k", of: harness.first.projectID, at: harness.clock.now))
        #expect(record.answer == "{}", "a secret is stored encrypted, and nowhere else")
    }

    @Test func aRepeatedProjectOrKeyIsTheSameOneWithTheSameSecret() async throws {
        let harness = try await RouteHarness()
        let project = #"{"name":"Westline","time_zone":"UTC"}"#
        let partner = #"{"name":"partner","scopes":["ingest"]}"#
        try await harness.run { send in
            let keys = "/v1/projects/\(harness.first.projectID)/keys"
            for (path, body) in [("/v1/projects", project), (keys, partner)] {
                let one = try await send(.post, path, body, headers: key("k"))
                let again = try await send(.post, path, body, headers: key("k"))
                #expect(one.status == 201 && one.header("Idempotency-Replayed") == nil)
                #expect(again.status == 201 && again.body == one.body && one.text("api_key")?.hasPrefix("dbk_") == true)
                #expect(again.header("Idempotency-Replayed") == "true")
                let other = try await send(.post, path, body + " ", headers: key("k"))
                #expect(other.status == 422 && other.code == "idempotency_key_reused")
                #expect(try await send(.post, path, body, headers: key("")).code == "idempotency_key_invalid")
                let fresh = try await send(.post, path, body, headers: key("another"))
                #expect(fresh.text("api_key") != one.text("api_key"))
            }
            #expect(harness.published.projects.count == 3)
            #expect(try await send(.get, keys).list("keys").count == 3)
            // Somebody else's key is another key.
            let made = try await send(.post, keys, #"{"name":"admin","scopes":["admin"]}"#)
            let admin = try #require(made.text("api_key"))
            let theirs = try await send(
                .post, keys, partner, token: admin, headers: key("k"))
            #expect(theirs.status == 201 && theirs.header("Idempotency-Replayed") == nil)
            harness.clock.advance(by: .seconds(24 * 3600))
            let late = try await send(.post, keys, partner, headers: key("k"))
            #expect(late.header("Idempotency-Replayed") == nil, "a day later the key is free")
        }
    }

    @Test func noAnswerIsKeptInClear() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let keys = "/v1/projects/\(harness.first.projectID)/keys"
            let answer = try await send(.post, keys, #"{"name":"partner","scopes":["ingest"]}"#, headers: key("k"))
            let made = try #require(answer.text("api_key"))
            let actor = try #require(harness.published.keys(of: harness.first.projectID).first).keyID
            let record = try #require(
                try await harness.ledger.settingRecord(
                    "setting key key:\(actor) k", of: harness.first.projectID, at: harness.clock.now))
            #expect(!record.answer.contains(made) && record.answer.count > made.count)
            #expect(!record.answer.contains(Data(made.utf8).base64EncodedString()))
            harness.clock.advance(by: .seconds(24 * 3600))
            _ = try await send(.post, schemas(harness), first, headers: key("another"))
            let kept = try await harness.ledger.settingRecord(
                "setting key key:\(actor) k", of: harness.first.projectID, at: harness.clock.now + .seconds(-1))
            #expect(kept == nil, "an expired answer does not stay in the ledger")
        }
    }

    @Test func manyIdenticalRequestsAtOnceChangeOneThing() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = schemas(harness)
            let secrets = "/v1/projects/\(harness.first.projectID)/webhooks/crm/secrets"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let answer = try await send(.post, path, first, headers: key("k"))
                        #expect(answer.status == 201 && answer.json["version"] as? Int == 1, "\(answer.body)")
                    }
                    group.addTask {
                        let answer = try await send(.post, secrets, headers: key("k"))
                        #expect(answer.status == 201, "\(answer.body)")
                    }
                    group.addTask {
                        let body = #"{"name":"n","time_zone":"UTC"}"#
                        let answer = try await send(.post, "/v1/projects", body, headers: key("k"))
                        #expect(answer.status == 201, "\(answer.body)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await send(.get, path).list("versions").count == 1)
        }
        #expect(harness.published.projects.count == 2)
        #expect(try await harness.ledger.waysInRecords().secrets.count == 1)
    }
}
