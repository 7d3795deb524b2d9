internal import Crypto
internal import Events
internal import Foundation

/// Where the next page begins, for the same question only: signed, so that it cannot be made up.
///
/// Base64url of: version 1, the position (the list's own bytes), the first 8 bytes of the SHA-256 of the question, and the
/// first 16 bytes of an HMAC-SHA-256 over all of that.
struct SignedCursor: Sendable {
    private let secret: SymmetricKey
    private static let questionBytes = 8
    private static let tagBytes = 16
    private static let textBytesMax = 300

    init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    /// The question is the list's name and every parameter but `cursor` and `limit`.
    static func digest(of list: String, _ question: [(name: String, value: String)]) -> [UInt8] {
        let text = question.filter { $0.name != "cursor" && $0.name != "limit" }.map { "\($0.name)=\($0.value)" }
            .sorted()
            .joined(separator: "\u{1}")
        return Array(SHA256.hash(data: Array((list + "\u{1}" + text).utf8)).prefix(questionBytes))
    }

    func encode(_ position: [UInt8], question: [UInt8]) -> String {
        let body = [1] + position + question
        return Data(body + tag(body)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The position's bytes. Throws `cursor_invalid` for anything that `encode` did not make for this question.
    func decode(_ text: String, question: [UInt8]) throws(Problem) -> [UInt8] {
        guard text.utf8.count < Self.textBytesMax else { throw Self.invalid }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), data.count > 1 + Self.questionBytes + Self.tagBytes else {
            throw Self.invalid
        }
        let (body, tag) = (Array(data.dropLast(Self.tagBytes)), Array(data.suffix(Self.tagBytes)))
        var difference: UInt8 = 0
        for (a, b) in zip(tag, self.tag(body)) { difference |= a ^ b }
        guard difference == 0, body[0] == 1, Array(body.suffix(Self.questionBytes)) == question else {
            throw Self.invalid
        }
        return Array(body.dropFirst().dropLast(Self.questionBytes))
    }

    static let invalid = Problem(
        .cursorInvalid, "This cursor is damaged or belongs to another question. Start again without it.")

    static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// The number in the 8 bytes at `at`.
    static func number(_ bytes: [UInt8], at: Int) -> Int64 {
        Int64(bitPattern: bytes[at..<(at + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private func tag(_ body: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: body, using: secret).prefix(Self.tagBytes))
    }
}
