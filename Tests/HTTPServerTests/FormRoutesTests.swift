import Accounts
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Testing

private let urlencoded = ["Content-Type": "application/x-www-form-urlencoded"]

@Suite struct FormRoutesTests {
    private func switchOn(
        _ harness: RouteHarness, _ send: RouteHarness.Client, _ settings: String = #"{"is_enabled":true}"#
    ) async throws {
        let answer = try await send(.put, "/v1/projects/\(harness.first.projectID)/forms/web", settings)
        #expect(answer.status == 200, "\(answer.body)")
    }

    private func form(_ harness: RouteHarness) -> String { harness.leads + "/form/web" }

    @Test func aFormThatIsNotSwitchedOnTakesNothingAndSaysSo() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let unknown = try await send(.post, form(harness), "email=a@b.co", token: "", headers: urlencoded)
            #expect(unknown.status == 403)
            try await switchOn(harness, send, #"{"is_enabled":false}"#)
            let off = try await send(
                .post, form(harness), "email=a@b.co", token: "",
                headers: urlencoded.merging(["Accept": "application/json"]) { $1 })
            #expect(off.code == "form_disabled" && off.text("attempt_id") != nil)
            let foreign = try await send(
                .post, "/v1/projects/prj_other/leads/form/web", "email=a@b.co", token: "", headers: urlencoded)
            #expect(foreign.status == 403)
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.map(\.failureCode) == ["form_disabled", "form_disabled"])
        #expect(attempts.map(\.source) == ["unknown", "web"])
        #expect(attempts.allSatisfy { $0.failureCategory == .authorization })
    }

    @Test func aPersonGetsAPageThatNamesTheWrongFieldsAndThenALead() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(harness, send)
            let wrong = try await send(
                .post, form(harness), "user.email=broken&state=%3Cb%3E&consent=on", token: "", headers: urlencoded)
            #expect(wrong.status == 422)
            #expect(wrong.header("Content-Type") == "text/html; charset=utf-8")
            #expect(wrong.body.contains("<strong>Email</strong>") && wrong.body.contains("<strong>State</strong>"))
            #expect(!wrong.body.contains("<b>") && !wrong.body.contains("<script"))
            let policy = try #require(wrong.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
            #expect(!policy.contains("unsafe"))
            let good = try await send(
                .post, form(harness), "email=a@b.co&state=ca&loan_amount=250000&consent=on&idempotency_key=k1",
                token: "", headers: urlencoded)
            #expect(good.status == 201 && good.body.contains("Thank you"))
            let again = try await send(
                .post, form(harness), "email=a@b.co&state=ca&loan_amount=250000&consent=on&idempotency_key=k1",
                token: "", headers: urlencoded)
            #expect(again.body == good.body)
            #expect(again.header("Idempotency-Replayed") == "true")
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.count == 2)
        #expect(attempts.last?.source == "web" && attempts.last?.leadID != nil)
        #expect(attempts.last?.idempotencyKey == "form.web.k1")
    }

    @Test func aFilledHoneypotIsAnsweredLikeASuccessAndCreatesNothing() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(harness, send, #"{"is_enabled":true,"honeypot":"fax"}"#)
            for accept in ["text/html", "application/json"] {
                let headers = urlencoded.merging(["Accept": accept]) { $1 }
                let real = try await send(
                    .post, form(harness), "email=\(accept.count)@b.co&consent=on&fax=", token: "", headers: headers)
                let bot = try await send(
                    .post, form(harness), "email=bot@b.co&consent=on&fax=123", token: "", headers: headers)
                #expect(real.status == bot.status && real.status == 201)
                #expect(real.headers.map(\.name) == bot.headers.map(\.name))
                #expect(real.header("RateLimit-Policy") == bot.header("RateLimit-Policy"))
                #expect(Set(real.json.keys) == Set(bot.json.keys))
                #expect(masked(real.body) == masked(bot.body))
            }
        }
        let attempts = try await harness.ledger.attempts(
            project: harness.first.projectID, afterSequence: 0, limit: 10)
        #expect(attempts.map(\.failureCode) == [nil, "honeypot_filled", nil, "honeypot_filled"])
        #expect(attempts.filter { $0.failureCode != nil }.allSatisfy { $0.leadID == nil && $0.userID == nil })
    }

    @Test func everyAnswerSaysWhatTheLimitsHaveLeft() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(harness, send)
            let policy = "\"form-source\";q=600;w=60"
            for (number, accept) in ["text/html", "application/json"].enumerated() {
                let answer = try await send(
                    .post, form(harness), "email=\(number)@b.co&consent=on", token: "",
                    headers: urlencoded.merging(["Accept": accept]) { $1 })
                #expect(answer.status == 201)
                #expect(answer.header("RateLimit-Policy") == policy)
                #expect(answer.header("RateLimit") == "\"form-source\";r=\(599 - number);t=1")
            }
            for number in 0..<10 {
                _ = try await send(
                    .post, form(harness), "email=a@b.co&consent=on&n=\(number)", token: "", headers: urlencoded)
            }
            let limited = try await send(
                .post, form(harness), "email=a@b.co&consent=on&n=10", token: "", headers: urlencoded)
            #expect(limited.status == 429)
            let policies = try #require(limited.header("RateLimit-Policy"))
            #expect(policies.hasPrefix(policy + ", \"") && policies.hasSuffix(";q=10;w=60"), "\(policies)")
            #expect(try #require(limited.header("RateLimit")).contains(";r=0;"))
            let off = try await send(
                .post, harness.leads + "/form/other", "email=a@b.co", token: "", headers: urlencoded)
            #expect(off.status == 403 && off.header("RateLimit-Policy") == nil, "no limit was asked")
        }
    }

    private func masked(_ text: String) -> String { text.replacing(/att_[0-9a-f]+/, with: "att") }

    @Test func redirectsGoToTheListAndNowhereElse() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(
                harness, send,
                #"{"is_enabled":true,"redirect_targets":["https://shop.example/done"],"success_redirect":"https://shop.example/done/ok","failure_redirect":"https://shop.example/done/no?from=form"}"#
            )
            let good = try await send(
                .post, form(harness), "email=a@b.co&consent=on", token: "", headers: urlencoded)
            #expect(good.status == 303)
            #expect(good.header("Location") == "https://shop.example/done/ok")
            let bad = try await send(.post, form(harness), "email=broken&consent=on", token: "", headers: urlencoded)
            #expect(bad.status == 303)
            #expect(
                bad.header("Location")
                    == "https://shop.example/done/no?from=form&daybook_error=email_invalid&daybook_fields=email")
            let chosen = try await send(
                .post, form(harness), "email=c@b.co&consent=on&success_redirect=https://shop.example/done/other?x=1",
                token: "", headers: urlencoded)
            #expect(chosen.header("Location") == "https://shop.example/done/other?x=1")
            for evil in [
                "https://evil.example/", "//evil.example/done", "https://shop.example@evil.example/done",
                "https://shop.example/done/../../x", "https://shop.example.evil.example/done", "javascript:alert(1)",
                "https://shop.example/done%0d%0aSet-Cookie:a=b", "https://shop.example%5C@evil.example/done",
                "https://shop.example/donex", "http://shop.example/done",
            ] {
                let answer = try await send(
                    .post, form(harness), "email=d@b.co&consent=on&success_redirect=\(WebAddress.encoded(evil))",
                    token: "", headers: urlencoded.merging(["Accept": "application/json"]) { $1 })
                #expect(answer.header("Location") == nil, "\(evil)")
                #expect(answer.code == "redirect_forbidden", "\(evil)")
            }
        }
    }

    @Test func originsAreHeldToTheList() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(harness, send, #"{"is_enabled":true,"allowed_origins":["https://Shop.example:443/"]}"#)
            func post(_ origin: String?) async throws -> RouteHarness.Answer {
                var headers = urlencoded.merging(["Accept": "application/json"]) { $1 }
                if let origin { headers["Origin"] = origin }
                return try await send(
                    .post, form(harness), "email=\(origin?.count ?? 0)@b.co&consent=on", token: "", headers: headers)
            }
            let good = try await post("https://shop.example")
            #expect(good.status == 201)
            #expect(good.header("Access-Control-Allow-Origin") == "https://shop.example")
            for origin in [
                nil, "null", "https://evil.example", "http://shop.example", "https://shop.example.evil.example",
            ] {
                let answer = try await post(origin)
                #expect(answer.code == "origin_forbidden", "\(origin ?? "none")")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
            let asked = try await send(
                .options, form(harness), token: "", headers: ["Origin": "https://shop.example"])
            #expect(asked.status == 204 && asked.header("Access-Control-Allow-Methods") == "POST")
            let refused = try await send(
                .options, form(harness), token: "", headers: ["Origin": "https://evil.example"])
            #expect(refused.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test func whatIsNoFormIsLoggedAndRefused() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(harness, send)
            let json = ["Accept": "application/json"]
            let multipart = try await send(
                .post, form(harness), "x", token: "",
                headers: json.merging(["Content-Type": "multipart/form-data; boundary=x"]) { $1 })
            #expect(multipart.status == 415 && multipart.text("attempt_id") != nil)
            let large = try await send(
                .post, form(harness), "a=" + String(repeating: "x", count: 70_000), token: "",
                headers: json.merging(urlencoded) { $1 })
            #expect(large.status == 413 && large.text("attempt_id") != nil)
            let broken = try await send(
                .post, form(harness), "a=%ff", token: "", headers: json.merging(urlencoded) { $1 })
            #expect(broken.code == "form_body_invalid" && broken.text("attempt_id") != nil)
            let named = try await send(
                .post, form(harness), "email=a@b.co&consent=on&source=other", token: "",
                headers: json.merging(urlencoded) { $1 })
            #expect(named.code == "field_value")
        }
    }

    @Test func oneAddressCannotFillTheLog() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            // Without a form everything is refused; the budget of logged refusals bounds the log.
            for n in 0..<(WaysInLimits.loggedRefusalsPerMinute + 20) {
                _ = try await send(.post, form(harness), "email=a\(n)@b.co", token: "", headers: urlencoded)
            }
        }
        let tip = try await harness.ledger.tip(of: harness.first.projectID)
        #expect(tip?.sequence == Int64(WaysInLimits.loggedRefusalsPerMinute))
    }

    @Test func settingsAreCheckedAuditedAndForAdmins() async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            let forms = "/v1/projects/\(harness.first.projectID)/forms"
            let bad = try await send(
                .put, "\(forms)/web",
                #"{"is_enabled":true,"redirect_targets":["http://shop.example/"],"success_redirect":"https://x.example/","allowed_origins":["https://a.example/path"],"honeypot":"email"}"#
            )
            #expect(bad.status == 422)
            #expect(
                bad.list("errors").compactMap { $0["pointer"] as? String } == [
                    "/redirect_targets/0", "/success_redirect", "/allowed_origins/0", "/honeypot",
                ])
            #expect(try await send(.put, "\(forms)/a%20b", #"{"is_enabled":true}"#).code == "parameter_invalid")
            try await switchOn(harness, send, #"{"is_enabled":true,"honeypot":"fax"}"#)
            let one = try await send(.get, "\(forms)/web", headers: ["X-Forwarded-Proto": "https"])
            let snippet = try #require(one.text("snippet"))
            #expect(snippet.contains("name=\"fax\"") && snippet.contains("/leads/form/web\""))
            #expect(snippet.contains("action=\"https://"))
            #expect(try await send(.get, forms).list("forms").count == 1)
            let key = try await send(
                .post, "/v1/projects/\(harness.first.projectID)/keys", #"{"name":"q","scopes":["query","ingest"]}"#)
            #expect(try await send(.get, forms, token: key.text("api_key")).code == "scope_missing")
            #expect(try await send(.get, forms, token: "").code == "credentials_missing")
            #expect(try await send(.delete, "\(forms)/web").status == 204)
            #expect(try await send(.get, "\(forms)/web").status == 404)
        }
        let project = try #require(harness.published.project(harness.first.projectID))
        let actions = try await harness.ledger.audit(organisation: project.organisationID, limit: 20).map(\.action)
        #expect(actions.contains("form.created") && actions.contains("form.removed"))
    }

    @Test(arguments: [
        ("application/json", 201), ("application/json, text/plain, */*", 201),
        ("text/html;q=0.1, application/json;q=0.9", 201), ("application/json;q=0, text/html", 303), ("*/*", 303),
        ("text/html, application/json", 303), ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", 303),
    ])
    func theAnswerHasTheFormThatIsPreferred(_ accept: String, _ status: Int) async throws {
        let harness = try await RouteHarness()
        try await harness.run { send in
            try await switchOn(
                harness, send,
                #"{"is_enabled":true,"redirect_targets":["https://a.example/"],"success_redirect":"https://a.example/x"}"#
            )
            let answer = try await send(
                .post, form(harness), "email=a@b.co&consent=on", token: "",
                headers: urlencoded.merging(["Accept": accept]) { $1 })
            #expect(answer.status == status, "\(answer.body)")
        }
    }
}
