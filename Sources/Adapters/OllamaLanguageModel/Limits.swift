/// Every bound of this adapter, with its unit.
enum Limits {
    /// Bytes of an answer's text.
    static let answerBytesMax = 64 * 1024
    /// Bytes of one line of the answer's stream.
    static let lineBytesMax = 256 * 1024
    /// Bytes that are read of an error's body.
    static let errorBytesMax = 4 * 1024
    /// Tokens of context that are asked for at least; more only for longer questions.
    static let contextTokensMin = 4_096
    /// Bytes of text that one token stands for, estimated low, so that the context is never too small.
    static let bytesPerToken = 3
    /// How long the server keeps the model loaded after an answer, in its own notation.
    static let keepAlive = "10m"
}
