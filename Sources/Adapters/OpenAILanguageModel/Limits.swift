/// Every bound of this adapter, with its unit.
enum Limits {
    /// Bytes of an answer's text.
    static let answerBytesMax = 64 * 1024
    /// Bytes of a whole response body: the answer escaped, and what the server says around it.
    static let bodyBytesMax = 512 * 1024
    /// Bytes that are read of an error's body.
    static let errorBytesMax = 4 * 1024
}
