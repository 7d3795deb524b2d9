import HTTPServer
import NIOCore
import NIOEmbedded
import Testing

/// Plain requests are answered from their bytes, and everything else reaches those behind.
@Suite struct PlainRequestHandlerTests {
    /// Lets one answer pass at a time, when it is told to.
    private final class Gate: Sendable {
        let waiting: AsyncStream<Void>
        private let open: AsyncStream<Void>.Continuation
        init() { (waiting, open) = AsyncStream.makeStream() }
        func pass() { open.yield() }
    }

    /// Stands for the codec: keeps what reaches it.
    private final class Behind: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var events: [String] = []
        func channelActive(context: ChannelHandlerContext) { events.append("active") }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            events.append(String(buffer: unwrapInboundIn(data)))
        }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { events.append("\(event)") }
    }

    private struct Connection {
        let channel: NIOAsyncTestingChannel
        let behind: NIOLoopBound<Behind>

        init(_ gate: Gate? = nil) async throws {
            let way = PlainRequestHandler.Way(
                answer: { request, _ in
                    if let gate { for await _ in gate.waiting { break } }
                    return ByteBuffer(string: "<" + request.withBody { String(decoding: $0, as: UTF8.self) } + ">")
                },
                start: { _, work in Task(operation: work) }, idleTimeout: .seconds(75))
            let channel = NIOAsyncTestingChannel()
            self.channel = channel
            behind = try await channel.testingEventLoop.executeInContext {
                let behind = Behind()
                try channel.pipeline.syncOperations.addHandlers([PlainRequestHandler(way), behind])
                return NIOLoopBound(behind, eventLoop: channel.testingEventLoop)
            }
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }

        func send(_ text: String) async throws { try await channel.writeInbound(ByteBuffer(string: text)) }
        func answer() async throws -> String {
            guard case .byteBuffer(let bytes) = try await channel.waitForOutboundWrite(as: IOData.self) else {
                return ""
            }
            return String(buffer: bytes)
        }
        var passed: [String] {
            get async throws {
                try await channel.testingEventLoop.executeInContext { behind.value.events }
            }
        }
    }

    private static func plain(_ body: String) -> String {
        "POST /v1/projects/p/leads HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
    private static let other = "GET /v1/days HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func aRequestInPiecesIsAnsweredOnce() async throws {
        let connection = try await Connection()
        for byte in Self.plain("abc") { try await connection.send(String(byte)) }
        #expect(try await connection.answer() == "<abc>")
        try await connection.send(Self.plain("d"))
        #expect(try await connection.answer() == "<d>")
        #expect(try await connection.passed == [])
        try await connection.channel.close()
    }

    @Test func theFirstOtherRequestAndAllThatFollowsPass() async throws {
        let connection = try await Connection()
        try await connection.send(Self.plain("a"))
        #expect(try await connection.answer() == "<a>")
        try await connection.send(Self.other + Self.plain("b"))
        try await connection.send(Self.plain("c"))
        #expect(try await connection.passed == ["active", Self.other + Self.plain("b"), Self.plain("c")])
        try await connection.channel.close()
    }

    @Test func followersWaitForTheAnswerAndKeepTheirOrder() async throws {
        let gate = Gate()
        let connection = try await Connection(gate)
        try await connection.send(Self.plain("1") + Self.plain("2"))
        try await connection.send(Self.other)
        #expect(try await connection.channel.readOutbound(as: IOData.self) == nil)
        for text in ["<1>", "<2>"] {
            #expect(try await connection.passed == [])
            gate.pass()
            #expect(try await connection.answer() == text)
        }
        #expect(try await connection.passed == ["active", Self.other])
        try await connection.channel.close()
    }

    /// A quiescing server, or a peer that has sent all, closes the connection: not before the answer.
    @Test func eventsWaitForTheAnswer() async throws {
        let gate = Gate()
        let connection = try await Connection(gate)
        try await connection.send(Self.plain("1"))
        try await connection.channel.testingEventLoop.executeInContext {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        #expect(try await connection.passed == [])
        gate.pass()
        #expect(try await connection.answer() == "<1>")
        #expect(try await connection.passed == ["inputClosed"])
        try await connection.channel.close()
    }

    @Test func halfARequestIsLeftToThoseBehindWhenThePeerEnds() async throws {
        let connection = try await Connection()
        try await connection.send("POST /v1/pro")
        try await connection.channel.testingEventLoop.executeInContext {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        #expect(try await connection.passed == ["active", "POST /v1/pro", "inputClosed"])
        try await connection.channel.close()
    }

    /// Also in the middle of a request; what arrives begins the time anew.
    @Test(arguments: ["", "POST /v1/pro", Self.plain("x")])
    func aQuietConnectionIsClosed(sent: String) async throws {
        let quiet = try await Connection()
        await quiet.channel.testingEventLoop.advanceTime(by: .seconds(50))
        if !sent.isEmpty { try await quiet.send(sent) }
        if sent == Self.plain("x") { #expect(try await quiet.answer() == "<x>") }
        await quiet.channel.testingEventLoop.advanceTime(by: .seconds(sent.isEmpty ? 24 : 74))
        #expect(quiet.channel.isActive)
        await quiet.channel.testingEventLoop.advanceTime(by: .seconds(2))
        #expect(!quiet.channel.isActive)
    }

    @Test func aBusyConnectionIsNotClosed() async throws {
        let gate = Gate()
        let busy = try await Connection(gate)
        try await busy.send(Self.plain("x"))
        await busy.channel.testingEventLoop.advanceTime(by: .seconds(200))
        #expect(busy.channel.isActive)
        gate.pass()
        #expect(try await busy.answer() == "<x>")
        try await busy.channel.close()
    }
}
