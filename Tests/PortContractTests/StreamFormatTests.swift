import Events
import Foundation
import Ports
import SegmentLogStream
import Testing

/// Stored formats stay readable one version back.
@Suite struct StreamFormatTests {
    /// Records of version 1 have no origin: what they hold came from clients.
    @Test func recordsOfTheVersionBeforeAreRead() async throws {
        let path = StreamSamples.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let frames = (0..<30).map { StreamSamples.frame($0, bytes: $0 * 7) }
        let first = try StreamSamples.open(try DiskSegmentFolder(path: path))
        for frame in frames { _ = try await first.append(frame) }
        await first.close()
        let file = URL(fileURLWithPath: path + "/segment-00000000000000000000.log")
        try Data(Self.older([UInt8](try Data(contentsOf: file)), frames)).write(to: file)

        let second = try StreamSamples.open(try DiskSegmentFolder(path: path))
        let read = try await StreamSamples.all(second)
        #expect(
            read.map(\.frame)
                == frames.map {
                    var frame = $0
                    frame.origin = .client
                    return frame
                })
        let next = StreamSamples.frame(33)
        #expect(next.origin == .outbox)
        #expect(try await second.append(next) == StreamOffset(30))
        #expect(try await StreamSamples.all(second).last?.frame == next)
        await second.close()
    }

    /// The segment as version 1 wrote it.
    private static func older(_ bytes: [UInt8], _ frames: [StreamFrame]) -> [UInt8] {
        var out = Array(bytes[..<28])
        out[7] = 1
        append(crc32c(out), to: &out)
        var at = 32
        for frame in frames {
            let length = Int(
                UInt32(littleEndian: bytes[at + 4..<at + 8].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }))
            var body = Array(bytes[at + 32..<at + 32 + length])
            body[0] = 1
            body.remove(at: body.count - frame.items.count - 1)
            var header = Array(bytes[at..<at + 24])
            withUnsafeBytes(of: UInt32(body.count).littleEndian) { header.replaceSubrange(4..<8, with: $0) }
            append(crc32c(body), to: &header)
            append(crc32c(header), to: &header)
            out += header + body
            at += 32 + length
        }
        return out
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// CRC-32C (RFC 3720, appendix B.4), bit by bit.
    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
