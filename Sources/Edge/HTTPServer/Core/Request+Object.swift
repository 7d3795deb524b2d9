internal import Events
internal import Foundation
package import Hummingbird
internal import NIOCore

extension Request {
    /// The body as one JSON object of the type; a problem with a pointer says what does not fit. With `isOptional`, an empty
    /// body counts as `{}`.
    package func object<Body: Decodable>(_ type: Body.Type, isOptional: Bool = false) async throws -> Body {
        try await objectAndBytes(type, isOptional: isOptional).value
    }

    /// The same with the body as it was sent.
    package func objectAndBytes<Body: Decodable>(
        _ type: Body.Type, isOptional: Bool = false
    ) async throws -> (value: Body, bytes: [UInt8]) {
        let sent = Array(try await collectedBody(bytesMax: HTTPLimits.bodyBytesMax).readableBytesView)
        return (try Self.object(type, Data(sent), isOptional: isOptional), sent)
    }

    private static func object<Body: Decodable>(_ type: Body.Type, _ sent: Data, isOptional: Bool) throws -> Body {
        var bytes = sent
        if bytes.isEmpty, isOptional { bytes = Data("{}".utf8) }
        guard !bytes.isEmpty else { throw Problem(.bodyEmpty, "Send a JSON object.") }
        do {
            return try JSONDecoder().decode(type, from: bytes)
        } catch DecodingError.keyNotFound(let key, let at) {
            throw wrong(.fieldMissing, at.codingPath + [key], "This field is required.")
        } catch DecodingError.typeMismatch(_, let at) {
            throw wrong(.fieldType, at.codingPath, "The value has the wrong type.")
        } catch DecodingError.valueNotFound(_, let at) {
            throw wrong(.fieldType, at.codingPath, "The value must not be null.")
        } catch {
            throw Problem(.bodyNotJSON, "The body must be one JSON object in UTF-8.")
        }
    }

    private static func wrong(_ code: ErrorCode, _ path: [any CodingKey], _ message: String) -> Problem {
        let pointer = path.map { "/" + ($0.intValue.map(String.init) ?? $0.stringValue) }.joined()
        return Problem(
            code, "\(pointer.isEmpty ? "The body" : pointer): \(message)",
            fields: [FieldProblem(pointer: pointer, code: code, message: message)])
    }
}
