internal import Events
internal import Foundation
package import HTTPTypes
package import Hummingbird
internal import NIOCore

extension Response {
    static let jsonType = "application/json; charset=utf-8"
    static let notStored = "no-store"

    /// A JSON answer from text that is JSON already.
    package static func json(
        bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = jsonType
        headers[.cacheControl] = headers[.cacheControl] ?? notStored
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// A JSON answer from a value; keys are sorted so that equal values give equal bytes.
    package static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return json(bytes: Array(try encoder.encode(value)), status: status, headers: headers)
    }

    /// Adds `RateLimit-Policy` and `RateLimit`, if there is anything to say.
    mutating func setQuotas(_ quotas: RateLimitFields) {
        guard !quotas.isEmpty else { return }
        headers[HTTPField.Name(RateLimitFields.policyName)!] = quotas.policy
        headers[HTTPField.Name(RateLimitFields.limitName)!] = quotas.limit
    }

    /// RFC 9457 problem details.
    static func problem(_ problem: Problem, path: String, correlationID: String) -> Response {
        let body = problemJSON(problem, path: path, correlationID: correlationID)
        return Response(
            status: .init(code: problem.code.status), headers: HTTPFields(problemFields(problem)),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func problemFields(_ problem: Problem) -> [HTTPField] {
        var fields = [
            HTTPField(name: .contentType, value: "application/problem+json"),
            HTTPField(name: .cacheControl, value: notStored),
        ]
        if let seconds = problem.retryAfterSeconds {
            fields.append(HTTPField(name: .retryAfter, value: String(seconds)))
        }
        if problem.code.status == 401 {
            fields.append(HTTPField(name: .wwwAuthenticate, value: challenge(for: problem.code)))
        }
        return fields
    }

    /// The credentials that would help (RFC 9110 section 11.6.1).
    private static func challenge(for code: ErrorCode) -> String {
        switch code {
        case .webhookSecretUnknown, .webhookSignatureMissing, .webhookSignatureInvalid, .webhookTimestampStale:
            "Standard-Webhooks realm=\"daybook\""
        default: "Bearer realm=\"daybook\""
        }
    }

    static func problemJSON(_ problem: Problem, path: String?, correlationID: String) -> [UInt8] {
        var body = [UInt8]()
        func member(_ name: String, _ write: (inout [UInt8]) -> Void) {
            body.append(UInt8(ascii: body.isEmpty ? "{" : ","))
            JSONText.appendString(name, to: &body)
            body.append(UInt8(ascii: ":"))
            write(&body)
        }
        func text(_ name: String, _ value: String) { member(name) { JSONText.appendString(value, to: &$0) } }
        text("type", "urn:daybook:problem:\(problem.code.rawValue)")
        text("title", problem.code.title)
        member("status") { $0.append(contentsOf: String(problem.code.status).utf8) }
        text("detail", problem.detail)
        if let path { text("instance", path) }
        text("code", problem.code.rawValue)
        text("correlation_id", correlationID)
        if let attemptID = problem.attemptID { text("attempt_id", attemptID) }
        if let seconds = problem.retryAfterSeconds {
            member("retry_after_ms") { $0.append(contentsOf: String(seconds * 1000).utf8) }
        }
        if !problem.fields.isEmpty {
            member("errors") { out in
                for (index, field) in problem.fields.enumerated() {
                    out.append(UInt8(ascii: index == 0 ? "[" : ","))
                    out.append(contentsOf: "{\"pointer\":".utf8)
                    JSONText.appendString(field.pointer, to: &out)
                    out.append(contentsOf: ",\"code\":".utf8)
                    JSONText.appendString(field.code.rawValue, to: &out)
                    out.append(contentsOf: ",\"message\":".utf8)
                    JSONText.appendString(field.message, to: &out)
                    out.append(UInt8(ascii: "}"))
                }
                out.append(UInt8(ascii: "]"))
            }
        }
        for (name, json) in problem.members.sorted(by: { $0.key < $1.key }) {
            member(name) { $0.append(contentsOf: json.utf8) }
        }
        body.append(UInt8(ascii: "}"))
        return body
    }
}
