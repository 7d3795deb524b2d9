internal import Synchronization

/// Parsers between two texts: making one allocates its buffers, so whoever parses often borrows one.
package final class JSONParserPool: Sendable {
    // SAFETY: a parser is either idle here or with one borrower, never both.
    private struct Idle: @unchecked Sendable {
        let parser: JSONParser
    }
    private let idle = Mutex<[Idle]>([])
    private let idleMax: Int

    /// At most `idleMax` parsers are kept; a parser keeps the buffers of the longest text it has parsed.
    package init(idleMax: Int) { self.idleMax = idleMax }

    /// The parser, and what it parsed, must not leave `body`.
    package func borrow<Result>(_ body: (JSONParser) -> Result) -> Result {
        let parser = (idle.withLock { $0.popLast() } ?? Idle(parser: JSONParser())).parser
        defer {
            let returned = Idle(parser: parser)
            idle.withLock { if $0.count < idleMax { $0.append(returned) } }
        }
        return body(parser)
    }
}
