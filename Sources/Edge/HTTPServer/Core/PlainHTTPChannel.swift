internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A connection in HTTP/1.1: plain requests are answered in front of the codec, everything else by Hummingbird behind it.
struct PlainHTTPChannel: ServerChildChannel {
    let behind: HTTP1Channel
    let way: PlainRequestHandler.Way

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        behind.setup(channel: channel, logger: logger).flatMapThrowing { value in
            try channel.pipeline.syncOperations.addHandler(PlainRequestHandler(way), position: .first)
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await behind.handle(value: value, logger: logger)
    }
}
