import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry
import Testing

/// Every kind of submission leaves exactly one attempt that explains it.
@Suite struct OutcomeTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var body: String
        var code: ErrorCode
        var pointer: String?
        var testDescription: String { "\(code.rawValue) \(pointer ?? "")" }
        init(_ code: ErrorCode, _ pointer: String?, _ body: String) {
            self.body = body
            self.code = code
            self.pointer = pointer
        }
    }

    /// The fields of an otherwise good submission.
    static func fields(_ fields: String) -> String {
        #"{"user":{"email":"a@b.co"},"source":"web_form","consent":true,"fields":\#(fields)}"#
    }
    static func user(_ user: String) -> String { #"{"user":\#(user),"source":"web_form","consent":true}"# }

    static let refused: [Refused] = [
        Refused(.bodyNotJSON, nil, #"{"user":"#),
        Refused(.bodyNotJSON, nil, "[1]"),
        Refused(.bodyNotJSON, nil, String(repeating: "[", count: 200)),
        Refused(.bodyEmpty, nil, ""),
        Refused(.bodyTooLarge, nil, #"{"x":""# + String(repeating: "x", count: 70_000) + #""}"#),
        Refused(.userUnknown, nil, #"{"source":"web_form","consent":true}"#),
        Refused(.userUnknown, nil, user(#"{"name":"Ada"}"#)),
        Refused(.emailInvalid, "/user/email", user(#"{"email":"ada.example.com"}"#)),
        Refused(.emailInvalid, "/user/email", user(#"{"email":"ada@localhost"}"#)),
        Refused(.phoneInvalid, "/user/phone", user(#"{"phone":"+12"}"#)),
        Refused(.phoneInvalid, "/user/phone", user(#"{"phone":"call me"}"#)),
        Refused(.phoneCountryMissing, "/user/phone", user(#"{"phone":"(212) 555-0123"}"#)),
        Refused(
            .fieldTooLong, "/user/name", user(#"{"email":"a@b.co","name":"\#(String(repeating: "n", count: 201))"}"#)),
        Refused(.fieldType, "/user/email", user(#"{"email":7}"#)),
        Refused(.fieldUnknown, "/user/e~1mail", user(#"{"email":"a@b.co","e/mail":"x"}"#)),
        Refused(.fieldDuplicate, "/user/email", user(#"{"email":"a@b.co","email":"c@d.co"}"#)),
        Refused(.fieldMissing, "/source", #"{"user":{"email":"a@b.co"},"consent":true}"#),
        Refused(.fieldPattern, "/source", #"{"user":{"email":"a@b.co"},"source":"web form","consent":true}"#),
        Refused(.fieldUnknown, "/sauce", #"{"user":{"email":"a@b.co"},"source":"web","consent":true,"sauce":1}"#),
        Refused(.consentMissing, "/consent", #"{"user":{"email":"a@b.co"},"source":"web_form"}"#),
        Refused(.consentMissing, "/consent", #"{"user":{"email":"a@b.co"},"source":"web_form","consent":false}"#),
        Refused(.fieldType, "/consent", #"{"user":{"email":"a@b.co"},"source":"web_form","consent":"true"}"#),
        Refused(.stateInvalid, "/fields/state", fields(#"{"state":"ZZ"}"#)),
        Refused(.fieldRange, "/fields/loan_amount", fields(#"{"loan_amount":0}"#)),
        Refused(.fieldRange, "/fields/loan_amount", fields(#"{"loan_amount":100000001}"#)),
        Refused(.fieldType, "/fields/loan_amount", fields(#"{"loan_amount":"300000"}"#)),
        Refused(.fieldRange, "/fields/annual_income", fields(#"{"annual_income":-1}"#)),
        Refused(.fieldRange, "/fields/term_months", fields(#"{"term_months":11}"#)),
        Refused(.fieldType, "/fields/credit_score", fields(#"{"credit_score":700.5}"#)),
        Refused(.fieldRange, "/fields/credit_score", fields(#"{"credit_score":851}"#)),
        Refused(.fieldValue, "/fields/meets_guidelines", fields(#"{"meets_guidelines":2}"#)),
        Refused(.fieldType, "/fields/note", fields(#"{"note":{"a":1}}"#)),
        Refused(.fieldTooLong, "/fields/note", fields(#"{"note":"\#(String(repeating: "n", count: 2001))"}"#)),
        Refused(.fieldTooMany, "/fields", fields("{" + (0..<65).map { #""f\#($0)":1"# }.joined(separator: ",") + "}")),
        Refused(
            .fieldRange, "/retry/attempt",
            #"{"user":{"email":"a@b.co"},"source":"w","consent":true,"retry":{"attempt":0}}"#),
    ]

    @Test(arguments: refused) func refusedSubmissionIsOneLoggedAttempt(_ refused: Refused) async throws {
        let harness = try SubmissionHarness()
        let problem = try #require(await harness.submit(refused.body).problem)
        #expect(problem.code == refused.code)
        let attempts = try await harness.attempts()
        #expect(attempts.count == 1)
        let attempt = try #require(attempts.first)
        #expect(attempt.attemptID == problem.attemptID)
        #expect(attempt.outcome == .failure)
        #expect(attempt.failureCode == refused.code.rawValue)
        #expect(attempt.failureCategory == refused.code.category)
        #expect(attempt.failureMessage?.isEmpty == false)
        #expect(attempt.leadID == nil)
        #expect(try harness.count("leads") == 0)
        #expect(try harness.count("outbox") == 1)
        let context = try object(attempt.context)
        if let pointer = refused.pointer {
            #expect(problem.fields.first?.pointer == pointer)
            let errors = try #require(context["errors"] as? [[String: Any]])
            #expect(errors.first?["pointer"] as? String == pointer)
            #expect(errors.first?["code"] as? String == refused.code.rawValue)
        }
        if refused.code.category == .malformed { #expect(attempt.source == "unknown") }
    }

    /// Every set of members beside the user: what is left out is never read as a value.
    @Test func membersMayBeLeftOut() async throws {
        let harness = try SubmissionHarness()
        let members = [
            #""source":"web_form""#, #""consent":true"#, #""channel":"organic""#, #""fields":{"state":"CA"}"#,
            #""session_id":"ses-1""#, #""retry":{"attempt":1}"#,
        ]
        for set in 0..<(1 << members.count) {
            let sent = members.indices.filter { set >> $0 & 1 == 1 }
            let body = "{" + ([#""user":{"email":"a@b.co"}"#] + sent.map { members[$0] }).joined(separator: ",") + "}"
            let missing = [(0, "/source"), (1, "/consent")].filter { !sent.contains($0.0) }.map(\.1)
            let answer = await harness.submit(body)
            #expect(answer.problem?.fields.map(\.pointer) ?? [] == missing, "\(body)")
        }
    }

    @Test func unreadableBodyIsLoggedAsTheEdgeSaysIt() async throws {
        let harness = try SubmissionHarness()
        let answer = await harness.service.submit(
            SubmissionRequest(
                project: harness.project,
                body: .unreadable(Problem(.mediaTypeUnsupported, "Send application/json."))))
        #expect(answer.problem?.code == .mediaTypeUnsupported)
        let attempt = try #require(try await harness.attempts().first)
        #expect(attempt.failureCategory == .malformed)
        #expect(attempt.source == "unknown")
    }

    @Test func acceptedSubmissionCreatesOneLead() async throws {
        let harness = try SubmissionHarness()
        let facts = RequestFacts(
            address: "203.0.113.9", userAgent: "Mozilla/5.0 Chrome/130.0 Safari/537.36", correlationID: "req-1",
            submitter: "key_1")
        let receipt = try #require(await harness.submit(validBody(), facts: facts).receipt)
        let attempt = try #require(try await harness.ledger.attempt(receipt.attemptID, project: harness.project.id))
        #expect(attempt.outcome == .success)
        #expect(attempt.sequence == 1)
        #expect(receipt.sequence == 1)
        #expect(attempt.leadID == receipt.leadID)
        #expect(attempt.logicalDate == LogicalDate("2026-03-10"))
        let lead = try #require(try await harness.ledger.lead(receipt.leadID, project: harness.project.id))
        #expect(lead.attemptID == receipt.attemptID)
        #expect(lead.fields == #"{"loan_amount":300000,"state":"CA","term_months":360}"#)
        let request = try #require(try object(attempt.context)["request"] as? [String: Any])
        #expect(request["user_agent"] as? String == "Chrome")
        #expect(request["correlation_id"] as? String == "req-1")
        #expect((request["address_hash"] as? String)?.count == 16)
        #expect(!attempt.context.contains("203.0.113.9"))
        #expect(!attempt.context.contains("ada@example.com"))
    }

    @Test func acceptedSubmissionBecomesAFunnelEvent() async throws {
        let harness = try SubmissionHarness()
        let receipt = try #require(await harness.submit(validBody()).receipt)
        _ = await harness.submit(validBody("broken"))
        let entries = try await harness.ledger.pending(after: 0, limit: 10)
        #expect(entries.count == 2)
        let event = try object(String(decoding: entries[0].event.event, as: UTF8.self))
        #expect(event["event_id"] as? String == receipt.attemptID)
        #expect(event["type"] as? String == "lead.submission")
        #expect(event["time"] as? String == receipt.receivedAt.rfc3339())
        #expect(event["lead_id"] as? String == receipt.leadID)
        #expect(event["session_id"] as? String == "ses-1")
        #expect(event["outcome"] as? String == "success")
        #expect(event["error"] == nil)
        let funnel = try #require(event["funnel"] as? [String: Any])
        #expect(funnel["step"] as? String == "accepted")
        #expect(funnel["position"] as? Int == 8)
        let failed = try object(String(decoding: entries[1].event.event, as: UTF8.self))
        #expect((failed["funnel"] as? [String: Any])?["step"] as? String == "submitted")
        let error = try #require(failed["error"] as? [String: Any])
        #expect(error["code"] as? String == "email_invalid")
        #expect(error["category"] as? String == "validation")
    }

    @Test func allBadFieldsAreNamedAtOnce() async throws {
        let harness = try SubmissionHarness()
        let problem = await harness.submit(
            #"{"user":{"email":"x"},"source":"w","consent":false,"fields":{"state":"??","loan_amount":-1}}"#
        ).problem
        #expect(
            Set(problem?.fields.map(\.pointer) ?? []) == [
                "/user/email", "/consent", "/fields/state", "/fields/loan_amount",
            ])
    }

    @Test func samePersonIsOneUserWhateverTheSpelling() async throws {
        let harness = try SubmissionHarness()
        let first = await harness.submit(#"{"user":{"email":"Ada@Example.com"},"source":"w","consent":true}"#).receipt
        let second = await harness.submit(#"{"user":{"email":" ada@example.com "},"source":"x","consent":true}"#)
            .receipt
        let third = await harness.submit(
            #"{"user":{"email":"ada@example.com","phone":"+1 (212) 555-0123"},"source":"y","consent":true}"#
        ).receipt
        #expect(first != nil && first?.userID == second?.userID && second?.userID == third?.userID)
        #expect(try harness.count("users") == 1)
    }

    @Test func submissionsOfOtherProjectsAreInvisible() async throws {
        let harness = try SubmissionHarness()
        let other = SubmissionHarness.project("prj_two")
        let receipt = try #require(await harness.submit(validBody()).receipt)
        let twin = try #require(await harness.submit(validBody(), project: other).receipt)
        #expect(twin.userID != receipt.userID)
        #expect(twin.sequence == 1)
        #expect(try await harness.ledger.attempt(receipt.attemptID, project: other.id) == nil)
        #expect(try await harness.ledger.lead(receipt.leadID, project: other.id) == nil)
        #expect(try await harness.ledger.attempts(ofUser: receipt.userID, project: other.id, limit: 10).isEmpty)
    }
}
