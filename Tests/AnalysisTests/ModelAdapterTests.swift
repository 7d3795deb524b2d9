import AsyncHTTPClient
import Events
import NIOCore
import OllamaLanguageModel
import OpenAILanguageModel
import Ports
import SystemPorts
import Testing

private func request(timeout: Duration = .seconds(120)) -> ModelRequest {
    ModelRequest(
        system: "You \"explain\".", user: "Facts\n{}", schema: #"{"type":"object"}"#, outputTokensMax: 700,
        temperature: 0.2, seed: 7, timeout: timeout)
}

/// Runs `body` with a client that says at once when nobody listens.
private func withClient<R>(_ body: (HTTPClient) async throws -> R) async throws -> R {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    do {
        let result = try await body(client)
        try await client.shutdown()
        return result
    } catch {
        try await client.shutdown()
        throw error
    }
}

/// The error that a model gives; records an issue when it answers.
private func failure(of model: any LanguageModel, timeout: Duration = .seconds(120)) async -> ModelError? {
    do throws(ModelError) {
        let answer = try await model.answer(request(timeout: timeout))
        Issue.record("answered \(answer.text)")
        return nil
    } catch {
        return error
    }
}

struct OllamaLanguageModelTests {
    private func ollama(_ server: ModelServerDouble, _ client: HTTPClient) -> OllamaLanguageModel {
        OllamaLanguageModel(model: "llama3.1:8b", address: server.address + "/", client: client, clock: SystemClock())
    }

