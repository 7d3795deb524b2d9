import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import SystemPorts
import Testing

private let csv = ["Content-Type": "text/csv; charset=utf-8"]

@Suite struct BatchCSVTests {
    @Test func eachRowIsDecidedAloneAndNamedByItsLine() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let file = [
                "\u{FEFF}email,state,loan_amount,note", "a1@example.com,CA,100,\"two\r\nlines\"", "a2@example.com,CA",
                "a3@example.com,California,100,x", "a4@example.com,ny,\"1\"2,x", "a5@example.com,NY,300,=1+1",
            ].joined(separator: "\r\n")
            let path = harness.leads + "/batch?source=partner&consent=true"
            let headers = csv.merging(["Idempotency-Key": "file-1"]) { $1 }
            let answer = try await send(.post, path, file, headers: headers)
            #expect(answer.status == 200, "\(answer.body)")
            let results = answer.list("results")
            #expect(
                results.map { $0["code"] as? String } == [
                    nil, "csv_row_invalid", "state_invalid", "csv_row_invalid", nil,
                ])
            #expect(results.map { $0["line"] as? Int } == [2, 4, 5, 6, 7])
            #expect(results.allSatisfy { $0["attempt_id"] is String })
            #expect(answer.json["accepted"] as? Int == 2)
            let again = try await send(.post, path, file, headers: headers)
            #expect(again.list("results").allSatisfy { $0["replayed"] as? Bool == true })
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 20)
        #expect(attempts.count == 5)
        #expect(attempts.count(where: { $0.leadID != nil }) == 2)
    }

    @Test func columnsAreMappedSkippedAndGivenDefaults() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let file = "Mail: work,Amount k,consent,secret,source\na@b.co,250,yes,s3cret,\n"
            let map = "map=Mail%253A%20work:email,Amount%20k*1000:loan_amount&skip=secret&channel=paid_search"
            let answer = try await send(.post, harness.leads + "/batch?\(map)", file, headers: csv)
            let lead = try #require(answer.list("results").first?["lead_id"] as? String, "\(answer.body)")
            let timeline = try await send(
                .get, "/v1/leads/\(lead)/timeline?project_id=\(harness.first.projectID)")
            let stored = timeline.object("lead")
            #expect(stored["source"] as? String == "bulk_import")
            #expect(stored["channel"] as? String == "paid_search")
            let fields = try #require(stored["fields"] as? [String: Any])
            #expect(fields["loan_amount"] as? Int == 250_000)
            #expect(fields["secret"] == nil && fields.count == 1)
        }
    }

    @Test(arguments: [1, 249, 250, 251, 254, 255]) func theKeyOfABatchMayBeAsLongAsAnyKey(_ length: Int) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let rows = (0..<12).map { "a\($0)@example.com" }
            let headers = csv.merging(["Idempotency-Key": String(repeating: "k", count: length)]) { $1 }
            let path = harness.leads + "/batch?consent=true"
            let file = (["email"] + rows).joined(separator: "\n")
            let one = try await send(.post, path, file, headers: headers)
            #expect(one.json["accepted"] as? Int == 12, "\(one.body.prefix(500))")
            let again = try await send(.post, path, file, headers: headers)
            #expect(again.list("results").allSatisfy { $0["replayed"] as? Bool == true })
            // Another key is another batch, however long what they have in common.
            var other = headers
            other["Idempotency-Key"] = String(repeating: "k", count: length - 1) + "l"
            let fresh = try await send(.post, path, file, headers: other)
            #expect(fresh.list("results").allSatisfy { $0["replayed"] as? Bool == false })
        }
    }

    @Test(arguments: ["a b", "", String(repeating: "k", count: 256)]) func aBatchWhoseKeyIsNoneIsRefusedWhole(
        _ key: String
    ) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let headers = csv.merging(["Idempotency-Key": key]) { $1 }
            let answer = try await send(
                .post, harness.leads + "/batch?consent=true", "email\na@b.co\nb@b.co\n", headers: headers)
            #expect(answer.status == 400 && answer.code == "idempotency_key_invalid", "\(answer.body)")
            #expect(answer.text("detail")?.contains("255") == true && answer.text("attempt_id") != nil)
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.map(\.failureCode) == ["idempotency_key_invalid"])
    }

    @Test func theAdviceForAFileWithoutUsersWorks() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let file = "E: mail,state\nx1,CA\n"
            let path = harness.leads + "/batch?consent=true"
            let refused = try await send(.post, path, file, headers: csv)
            let detail = try #require(refused.text("detail"))
            #expect(detail.contains("for example map=@row-{E%3A mail}:external_id."), "\(detail)")
            let followed = "&map=%40row-%7BE%253A%20mail%7D:external_id"
            let answer = try await send(.post, path + followed, file, headers: csv)
            #expect(answer.json["accepted"] as? Int == 1, "\(answer.body)")
        }
    }

    @Test(arguments: [
        ("", "body_empty"), ("email\n", "body_empty"), ("email,email\na@b.co,x\n", "csv_header_invalid"),
        ("email,\na@b.co,x\n", "csv_header_invalid"), ("state\nCA\n", "csv_header_invalid"),
        ("user.emial\nx\n", "csv_header_invalid"), ("\"email\nx", "csv_header_invalid"),
    ])
    func aFileWithoutAUsableHeaderIsRefusedWhole(_ file: String, _ code: String) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let answer = try await send(.post, harness.leads + "/batch", file, headers: csv)
            #expect(answer.code == code, "\(answer.body)")
            #expect(answer.text("attempt_id") != nil)
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.map(\.failureCode) == [code])
        #expect(attempts.allSatisfy { $0.source == "unknown" && $0.leadID == nil && $0.failureMessage != nil })
    }

    @Test(arguments: [
        "map=email", "map=nope:email", "map=email:user.emial", "map=email:email,email:email", "skip=nope",
        "consent=maybe", "source=a%20b", "colour=red",
    ])
    func wrongParametersAreNamed(_ query: String) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let answer = try await send(.post, harness.leads + "/batch?\(query)", "email\na@b.co\n", headers: csv)
            #expect(answer.status == 400 && answer.text("attempt_id") != nil, "\(answer.body)")
        }
    }
}
