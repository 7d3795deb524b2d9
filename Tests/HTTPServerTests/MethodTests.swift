import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Testing

/// What an address answers to a method that it does not take, and to HEAD and OPTIONS.
@Suite struct MethodTests {
    @Test func aWrongMethodIsToldTheRightOnes() async throws {
        let harness = try await RouteHarness()
        let project = harness.first.projectID.text
        try await harness.run { send in
            for (method, path, allowed) in [
                (HTTPRequest.Method.delete, "/v1/projects", "GET, HEAD, OPTIONS, POST"),
                (.get, harness.leads, "OPTIONS, POST"),
                (.put, "/v1/attempts/att_x", "GET, HEAD, OPTIONS"),
                (.patch, "/v1/projects/\(project)/forms/web", "DELETE, GET, HEAD, OPTIONS, PUT"),
                // A name beside a parameter is the address that it is.
                (.post, "/v1/projects/\(project)/seals/key", "GET, HEAD, OPTIONS"),
            ] {
                let answer = try await send(method, path)
                #expect(
                    answer.status == 405 && answer.code == "method_not_allowed", "\(method) \(path): \(answer.body)")
                #expect(answer.header("Allow") == allowed, "\(method) \(path)")
                let asked = try await send(.options, path)
                #expect(asked.status == 204 && asked.header("Allow") == allowed && asked.body.isEmpty)
            }
            let unknown = try await send(.delete, "/v1/nothing")
            #expect(unknown.status == 404 && unknown.header("Allow") == nil)
            #expect(try await send(.options, "/v1/projects/\(project)/nothing").status == 404)
        }
    }

    @Test func headIsGetWithoutItsContent() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            for path in ["/v1/projects", "/v1/attempts?project_id=\(harness.first.projectID)", "/v1/attempts/att_x"] {
                let got = try await send(.get, path)
                let head = try await send(.head, path)
                #expect(head.status == got.status && head.bytes.isEmpty, "\(path)")
                #expect(head.header("Content-Type") == got.header("Content-Type"))
                #expect(head.header("X-Request-Id") != nil)
            }
            let path = "/v1/projects"
            let length = try await send(.get, path).bytes.count
            #expect(try await send(.head, path).header("Content-Length") == String(length))
            let job = try #require(
                try await send(
                    .post, "/v1/exports",
                    #"{"project_id":"\#(harness.first.projectID)","of":"attempts","format":"csv"}"#
                ).text("job_id"))
            let events = try await send(.head, "/v1/jobs/\(job)/events?project_id=\(harness.first.projectID)")
            #expect(events.status == 200 && events.header("Content-Type") == "text/event-stream")
        }
    }
}
