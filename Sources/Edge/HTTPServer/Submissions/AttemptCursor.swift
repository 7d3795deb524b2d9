internal import Crypto
internal import Foundation
internal import Events
internal import Ports

/// Where the next page of attempts begins, for the same question only: signed, so that it cannot be made up.
///
/// Base64url of: version 1, receipt time and sequence (64-bit big-endian each), the first 8 bytes of the SHA-256 of the
/// question, and the first 16 bytes of an HMAC-SHA-256 over all of that.
struct AttemptCursor {
    private let secret: SymmetricKey
    private static let bodyBytes = 25
    private static let tagBytes = 16

    init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    /// The question is every parameter but `cursor` and `limit`.
    static func digest(of question: [(name: String, value: String)]) -> [UInt8] {
        let text = question.filter { $0.name != "cursor" && $0.name != "limit" }.map { "\($0.name)=\($0.value)" }
            .sorted()
            .joined(separator: "\u{1}")
        return Array(SHA256.hash(data: Array(("attempts\u{1}" + text).utf8)).prefix(8))
    }

    func encode(_ position: AttemptPosition, question: [UInt8]) -> String {
        var body: [UInt8] = [1]
        withUnsafeBytes(of: position.receivedAt.microseconds.bigEndian) { body.append(contentsOf: $0) }
        withUnsafeBytes(of: position.sequence.bigEndian) { body.append(contentsOf: $0) }
        body.append(contentsOf: question)
        return Data(body + tag(body)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func decode(_ text: String, question: [UInt8]) throws(Problem) -> AttemptPosition {
        let invalid = Problem(
            .cursorInvalid, "This cursor is damaged or belongs to another question. Start again without it.")
        guard text.utf8.count < 100 else { throw invalid }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), data.count == Self.bodyBytes + Self.tagBytes else {
            throw invalid
        }
        let (body, tag) = (Array(data.prefix(Self.bodyBytes)), Array(data.suffix(Self.tagBytes)))
        var difference: UInt8 = 0
        for (a, b) in zip(tag, self.tag(body)) { difference |= a ^ b }
        guard difference == 0, body[0] == 1, Array(body[17...]) == question else { throw invalid }
        func number(_ at: Int) -> Int64 {
            Int64(bitPattern: body[at..<(at + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        return AttemptPosition(receivedAt: Timestamp(microseconds: number(1)), sequence: number(9))
    }

    private func tag(_ body: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: body, using: secret).prefix(Self.tagBytes))
    }
}
