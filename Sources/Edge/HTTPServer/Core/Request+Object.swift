internal import Events
internal import Hummingbird
internal import NIOCore
internal import Submissions

extension Request {
    /// The body as one JSON object, read member by member; throws everything that is wrong with it. `isOptional`: an empty body
    /// counts as `{}`. Gives the body as it was sent as well.
    // Swift 6.3 crashes on callers into which it is inlined.
    @inline(never)
    func object<Value>(
        known: Set<String>, isOptional: Bool = false, bytesMax: Int = HTTPLimits.bodyBytesMax,
        _ read: (inout SettingObject) -> Value?
    ) async throws -> (value: Value, bytes: [UInt8]) {
        let sent = Array(try await collectedBody(bytesMax: bytesMax).readableBytesView)
        let json = sent.isEmpty && isOptional ? Array("{}".utf8) : sent
        return (try SettingObject.read(json, known: known, read), sent)
    }
}
