internal import Events
package import HTTPTypes
internal import Hummingbird
package import NIOCore
internal import NIOHTTP1

/// The answer to a plain request: a status, fields beside those of every answer, and a body.
package struct PlainAnswer: Sendable {
    package var status: HTTPResponse.Status
    /// Names as they are sent, with values that hold neither control characters nor line breaks.
    package var fields: [(name: String, value: String)]
    package var body: ByteBuffer

    /// A JSON answer from text that is JSON already.
    package static func json(
        _ bytes: [UInt8], status: HTTPResponse.Status, quotas: RateLimitFields
    ) -> PlainAnswer {
        var answer = PlainAnswer(
            status: status, fields: [("Content-Type", Response.jsonType), ("Cache-Control", Response.notStored)],
            body: ByteBuffer(bytes: bytes))
        answer.add(quotas)
        return answer
    }

    /// RFC 9457 problem details.
    static func problem(
        _ problem: Problem, path: String, correlationID: String, quotas: RateLimitFields = RateLimitFields()
    ) -> PlainAnswer {
        var answer = PlainAnswer(
            status: .init(code: problem.code.status),
            fields: Response.problemFields(problem).map { ($0.name.rawName, $0.value) },
            body: ByteBuffer(bytes: Response.problemJSON(problem, path: path, correlationID: correlationID)))
        answer.add(quotas)
        return answer
    }

    /// Adds `RateLimit-Policy` and `RateLimit`, if there is anything to say.
    private mutating func add(_ quotas: RateLimitFields) {
        guard !quotas.isEmpty else { return }
        fields.append((RateLimitFields.policyName, quotas.policy))
        fields.append((RateLimitFields.limitName, quotas.limit))
    }

    /// As it is sent (RFC 9112 section 4): `common` are fields of every answer, as lines.
    func written(common: String) -> ByteBuffer {
        var out = ByteBufferAllocator().buffer(capacity: 768 + body.readableBytes)
        switch status.code {
        case 201: out.writeStaticString("HTTP/1.1 201 Created\r\n")
        case 202: out.writeStaticString("HTTP/1.1 202 Accepted\r\n")
        default:
            let known = HTTPResponseStatus(statusCode: status.code)
            out.writeString("HTTP/1.1 \(known.code) \(known.reasonPhrase)\r\n")
        }
        for (name, value) in fields {
            out.writeString(name)
            out.writeStaticString(": ")
            out.writeString(value)
            out.writeStaticString("\r\n")
        }
        out.writeString(common)
        out.writeStaticString("Content-Length: ")
        out.writeString(String(body.readableBytes))
        out.writeStaticString("\r\n\r\n")
        out.writeImmutableBuffer(body)
        return out
    }
}
