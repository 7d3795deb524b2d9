/// One question to a language model: messages in, JSON after a schema out.
package struct ModelRequest: Sendable {
    package var system: String
    package var user: String
    /// A JSON Schema (2020-12 subset) that the answer has to follow.
    package var schema: String
    package var outputTokensMax: Int
    package var temperature: Double
    package var seed: Int
    package var timeout: Duration

    package init(
        system: String, user: String, schema: String, outputTokensMax: Int, temperature: Double, seed: Int,
        timeout: Duration
    ) {
        self.system = system
        self.user = user
        self.schema = schema
        self.outputTokensMax = outputTokensMax
        self.temperature = temperature
        self.seed = seed
        self.timeout = timeout
    }
}

package struct ModelAnswer: Sendable {
    /// What the model wrote, whole, whether or not it is JSON.
    package var text: String
    /// The model's name as the server reports it.
    package var model: String
    package var inputTokens: Int?
    package var outputTokens: Int?
    /// Whether the server cut the answer at the token limit.
    package var isTruncated: Bool
    package var duration: Duration

    package init(
        text: String, model: String, inputTokens: Int?, outputTokens: Int?, isTruncated: Bool, duration: Duration
    ) {
        self.text = text
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.isTruncated = isTruncated
        self.duration = duration
    }
}

package enum ModelError: Error, Hashable, Sendable {
    /// Nobody listens, or the connection broke: with the address and the reason.
    case unreachable(address: String, detail: String)
    case timeout(seconds: Double)
    /// The server knows no such model: says how to get it.
    case modelMissing(model: String, hint: String)
    case refused(status: Int, detail: String)
    /// The server's answer does not follow its own protocol.
    case malformed(detail: String)
    case answerTooLarge(bytes: Int)
}

/// A language model behind a server on the network. It sees what it is given and can do nothing.
package protocol LanguageModel: Sendable {
    /// The configured model, e.g. `llama3.1:8b`.
    var name: String { get }
    func answer(_ request: ModelRequest) async throws(ModelError) -> ModelAnswer
    /// Whether the server is there and has the model; generates nothing.
    func check(timeout: Duration) async throws(ModelError)
}
