internal import Events
internal import Foundation
internal import Hummingbird
internal import NIOCore

extension Request {
    /// The body as one JSON object of a known shape, with a pointer to what does not fit; and its bytes.
    func jsonObject<Body: Decodable>(
        _ type: Body.Type, bytesMax: Int = HTTPLimits.bodyBytesMax
    ) async throws -> (value: Body, bytes: [UInt8]) {
        let bytes = Array(try await collectedBody(bytesMax: bytesMax).readableBytesView)
        guard !bytes.isEmpty else { throw Problem(.bodyEmpty, "Send a JSON object.") }
        do {
            return (try JSONDecoder().decode(type, from: Data(bytes)), bytes)
        } catch DecodingError.keyNotFound(let key, let at) {
            throw Self.field(.fieldMissing, at.codingPath + [key], "This field is required.")
        } catch DecodingError.typeMismatch(_, let at) {
            throw Self.field(.fieldType, at.codingPath, "The value has the wrong type.")
        } catch DecodingError.valueNotFound(_, let at) {
            throw Self.field(.fieldType, at.codingPath, "The value must not be null.")
        } catch DecodingError.dataCorrupted(let at) where !at.codingPath.isEmpty {
            throw Self.field(.fieldValue, at.codingPath, "The value is not one of those allowed here.")
        } catch {
            throw Problem(.bodyNotJSON, "The body must be one JSON object.")
        }
    }

    private static func field(_ code: ErrorCode, _ path: [any CodingKey], _ message: String) -> Problem {
        let pointer = path.map { key in
            "/"
                + (key.intValue.map(String.init)
                    ?? key.stringValue.replacing("~", with: "~0").replacing("/", with: "~1"))
        }.joined()
        guard !pointer.isEmpty else { return Problem(.bodyNotJSON, "The body must be one JSON object.") }
        return Problem(
            code, "The field \(pointer) cannot be used. \(message)",
            fields: [FieldProblem(pointer: pointer, code: code, message: message)])
    }
}
