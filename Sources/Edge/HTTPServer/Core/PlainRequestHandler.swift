package import NIOCore

/// Answers plain requests (`PlainRequest`) from their bytes, on their event loop and with one write, without the codec, the
/// streams and the router that a request of any shape needs. The first request of a connection that is not plain goes to the
/// HTTP codec behind, with every byte that follows: clients of the busiest routes send nothing else, and so the order of a
/// connection's answers never hangs on two readers.
///
/// Stands in front of the codec. While a connection is plain, those behind do not know that it is active; what they do about
/// idle connections begins when they do.
///
/// Constraints. Lives on one event loop. Requests of a connection are answered in their order: while one is answered, what
/// follows is held (at most what one read of the socket brings, since reading stops once something is held).
///
/// Failure cases. The peer goes away: the answer is dropped, what was durable stays so. A quiescing server, or a peer that
/// has sent all it wants to send: the answer under way is written first. A plain connection without traffic is closed after
/// `idleTimeout`, also in the middle of a request.
package final class PlainRequestHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    /// How requests are answered.
    package struct Way: Sendable {
        /// The whole answer to a request from a network address (nil for a connection that has none).
        package typealias Answer = @Sendable (PlainRequest, _ address: String?) async -> ByteBuffer
        package typealias Start = @Sendable (any EventLoop, @escaping @Sendable () async -> Void) -> Void

        var answer: Answer
        /// Runs a request's work on an event loop.
        var start: Start
        var idleTimeout: TimeAmount

        package init(answer: @escaping Answer, start: @escaping Start, idleTimeout: TimeAmount) {
            self.answer = answer
            self.start = start
            self.idleTimeout = idleTimeout
        }
    }

    private enum State { case reading, answering, passing }

    private let way: Way
    private var state = State.reading
    /// What has arrived and is not yet part of an answered request.
    private var held = ByteBuffer()
    private var isReadHeld = false
    /// What those behind must hear once the answer is written.
    private var heldEvents: [Any] = []
    private var address: String??
    private var lastActivity: NIODeadline?
    private var idleCheck: Scheduled<Void>?

    package init(_ way: Way) { self.way = way }

    // MARK: Inbound

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state == .passing { return context.fireChannelRead(data) }
        lastActivity = context.eventLoop.now
        var bytes = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = bytes } else { held.writeBuffer(&bytes) }
        if state == .reading { takeNext(context) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if state == .passing { context.fireChannelReadComplete() }
    }

    private func takeNext(_ context: ChannelHandlerContext) {
        guard held.readableBytes > 0 else { return }
        switch PlainRequest.read(held) {
        case .incomplete: break
        case .notPlain: pass(context)
        case .request(let request, let bytes):
            held.moveReaderIndex(forwardBy: bytes)
            if held.readableBytes == 0 { held = ByteBuffer() }
            state = .answering
            answer(request, context)
        }
    }

    /// Leaves the connection to those behind.
    private func pass(_ context: ChannelHandlerContext) {
        state = .passing
        idleCheck?.cancel()
        context.fireChannelActive()
        guard held.readableBytes > 0 else { return }
        let bytes = held
        held = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(bytes))
        context.fireChannelReadComplete()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch state {
        case .passing: context.fireUserInboundEventTriggered(event)
        case .answering: heldEvents.append(event)
        case .reading:
            // Half a request: those behind know what that means for the event.
            if held.readableBytes > 0 { pass(context) }
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Answering

    private func answer(_ request: PlainRequest, _ context: ChannelHandlerContext) {
        let place = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let address = address ?? context.remoteAddress?.ipAddress
        self.address = .some(address)
        let way = way
        way.start(loop) {
            let answer = await way.answer(request, address)
            if loop.inEventLoop {
                place.value.handler.finish(answer, place.value.context)
            } else {
                loop.execute { place.value.handler.finish(answer, place.value.context) }
            }
        }
    }

    private func finish(_ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        lastActivity = context.eventLoop.now
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(answer)), promise: nil)
        state = .reading
        if !heldEvents.isEmpty {
            let events = heldEvents
            heldEvents = []
            for event in events { userInboundEventTriggered(context: context, event: event) }
        }
        if state == .reading { takeNext(context) }
        if state != .answering, isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    // MARK: Outbound

    /// Reading goes on while a request is answered, since most peers send nothing before they have the answer; it stops once
    /// something is held.
    package func read(context: ChannelHandlerContext) {
        if state == .answering, held.readableBytes > 0 {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    // MARK: Idle connections

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { checkIdle(context, in: way.idleTimeout) }
    }

    package func channelActive(context: ChannelHandlerContext) { checkIdle(context, in: way.idleTimeout) }

    package func handlerRemoved(context: ChannelHandlerContext) { idleCheck?.cancel() }

    package func channelInactive(context: ChannelHandlerContext) {
        idleCheck?.cancel()
        held = ByteBuffer()
        context.fireChannelInactive()
    }

    private func checkIdle(_ context: ChannelHandlerContext, in time: TimeAmount) {
        idleCheck?.cancel()
        let place = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let begun = context.eventLoop.now
        idleCheck = context.eventLoop.scheduleTask(in: time) {
            let (handler, context) = place.value
            handler.idleCheck = nil
            let timeout = handler.way.idleTimeout
            let quiet = context.eventLoop.now - (handler.lastActivity ?? begun)
            switch handler.state {
            case .passing: break
            case .answering: handler.checkIdle(context, in: timeout)
            case .reading:
                if quiet >= timeout {
                    context.close(promise: nil)
                } else {
                    handler.checkIdle(context, in: timeout - quiet)
                }
            }
        }
    }
}

@available(*, unavailable)
extension PlainRequestHandler: Sendable {}
