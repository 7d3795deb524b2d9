import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Testing

/// Bodies that are no submissions: what they do not know is refused, and nothing is changed.
@Suite struct StrictBodyTests {
    private static let cases: [(path: String, body: String, code: String, pointer: String)] = [
        (
            "forms/web", #"{"is_enabled":true,"allowed_origin":["https://a.example"]}"#, "field_unknown",
            "/allowed_origin"
        ),
        ("forms/web", #"{"is_enabled":true,"is_enabled":false}"#, "field_duplicate", "/is_enabled"),
        (
            "forms/web", #"{"is_enabled":true,"allowed_origins":["https://a.example",1]}"#, "field_type",
            "/allowed_origins/1"
        ),
        ("forms/web", #"{"allowed_origins":[]}"#, "field_missing", "/is_enabled"),
        ("webhooks/crm/secrets", #"{"x":1}"#, "field_unknown", "/x"),
        ("webhooks/crm/secrets", #"{"expires_previous_in_seconds":1.5}"#, "field_type", "/expires_previous_in_seconds"),
        (
            "webhooks/crm/secrets", #"{"expires_previous_in_seconds":100000000000000000000}"#, "field_range",
            "/expires_previous_in_seconds"
        ),
        ("keys", #"{"name":"k","scopes":["query"],"expires":"2027-01-01T00:00:00Z"}"#, "field_unknown", "/expires"),
        ("keys", #"{"name":"k","name":"l","scopes":["query"]}"#, "field_duplicate", "/name"),
        ("keys", #"{"name":"k","scopes":"query"}"#, "field_type", "/scopes"),
        ("/v1/projects", #"{"name":"p","time_zone":"UTC","x":1}"#, "field_unknown", "/x"),
        ("/v1/session", #"{"email":"a@b.co","password":"x","remember":true}"#, "field_unknown", "/remember"),
        ("limits", #"{"rules":[{"limit":99999999999999999999}]}"#, "field_range", "/rules/0/limit"),
        ("schemas/web/activate", #"{"version":1000000000000000000000000000000}"#, "field_range", "/version"),
        (
            "/v1/exports", #"{"project_id":"{P}","of":"attempts","format":"csv","filter":{"sources":["nothing"]}}"#,
            "field_unknown", "/filter/sources"
        ),
        (
            "/v1/exports", #"{"project_id":"{P}","of":"attempts","of":"leads","format":"csv"}"#, "field_duplicate",
            "/of"
        ),
        ("/v1/exports", #"{"project_id":"{P}","of":"attempts","format":"csv","dates":"x"}"#, "field_unknown", "/dates"),
        ("/v1/exports", #"{"project_id":"{P}","of":"all","format":"csv"}"#, "field_value", "/of"),
        (
            "/v1/exports", #"{"project_id":"{P}","of":"attempts","format":"csv","filter":{"source":["a",2]}}"#,
            "field_type",
            "/filter/source/1"
        ),
        (
            "/v1/exports", #"{"project_id":"{P}","of":"days","format":"csv","date":"tomorrow"}"#, "field_value", "/date"
        ),
    ]

    @Test(arguments: cases.indices) func whatIsNotKnownIsRefused(_ index: Int) async throws {
        let (path, body, code, pointer) = Self.cases[index]
        let harness = try await RouteHarness()
        try await harness.run { send in
            let project = harness.first.projectID.text
            let address = path.hasPrefix("/") ? path : "/v1/projects/\(project)/\(path)"
            let method: HTTPRequest.Method = path.hasPrefix("forms") || path == "limits" ? .put : .post
            let answer = try await send(method, address, body.replacing("{P}", with: project))
            #expect(answer.status == 422 && answer.code == code, "\(answer.body)")
            #expect(answer.list("errors").first?["pointer"] as? String == pointer, "\(answer.body)")
            #expect(try await send(.get, "/v1/projects/\(project)/forms").list("forms").isEmpty)
            #expect(try await send(.get, "/v1/projects/\(project)/keys").list("keys").count == 1)
            #expect(try await send(.get, "/v1/projects/\(project)/webhooks").list("webhooks").isEmpty)
            #expect(try await send(.get, "/v1/exports?project_id=\(project)").list("exports").isEmpty)
            #expect(harness.published.projects.count == 1)
        }
    }

    @Test func goodBodiesPassWithAByteOrderMarkToo() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let project = harness.first.projectID.text
            for mark in ["", "\u{FEFF}"] {
                let form = try await send(
                    .put, "/v1/projects/\(project)/forms/web",
                    mark + #"{"is_enabled":true,"allowed_origins":["https://a.example"],"honeypot":null}"#)
                #expect(form.status == 200 && form.json["allowed_origins"] as? [String] == ["https://a.example"])
                let export = try await send(
                    .post, "/v1/exports",
                    mark
                        + #"{"project_id":"\#(project)","of":"attempts","format":"csv","filter":{"source":"web","outcome":["failure"],"q":null}}"#
                )
                #expect(export.status == 202, "\(export.body)")
                #expect(try await send(.post, harness.leads, mark + lead("a\(mark.count)@example.com")).status == 201)
                #expect(try await send(.put, "/v1/projects/\(project)/limits", mark + #"{"rules":[]}"#).status == 200)
            }
            let about = try await send(.get, "/v1/exports?project_id=\(project)").list("exports").first?["job"]
            let filter = ((about as? [String: Any])?["about"] as? [String: Any])?["filter"] as? [String: Any]
            #expect(filter?["source"] as? [String] == ["web"] && filter?["outcome"] as? [String] == ["failure"])
        }
    }
}
