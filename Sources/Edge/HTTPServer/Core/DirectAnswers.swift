internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Ports
internal import Synchronization

/// What a request that `DirectRequestHandler` collected is answered: the router's answer, whole.
struct DirectAnswers<Responder: HTTPResponder>: Sendable where Responder.Context == DaybookContext {
    let responder: Responder
    let logger: Logger
    let serverName: String
    let date: DateField

    /// `POST …/events` and `POST …/leads`, without a query, with a body of a bounded length.
    @Sendable static func accepts(_ head: HTTPRequest, length: Int) -> Bool {
        guard (0...HTTPLimits.directBodyBytesMax).contains(length), let path = head.path else { return false }
        return path.hasPrefix("/v1/projects/") && (path.hasSuffix("/events") || path.hasSuffix("/leads"))
    }

    @Sendable func answer(
        _ head: HTTPRequest, _ body: ByteBuffer, _ peer: DirectRequestHandler.Peer
    ) async -> (HTTPResponse, ByteBuffer) {
        let request = Request(head: head, body: RequestBody(buffer: body))
        let context = DaybookContext(
            source: .init(channel: peer.channel, logger: logger), remoteAddress: peer.address)
        var response: Response
        let collected = CollectedBody()
        do {
            response = try await responder.respond(to: request, context: context)
            try await response.body.write(CollectingWriter(body: collected))
        } catch {
            // The outermost middleware answers every error of ours; this one is the framework's.
            logger.error("A direct request failed", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError)
        }
        response.headers.append(HTTPField(name: .date, value: date.value))
        response.headers.append(HTTPField(name: .server, value: serverName))
        return (response.head, collected.bytes.withLock { $0 })
    }
}

private final class CollectedBody: Sendable {
    let bytes = Mutex(ByteBuffer())
}

private struct CollectingWriter: ResponseBodyWriter {
    let body: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws {
        body.bytes.withLock { bytes in
            if bytes.readableBytes == 0 { bytes = buffer } else { bytes.writeImmutableBuffer(buffer) }
        }
    }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// The `Date` field (RFC 9110 section 6.6.1) of now, as IMF-fixdate; written anew once a second.
package final class DateField: Sendable {
    private let clock: any Clock
    private let last = Mutex<(second: Int64, text: String)>((.min, ""))

    init(clock: any Clock) { self.clock = clock }

    var value: String {
        let second = clock.now.seconds
        return last.withLock { last in
            if last.second != second { last = (second, Self.text(second: second)) }
            return last.text
        }
    }

    /// E.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func text(second: Int64) -> String {
        let days = floorDivide(second, 86_400)
        let rest = Int(second - days * 86_400)
        let date = LogicalDate(dayNumber: Int32(days))
        let (year, month, day) = date.components
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(names[date.weekday]), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }
}
