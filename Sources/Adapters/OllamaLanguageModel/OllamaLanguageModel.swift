// OllamaLanguageModel: LanguageModel over Ollama's native API (`POST /api/chat`, docs/api.md of the Ollama project).
//
// Constraints: the answer is streamed (NDJSON), so an answer that grows without end is cut off at its limit and a dead
// server is noticed; the request's timeout covers everything from connecting to the last line. The answer's schema goes
// into `format`, so the server's grammar enforces it. Nothing is retried here.
//
// Failure cases: nobody listens → `unreachable`; the model is not there → `modelMissing` with the `ollama pull` to run;
// any other status → `refused` with the server's own words; a line that is not the protocol, or a stream that ends without
// `done` → `malformed`; too long → `answerTooLarge`; too slow → `timeout`.

package import AsyncHTTPClient
internal import Events
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
package import Ports

package struct OllamaLanguageModel: LanguageModel {
    package let name: String
    /// The server's address without a path, e.g. `http://127.0.0.1:11434`.
    package let address: String
    private let client: HTTPClient
    private let clock: any Clock

    /// `client` is shut down by whoever made it. It should fail at once when nobody listens
    /// (`connectionPool.retryConnectionEstablishment = false`).
    package init(model: String, address: String, client: HTTPClient, clock: any Clock) {
        self.name = model
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.client = client
        self.clock = clock
    }

    /// What to do when no server answers.
    package static func setupHint(model: String) -> String {
        "Install Ollama (https://ollama.com/download), run `ollama pull \(model)`, and ask for a new version of the report."
    }

    package func answer(_ request: ModelRequest) async throws(ModelError) -> ModelAnswer {
        let started = clock.monotonic
        do {
            var answer = try await within(request.timeout) {
                var call = HTTPClientRequest(url: address + "/api/chat")
                call.method = .POST
                call.headers.add(name: "Content-Type", value: "application/json")
                call.body = .bytes(ByteBuffer(bytes: body(request)))
                let response = try await client.execute(
                    call, timeout: .nanoseconds(max(0, request.timeout.microseconds) * 1000))
                guard response.status == .ok else { throw try await refusal(response) }
                return try await read(response)
            }
            answer.duration = clock.monotonic - started
            return answer
        } catch let error as ModelError {
            throw error
        } catch {
            throw transportError(error, timeout: request.timeout)
        }
    }

    /// `GET /api/tags` (docs/api.md of the Ollama project): the models that the server has.
    package func check(timeout: Duration) async throws(ModelError) {
        struct Tags: Decodable {
            struct Model: Decodable { var name: String }
            var models: [Model]
        }
        let tags: Tags
        do {
            tags = try await within(timeout) {
                let response = try await client.execute(
                    HTTPClientRequest(url: address + "/api/tags"), timeout: .nanoseconds(timeout.microseconds * 1000))
                guard response.status == .ok else { throw try await refusal(response) }
                let body = try await response.body.collect(upTo: Limits.lineBytesMax)
                do { return try JSONDecoder().decode(Tags.self, from: Data(body.readableBytesView)) } catch {
                    throw ModelError.malformed(detail: "the list of models is not its JSON")
                }
            }
        } catch let error as ModelError {
            throw error
        } catch {
            throw transportError(error, timeout: timeout)
        }
        // Without a tag, Ollama means `latest`.
        let wanted = name.contains(":") ? name : name + ":latest"
        guard tags.models.contains(where: { $0.name == wanted || $0.name == name }) else {
            throw .modelMissing(model: name, hint: "Run `ollama pull \(name)`.")
        }
    }

    /// Everything from connecting to the last byte within the time: the client's own deadline ends with the answer's head.
    private func within<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let clock = clock
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await clock.sleep(for: limit)
                throw ModelError.timeout(seconds: limit.milliseconds / 1000)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    // MARK: Request

    func body(_ request: ModelRequest) -> [UInt8] {
        let bytes = request.system.utf8.count + request.user.utf8.count
        let tokens = bytes / Limits.bytesPerToken + request.outputTokensMax + 256
        let context = max(Limits.contextTokensMin, (tokens + 1023) / 1024 * 1024)
        var out = [UInt8]()
        func raw(_ text: String) { out.append(contentsOf: text.utf8) }
        raw("{\"model\":")
        JSONText.appendString(name, to: &out)
        raw(",\"stream\":true,\"keep_alive\":\"\(Limits.keepAlive)\",\"messages\":[{\"role\":\"system\",\"content\":")
        JSONText.appendString(request.system, to: &out)
        raw("},{\"role\":\"user\",\"content\":")
        JSONText.appendString(request.user, to: &out)
        raw("}],\"format\":\(request.schema),\"options\":{\"num_ctx\":\(context),\"temperature\":")
        JSONText.appendNumber(request.temperature, to: &out)
        raw(",\"seed\":\(request.seed),\"num_predict\":\(request.outputTokensMax)}}")
        return out
    }

    // MARK: Answer

    private struct Line: Decodable {
        struct Message: Decodable { var content: String? }
        var model: String?
        var message: Message?
        var done: Bool?
        var doneReason: String?
        var promptEvalCount: Int?
        var evalCount: Int?
        var error: String?
    }

    private func read(_ response: HTTPClientResponse) async throws -> ModelAnswer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var answer = ModelAnswer(
            text: "", model: name, inputTokens: nil, outputTokens: nil, isTruncated: false, duration: .zero)
        var isDone = false
        var pending = [UInt8]()
        func take(_ bytes: ArraySlice<UInt8>) throws {
            guard bytes.contains(where: { $0 > 32 }) else { return }
            let line: Line
            do { line = try decoder.decode(Line.self, from: Data(bytes)) } catch {
                throw ModelError.malformed(detail: "a line is not its JSON: \(excerpt(bytes))")
            }
            if let error = line.error { throw ModelError.refused(status: 200, detail: String(error.prefix(300))) }
            answer.text += line.message?.content ?? ""
            guard answer.text.utf8.count <= Limits.answerBytesMax else {
                throw ModelError.answerTooLarge(bytes: Limits.answerBytesMax)
            }
            answer.model = line.model ?? answer.model
            if line.done == true {
                isDone = true
                answer.isTruncated = line.doneReason == "length"
                answer.inputTokens = line.promptEvalCount
                answer.outputTokens = line.evalCount
            }
        }
        for try await chunk in response.body {
            pending.append(contentsOf: chunk.readableBytesView)
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                try take(pending[..<end])
                pending.removeFirst(end + 1)
            }
            guard pending.count <= Limits.lineBytesMax else {
                throw ModelError.answerTooLarge(bytes: Limits.lineBytesMax)
            }
        }
        try take(pending[...])
        guard isDone else { throw ModelError.malformed(detail: "the answer ended without its last line (done)") }
        return answer
    }

    // MARK: Failures

    private func refusal(_ response: HTTPClientResponse) async throws -> ModelError {
        struct Failure: Decodable { var error: String }
        var bytes = [UInt8]()
        for try await chunk in response.body {
            bytes.append(contentsOf: chunk.readableBytesView.prefix(Limits.errorBytesMax - bytes.count))
            if bytes.count >= Limits.errorBytesMax { break }
        }
        let said = (try? JSONDecoder().decode(Failure.self, from: Data(bytes)))?.error
        if response.status == .notFound, let said, said.contains("model") {
            return .modelMissing(
                model: name, hint: "Run `ollama pull \(name)`, and ask for a new version of the report.")
        }
        return .refused(status: Int(response.status.code), detail: String((said ?? excerpt(bytes[...])).prefix(300)))
    }

    private func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(120), as: UTF8.self).debugDescription
    }

    private func transportError(_ error: any Error, timeout: Duration) -> ModelError {
        switch error as? HTTPClientError {
        case .deadlineExceeded, .readTimeout, .writeTimeout: return .timeout(seconds: timeout.milliseconds / 1000)
        case .connectTimeout, .getConnectionFromPoolTimeout:
            return .unreachable(address: address, detail: "connecting took too long")
        case .remoteConnectionClosed: return .malformed(detail: "the connection closed in the middle of the answer")
        default: break
        }
        let text = String(describing: error)
        if error is HTTPParserError {
            return .malformed(detail: "the answer was cut or is not HTTP (\(text.prefix(100)))")
        }
        if error is CancellationError { return .unreachable(address: address, detail: "cancelled") }
        let detail =
            text.contains("refused") || text.contains("errno: 111") ? "connection refused" : String(text.prefix(200))
        return .unreachable(address: address, detail: detail)
    }
}
