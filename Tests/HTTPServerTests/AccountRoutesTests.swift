import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import SQLiteLedger
import SystemPorts
import Testing

@Suite struct AccountRoutesTests {
    @Test func aSessionOpensAndEnds() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let body = #"{"email":"\#(harness.first.adminEmail)","password":"\#(harness.first.adminPassword)"}"#
            let opened = try await send(.post, "/v1/session", body, token: "")
            #expect(opened.status == 201)
            let token = try #require(opened.text("token"))
            #expect(opened.text("environment") == "dev")
            #expect(opened.object("member")["role"] as? String == "owner")
            #expect(opened.list("projects").first?["time_zone"] as? String == "America/New_York")
            let again = try await send(.get, "/v1/session", token: token)
            #expect(again.status == 200 && again.json["token"] == nil)
            #expect(
                try await send(.get, "/v1/attempts?project_id=\(harness.first.projectID)", token: token).status == 200)
            #expect(try await send(.delete, "/v1/session", token: token).status == 204)
            #expect(try await send(.get, "/v1/session", token: token).code == "credentials_invalid")
        }
    }

    @Test func wrongSignInsAreProblems() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let wrong = #"{"email":"\#(harness.first.adminEmail)","password":"not the password"}"#
            for _ in 0..<5 { #expect(try await send(.post, "/v1/session", wrong, token: "").code == "sign_in_failed") }
            let throttled = try await send(.post, "/v1/session", wrong, token: "")
            #expect(throttled.status == 429 && throttled.header("Retry-After") == "901")
            #expect(try await send(.post, "/v1/session", "[]", token: "").status == 422)
            #expect(try await send(.post, "/v1/session", "{", token: "").code == "body_not_json")
            let missing = try await send(.post, "/v1/session", #"{"email":"x"}"#, token: "")
            #expect(missing.code == "field_missing")
            #expect(missing.list("errors").first?["pointer"] as? String == "/password")
        }
    }

    @Test func projectsAndKeysLiveTheirLives() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let created = try await send(.post, "/v1/projects", #"{"name":"Second","time_zone":"UTC","region":"eu"}"#)
            #expect(created.status == 201)
            let project = try #require(created.text("project_id"))
            let token = try #require(created.text("api_key"))
            #expect(token.hasPrefix("dbk_\(project)_"))
            #expect(try await send(.get, "/v1/projects", token: token).list("projects").count == 1)
            let keys = "/v1/projects/\(project)/keys"
            let made = try await send(
                .post, keys, #"{"name":"ci","scopes":["query"],"expires_at":"2027-01-01T00:00:00Z"}"#, token: token)
            #expect(made.status == 201)
            let secret = try #require(made.text("api_key"))
            let listed = try await send(.get, keys, token: token)
            #expect(listed.list("keys").count == 2)
            #expect(listed.list("keys").allSatisfy { $0["api_key"] == nil && $0["revoked_at"] is NSNull })
            #expect(try await send(.get, "/v1/attempts?project_id=\(project)", token: secret).status == 200)
            #expect(try await send(.get, keys, token: secret).code == "scope_missing")
            let keyID = try #require(made.text("key_id"))
            #expect(try await send(.delete, "\(keys)/\(keyID)", token: token).status == 204)
            #expect(
                try await send(.get, "/v1/attempts?project_id=\(project)", token: secret).code == "credentials_revoked")
            #expect(try await send(.delete, "\(keys)/key_unknown", token: token).status == 404)
            #expect(
                try await send(.post, keys, #"{"name":"x","scopes":["root"]}"#, token: token).list("errors").first?[
                    "pointer"] as? String == "/scopes/0")
        }
    }

    @Test func aBlankIsNoName() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let project = try await send(.post, "/v1/projects", #"{"name":"  ","time_zone":"UTC"}"#)
            #expect(project.status == 422 && project.list("errors").first?["pointer"] as? String == "/name")
            let keys = "/v1/projects/\(harness.first.projectID)/keys"
            #expect(try await send(.post, keys, #"{"name":" ","scopes":["query"]}"#).code == "field_value")
        }
    }

    @Test func nothingOfAnotherProjectIsReachable() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let created = try await send(.post, "/v1/projects", #"{"name":"Second","time_zone":"UTC"}"#)
            let stranger = try #require(created.text("api_key"))
            let own = harness.first.projectID
            let attempt = try #require(try await send(.post, harness.leads, lead()).text("attempt_id"))
            for (method, path, body) in [
                (HTTPRequest.Method.post, harness.leads, lead()), (.post, harness.leads + "/batch", lead()),
                (.get, "/v1/attempts?project_id=\(own)", nil), (.get, "/v1/attempts/\(attempt)?project_id=\(own)", nil),
                (.get, "/v1/projects/\(own)/keys", nil), (.post, "/v1/projects/\(own)/keys", "{}"),
                (.delete, "/v1/projects/\(own)/keys/key_x", nil),
                (.get, "/v1/leads/led_x/timeline?project_id=\(own)", nil),
            ] as [(HTTPRequest.Method, String, String?)] {
                #expect(
                    try await send(method, path, body, token: stranger).code == "project_forbidden", "\(method) \(path)"
                )
                #expect(
                    try await send(method, path, body, token: "").code == "credentials_missing", "\(method) \(path)")
            }
            let other = try #require(created.text("project_id"))
            #expect(try await send(.get, "/v1/attempts/\(attempt)?project_id=\(other)", token: stranger).status == 404)
        }
    }
}
