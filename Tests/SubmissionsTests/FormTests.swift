import Events
import Foundation
import Submissions
import Testing

@Suite struct WebAddressTests {
    @Test(arguments: [
        ("https://example.com/thanks", "https://example.com/thanks"),
        ("HTTPS://Example.COM:443/thanks", "https://example.com/thanks"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c#d"),
        ("http://localhost:3000/x", "http://localhost:3000/x"), ("http://[::1]:3000/x", "http://[::1]:3000/x"),
    ])
    func aGoodAddressHasOneForm(_ text: String, _ canonical: String) {
        #expect(WebAddress(text)?.text == canonical)
    }

    @Test(arguments: [
        "", "/thanks", "//example.com", "javascript:alert(1)", "data:text/html,x", "ftp://example.com/",
        "http://example.com/", "https:/example.com", "https:example.com", "https://", "https:///thanks",
        "https://user@example.com/", "https://example.com@evil.example/", "https://example.com:443@evil.example/",
        "https://example.com\\@evil.example/", "https://example.com\\.evil.example", "https://example.com /x",
        "https://example.com/\r\nSet-Cookie: a=b", "https://example.com/a\tb", "https://exa\u{0}mple.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com:+80/", "https://example.com:/",
        "https://example..com/", "https://-example.com/", "https://ex_ample.com/",
        "https://example.com%2eevil.example/",
        "https://éxample.com/", "https://example.com/..", "https://example.com/a/../b",
        "https://example.com/a/%2e%2E/b",
        "https://example.com/a/.%2e/b", "https://example.com/./a", "https://example.com//evil.example/a",
        "https://example.com/a%2f..%2fb", "https://example.com/a%5cb", "https://example.com/%zz", "https://[::1/",
        "https://example.com/#a#b", "https://example.com/<script>", "https://\u{FF45}xample.com/",
    ])
    func whatTwoParsersMightReadDifferentlyIsRefused(_ text: String) {
        #expect(WebAddress(text) == nil, "\(text)")
    }

    @Test(arguments: [
        ("https://example.com/thanks", true), ("https://example.com/thanks/", true),
        ("https://example.com/thanks/a?b=c#d", true), ("https://example.com/thanks?x=https://evil.example", true),
        ("https://example.com/thanksevil", false), ("https://example.com/", false),
        ("https://example.com/Thanks", false),
        ("https://example.com.evil.example/thanks", false), ("https://evil.example/thanks", false),
        ("https://evil.example/https://example.com/thanks", false), ("https://example.com:8443/thanks", false),
        ("http://localhost/thanks", false), ("https://sub.example.com/thanks", false),
    ])
    func anAddressIsWithinItsTargetOnly(_ text: String, _ isWithin: Bool) throws {
        let target = try #require(WebAddress("https://example.com/thanks"))
        // What is no address at all is within none.
        #expect((WebAddress(text)?.isWithin(target) ?? false) == isWithin, "\(text)")
    }

    @Test func parametersAreAddedBehindThoseThatAreThere() throws {
        let address = try #require(WebAddress("https://example.com/a?b=c#d"))
        #expect(address.adding([("e", "f&g=h/ü")]).text == "https://example.com/a?b=c&e=f%26g%3Dh%2F%C3%BC#d")
    }
}

@Suite struct FormBodyTests {
    private func read(_ text: String) throws -> (form: FormBody, json: [String: Any]) {
        let form = try FormBody(Array(text.utf8), honeypot: "website")
        return (form, try object(String(decoding: form.submission, as: UTF8.self)))
    }

    @Test func dottedAndFlatNamesMeanTheSame() throws {
        let flat = try read(
            "email=ada%40example.com&phone=%2B12125550123&state=CA&loan_amount=1000&consent=on&channel=x")
        let dotted = try read(
            "user.email=ada@example.com&user.phone=%2B12125550123&fields.state=CA&fields.loan_amount=1000&consent=yes&channel=x"
        )
        #expect(NSDictionary(dictionary: flat.json) == NSDictionary(dictionary: dotted.json))
        let fields = try #require(flat.json["fields"] as? [String: Any])
        #expect(fields["loan_amount"] as? String == "1000", "the reader knows which fields are numbers")
        #expect(fields["state"] as? String == "CA")
        #expect(flat.json["consent"] as? Bool == true)
        #expect((flat.json["user"] as? [String: Any])?["phone"] as? String == "+12125550123")
    }

    @Test func escapesPlusesAndEmptyFieldsAreReadAsBrowsersWriteThem() throws {
        let read = try read("name=Ada+L%C3%B6velace&note=100%25+%zz&zip=02139&phone=&flag")
        #expect((read.json["user"] as? [String: Any])?["name"] as? String == "Ada Lövelace")
        let fields = try #require(read.json["fields"] as? [String: Any])
        #expect(fields["note"] as? String == "100% %zz")
        #expect(fields["zip"] as? String == "02139")
        #expect(fields["flag"] == nil && (read.json["user"] as? [String: Any])?["phone"] == nil)
    }

    @Test(arguments: [
        ("consent=on", true), ("consent=false&consent=on", true), ("consent=no", false), ("consent=0", false),
    ])
    func consentComesFromACheckbox(_ text: String, _ isGiven: Bool) throws {
        #expect(try read(text).json["consent"] as? Bool == isGiven)
    }

    @Test func theFormsOwnFieldsAreNotSubmitted() throws {
        let read = try read("email=a@b.co&website=x&idempotency_key=k&success_redirect=https://a.b/c&failure_redirect=")
        #expect(read.form.isHoneypotFilled)
        #expect(read.form.idempotencyKey == "k" && read.form.successRedirect == "https://a.b/c")
        #expect(read.form.failureRedirect == nil)
        #expect((read.json["fields"] as? [String: Any])?.isEmpty == true)
        #expect(try !self.read("website=").form.isHoneypotFilled)
    }

    @Test(arguments: ["a=%ff", "%ff=a", "user.emial=a", "retry.often=1"])
    func whatIsNoFormIsRefused(_ text: String) {
        #expect { _ = try FormBody(Array(text.utf8), honeypot: "website") } throws: {
            ($0 as? Problem)?.code == .formBodyInvalid
        }
    }

    @Test func tooManyFieldsAreRefused() {
        let text = (0..<300).map { "f\($0)=x" }.joined(separator: "&")
        #expect(throws: Problem.self) { _ = try FormBody(Array(text.utf8), honeypot: "website") }
    }
}
