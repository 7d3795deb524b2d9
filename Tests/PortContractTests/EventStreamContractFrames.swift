import Events
import Foundation
import Ports
import SegmentLogStream
import SystemPorts
import Telemetry

/// Frames and streams for the tests of the event stream.
enum StreamSamples {
    static let project = ProjectID(trusted: "prj_demo")
    static let start = Timestamp(rfc3339: "2026-03-08T12:00:00Z")!

    /// A frame whose bytes tell which one it is.
    static func frame(_ number: Int, bytes: Int = 20) -> StreamFrame {
        var counts = BooksDelta()
        counts.received = Int64(number % 7) + 1
        counts.duplicate = Int64(number % 3)
        if number % 5 == 0 { counts.rejected = ["field_missing": 2, "time_invalid": 1] }
        var items = Array("\(number):".utf8)
        while items.count < bytes { items.append(UInt8(truncatingIfNeeded: items.count &* 31 &+ number)) }
        return StreamFrame(
            projectID: project, receivedAt: start + .milliseconds(number), counts: counts, itemCount: number % 7,
            items: items, origin: number % 4 == 1 ? .outbox : .client)
    }

    static func number(of frame: StreamFrame) -> Int? {
        Int(String(decoding: frame.items.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self))
    }

    static func open(
        _ folder: any SegmentFolder, limits: StreamLimits = StreamLimits(), firstOffset: StreamOffset = .start
    ) throws(StreamOpenError) -> SegmentLogStream {
        try SegmentLogStream(
            folder: folder, firstOffset: firstOffset, limits: limits, clock: SystemClock(), telemetry: .none())
    }

    static func temporaryFolder() -> String {
        NSTemporaryDirectory() + "daybook-stream-"
            + TimeOrderedIdentifiers(randomness: SystemRandomness()).make(.job, at: start)
    }

    /// Every frame from the offset to the head.
    static func all(
        _ stream: any EventStream, from offset: StreamOffset = .start, bytesMax: Int = 4096
    ) async throws -> [StoredFrame] {
        var frames: [StoredFrame] = []
        var next = offset
        while true {
            let more = try await stream.read(from: next, bytesMax: bytesMax)
            guard let last = more.last else { return frames }
            frames += more
            next = last.offset.next
        }
    }
}
