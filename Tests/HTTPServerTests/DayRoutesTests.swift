import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Hummingbird
import Ports
import SQLiteLedger
import SystemPorts
import Testing

/// The harness's project is in New York, created on 2026-03-10.
@Suite struct DayRoutesTests {
    @Test func aDayIsOpenThenClosedAndSealed() async throws {
        let harness = try await RouteHarness()
        let days = "/v1/projects/\(harness.first.projectID)/days"
        try await harness.run { send in
            _ = try await send(.post, harness.leads, lead())
            _ = try await send(.post, harness.leads, lead("broken"))
            let open = try await send(.get, "\(days)/2026-03-10")
            #expect(open.status == 200 && open.text("state") == "open" && open.json["seal"] is NSNull)
            let counts = open.object("snapshot")["attempts"] as? [String: Any]
            #expect(counts?["attempts"] as? Int == 2 && counts?["failure_share"] as? String == "0.5000")
            let fields = open.object("snapshot")["field_errors"] as? [[String: Any]]
            #expect(fields?.first?["pointer"] as? String == "/user/email")
            #expect(try await send(.post, "\(days)/2026-03-10/close").code == "day_not_over")

            harness.clock.advance(by: .seconds(86_400))
            let closed = try await send(.post, "\(days)/2026-03-10/close")
            #expect(closed.status == 200 && closed.text("state") == "closed")
            #expect((closed.object("seal")["merkle_root"] as? String)?.count == 64)
            #expect(closed.object("seal")["row_count"] as? Int == 2)
            let again = try await send(.post, "\(days)/2026-03-10/close")
            #expect(again.object("seal")["sealed_at"] as? String == closed.object("seal")["sealed_at"] as? String)
            _ = try await send(.get, "\(days)/2026-03-11")

            let list = try await send(.get, "\(days)?from=2026-03-01&to=2026-03-12&limit=10").list("days")
            #expect(list.map { $0["date"] as? String } == ["2026-03-11", "2026-03-10"])
            #expect(list[1]["state"] as? String == "closed" && list[1]["sealed"] as? Bool == true)
            #expect(list[1]["failure_share"] as? Double == 0.5 && list[0]["failure_share"] is NSNull)
            #expect(list[1]["snapshot_sha256"] as? String == closed.text("snapshot_sha256"))
            #expect(list[1]["report_status"] is NSNull)
            // The end of a range is not part of it.
            #expect(try await send(.get, "\(days)?from=2026-03-10&to=2026-03-11").list("days").count == 1)
        }
    }

    @Test func theReportIsWrittenOnceAndShown() async throws {
        let harness = try await RouteHarness()
        let day = "/v1/projects/\(harness.first.projectID)/days/2026-03-10"
        try await harness.run { send in
            _ = try await send(.post, harness.leads, lead())
            #expect(try await send(.get, "\(day)/report").code == "not_found")
            harness.clock.advance(by: .seconds(86_400))
            _ = try await send(.post, "\(day)/close")
            let written = try await send(.post, "\(day)/report?mode=sync")
            #expect(written.status == 201)
            let report = written.object("report")
            #expect(report["status"] as? String == "fallback" && report["version"] as? Int == 1)
            #expect((report["fallback"] as? [String: Any])?["hint"] as? String == "run: ollama pull llama3.1:8b")
            let sections = report["sections"] as? [String: Any]
            #expect((sections?["executive_summary"] as? String)?.contains("1 attempt to submit a lead") == true)
            #expect((sections?["system_behaviour"] as? [String])?.isEmpty == false)
            #expect(try await send(.post, "\(day)/report").status == 200)
            let second = try await send(.post, "\(day)/report?new_version=true")
            #expect(second.status == 201 && second.object("report")["version"] as? Int == 2)
            #expect(try await send(.get, "\(day)/report").object("report")["version"] as? Int == 2)
            let list = try await send(.get, "/v1/projects/\(harness.first.projectID)/days").list("days")
            let closed = list.first { $0["date"] as? String == "2026-03-10" }
            #expect(closed?["report_status"] as? String == "fallback")
        }
    }

