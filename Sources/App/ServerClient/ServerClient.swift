// ServerClient: how the commands that drive a running server (simulate, import, bench) talk to it.
//
// Constraints: HTTP/1.1 to one server with one base address; a bounded number of connections; every wait bounded
// (Limits.swift); answers are read whole and bounded. It knows nothing of what is sent.
//
// Failure cases: nobody listens, a broken connection and a request that takes too long are `ServerClientError`; any
// HTTP answer, whatever its status, is an answer and is returned. `sendPatiently` repeats what the server asks to be
// repeated: 503 and 507 (overload), and 429 of a project's or key's quota. A user's own rate limit is a result.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Ports

/// One answer, whole.
package struct ServerAnswer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// Seconds, from `Retry-After` written as a number.
    package var retryAfterSeconds: Double?
    /// Whether the server repeated an earlier answer to the same Idempotency-Key.
    package var isReplayed: Bool
    /// From the first byte sent to the last received.
    package var elapsed: Duration

    package init(
        status: Int, body: [UInt8], retryAfterSeconds: Double? = nil, isReplayed: Bool = false,
        elapsed: Duration = .zero
    ) {
        self.status = status
        self.body = body
        self.retryAfterSeconds = retryAfterSeconds
        self.isReplayed = isReplayed
        self.elapsed = elapsed
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as a value of the type; nil when it is not one.
    package func decoded<T: Decodable>(_ type: T.Type) -> T? {
        try? JSONDecoder().decode(type, from: Data(body))
    }

    /// The `code` of a problem, nil for any other body.
    package var problemCode: String? { status >= 400 ? decoded(ProblemBody.self)?.code : nil }
}

/// The members of problem details (RFC 9457) that clients of ours read.
package struct ProblemBody: Decodable, Sendable {
    package struct Field: Decodable, Sendable {
        package var pointer: String?
        package var code: String?
        package var message: String?
    }
    package var title: String?
    package var detail: String?
    package var code: String?
    package var attempt_id: String?
    package var errors: [Field]?
}

package enum ServerClientError: Error, Sendable, CustomStringConvertible {
    /// Nobody answers at the address: what was seen and what to do.
    case unreachable(url: String, detail: String)
    case timeout(url: String, seconds: Double)
    case addressInvalid(url: String)

    package var description: String {
        switch self {
        case .unreachable(let url, let detail):
            "nothing answers at \(url) (\(detail)). Start it with `daybook serve`, or name its address with --url."
        case .timeout(let url, let seconds):
            "\(url) did not answer within \(Int(seconds)) s. See the server's log and its /health/ready."
        case .addressInvalid(let url):
            "--url: '\(url)' is not an http address. Write it like http://127.0.0.1:8080."
        }
    }
}

/// One request.
package struct ServerRequest: Sendable {
    package var method: String
    /// Begins with `/`; query included.
    package var path: String
    package var apiKey: String?
    package var contentType: String?
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        _ method: String, _ path: String, apiKey: String?, contentType: String? = nil,
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.apiKey = apiKey
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}

/// A client of one server. Call `close` when done.
package final class ServerClient: Sendable {
    package let url: String
    private let client: HTTPClient
    private let clock: any Clock

    /// `connectionsMax` bounds the connections kept to the server.
    package init(url: String, connectionsMax: Int, clock: any Clock) throws(ServerClientError) {
        var text = url
        while text.hasSuffix("/") { text.removeLast() }
        guard let parsed = URL(string: text), parsed.scheme == "http" || parsed.scheme == "https", parsed.host() != nil
        else { throw .addressInvalid(url: url) }
        self.url = text
        self.clock = clock
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .milliseconds(Int64(ServerClientLimits.connectSecondsMax * 1000))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax
        configuration.httpVersion = .http1Only
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func close() async {
        // A client that is closed twice says so; there is nothing else that could fail.
        do { try await client.shutdown() } catch {}
    }

    /// Sends one request and reads the whole answer.
    package func send(_ request: ServerRequest) async throws(ServerClientError) -> ServerAnswer {
        var message = HTTPClientRequest(url: url + request.path)
        message.method = HTTPMethod(rawValue: request.method)
        if let key = request.apiKey { message.headers.add(name: "authorization", value: "Bearer \(key)") }
        if let type = request.contentType { message.headers.add(name: "content-type", value: type) }
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        let began = clock.monotonic
        do {
            let seconds = ServerClientLimits.requestSecondsMax
            let answer = try await client.execute(message, timeout: .milliseconds(Int64(seconds * 1000)))
            let body = try await answer.body.collect(upTo: ServerClientLimits.answerBytesMax)
            return ServerAnswer(
                status: Int(answer.status.code), body: Array(body.readableBytesView),
                retryAfterSeconds: answer.headers.first(name: "retry-after").flatMap(Double.init),
                isReplayed: answer.headers.first(name: "idempotency-replayed") == "true",
                elapsed: clock.monotonic - began)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw .timeout(url: url, seconds: ServerClientLimits.requestSecondsMax)
        } catch {
            throw .unreachable(url: url, detail: describe(error))
        }
    }

    /// Sends and repeats as the server asks, up to `triesMax` times; `onRetry` hears of each repetition.
    package func sendPatiently(
        _ request: ServerRequest, onRetry: @Sendable () -> Void = {}
    ) async throws(ServerClientError) -> ServerAnswer {
        var pause = ServerClientLimits.retrySecondsFirst
        var tries = 1
        while true {
            let answer = try await send(request)
            guard Self.asksForRepetition(answer), tries < ServerClientLimits.triesMax else { return answer }
            let seconds = min(answer.retryAfterSeconds ?? pause, ServerClientLimits.retryAfterSecondsMax)
            pause = min(pause * 2, ServerClientLimits.retryAfterSecondsMax)
            tries += 1
            onRetry()
            do { try await clock.sleep(for: .milliseconds(Int64(seconds * 1000))) } catch { return answer }
        }
    }

    /// 503 and 507 are the server's overload, 429 a quota; a submitting user's own limit is a result, not a request to wait.
    static func asksForRepetition(_ answer: ServerAnswer) -> Bool {
        switch answer.status {
        case 503, 507: true
        case 429: answer.problemCode != "rate_limit_user"
        default: false
        }
    }

    /// Waits until the server answers `/health/live`, at most `seconds`.
    package func awaitReachable(seconds: Double) async throws(ServerClientError) {
        let deadline = clock.monotonic + .milliseconds(Int64(seconds * 1000))
        while true {
            do {
                _ = try await send(ServerRequest("GET", "/health/live", apiKey: nil))
                return
            } catch {
                guard clock.monotonic < deadline else { throw error }
                do { try await clock.sleep(for: .milliseconds(200)) } catch { return }
            }
        }
    }

    private func describe(_ error: any Error) -> String {
        if let connection = error as? NIOConnectionError {
            return connection.connectionErrors.first.map { String(describing: $0.error) }
                ?? "no address for \(connection.host)"
        }
        return String(describing: error)
    }
}
