package import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Answers small requests of the busiest routes on their event loop, without the asynchronous streams that a request of
/// unknown length needs: the body is collected here, the answer is written with one flush. Everything else passes through.
///
/// Stands between the HTTP codec and Hummingbird's own handlers. What a request means is the same on both ways: the answer
/// comes from the same router and middleware.
///
/// Constraints. Lives on one event loop. Requests of a connection are answered in their order: while one is answered, what
/// follows is held (at most what one read of the socket brings, since reading stops once something is held); while one that
/// passed through is unfinished, the next one passes through too.
///
/// Failure cases. The peer goes away: the answer is dropped, what was durable stays so. A quiescing server: the answer under
/// way is written first. A connection without traffic is closed after `idleTimeout`; this handler does that for all, since
/// the ones behind it do not see every request.
package final class DirectRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    /// What the handler needs to know about requests, and how it has them answered.
    package struct Way: Sendable {
        package typealias Answer = @Sendable (HTTPRequest, ByteBuffer, Peer) async -> (HTTPResponse, ByteBuffer)
        package typealias Start = @Sendable (any EventLoop, @escaping @Sendable () async -> Void) -> Void

        /// Whether a request is answered here, by its head and the length of its body in bytes.
        var accepts: @Sendable (HTTPRequest, Int) -> Bool
        var answer: Answer
        /// Runs a request's work on an event loop.
        var start: Start
        var idleTimeout: TimeAmount

        package init(
            accepts: @escaping @Sendable (HTTPRequest, Int) -> Bool,
            answer: @escaping Answer, start: @escaping Start, idleTimeout: TimeAmount
        ) {
            self.accepts = accepts
            self.answer = answer
            self.start = start
            self.idleTimeout = idleTimeout
        }
    }

    /// The other end of a connection.
    package struct Peer: Sendable {
        package var channel: any Channel
        /// Its network address as text; nil for what has none.
        package var address: String?
    }

    private enum State {
        case idle
        /// Requests that passed through and whose answers are not complete; whether the last one is still being read.
        case passing(unanswered: Int, isReading: Bool)
        case collecting(HTTPRequest, ByteBuffer)
        case answering
    }

    private let way: Way
    private var state = State.idle
    private var held = CircularBuffer<HTTPRequestPart>()
    private var isReadHeld = false
    private var quiesce: ChannelShouldQuiesceEvent?
    private var peer: Peer?
    private var lastActivity = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?

    package init(_ way: Way) { self.way = way }

    // MARK: Inbound

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        take(unwrapInboundIn(data), context)
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.answering, _):
            held.append(part)
        case (.idle, .head(let head)):
            if isDirect(head) {
                state = .collecting(head, ByteBuffer())
            } else {
                state = .passing(unanswered: 1, isReading: true)
                context.fireChannelRead(wrapInboundOut(part))
            }
        case (.collecting(let head, var body), .body(let bytes)):
            state = .idle  // so that the buffer below is not copied
            if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
            state = .collecting(head, body)
        case (.collecting(let head, let body), .end):
            state = .answering
            answer(head, body, context)
        case (.passing(let unanswered, let isReading), _):
            switch part {
            case .head: state = .passing(unanswered: unanswered + 1, isReading: true)
            case .body: state = .passing(unanswered: unanswered, isReading: isReading)
            case .end: settle(unanswered: unanswered, isReading: false)
            }
            context.fireChannelRead(wrapInboundOut(part))
        case (.idle, _), (.collecting, .head):
            // The codec's own order forbids it; the handlers behind know how to say so.
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    /// Whether the request is answered here; one that asks for something unusual is not.
    private func isDirect(_ head: HTTPRequest) -> Bool {
        guard head.method == .post else { return false }
        var length: Int?
        for field in head.headerFields {
            switch field.name {
            case .contentLength:
                guard length == nil, let bytes = Int(field.value) else { return false }
                length = bytes
            case .expect, .connection, .transferEncoding: return false
            default: break
            }
        }
        guard let length else { return false }
        return way.accepts(head, length)
    }

    private func settle(unanswered: Int, isReading: Bool) {
        state = unanswered == 0 && !isReading ? .idle : .passing(unanswered: unanswered, isReading: isReading)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelShouldQuiesceEvent {
            switch state {
            case .collecting, .answering: quiesce = event
            case .idle, .passing: context.fireUserInboundEventTriggered(event)
            }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Answering

    private func answer(_ head: HTTPRequest, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let place = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        let peer = peer ?? Peer(channel: context.channel, address: context.channel.remoteAddress?.ipAddress)
        self.peer = peer
        let way = way
        way.start(loop) {
            let (response, content) = await way.answer(head, body, peer)
            if loop.inEventLoop {
                place.value.handler.finish(response, content, place.value.context)
            } else {
                loop.execute { place.value.handler.finish(response, content, place.value.context) }
            }
        }
    }

    private func finish(_ response: HTTPResponse, _ content: ByteBuffer, _ context: ChannelHandlerContext) {
        lastActivity = .now()
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if content.readableBytes > 0 { context.write(wrapOutboundOut(.body(content)), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        state = .idle
        if let quiesce {
            self.quiesce = nil
            held.removeAll()
            context.fireUserInboundEventTriggered(quiesce)
        }
        while let part = held.popFirst() {
            take(part, context)
            if case .answering = state { return }
        }
        if case .passing = state { context.fireChannelReadComplete() }
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    // MARK: Outbound

    /// Reading goes on while a request is answered, since most peers send nothing before they have the answer; it stops once
    /// something is held.
    package func read(context: ChannelHandlerContext) {
        if case .answering = state, !held.isEmpty {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        lastActivity = .now()
        if case .passing(let unanswered, let isReading) = state, case .end = unwrapOutboundIn(data) {
            settle(unanswered: unanswered - 1, isReading: isReading)
        }
        context.write(data, promise: promise)
    }

    // MARK: Idle connections

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { checkIdle(context, in: way.idleTimeout) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        checkIdle(context, in: way.idleTimeout)
        context.fireChannelActive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { idleCheck?.cancel() }

    package func channelInactive(context: ChannelHandlerContext) {
        idleCheck?.cancel()
        held.removeAll()
        context.fireChannelInactive()
    }

    private func checkIdle(_ context: ChannelHandlerContext, in time: TimeAmount) {
        idleCheck?.cancel()
        let place = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        idleCheck = context.eventLoop.scheduleTask(in: time) {
            let (handler, context) = place.value
            handler.idleCheck = nil
            let quiet = NIODeadline.now() - handler.lastActivity
            switch handler.state {
            case .answering: handler.checkIdle(context, in: handler.way.idleTimeout)
            case .passing(_, isReading: false): handler.checkIdle(context, in: handler.way.idleTimeout)
            case .idle, .collecting, .passing:
                if quiet >= handler.way.idleTimeout {
                    context.close(promise: nil)
                } else {
                    handler.checkIdle(context, in: handler.way.idleTimeout - quiet)
                }
            }
        }
    }
}

@available(*, unavailable)
extension DirectRequestHandler: Sendable {}
