import HTTPServer
import NIOCore
import Testing

/// Which bytes are a plain request, and what it says.
@Suite struct PlainRequestTests {
    static let body = #"{"event_id":"e1"}"#
    static let fields = [
        "Host: daybook.example", "Authorization: Bearer dbk_1", "Content-Type: application/json",
        "Content-Length: \(body.utf8.count)",
    ]

    static let line = "POST /v1/projects/prj_1/events HTTP/1.1"

    static func text(
        _ line: String = line, _ fields: [String] = fields, _ body: String = body
    ) -> String {
        ([line] + fields + ["", body]).joined(separator: "\r\n")
    }

    private static func read(_ text: String) -> PlainRequest.Reading { PlainRequest.read(ByteBuffer(string: text)) }

    private static func isNotPlain(_ text: String) -> Bool {
        if case .notPlain = read(text) { true } else { false }
    }

    @Test(arguments: [("events", PlainRequest.Target.events), ("leads", .leads)])
    func aPlainRequestIsReadWhole(name: String, target: PlainRequest.Target) throws {
        let text = Self.text(
            "POST /v1/projects/prj_1/\(name) HTTP/1.1",
            Self.fields + [
                "user-AGENT:\t curl/8 \t", "X-Request-ID:r-1", "Accept: */*", "Connection: Keep-Alive", "X-Empty:",
            ])
        guard case .request(let request, let bytes) = Self.read(text + "POST /next") else {
            Issue.record("not read as a request")
            return
        }
        #expect(bytes == text.utf8.count)
        #expect(request.target == target)
        #expect(request.projectText == "prj_1")
        #expect(request.path == "/v1/projects/prj_1/\(name)")
        #expect(request.value(.userAgent) == "curl/8")
        #expect(request.value(.requestID) == "r-1")
        #expect(request.value(.authorization) == "Bearer dbk_1")
        #expect(request.value(.contentEncoding) == nil)
        #expect(request.withBody { String(decoding: $0, as: UTF8.self) } == Self.body)
    }

    /// However the network cuts it.
    @Test func everyBeginningIsIncomplete() {
        let text = Array(Self.text().utf8)
        for length in 1..<text.count {
            guard case .incomplete = PlainRequest.read(ByteBuffer(bytes: text[..<length])) else {
                Issue.record("the first \(length) bytes: \(String(decoding: text[..<length], as: UTF8.self))")
                return
            }
        }
    }

    @Test(arguments: [
        "GET /v1/projects/prj_1/events HTTP/1.1", "post /v1/projects/prj_1/events HTTP/1.1",
        "POST /v1/projects/prj_1/events?debug=true HTTP/1.1", "POST /v1/projects/prj_1/events/ HTTP/1.1",
        "POST /v1/projects/prj_1/leads/batch HTTP/1.1", "POST /v1/projects//events HTTP/1.1",
        "POST /v1/projects/prj%5F1/events HTTP/1.1", "POST /v1/projects/a/b/events HTTP/1.1",
        "POST /v1/projects/prj_1/events HTTP/1.0", "POST /v1/projects/prj_1/events  HTTP/1.1",
        "POST http://x/v1/projects/prj_1/events HTTP/1.1", "POST /v1/projects/prj_1/exports HTTP/1.1",
        "POST /v1/projects/\(String(repeating: "p", count: 65))/events HTTP/1.1",
    ])
    func otherRequestLinesAreNotPlain(line: String) {
        #expect(Self.isNotPlain(Self.text(line)))
    }

    @Test(arguments: [
        "Transfer-Encoding: chunked", "transfer-encoding: identity", "Expect: 100-continue", "Upgrade: h2c",
        "TE: trailers",
        "Trailer: X", "Connection: close", "Connection: keep-alive, upgrade",
        "Daybook-Received-At: 2026-01-01T00:00:00Z",
        "Content-Length: \(body.utf8.count)", "Host: other.example", "Authorization: Bearer dbk_2",
        "Content-Type: text/plain",
        " folded: line", "X Space: 1", "X-Name : 1", "X-Under_score: 1", ": 1", "no colon", "X-Latin: caf\u{e9}",
        "X-Control: a\u{1}b", "X-Null: a\u{0}b", "X-Return: a\rb", "X-Feed: a\nX-Other: b",
    ])
    func otherFieldsAreNotPlain(field: String) {
        #expect(Self.isNotPlain(Self.text(Self.line, Self.fields + [field])))
        #expect(Self.isNotPlain(Self.text(Self.line, [field] + Self.fields)))
    }

    @Test(arguments: ["", "-1", "+5", "0x10", "1 7", "17,17", "65537", "1000000000000"])
    func otherLengthsAreNotPlain(length: String) {
        #expect(Self.isNotPlain(Self.text(Self.line, Self.fields.dropLast() + ["Content-Length: \(length)"])))
    }

    @Test func aRequestNeedsAHostAndALength() {
        #expect(Self.isNotPlain(Self.text(Self.line, Array(Self.fields.dropFirst()))))
        #expect(Self.isNotPlain(Self.text(Self.line, Array(Self.fields.dropLast()))))
    }

    @Test func aHeadWithoutEndIsNotHeldForEver() {
        let long = "X-Long: " + String(repeating: "a", count: HTTPLimits.plainHeadBytesMax)
        #expect(Self.isNotPlain(Self.text(Self.line, Self.fields + [long])))
        #expect(Self.isNotPlain("POST /v1/projects/prj_1/events HTTP/1.1\r\n" + long))
    }
}
