internal import Crypto
package import Events
internal import Foundation

/// Makes and reads the opaque cursors of paged answers.
///
/// Format, version 1, in base64url without padding (RFC 4648 section 5): the byte 0x01, 16 bytes of the question's
/// fingerprint (SHA-256 of contract, project and normalised parameters), the position as UTF-8 text, and 32 bytes of
/// HMAC-SHA256 (RFC 2104) over all before. A cursor therefore opens only with the question and the project that it was
/// given for, and nobody can make one up. It holds no secret and no other tenant's data.
package struct CursorSigner: Sendable {
    private static let version: UInt8 = 1
    private static let fingerprintLength = 16
    private static let codeLength = 32
    /// Longest accepted cursor, in bytes of text.
    static let lengthMax = 2048

    private let key: SymmetricKey

    /// `key`: at least 32 random bytes, the same in every process that serves the API.
    package init(key: [UInt8]) {
        precondition(key.count >= 32, "a cursor key has at least 32 bytes")
        self.key = SymmetricKey(data: key)
    }

    /// What ties a cursor to its question.
    package struct Binding: Sendable {
        var fingerprint: [UInt8]

        package init(contract: String, project: ProjectID, question: String) {
            let text = "\(contract)\u{0}\(project.text)\u{0}\(question)"
            fingerprint = Array(SHA256.hash(data: Data(text.utf8)).prefix(CursorSigner.fingerprintLength))
        }
    }

    package func cursor(_ position: String, for binding: Binding) -> String {
        var bytes = [Self.version] + binding.fingerprint + Array(position.utf8)
        bytes += HMAC<SHA256>.authenticationCode(for: Data(bytes), using: key)
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    /// Throws `cursor_invalid` for a cursor that was changed, or given for another question or project.
    package func position(_ cursor: String, for binding: Binding) throws(Problem) -> String {
        var text = cursor.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let head = 1 + Self.fingerprintLength
        guard cursor.utf8.count <= Self.lengthMax, !cursor.utf8.contains(where: { $0 == 43 || $0 == 47 || $0 == 61 }),
            let data = Data(base64Encoded: text), data.count >= head + Self.codeLength
        else { throw Self.invalid("it is cut or is not one of ours") }
        let bytes = Array(data)
        let signed = bytes[..<(bytes.count - Self.codeLength)]
        guard
            HMAC<SHA256>.isValidAuthenticationCode(
                bytes[signed.count...], authenticating: Data(signed), using: key), bytes[0] == Self.version
        else { throw Self.invalid("it was changed or is too old") }
        guard Array(signed[1..<head]) == binding.fingerprint else {
            throw Self.invalid("it belongs to another question or project")
        }
        guard let position = String(validating: signed[head...], as: UTF8.self) else {
            throw Self.invalid("it is not one of ours")
        }
        return position
    }

    static func invalid(_ reason: String) -> Problem {
        Parameters.problem(
            .cursorInvalid, "cursor", "The cursor cannot be used: \(reason).",
            "Send next_cursor exactly as it was answered, with the same parameters, or leave cursor out to begin again."
        )
    }
}

/// A cursor's position as text: numbers and texts, each behind its length in bytes.
struct CursorFields {
    private(set) var text = ""

    mutating func add(_ value: String) { text += "\(value.utf8.count):\(value)" }
    mutating func add(_ value: Int64) { add(String(value)) }

    /// The fields of a position; nil when it is not made of exactly `count`.
    static func read(_ text: String, count: Int) -> [String]? {
        var rest = Array(text.utf8)[...]
        var fields: [String] = []
        while !rest.isEmpty {
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
                let length = Int(String(decoding: rest[..<colon], as: UTF8.self)), length >= 0,
                length <= rest.endIndex - colon - 1
            else { return nil }
            let start = colon + 1
            fields.append(String(decoding: rest[start..<(start + length)], as: UTF8.self))
            rest = rest[(start + length)...]
        }
        return fields.count == count ? fields : nil
    }
}
