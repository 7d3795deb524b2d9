internal import Events
internal import Ports

/// The position of a page of attempts: receipt time and sequence, 64-bit big-endian each.
struct AttemptCursor {
    private let cursor: SignedCursor

    init(secret: [UInt8]) { cursor = SignedCursor(secret: secret) }

    static func digest(of question: [(name: String, value: String)]) -> [UInt8] {
        SignedCursor.digest(of: "attempts", question)
    }

    func encode(_ position: AttemptPosition, question: [UInt8]) -> String {
        cursor.encode(
            SignedCursor.bytes(position.receivedAt.microseconds) + SignedCursor.bytes(position.sequence),
            question: question)
    }

    func decode(_ text: String, question: [UInt8]) throws(Problem) -> AttemptPosition {
        let bytes = try cursor.decode(text, question: question)
        guard bytes.count == 16 else { throw SignedCursor.invalid }
        return AttemptPosition(
            receivedAt: Timestamp(microseconds: SignedCursor.number(bytes, at: 0)),
            sequence: SignedCursor.number(bytes, at: 8))
    }
}
