import Accounts
import Crypto
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Testing

/// Signs as the Standard Webhooks specification says.
private func signature(_ secret: String, id: String, timestamp: String, body: String) -> String {
    let key = SymmetricKey(data: Data(base64Encoded: String(secret.dropFirst("whsec_".count)))!)
    let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(timestamp).\(body)".utf8), using: key)
    return "v1," + Data(code).base64EncodedString()
}

@Suite struct WebhookRoutesTests {
    private func secret(
        _ harness: RouteHarness, _ send: RouteHarness.Client, _ body: String? = nil
    ) async throws -> (id: String, text: String) {
        let answer = try await send(
            .post, "/v1/projects/\(harness.first.projectID)/webhooks/crm/secrets", body)
        #expect(answer.status == 201, "\(answer.body)")
        return (try #require(answer.text("secret_id")), try #require(answer.text("secret")))
    }

    private func post(
        _ harness: RouteHarness, _ send: RouteHarness.Client, _ body: String, _ secret: String, id: String = "msg_1",
        age: Int64 = 0, headers: [String: String] = [:], signatures: ((String) -> String)? = nil
    ) async throws -> RouteHarness.Answer {
        let timestamp = String(harness.clock.now.microseconds / 1_000_000 - age)
        let made = signature(secret, id: id, timestamp: timestamp, body: body)
        return try await send(
            .post, harness.leads + "/webhook/crm", body, token: "",
            headers: [
                "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures?(made) ?? made,
            ].merging(headers) { $1 })
    }

    private let body = #"{"user":{"email":"ada@example.com"},"consent":true}"#

    /// The example of the specification's reference libraries.
    @Test func signaturesAreThoseOfTheSpecification() {
        #expect(
            signature(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
                timestamp: "1614265330", body: #"{"test": 2432232314}"#)
                == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func aSignedSubmissionBecomesALeadOnce() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let (_, text) = try await secret(harness, send)
            let first = try await post(harness, send, body, text)
            #expect(first.status == 201 && first.text("lead_id") != nil)
            let replay = try await post(harness, send, body, text, age: 60)
            #expect(replay.status == 201 && replay.header("Idempotency-Replayed") == "true")
            #expect(replay.text("lead_id") == first.text("lead_id"))
            let other = try await post(
                harness, send, #"{"user":{"email":"b@example.com"},"consent":true}"#, text)
            #expect(other.code == "idempotency_key_reused")
            let envelope =
                #"{"type":"lead.created","timestamp":"2026-03-10T15:00:00Z","data":{"user":{"email":"c@example.com"},"consent":true,"source":"crm"}}"#
            #expect(try await post(harness, send, envelope, text, id: "msg_2").status == 201)
            let named = try await post(
                harness, send, #"{"user":{"email":"d@example.com"},"consent":true,"source":"web"}"#, text, id: "msg_3")
            #expect(named.code == "field_value")
            let many = try await post(harness, send, body, text, id: "msg_4") { "v1,AAAA v1a,xyz \($0)" }
            #expect(many.code == "duplicate_lead")
            let listed = try await send(.get, "/v1/projects/\(harness.first.projectID)/webhooks")
            let secrets = listed.list("webhooks").first?["secrets"] as? [[String: Any]]
            #expect(secrets?.first?["last_used_at"] is String)
            #expect(!listed.body.contains(text))
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.count(where: { $0.leadID != nil }) == 2)
        #expect(attempts.allSatisfy { $0.source == "crm" })
    }

    @Test func aSignedWebhookIsToldWhatTheLimitsHaveLeft() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let (_, text) = try await secret(harness, send)
            func submit(_ number: Int) async throws -> RouteHarness.Answer {
                try await post(
                    harness, send,
                    #"{"user":{"email":"ada@example.com"},"consent":true,"fields":{"n":\#(number)}}"#, text,
                    id: "m\(number)")
            }
            for number in 0..<10 {
                let answer = try await submit(number)
                #expect(answer.status == 201)
                #expect(try #require(answer.header("RateLimit-Policy")).hasSuffix(";q=10;w=60"))
                #expect(try #require(answer.header("RateLimit")).contains(";r=\(9 - number);"))
            }
            let limited = try await submit(10)
            #expect(limited.status == 429 && limited.header("Retry-After") == "6")
            #expect(try #require(limited.header("RateLimit")).contains(";r=0;t=60"))
            let replay = try await submit(3)
            #expect(replay.header("Idempotency-Replayed") == "true" && replay.header("RateLimit") == nil)
        }
    }

    @Test func whatIsNotSignedRightIsRefusedWithItsOwnCode() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let none = try await post(harness, send, body, "whsec_AAAA")
            #expect(none.status == 401 && none.code == "webhook_secret_unknown")
            #expect(none.header("WWW-Authenticate")?.hasPrefix("Standard-Webhooks") == true)
            let (_, text) = try await secret(harness, send)
            let wrong = "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()
            #expect(try await post(harness, send, body, wrong).code == "webhook_signature_invalid")
            #expect(
                try await post(harness, send, body, text, signatures: { "v2," + $0.dropFirst(3) }).code
                    == "webhook_signature_invalid")
            #expect(try await post(harness, send, body, text, age: 301).code == "webhook_timestamp_stale")
            #expect(try await post(harness, send, body, text, age: -301).code == "webhook_timestamp_stale")
            #expect(try await post(harness, send, body, text, age: 299).status == 201)
            let unsigned = try await send(.post, harness.leads + "/webhook/crm", body, token: "")
            #expect(unsigned.code == "webhook_signature_missing")
            // A refused forgery does not use up the identifier.
            #expect(try await post(harness, send, body, wrong, id: "msg_9").status == 401)
            #expect(try await post(harness, send, body, text, id: "msg_9").code == "duplicate_lead")
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 20)
        #expect(attempts.filter { $0.failureCategory == .authentication }.count == 7)
    }

    @Test func whatCannotBeReadIsLoggedToo() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let (_, text) = try await secret(harness, send)
            let typed = try await post(harness, send, body, text, headers: ["Content-Type": "text/plain"])
            #expect(typed.status == 415 && typed.code == "media_type_unsupported")
            let packed = try await post(harness, send, body, text, headers: ["Content-Encoding": "gzip"])
            #expect(packed.status == 415 && packed.code == "encoding_unsupported")
            let large = try await post(harness, send, String(repeating: " ", count: 65_537), text)
            #expect(large.status == 413 && large.code == "body_too_large")
            for answer in [typed, packed, large] { #expect(answer.text("attempt_id") != nil, "\(answer.body)") }
            let wrong = "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()
            let forged = try await post(harness, send, body, wrong, headers: ["Content-Type": "text/plain"])
            #expect(forged.code == "webhook_signature_invalid", "who it is comes before what it is")
            let corrected = try await post(harness, send, body, text)
            #expect(corrected.status == 201, "the same message, sent as it should be: \(corrected.body)")
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 20)
        #expect(
            attempts.map(\.failureCode) == [
                "media_type_unsupported", "encoding_unsupported", "body_too_large", "webhook_signature_invalid", nil,
            ])
        #expect(attempts.allSatisfy { $0.source == "crm" })
        #expect(attempts.dropLast().allSatisfy { $0.failureMessage?.isEmpty == false && $0.leadID == nil })
    }

    @Test func secretsAreChangedWithAnOverlapAndRevokedAtOnce() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let (_, old) = try await secret(harness, send)
            let (newID, new) = try await secret(harness, send, #"{"expires_previous_in_seconds":3600}"#)
            func status(_ secret: String, _ n: Int) async throws -> Int {
                try await post(
                    harness, send, #"{"user":{"email":"u\#(n)@example.com"},"consent":true}"#, secret, id: "m\(n)"
                ).status
            }
            #expect(try await status(old, 1) == 201)
            #expect(try await status(new, 2) == 201)
            harness.clock.advance(by: .seconds(3601))
            #expect(try await status(old, 3) == 401)
            #expect(try await status(new, 4) == 201)
            let path = "/v1/projects/\(harness.first.projectID)/webhooks/crm/secrets"
            #expect(try await send(.delete, "\(path)/\(newID)").status == 204)
            #expect(try await status(new, 5) == 401)
            #expect(try await send(.delete, "\(path)/whk_none").status == 404)
            #expect(
                try await send(.post, path, #"{"expires_previous_in_seconds":-1}"#).code == "field_range")
        }
    }

    @Test func secretsAreStoredEncryptedAndBoundToTheirPlace() async throws {
        let harness = try await RouteHarness()
        let texts = Texts()
        try await harness.run { send in texts.add(try await secret(harness, send).text) }
        let records = try await harness.ledger.waysInRecords()
        let stored = try #require(records.secrets.first)
        let text = try #require(texts.first)
        let raw = try #require(Data(base64Encoded: String(text.dropFirst(6))))
        #expect(Data(stored.sealed).range(of: raw) == nil && stored.sealed.count == raw.count + 28)
        var moved = stored
        moved.secretID = "whk_moved"
        moved.source = "other"
        try await harness.ledger.applyWaysIn([.createSecret(moved)])
        try await harness.run { send in
            // Publishes what the ledger holds now.
            _ = try await send(.post, "/v1/projects/\(harness.first.projectID)/webhooks/third/secrets")
            let timestamp = String(harness.clock.now.microseconds / 1_000_000)
            let answer = try await send(
                .post, harness.leads + "/webhook/other", body, token: "",
                headers: [
                    "webhook-id": "m", "webhook-timestamp": timestamp,
                    "webhook-signature": signature(text, id: "m", timestamp: timestamp, body: body),
                ])
            #expect(answer.code == "webhook_signature_invalid", "a secret moved to another source does not open")
        }
    }
}

/// Carries texts out of a closure that may run elsewhere.
private final class Texts: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var first: String? { texts.withLock { $0.first } }
}
