import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import SystemPorts
import Testing

@Suite struct LeadRoutesTests {
    @Test func aLeadIsCreatedAndAProblemNamesItsAttempt() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let created = try await send(.post, harness.leads, lead())
            #expect(created.status == 201)
            #expect(created.text("lead_id")?.hasPrefix("led_") == true)
            #expect(created.json["sequence"] as? Int == 1)
            #expect(created.text("received_at") == "2026-03-10T15:00:00.000Z")
            let refused = try await send(.post, harness.leads, lead("broken"))
            #expect(refused.status == 422)
            #expect(refused.code == "email_invalid")
            #expect(refused.header("Content-Type") == "application/problem+json")
            #expect(refused.list("errors").first?["pointer"] as? String == "/user/email")
            let attempt = try #require(refused.text("attempt_id"))
            let detail = try await send(.get, "/v1/attempts/\(attempt)?project_id=\(harness.first.projectID)")
            #expect(detail.object("attempt")["failure_code"] as? String == "email_invalid")
            #expect(detail.object("attempt")["context"] is [String: Any])
            #expect((detail.object("attempt")["hash"] as? String)?.count == 64)
            #expect((detail.object("neighbours")["previous"] as? [Any])?.count == 1)
            #expect(detail.json["lead"] is NSNull)
        }
    }

    @Test func whatTheEdgeCannotReadIsLoggedToo() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let typed = try await send(.post, harness.leads, "a=b", headers: ["Content-Type": "text/plain"])
            #expect(typed.status == 415 && typed.text("attempt_id") != nil)
            let packed = try await send(.post, harness.leads, lead(), headers: ["Content-Encoding": "gzip"])
            #expect(packed.code == "encoding_unsupported" && packed.text("attempt_id") != nil)
            let large = try await send(.post, harness.leads, String(repeating: "x", count: 70_000))
            #expect(large.status == 413 && large.text("attempt_id") != nil)
            let unnamed = try await send(.post, harness.leads, #"{"source":"w","consent":true}"#)
            #expect(unnamed.status == 401 && unnamed.code == "user_unknown" && unnamed.text("attempt_id") != nil)
            let page = try await send(.get, "/v1/attempts?project_id=\(harness.first.projectID)")
            #expect(page.json["total"] as? Int == 4)
        }
    }

    @Test func aReplaySaysSoWhateverItsResult() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            for body in [lead(), lead("broken")] {
                let headers = ["Idempotency-Key": "key-\(body.count)"]
                let one = try await send(.post, harness.leads, body, headers: headers)
                let two = try await send(.post, harness.leads, body, headers: headers)
                #expect(one.status == two.status)
                #expect(one.text("attempt_id") == two.text("attempt_id"))
                #expect(one.header("Idempotency-Replayed") == nil)
                #expect(two.header("Idempotency-Replayed") == "true")
            }
            let other = try await send(
                .post, harness.leads, lead(amount: 5), headers: ["Idempotency-Key": "key-\(lead().count)"])
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
        }
    }

    @Test func onlyAnAdminInDevAssumesAReceiptTime() async throws {
        let past = ["Daybook-Received-At": "2026-02-01T00:00:00Z"]
        let dev = try await RouteHarness()
        try await dev.run { send in
            let created = try await send(.post, dev.leads, lead(), headers: past)
            #expect(created.text("received_at") == "2026-02-01T00:00:00.000Z")
            for bad in ["2026-03-10T15:00:01Z", "2024-01-01T00:00:00Z", "yesterday"] {
                let refused = try await send(.post, dev.leads, lead(), headers: ["Daybook-Received-At": bad])
                #expect(refused.code == "parameter_invalid", "\(bad)")
            }
            let keys = "/v1/projects/\(dev.first.projectID)/keys"
            let writer = try await send(.post, keys, #"{"name":"writer","scopes":["ingest"]}"#)
            let token = try #require(writer.text("api_key"))
            #expect(
                try await send(.post, dev.leads, lead("b@b.co"), token: token, headers: past).code == "scope_missing")
            #expect(try await send(.post, dev.leads, lead("b@b.co"), token: token).status == 201)
            #expect(try await send(.get, "/v1/attempts?project_id=\(dev.first.projectID)", token: token).status == 403)
        }
        let prod = try await RouteHarness(environment: "prod")
        try await prod.run { send in
            let refused = try await send(.post, prod.leads, lead(), headers: past)
            #expect(refused.code == "scope_missing")
        }
    }

    @Test func aBatchAnswersEachLine() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let body = [lead(), "{", lead("c@c.co"), "", lead("broken")].joined(separator: "\n")
            let headers = ["Content-Type": "application/x-ndjson", "Idempotency-Key": "batch-1"]
            let answer = try await send(.post, harness.leads + "/batch", body, headers: headers)
            #expect(answer.status == 200)
            #expect(answer.json["received"] as? Int == 4)
            #expect(answer.json["accepted"] as? Int == 2)
            let results = answer.list("results")
            #expect(results.map { $0["code"] as? String } == [nil, "body_not_json", nil, "email_invalid"])
            #expect(results.allSatisfy { $0["attempt_id"] is String })
            let again = try await send(.post, harness.leads + "/batch", body, headers: headers)
            #expect(again.list("results").allSatisfy { $0["replayed"] as? Bool == true })
            #expect(try await harness.ledger.tip(of: harness.first.projectID)?.sequence == 4)
        }
    }

    @Test func aBatchSaysWhatTheTightestSubjectHasLeft() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let people = ["a@b.co", "b@b.co", "a@b.co", "a@b.co", "c@c.co"]
            let body = people.enumerated().map { lead($1, amount: 1000 + $0) }.joined(separator: "\n")
            let headers = ["Content-Type": "application/x-ndjson", "Idempotency-Key": "batch-1"]
            let answer = try await send(.post, harness.leads + "/batch", body, headers: headers)
            #expect(answer.json["accepted"] as? Int == 5)
            let policy = try #require(answer.header("RateLimit-Policy"))
            #expect(policy.hasSuffix(";q=10;w=60") && !policy.contains(","), "one entry for the one rule: \(policy)")
            #expect(try #require(answer.header("RateLimit")).hasSuffix(";r=7;t=18"))
            let again = try await send(.post, harness.leads + "/batch", body, headers: headers)
            #expect(again.header("RateLimit") == nil, "a repeated answer asks no limit")
        }
    }

    @Test func aBatchThatCannotBeReadIsOneFailedAttempt() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = harness.leads + "/batch"
            let ndjson = ["Content-Type": "application/x-ndjson", "Idempotency-Key": "batch-1"]
            for (body, headers, status, code) in [
                (lead(), ["Content-Type": "application/json"], 415, "media_type_unsupported"),
                (lead(), ndjson.merging(["Content-Encoding": "br"]) { $1 }, 415, "encoding_unsupported"),
                (lead(), ndjson.merging(["Content-Encoding": "gzip"]) { $1 }, 400, "body_encoding_invalid"),
                (String(repeating: " ", count: 10 * 1024 * 1024 + 1), ndjson, 413, "body_too_large"),
                (String(repeating: "{}\n", count: 10_001), ndjson, 413, "batch_too_many_items"),
                ("\n\n", ndjson, 400, "body_empty"),
            ] {
                let refused = try await send(.post, path, body, headers: headers)
                #expect(refused.status == status && refused.code == code, "\(refused.body)")
                #expect(refused.text("attempt_id") != nil, "\(code)")
            }
            let corrected = try await send(.post, path, lead(), headers: ndjson)
            #expect(corrected.json["accepted"] as? Int == 1, "the key is free for what can be read")
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 20)
        #expect(
            attempts.map(\.failureCode) == [
                "media_type_unsupported", "encoding_unsupported", "body_encoding_invalid", "body_too_large",
                "batch_too_many_items", "body_empty", nil,
            ])
        #expect(attempts.dropLast().allSatisfy { $0.failureMessage?.isEmpty == false && $0.idempotencyKey == nil })
    }

    @Test func pagesFollowASignedCursor() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            for n in 0..<25 { _ = try await send(.post, harness.leads, lead("u\(n)@b.co")) }
            let path = "/v1/attempts?project_id=\(harness.first.projectID)&outcome=success&limit=10"
            var seen: [Int] = []
            var cursor = ""
            repeat {
                let page = try await send(.get, path + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
                #expect(page.status == 200)
                #expect(page.object("contract")["name"] as? String == "attempts")
                seen += page.list("attempts").compactMap { $0["sequence"] as? Int }
                cursor = page.object("page")["next_cursor"] as? String ?? ""
                #expect(page.object("page")["has_more"] as? Bool == !cursor.isEmpty)
            } while !cursor.isEmpty
            #expect(seen == Array((1...25).reversed()))
            let first = try await send(.get, path)
            let good = try #require(first.object("page")["next_cursor"] as? String)
            for bad in ["x", "\(good)A", String(good.dropLast()) + "!", String(good.reversed())] {
                #expect(try await send(.get, path + "&cursor=\(bad)").code == "cursor_invalid", "\(bad)")
            }
            #expect(try await send(.get, path + "&source=web_form&cursor=\(good)").code == "cursor_invalid")
        }
    }

    @Test(arguments: [
        ("limit=0", "parameter_invalid"), ("limit=1001", "parameter_invalid"), ("date=2026-02-30", "date_invalid"),
        ("from=yesterday", "parameter_invalid"), ("window=1y", "parameter_invalid"),
        ("colour=red", "parameter_unknown"),
        ("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "range_invalid"), ("outcome=maybe", "parameter_invalid"),
    ])
    func badParametersAreNamed(_ query: String, _ code: String) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let answer = try await send(.get, "/v1/attempts?project_id=\(harness.first.projectID)&\(query)")
            #expect(answer.code == code)
            #expect(answer.status == 400)
        }
    }

    @Test func theTimelineHasTheUsersAttemptsInOrder() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            _ = try await send(.post, harness.leads, #"{"user":{"email":"ada@example.com"},"source":"web_form"}"#)
            harness.clock.advance(by: .seconds(1))
            let created = try await send(.post, harness.leads, lead())
            _ = try await send(.post, harness.leads, lead("other@example.com"))
            let path =
                "/v1/leads/\(try #require(created.text("lead_id")))/timeline?project_id=\(harness.first.projectID)"
            let timeline = try await send(.get, path)
            #expect(timeline.object("lead")["lead_id"] as? String == created.text("lead_id"))
            #expect(timeline.list("items").count == 2)
            #expect(
                timeline.list("items").map { ($0["attempt"] as? [String: Any])?["outcome"] as? String } == [
                    "failure", "success",
                ])
            #expect(timeline.json["missing"] as? [String] == ["events"])
            #expect(
                try await send(.get, "/v1/leads/led_x/timeline?project_id=\(harness.first.projectID)").status == 404)
        }
    }

    @Test func wrongQuestionsAboutAttemptsAreNamed() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = "/v1/attempts?project_id=\(harness.first.projectID)"
            for (query, said) in [
                ("&limit=5&limit=6", "once"), ("&project_id=prj_other", "once"),
                ("&outcome=success&outcome=failure", "once"),
                ("&error_category=zzz", "rate_limited"),
            ] {
                let answer = try await send(.get, path + query)
                #expect(answer.code == "parameter_invalid" && answer.body.contains(said), "\(query): \(answer.body)")
            }
            let several = path + "&source=a&source=b&error_category=timeout&error_category=model"
            #expect(try await send(.get, several).status == 200)
        }
    }
}
