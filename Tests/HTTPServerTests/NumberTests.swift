import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import Testing

/// Numbers on every way in for leads.
@Suite struct NumberTests {
    private static let huge = "123456789012345678901234567890"

    private func errors(_ answer: RouteHarness.Answer) -> [String] {
        answer.list("errors").map { "\($0["pointer"] ?? "") \($0["code"] ?? "")" }
    }

    @Test func aNumberWithoutAPlaceIsOneWrongFieldOfAReadSubmission() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            func body(_ fields: String, consent: String = "true") -> String {
                #"{"user":{"email":"ada@example.com"},"source":"web_form","consent":\#(consent),"fields":{\#(fields)}}"#
            }
            let one = try await send(.post, harness.leads, body(#""x":\#(Self.huge),"state":"CA""#))
            #expect(one.status == 422 && errors(one) == ["/fields/x field_range"], "\(one.body)")
            #expect(
                one.text("detail")?.contains(Self.huge) == true && one.text("detail")?.contains("as a text") == true)
            let many = try await send(
                .post, harness.leads, body(#""loan_amount":1e999,"state":"XX","y":-\#(Self.huge)"#, consent: Self.huge))
            #expect(
                errors(many) == [
                    "/fields/state state_invalid", "/consent field_range", "/fields/loan_amount field_range",
                    "/fields/y field_range",
                ], "\(many.body)")
            let hundred = (0..<100).map { "\"f\($0)\":1e999" }.joined(separator: ",")
            #expect(try await send(.post, harness.leads, body(hundred)).code == "field_range")
            #expect(try await send(.post, harness.leads, body(#""x":01"#)).code == "body_not_json")
            #expect(try await send(.post, harness.leads, body(#""x":"\#(Self.huge)""#)).status == 201)
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        // The rest of the submission was read: the attempt knows whose it is and where it came from.
        #expect(attempts.prefix(2).allSatisfy { $0.userID != nil && $0.source == "web_form" && $0.leadID == nil })
        #expect(attempts[0].context.contains(#""accepted":{"state":"#) && !attempts[0].context.contains(#""x":"9"#))
    }

    @Test func cellsOfKnownNumbersAreReadFromTheirTexts() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let file = """
                email,loan_amount,account,term_months
                a1@example.com, 320000 ,\(Self.huge),360
                a2@example.com,1e999,7,360
                a3@example.com,\(Self.huge),7,360
                a4@example.com,\"320,000\",7,360
                a5@example.com,320000.50,007,12.5
                a6@example.com,3.2e5,true,
                """
            let answer = try await send(
                .post, harness.leads + "/batch?consent=true", file, headers: ["Content-Type": "text/csv"])
            let found = answer.list("results").map { row in
                let errors = row["errors"] as? [[String: Any]] ?? []
                return errors.map { "\($0["pointer"] ?? "") \($0["code"] ?? "")" }.joined(separator: " ")
            }
            #expect(
                found == [
                    "", "/fields/loan_amount field_type", "/fields/loan_amount field_range",
                    "/fields/loan_amount field_type",
                    "/fields/term_months field_type", "",
                ], "\(answer.body)")
            let product = try await send(
                .post, harness.leads + "/batch?consent=true&source=k&map=k*1000:loan_amount",
                "email,k\na@example.com, 250 \n",
                headers: ["Content-Type": "text/csv"])
            #expect(product.json["accepted"] as? Int == 1, "\(product.body)")
        }
        let attempts = try await harness.ledger.attempts(project: harness.first.projectID, afterSequence: 0, limit: 10)
        // Rows of a batch are decided side by side, so in any order.
        var fields: Set<String> = []
        for id in attempts.compactMap(\.leadID) {
            fields.insert(try await harness.ledger.lead(id, project: harness.first.projectID)?.fields ?? "")
        }
        #expect(
            fields == [
                #"{"account":"\#(Self.huge)","loan_amount":320000,"term_months":360}"#,
                #"{"account":"true","loan_amount":320000}"#,
                #"{"loan_amount":250000}"#,
            ])
    }

    @Test func aFormsNumbersMayHaveSpacesAround() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let path = harness.leads + "/form/web"
            _ = try await send(
                .put, "/v1/projects/\(harness.first.projectID)/forms/web", #"{"is_enabled":true}"#)
            let headers = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"]
            let good = try await send(
                .post, path, "email=a%40example.com&consent=on&fields.loan_amount=+320000+", token: "", headers: headers
            )
            #expect(good.status == 201, "\(good.body)")
            for number in ["1e999", "320,000", "0x10", ""] {
                let answer = try await send(
                    .post, path, "email=b%40example.com&consent=on&loan_amount=\(number)", token: "", headers: headers)
                #expect(number.isEmpty ? answer.status == 201 : errors(answer) == ["/fields/loan_amount field_type"])
            }
        }
    }
}
