import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A model server that misbehaves as told, on 127.0.0.1 and a port of its own.
final class ModelServerDouble: Sendable {
    enum Behaviour: Sendable {
        /// A status and a whole body.
        case answer(Int, String)
        /// Status 200 and these pieces, one write each.
        case stream([String])
        /// Status 200 and these pieces, each so many milliseconds after the one before.
        case slow([String], milliseconds: Int64)
        /// Status 200, these pieces, and the connection cut before the end.
        case cut([String])
        /// The head of an answer and never its end.
        case hang
        /// Pieces without end.
        case endless(String)
    }

    private let channel: any Channel
    private let shared: Shared
    /// The bodies of the requests so far.
    var requests: [String] { shared.state.withLock { $0.requests } }
    var paths: [String] { shared.state.withLock { $0.paths } }
    let address: String

    final class Shared: Sendable {
        struct State {
            var behaviours: [Behaviour]
            var requests: [String] = []
            var paths: [String] = []
        }
        let state: Mutex<State>
        init(_ behaviours: [Behaviour]) { state = Mutex(State(behaviours: behaviours)) }
    }

    /// Each request takes the next behaviour; the last one stays.
    init(_ behaviours: Behaviour...) async throws {
        let shared = Shared(behaviours)
        self.shared = shared
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(shared: shared))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async throws { try await channel.close() }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let shared: Shared
        private var body = ByteBuffer()
        private var path = ""
        init(shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                path = head.uri
                body.clear()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                let text = String(buffer: body)
                let path = path
                let behaviour = shared.state.withLock { state in
                    state.requests.append(text)
                    state.paths.append(path)
                    return state.behaviours.count > 1 ? state.behaviours.removeFirst() : state.behaviours[0]
                }
                respond(behaviour, context)
            }
        }

        private func respond(_ behaviour: Behaviour, _ context: ChannelHandlerContext) {
            var status = 200
            if case .answer(let code, _) = behaviour { status = code }
            let head = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: status), headers: ["Transfer-Encoding": "chunked"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            switch behaviour {
            case .answer(_, let text): write([text], context)
            case .stream(let pieces): write(pieces, context)
            case .slow(let pieces, let milliseconds):
                writeSlowly(pieces[...], milliseconds, context)
                return
            case .cut(let pieces):
                for piece in pieces { write(piece, context) }
                context.close(promise: nil)
                return
            case .hang:
                context.flush()
                return
            case .endless(let piece):
                repeatForEver(piece, context)
                return
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        private func write(_ pieces: [String], _ context: ChannelHandlerContext) {
            for piece in pieces { write(piece, context) }
        }
        private func write(_ piece: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: piece)))), promise: nil)
        }

        private func writeSlowly(
            _ pieces: ArraySlice<String>, _ milliseconds: Int64, _ context: ChannelHandlerContext
        ) {
            guard let piece = pieces.first else {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                return
            }
            write(piece, context)
            let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                let (handler, context) = loopBound.value
                guard context.channel.isActive else { return }
                handler.writeSlowly(pieces.dropFirst(), milliseconds, context)
            }
        }

        /// Each piece is written once the one before it has left, until the client goes away.
        private func repeatForEver(_ piece: String, _ context: ChannelHandlerContext) {
            let written = context.eventLoop.makePromise(of: Void.self)
            let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            written.futureResult.whenSuccess {
                let (handler, context) = loopBound.value
                handler.repeatForEver(piece, context)
            }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: piece)))), promise: written)
        }
    }
}
