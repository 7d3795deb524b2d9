// OpenAILanguageModel: LanguageModel over any server that speaks OpenAI's chat completions (`POST /v1/chat/completions`):
// OpenAI, llama.cpp, vLLM, LM Studio and others.
//
// Constraints: one answer, not streamed, bounded in bytes; the request's timeout covers everything. Servers differ in how
// they take a schema: `response_format` is tried as `json_schema`, then as `json_object` with a `schema` member, then as
// `json_object` alone with the schema in the instructions; the form that a server accepted is remembered.
//
// Failure cases: nobody listens → `unreachable`; no such model → `modelMissing`; any other status → `refused` with the
// server's own words; a body that is not the protocol → `malformed`; too long → `answerTooLarge`; too slow → `timeout`.

package import AsyncHTTPClient
internal import Events
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
package import Ports
internal import Synchronization

package final class OpenAILanguageModel: LanguageModel {
    /// How a server is told the answer's schema, in the order in which they are tried.
    enum SchemaForm: Int, CaseIterable {
        case jsonSchema, jsonObjectWithSchema, jsonObject
    }

    package let name: String
    /// The server's address, with or without `/v1`.
    package let address: String
    private let apiKey: String?
    private let client: HTTPClient
    private let clock: any Clock
    private let accepted = Mutex(SchemaForm.jsonSchema)

    /// `client` is shut down by whoever made it. It should fail at once when nobody listens
    /// (`connectionPool.retryConnectionEstablishment = false`).
    package init(model: String, address: String, apiKey: String?, client: HTTPClient, clock: any Clock) {
        self.name = model
        var base = address
        while base.hasSuffix("/") { base.removeLast() }
        self.address = base.hasSuffix("/v1") ? String(base.dropLast(3)) : base
        self.apiKey = apiKey
        self.client = client
        self.clock = clock
    }

    /// What to do when no server answers.
    package static func setupHint(model: String, address: String) -> String {
        "Start the OpenAI-compatible server at \(address) with the model \(model), or correct the address in the settings; then ask for a new version of the report."
    }

    package func answer(_ request: ModelRequest) async throws(ModelError) -> ModelAnswer {
        let started = clock.monotonic
        var form = accepted.withLock { $0 }
        while true {
            let left = request.timeout - (clock.monotonic - started)
            guard left > .zero else { throw .timeout(seconds: request.timeout.milliseconds / 1000) }
            do {
                let tried = form
                var answer = try await within(left) { try await self.ask(request, form: tried, within: left) }
                accepted.withLock { $0 = form }
                answer.duration = clock.monotonic - started
                return answer
            } catch let error as ModelError {
                guard case .refused(let status, _) = error, status == 400 || status == 422,
                    let next = SchemaForm(rawValue: form.rawValue + 1)
                else { throw error }
                form = next
            } catch {
                throw transportError(error, timeout: request.timeout)
            }
        }
    }

    /// `GET /v1/models`: the models that the server has. A server without that route passes: it answers, at least.
    package func check(timeout: Duration) async throws(ModelError) {
        struct List: Decodable {
            struct Model: Decodable { var id: String }
            var data: [Model]
        }
        let models: [String]?
        do {
            models = try await within(timeout) { [self] in
                var call = HTTPClientRequest(url: address + "/v1/models")
                if let apiKey { call.headers.add(name: "Authorization", value: "Bearer \(apiKey)") }
                let response = try await client.execute(call, timeout: .nanoseconds(timeout.microseconds * 1000))
                if response.status == .notFound || response.status == .methodNotAllowed { return nil }
                let body = try await response.body.collect(upTo: Limits.bodyBytesMax)
                guard response.status == .ok else {
                    throw ModelError.refused(
                        status: Int(response.status.code),
                        detail: String(String(decoding: body.readableBytesView, as: UTF8.self).prefix(200)))
                }
                do {
                    return try JSONDecoder().decode(List.self, from: Data(body.readableBytesView)).data.map(\.id)
                } catch {
                    throw ModelError.malformed(detail: "the list of models is not its JSON")
                }
            }
        } catch let error as ModelError {
            throw error
        } catch {
            throw transportError(error, timeout: timeout)
        }
        // Servers of one model often list it under the name of its file.
        guard let models, models.count > 1, !models.contains(name) else { return }
        throw .modelMissing(model: name, hint: "It has: \(models.prefix(8).joined(separator: ", ")).")
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

    private func ask(_ request: ModelRequest, form: SchemaForm, within limit: Duration) async throws -> ModelAnswer {
        var call = HTTPClientRequest(url: address + "/v1/chat/completions")
        call.method = .POST
        call.headers.add(name: "Content-Type", value: "application/json")
        if let apiKey { call.headers.add(name: "Authorization", value: "Bearer \(apiKey)") }
        call.body = .bytes(ByteBuffer(bytes: body(request, form: form)))
        let response = try await client.execute(call, timeout: .nanoseconds(max(0, limit.microseconds) * 1000))
        guard response.status == .ok else { throw try await refusal(response) }
        var bytes = [UInt8]()
        for try await chunk in response.body {
            bytes.append(contentsOf: chunk.readableBytesView)
            guard bytes.count <= Limits.bodyBytesMax else {
                throw ModelError.answerTooLarge(bytes: Limits.bodyBytesMax)
            }
        }
        return try parse(bytes)
    }

    func body(_ request: ModelRequest, form: SchemaForm) -> [UInt8] {
        var out = [UInt8]()
        func raw(_ text: String) { out.append(contentsOf: text.utf8) }
        let system =
            form == .jsonSchema
            ? request.system
            : request.system + "\nThe answer is a JSON object that follows this JSON Schema:\n" + request.schema
        raw("{\"model\":")
        JSONText.appendString(name, to: &out)
        raw(",\"stream\":false,\"messages\":[{\"role\":\"system\",\"content\":")
        JSONText.appendString(system, to: &out)
        raw("},{\"role\":\"user\",\"content\":")
        JSONText.appendString(request.user, to: &out)
        raw("}],\"temperature\":")
        JSONText.appendNumber(request.temperature, to: &out)
        raw(",\"seed\":\(request.seed),\"max_tokens\":\(request.outputTokensMax),\"response_format\":")
        switch form {
        case .jsonSchema:
            raw(
                "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"day_report\",\"strict\":true,\"schema\":\(request.schema)}}}"
            )
        case .jsonObjectWithSchema: raw("{\"type\":\"json_object\",\"schema\":\(request.schema)}}")
        case .jsonObject: raw("{\"type\":\"json_object\"}}")
        }
        return out
    }

    // MARK: Answer

    private struct Completion: Decodable {
        struct Choice: Decodable {
            struct Message: Decodable { var content: String? }
            var message: Message
            var finishReason: String?
        }
        struct Usage: Decodable {
            var promptTokens: Int?
            var completionTokens: Int?
        }
        var model: String?
        var choices: [Choice]
        var usage: Usage?
    }

    private func parse(_ bytes: [UInt8]) throws(ModelError) -> ModelAnswer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let completion: Completion
        do { completion = try decoder.decode(Completion.self, from: Data(bytes)) } catch {
            throw .malformed(detail: "the body is not a chat completion: \(excerpt(bytes))")
        }
        guard let choice = completion.choices.first, let text = choice.message.content else {
            throw .malformed(detail: "the completion has no message")
        }
        guard text.utf8.count <= Limits.answerBytesMax else { throw .answerTooLarge(bytes: Limits.answerBytesMax) }
        return ModelAnswer(
            text: text, model: completion.model ?? name, inputTokens: completion.usage?.promptTokens,
            outputTokens: completion.usage?.completionTokens, isTruncated: choice.finishReason == "length",
            duration: .zero)
    }

    // MARK: Failures

    private func refusal(_ response: HTTPClientResponse) async throws -> ModelError {
        struct Failure: Decodable {
            struct Detail: Decodable { var message: String? }
            var error: Detail
        }
        var bytes = [UInt8]()
        for try await chunk in response.body {
            bytes.append(contentsOf: chunk.readableBytesView.prefix(Limits.errorBytesMax - bytes.count))
            if bytes.count >= Limits.errorBytesMax { break }
        }
        let said = (try? JSONDecoder().decode(Failure.self, from: Data(bytes)))?.error.message
        if response.status == .notFound, let said, said.contains("model") {
            return .modelMissing(
                model: name,
                hint: "Name a model that the server at \(address) has (GET /v1/models lists them) in the settings.")
        }
        return .refused(status: Int(response.status.code), detail: String((said ?? excerpt(bytes)).prefix(300)))
    }

    private func excerpt(_ bytes: [UInt8]) -> String {
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
