import HTTPServer
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SystemPorts
import Testing

/// Requests that are answered on their event loop, and their peace with those that pass through.
@Suite struct DirectRequestTests {
    /// Answers with the body it got, one request at a time, when it is told to.
    private final class Gate: Sendable {
        let waiting: AsyncStream<Void>
        private let open: AsyncStream<Void>.Continuation
        init() { (waiting, open) = AsyncStream.makeStream() }
        func pass() { open.yield() }
    }

    private static func way(_ gate: Gate?) -> DirectRequestHandler.Way {
        DirectRequestHandler.Way(
            accepts: { head, length in head.path == "/direct" && length <= 16 },
            answer: { _, body, _ in
                if let gate { for await _ in gate.waiting { break } }
                return (HTTPResponse(status: .accepted, headerFields: [.contentLength: "\(body.readableBytes)"]), body)
            },
            start: { _, work in Task(operation: work) }, idleTimeout: .seconds(75))
    }

    private static func channel(_ gate: Gate? = nil) async throws -> NIOAsyncTestingChannel {
        let channel = NIOAsyncTestingChannel()
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(DirectRequestHandler(way(gate)))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        return channel
    }

    private static func head(_ path: String, length: Int, _ method: HTTPRequest.Method = .post) -> HTTPRequestPart {
        .head(
            HTTPRequest(
                method: method, scheme: "http", authority: "localhost", path: path,
                headerFields: [.contentLength: "\(length)"]))
    }
    private static func body(_ text: String) -> HTTPRequestPart { .body(ByteBuffer(string: text)) }

    private static func status(_ part: HTTPResponsePart) -> Int? {
        if case .head(let head) = part { head.status.code } else { nil }
    }

    @Test func aSmallRequestIsAnsweredHereWithItsWholeBody() async throws {
        let channel = try await Self.channel()
        try await channel.writeInbound(Self.head("/direct", length: 6))
        try await channel.writeInbound(Self.body("abc"))
        try await channel.writeInbound(Self.body("def"))
        try await channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(Self.status(try await channel.waitForOutboundWrite(as: HTTPResponsePart.self)) == 202)
        #expect(
            try await channel.waitForOutboundWrite(as: HTTPResponsePart.self) == .body(ByteBuffer(string: "abcdef")))
        #expect(try await channel.waitForOutboundWrite(as: HTTPResponsePart.self) == .end(nil))
        #expect(try await channel.readInbound(as: HTTPRequestPart.self) == nil)
        try await channel.close()
    }

    @Test(arguments: ["/other", "/direct"])
    func whatIsNotDirectPassesThroughWhole(path: String) async throws {
        let channel = try await Self.channel()
        let parts = [Self.head(path, length: 17), Self.body("12345678901234567"), .end(nil)]
        for part in parts { try await channel.writeInbound(part) }
        for part in parts { #expect(try await channel.readInbound(as: HTTPRequestPart.self) == part) }
        try await channel.close()
    }

    @Test func followersWaitForTheAnswerAndKeepTheirOrder() async throws {
        let gate = Gate()
        let channel = try await Self.channel(gate)
        for (at, text) in ["1", "2"].enumerated() {
            try await channel.writeInbound(Self.head("/direct", length: 1))
            try await channel.writeInbound(Self.body(text))
            try await channel.writeInbound(HTTPRequestPart.end(nil))
            if at == 0 { #expect(try await channel.readOutbound(as: HTTPResponsePart.self) == nil) }
        }
        try await channel.writeInbound(Self.head("/other", length: 0, .get))
        try await channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(try await channel.readInbound(as: HTTPRequestPart.self) == nil)
        for text in ["1", "2"] {
            gate.pass()
            #expect(Self.status(try await channel.waitForOutboundWrite(as: HTTPResponsePart.self)) == 202)
            #expect(
                try await channel.waitForOutboundWrite(as: HTTPResponsePart.self) == .body(ByteBuffer(string: text)))
            #expect(try await channel.waitForOutboundWrite(as: HTTPResponsePart.self) == .end(nil))
        }
        #expect(try await channel.waitForInboundWrite(as: HTTPRequestPart.self) == Self.head("/other", length: 0, .get))
        #expect(try await channel.waitForInboundWrite(as: HTTPRequestPart.self) == .end(nil))
        try await channel.close()
    }

    @Test func behindAnUnfinishedPassedRequestADirectOnePassesToo() async throws {
        let channel = try await Self.channel()
        try await channel.writeInbound(Self.head("/other", length: 0, .get))
        try await channel.writeInbound(HTTPRequestPart.end(nil))
        try await channel.writeInbound(Self.head("/direct", length: 1))
        try await channel.writeInbound(Self.body("x"))
        try await channel.writeInbound(HTTPRequestPart.end(nil))
        for _ in 0..<5 { #expect(try await channel.readInbound(as: HTTPRequestPart.self) != nil) }
        // Both answered by those behind: the next direct one is direct again.
        for _ in 0..<2 {
            try await channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try await channel.writeOutbound(HTTPResponsePart.end(nil))
        }
        for _ in 0..<4 { _ = try await channel.waitForOutboundWrite(as: HTTPResponsePart.self) }
        try await channel.writeInbound(Self.head("/direct", length: 1))
        try await channel.writeInbound(Self.body("y"))
        try await channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(Self.status(try await channel.waitForOutboundWrite(as: HTTPResponsePart.self)) == 202)
        try await channel.close()
    }

    @Test func aQuietConnectionIsClosedAndABusyOneIsNot() async throws {
        let gate = Gate()
        let busy = try await Self.channel(gate)
        try await busy.writeInbound(Self.head("/direct", length: 1))
        try await busy.writeInbound(Self.body("x"))
        try await busy.writeInbound(HTTPRequestPart.end(nil))
        await busy.testingEventLoop.advanceTime(by: .seconds(200))
        #expect(busy.isActive)
        gate.pass()
        #expect(Self.status(try await busy.waitForOutboundWrite(as: HTTPResponsePart.self)) == 202)
        try await busy.close()
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ])
    func theDateFieldIsAnIMFFixdate(second: Int64, text: String) {
        #expect(DateField.text(second: second) == text)
    }
}
