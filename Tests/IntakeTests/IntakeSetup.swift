import CZlib
import Events
import Intake
import Ports
import SystemPorts
import Telemetry
import Wire

/// A service over a stream in memory, with a clock that the test moves.
struct IntakeSetup {
    static let now = Timestamp(rfc3339: "2026-03-08T12:00:00Z")!
    static let project = Project(
        id: ProjectID(trusted: "prj_demo"), organisationID: "org_1", name: "Demo", calendar: .utc, region: "eu",
        eventsPerSecond: 1000, submissionsPerUserPerMinute: 10, createdAt: now)

    let clock = ManualClock(now: now)
    let stream: MemoryEventStream
    let service: IntakeService
    var principal = Principal(kind: .apiKey("key_1"), projects: [project.id], scopes: [.ingest])

    init(limits: IntakeLimits = IntakeLimits(), streamBudget: Int64 = 1 << 30) {
        stream = MemoryEventStream(bytesBudget: streamBudget)
        service = IntakeService(
            stream: stream, directory: FixedProjectDirectory([Self.project]), clock: clock,
            identifiers: TimeOrderedIdentifiers(randomness: SeededRandomness(seed: 1)), telemetry: .none(),
            limits: limits)
    }

    func request(
        _ body: some Sequence<UInt8>, type: String? = "application/json", encoding: String? = nil
    ) -> IntakeRequest {
        IntakeRequest(
            projectID: Self.project.id, principal: principal, body: PaddedBytes(body), contentType: type,
            contentEncoding: encoding, receivedAt: clock.now)
    }

    func accept(
        _ text: String, type: String? = "application/json", encoding: String? = nil
    ) async throws(Problem) -> IntakeReceipt {
        try await service.accept(request(text.utf8, type: type, encoding: encoding))
    }

    /// The problem that the body is answered with; nil when it is accepted.
    func problem(
        _ body: some Sequence<UInt8>, type: String? = "application/json", encoding: String? = nil
    ) async -> Problem? {
        do throws(Problem) {
            _ = try await service.accept(request(body, type: type, encoding: encoding))
            return nil
        } catch {
            return error
        }
    }

    var frames: [StreamFrame] {
        get async throws(StreamError) { try await stream.read(from: .start, bytesMax: 1 << 30).map(\.frame) }
    }

    static func event(_ id: String, time: String = "2026-03-08T11:00:00Z", more: String = "") -> String {
        #"{"event_id":"\#(id)","type":"span","time":"\#(time)"\#(more)}"#
    }

    /// The items of a frame as texts.
    static func items(_ frame: StreamFrame) -> [String] {
        var texts: [String] = []
        var at = 0
        while at < frame.items.count {
            let size = (0..<4).reduce(0) { $0 | Int(frame.items[at + $1]) << (8 * $1) }
            texts.append(String(decoding: frame.items[at + 4..<at + 4 + size], as: UTF8.self))
            at += 4 + size
        }
        return texts
    }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 1024)
        let produced = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<produced])
    }
}
