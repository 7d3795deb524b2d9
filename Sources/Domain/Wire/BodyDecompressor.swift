/// Decompresses a body as it arrives, for one that is not held whole: `take` what arrived, read `next` until it is nil, and
/// `finish` behind the last bytes. Gives the bytes as they are when they are not compressed.
package final class BodyDecompressor {
    /// Bytes of one piece.
    private static let pieceBytes = 256 << 10

    private let stream: (any CompressedStream)?
    private let limit: Int
    private var input: [UInt8] = []
    private var taken = 0
    /// Whether the last piece was full: more of it may wait inside the decompressor.
    private var isFull = false
    private var count = 0
    private var room: [UInt8]

    /// `limit` is the most bytes that it gives in all.
    package init(_ encoding: BodyEncoding, limit: Int = .max) throws(DecompressionFailure) {
        stream = try encoding.stream()
        self.limit = limit
        room = stream == nil ? [] : [UInt8](repeating: 0, count: Self.pieceBytes)
    }

    package func take(_ bytes: some Sequence<UInt8>) { input += bytes }

    /// The next piece of what was taken; nil when everything of it was given.
    package func next() throws(DecompressionFailure) -> [UInt8]? {
        guard taken < input.count || isFull else { return nil }
        let piece: [UInt8]
        if let stream {
            let (written, used) = try room.withUnsafeMutableBufferPointer { room throws(DecompressionFailure) in
                try input.withUnsafeBufferPointer { input throws(DecompressionFailure) in
                    var rest = UnsafeBufferPointer(rebasing: input.dropFirst(taken))
                    let before = rest.count
                    guard let out = room.baseAddress else { return (0, 0) }
                    let written = try stream.step(&rest, into: out, room: room.count)
                    return (written, before - rest.count)
                }
            }
            taken += used
            isFull = written == room.count
            piece = Array(room[..<written])
        } else {
            piece = input
            taken = input.count
        }
        if taken == input.count {
            input.removeAll(keepingCapacity: true)
            taken = 0
        }
        count += piece.count
        guard count <= limit else { throw .tooLarge(limit: limit) }
        return piece
    }

    /// The body is over: throws `truncated` when what it compresses is not.
    package func finish() throws(DecompressionFailure) {
        guard let stream, !stream.isAtEnd else { return }
        throw .truncated
    }
}
