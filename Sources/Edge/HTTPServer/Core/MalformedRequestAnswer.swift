internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes

/// Gives its content to the one answer that no route and no middleware sees: the empty 400 that the server library writes when
/// what arrives is not an HTTP request (an unknown method, a control character in a field).
final class MalformedRequestAnswer: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let makeRequestID: @Sendable () -> String

    init(makeRequestID: @escaping @Sendable () -> String) { self.makeRequestID = makeRequestID }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.connection] == "close", head.headerFields[.contentLength] == "0"
        else {
            context.write(data, promise: promise)
            return
        }
        let requestID = makeRequestID()
        let problem = Problem(
            .requestNotHTTP,
            "What arrived is not an HTTP/1.1 request: check the method, the field names, and that no field has control characters."
        )
        let body = ByteBuffer(bytes: Response.problemJSON(problem, path: nil, correlationID: requestID))
        head.headerFields[.contentType] = "application/problem+json"
        head.headerFields[.contentLength] = String(body.readableBytes)
        head.headerFields[RequestScope.requestIDField] = requestID
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: promise)
    }
}

@available(*, unavailable)
extension MalformedRequestAnswer: Sendable {}