    @Test func aRepeatedJobIsTheSameJob() async throws {
        let harness = try await RouteHarness()
        let day = "/v1/projects/\(harness.first.projectID)/days/2026-03-10"
        try await harness.run { send in
            _ = try await send(.post, harness.leads, lead())
            let key = ["Idempotency-Key": "k"]
            for path in ["\(day)/report?mode=async&new_version=true", "\(day)/verify"] {
                let one = try await send(.post, path, headers: key)
                #expect(one.status == 202 && one.header("Idempotency-Replayed") == nil, "\(one.body)")
                // The version that is there meanwhile is no part of what was asked.
                _ = try await send(.post, "\(day)/report?new_version=true")
                let again = try await send(.post, path, headers: key)
                #expect(again.status == 202 && again.text("job_id") == one.text("job_id"), "\(again.body)")
                #expect(again.header("Idempotency-Replayed") == "true")
                let other = try await send(.post, path, headers: ["Idempotency-Key": "another"])
                #expect(other.text("job_id") != one.text("job_id"), "a key has a job of its own")
                // Without a key, one at a time for a day.
                let plain = try await send(.post, path)
                #expect(try await send(.post, path).text("job_id") == plain.text("job_id"))
                #expect(plain.header("Idempotency-Replayed") == nil)
            }
            let other = try await send(.post, "\(day)/report?mode=async", headers: key)
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
            for path in ["\(day)/report", "\(day)/report?mode=async", "\(day)/verify"] {
                let wrong = try await send(.post, path, headers: ["Idempotency-Key": "a b"])
                #expect(wrong.status == 400 && wrong.code == "idempotency_key_invalid", "\(path)")
            }
        }
    }

    @Test func wrongQuestionsAreNamed() async throws {
        let harness = try await RouteHarness()
        let days = "/v1/projects/\(harness.first.projectID)/days"
        try await harness.run { send in
            for (method, path, code) in [
                (HTTPRequest.Method.get, "\(days)/2026-02-30", "date_invalid"),
                (.get, "\(days)/tomorrow", "date_invalid"),
                (.get, "\(days)/2026-03-11", "day_in_future"), (.get, "\(days)/1990-01-01", "not_found"),
                (.post, "\(days)/1990-01-01/close", "not_found"), (.post, "\(days)/2026-03-11/report", "day_in_future"),
                (.get, "\(days)?from=2026-13-01", "date_invalid"),
                (.get, "\(days)?from=2026-03-10&to=2026-03-10", "range_invalid"),
                (.get, "\(days)?limit=0", "parameter_invalid"), (.get, "\(days)?limit=many", "parameter_invalid"),
                (.get, "\(days)?page=2", "parameter_unknown"),
                (.post, "\(days)/2026-03-10/report?mode=later", "parameter_invalid"),
                (.post, "\(days)/2026-03-10/report?new_version=maybe", "parameter_invalid"),
                (.get, "/v1/projects/prj_other/days", "project_forbidden"),
            ] {
                let answer = try await send(method, path)
                #expect(answer.code == code, "\(path): \(String(describing: answer.code))")
            }
            #expect(try await send(.get, days, token: "").code == "credentials_missing")
            // A date far away leaves nothing behind; today is always there.
            #expect(try await send(.get, days).list("days").map { $0["date"] as? String } == ["2026-03-10"])
        }
    }

    @Test func theListHasEveryOpenDayWithAttempts() async throws {
        let harness = try await RouteHarness()
        let days = "/v1/projects/\(harness.first.projectID)/days"
        try await harness.run { send in
            for day in ["2026-02-01", "2026-03-05"] {
                let past = ["Daybook-Received-At": "\(day)T18:00:00Z"]
                #expect(try await send(.post, harness.leads, lead(), headers: past).status == 201)
            }
            func dates(_ query: String) async throws -> [String] {
                let answer = try await send(.get, days + query)
                #expect(answer.json["partial"] as? Bool == false)
                return answer.list("days").map { "\($0["date"] ?? "") \($0["state"] ?? "") \($0["attempts"] ?? "")" }
            }
            #expect(try await dates("?limit=2") == ["2026-03-10 open 0", "2026-03-05 open 1"])
            #expect(try await dates("?from=2026-01-01&to=2026-03-01") == ["2026-02-01 open 1"])
            #expect(
                try await dates("") == ["2026-03-10 open 0", "2026-03-05 open 1", "2026-02-01 open 1"])
            // Days of the same weekday are those of the four weeks before.
            harness.clock.advance(by: .seconds(86_400))
            #expect(try await send(.post, "\(days)/2026-03-10/close").status == 200)
            let compared = try await send(.get, "\(days)/2026-03-11").object("comparison")["same_weekday"]
            #expect((compared as? [String: Any])?["days"] as? Int == 4)
        }
    }
}
