import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Testing

@Suite struct AcceptContractTests {
    /// Addresses and their contracts, `{P}` and `{A}` for the project and an attempt.
    private static let routes: [(path: String, contract: String)] = [
        ("/v1/attempts?project_id={P}", "attempts"), ("/v1/attempts/{A}?project_id={P}", "attempt"),
        ("/v1/jobs?project_id={P}", "jobs"), ("/v1/exports?project_id={P}", "exports"),
        ("/v1/analytics/trends?project_id={P}", "trends"), ("/v1/projects/{P}/days", "days"),
        ("/v1/projects/{P}/days/2026-03-10", "day"),
        ("/v1/projects/{P}/days/2026-03-10/report/versions", "report_versions"),
        ("/v1/projects/{P}/seals", "seals"), ("/v1/projects/{P}/schemas", "field_schemas"),
        ("/v1/projects/{P}/schemas/web", "field_schema"), ("/v1/projects/{P}/limits", "submission_limits"),
        ("/v1/projects/{P}/forms", "forms"), ("/v1/projects/{P}/webhooks", "webhooks"),
    ]

    @Test(arguments: routes.indices) func everyAnswerOfAContractMindsTheHeader(_ index: Int) async throws {
        let harness = try await RouteHarness()
        let (template, contract) = Self.routes[index]
        try await harness.run { send in
            let attempt = try #require(try await send(.post, harness.leads, lead()).text("attempt_id"))
            let path = template.replacing("{P}", with: harness.first.projectID.text).replacing("{A}", with: attempt)
            for header in [
                "\(contract);v=1", contract, "*", "\(contract); v=1", "\(contract);v=2, \(contract);v=1", " ",
            ] {
                let answer = try await send(.get, path, headers: ["Accept-Contract": header])
                #expect(answer.status == 200, "\(path) \(header): \(answer.body)")
                #expect(answer.object("contract")["name"] as? String == contract, "\(path)")
            }
            for header in ["\(contract);v=2", "cost;v=1", "\(contract);v=1;x", "nonsense"] {
                let answer = try await send(.get, path, headers: ["Accept-Contract": header])
                #expect(answer.status == 406 && answer.code == "contract_version_unsupported", "\(path) \(header)")
                let served = answer.list("contracts").first
                #expect(served?["name"] as? String == contract && served?["versions"] as? [Int] == [1])
            }
        }
    }

    @Test func nothingIsDoneForAContractThatIsNotServed() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let limits = "/v1/projects/\(harness.first.projectID)/limits"
            let rules = #"{"rules":[{"applies_to":"source","algorithm":"token_bucket","limit":5,"window_seconds":60}]}"#
            let wrong = try await send(.put, limits, rules, headers: ["Accept-Contract": "submission_limits;v=2"])
            #expect(wrong.status == 406)
            #expect(try await send(.get, limits).json["version"] as? Int == 0)
        }
    }
}