    @Test func streamedAnswerIsPutTogether() async throws {
        // Pieces do not end where lines end.
        let server = try await ModelServerDouble(
            .stream([
                #"{"model":"llama3.1:8b","message":{"role":"assistant","content":"{\"a\""},"done":false}"# + "\n"
                    + #"{"model":"#,
                #""llama3.1:8b","message":{"content":":1}"},"done":false}"# + "\n",
                #"{"model":"llama3.1:8b","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":33,"eval_count":5}"#,
            ]))
        let answer = try await withClient { try await ollama(server, $0).answer(request()) }
        #expect(
            answer.text == #"{"a":1}"# && answer.inputTokens == 33 && answer.outputTokens == 5 && !answer.isTruncated)
        #expect(server.paths == ["/api/chat"])
        let sent = try #require(server.requests.first)
        for part in [
            #""model":"llama3.1:8b""#, #""format":{"type":"object"}"#, #""num_ctx":4096"#, #""seed":7"#,
            #""num_predict":700"#,
            #""keep_alive":"10m""#, #"You \"explain\"."#, #""temperature":0.2"#,
        ] { #expect(sent.contains(part)) }
        try await server.stop()
    }

    @Test func oneLineAnswerAndTruncationAreUnderstood() async throws {
        let server = try await ModelServerDouble(
            .answer(200, #"{"model":"m","message":{"content":"{}"},"done":true,"done_reason":"length"}"#))
        let answer = try await withClient { try await ollama(server, $0).answer(request()) }
        #expect(answer.text == "{}" && answer.isTruncated && answer.model == "m")
        try await server.stop()
    }

    /// Every byte in a packet of its own, letters of several bytes included.
    @Test func anAnswerInSinglePiecesIsPutTogether() async throws {
        let line = #"{"model":"m","message":{"content":"{\"a\":\"Zürich — 大阪\"}"},"done":false}"# + "\n"
        let end = #"{"model":"m","message":{"content":""},"done":true,"done_reason":"stop"}"# + "\n"
        let server = try await ModelServerDouble(.stream((line + end).map(String.init)))
        let answer = try await withClient { try await ollama(server, $0).answer(request()) }
        #expect(answer.text == #"{"a":"Zürich — 大阪"}"#)
        try await server.stop()
    }

    @Test func aSlowAnswerIsWaitedForAndNotLonger() async throws {
        let lines = (0..<40).map { _ in #"{"model":"m","message":{"content":" "},"done":false}"# + "\n" }
        let end = #"{"model":"m","message":{"content":"{}"},"done":true,"done_reason":"stop"}"#
        let server = try await ModelServerDouble(.slow(Array(lines.prefix(3)) + [end], milliseconds: 20))
        let answer = try await withClient { try await ollama(server, $0).answer(request()) }
        #expect(answer.text.hasSuffix("{}"))
        try await server.stop()
        let slower = try await ModelServerDouble(.slow(lines + [end], milliseconds: 200))
        try await withClient { client in
            guard case .timeout = await failure(of: ollama(slower, client), timeout: .milliseconds(400)) else {
                Issue.record("an answer that takes 8 s was waited for")
                return
            }
        }
        try await slower.stop()
    }

    @Test(arguments: ["", "null", "[]", "not the schema at all"])
    func whatTheModelSaysIsNotTheAdaptersBusiness(content: String) async throws {
        let server = try await ModelServerDouble(
            .answer(
                200, "{\"model\":\"m\",\"message\":{\"content\":\"\(content)\"},\"done\":true,\"done_reason\":\"stop\"}"
            ))
        let answer = try await withClient { try await ollama(server, $0).answer(request()) }
        #expect(answer.text == content && !answer.isTruncated)
        try await server.stop()
    }

    @Test func missingModelSaysHowToGetIt() async throws {
        let server = try await ModelServerDouble(.answer(404, #"{"error":"model 'llama3.1:8b' not found"}"#))
        let error = try await withClient { await failure(of: ollama(server, $0)) }
        guard case .modelMissing("llama3.1:8b", let hint) = error else {
            Issue.record("\(String(describing: error))"); return
        }
        #expect(hint.contains("ollama pull llama3.1:8b"))
        try await server.stop()
    }

    @Test(arguments: [
        (500, #"{"error":"out of memory"}"#, "out of memory"), (404, "<html>nginx</html>", "nginx"), (503, "", ""),
    ])
    func refusalsKeepTheServersWords(status: Int, body: String, words: String) async throws {
        let server = try await ModelServerDouble(.answer(status, body))
        let error = try await withClient { await failure(of: ollama(server, $0)) }
        guard case .refused(status, let detail) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(words.isEmpty || detail.contains(words))
        try await server.stop()
    }

    @Test func anErrorInTheStreamIsARefusal() async throws {
        let server = try await ModelServerDouble(
            .stream([#"{"message":{"content":"x"},"done":false}"# + "\n", #"{"error":"runner died"}"# + "\n"]))
        let error = try await withClient { await failure(of: ollama(server, $0)) }
        #expect(error == .refused(status: 200, detail: "runner died"))
        try await server.stop()
    }

    @Test(arguments: [["not json\n"], [#"{"message":{"content":"x"},"done":false}"# + "\n"], []])
    func wrongProtocolIsMalformed(pieces: [String]) async throws {
        let server = try await ModelServerDouble(.stream(pieces))
        guard case .malformed = try await withClient({ await failure(of: ollama(server, $0)) }) else {
            Issue.record("not malformed")
            return
        }
        try await server.stop()
    }

    @Test func aCutConnectionIsMalformed() async throws {
        let server = try await ModelServerDouble(.cut([#"{"message":{"content":"x"},"done":false}"# + "\n"]))
        guard case .malformed = try await withClient({ await failure(of: ollama(server, $0)) }) else {
            Issue.record("not malformed")
            return
        }
        try await server.stop()
    }

    @Test func anEndlessAnswerIsStopped() async throws {
        let line = #"{"message":{"content":""# + String(repeating: "x", count: 4000) + #""},"done":false}"# + "\n"
        let server = try await ModelServerDouble(.endless(line))
        let error = try await withClient { await failure(of: ollama(server, $0)) }
        #expect(error == .answerTooLarge(bytes: 65536))
        try await server.stop()
        let unbroken = try await ModelServerDouble(.endless(String(repeating: "y", count: 10_000)))
        #expect(try await withClient { await failure(of: ollama(unbroken, $0)) } == .answerTooLarge(bytes: 262_144))
        try await unbroken.stop()
    }

    @Test func aSilentServerTimesOut() async throws {
        let server = try await ModelServerDouble(.hang)
        let error = try await withClient { await failure(of: ollama(server, $0), timeout: .milliseconds(300)) }
        #expect(error == .timeout(seconds: 0.3))
        try await server.stop()
    }

    @Test func nobodyListening() async throws {
        let server = try await ModelServerDouble(.hang)
        let address = server.address
        try await server.stop()
        let error = try await withClient { client in
            await failure(of: OllamaLanguageModel(model: "m", address: address, client: client, clock: SystemClock()))
        }
        #expect(error == .unreachable(address: address, detail: "connection refused"))
        #expect(OllamaLanguageModel.setupHint(model: "m").contains("ollama pull m"))
    }
}

struct OpenAILanguageModelTests {
    private static let good =
        #"{"model":"gpt-x","choices":[{"message":{"role":"assistant","content":"{\"a\":1}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#

    private func openAI(_ server: ModelServerDouble, _ client: HTTPClient, path: String = "/v1/") -> OpenAILanguageModel
    {
        OpenAILanguageModel(
            model: "gpt-x", address: server.address + path, apiKey: "k", client: client, clock: SystemClock())
    }

    @Test func answerIsRead() async throws {
        let server = try await ModelServerDouble(.answer(200, Self.good))
        let answer = try await withClient { try await openAI(server, $0).answer(request()) }
        #expect(
            answer.text == #"{"a":1}"# && answer.inputTokens == 9 && answer.outputTokens == 4 && answer.model == "gpt-x"
        )
        #expect(server.paths == ["/v1/chat/completions"])
        #expect(
            server.requests[0].contains(
                #""response_format":{"type":"json_schema","json_schema":{"name":"day_report","strict":true,"schema":{"type":"object"}}}"#
            ))
        try await server.stop()
    }

    @Test func serversThatRefuseTheSchemaAreAskedOtherwiseAndRemembered() async throws {
        let refusal = #"{"error":{"message":"response_format json_schema is not supported"}}"#
        let server = try await ModelServerDouble(.answer(400, refusal), .answer(422, refusal), .answer(200, Self.good))
        try await withClient { client in
            let model = openAI(server, client, path: "")
            _ = try await model.answer(request())
            _ = try await model.answer(request())
        }
        #expect(server.requests.count == 4)
        #expect(server.requests[1].contains(#""response_format":{"type":"json_object","schema":"#))
        #expect(server.requests[2].hasSuffix(#""response_format":{"type":"json_object"}}"#))
        #expect(server.requests[2].contains("follows this JSON Schema"))
        #expect(server.requests[3].hasSuffix(#""response_format":{"type":"json_object"}}"#))
        try await server.stop()
    }

    @Test func everyFormRefusedIsARefusal() async throws {
        let server = try await ModelServerDouble(.answer(400, #"{"error":{"message":"no"}}"#))
        #expect(try await withClient { await failure(of: openAI(server, $0)) } == .refused(status: 400, detail: "no"))
        #expect(server.requests.count == 3)
        try await server.stop()
    }

    @Test func missingModel() async throws {
        let server = try await ModelServerDouble(
            .answer(404, #"{"error":{"message":"The model gpt-x does not exist"}}"#))
        guard case .modelMissing("gpt-x", _) = try await withClient({ await failure(of: openAI(server, $0)) }) else {
            Issue.record("not missing")
            return
        }
        try await server.stop()
    }

    @Test(arguments: [
        "", "[]", "{\"choices\":[]}", "{\"choices\":[{\"message\":{\"content\":null}}]}", "{\"choices\":[",
    ])
    func wrongBodiesAreMalformed(body: String) async throws {
        let server = try await ModelServerDouble(.answer(200, body))
        guard case .malformed = try await withClient({ await failure(of: openAI(server, $0)) }) else {
            Issue.record("not malformed")
            return
        }
        try await server.stop()
    }

    @Test func hugeSlowAndAbsentServers() async throws {
        let huge = try await ModelServerDouble(.endless(String(repeating: "z", count: 20_000)))
        #expect(try await withClient { await failure(of: openAI(huge, $0)) } == .answerTooLarge(bytes: 524_288))
        try await huge.stop()
        let slow = try await ModelServerDouble(.hang)
        let error = try await withClient { await failure(of: openAI(slow, $0), timeout: .milliseconds(300)) }
        guard case .timeout = error else { Issue.record("\(String(describing: error))"); return }
        try await slow.stop()
        let gone = try await withClient { await failure(of: openAI(slow, $0)) }
        #expect(gone == .unreachable(address: slow.address, detail: "connection refused"))
    }
}
