/// Every limit of this module, with its unit.
package enum BenchLimits {
    /// Connections at a time.
    package static let connectionsMax = 1024
    /// Seconds of one measurement.
    package static let secondsMax = 3600.0
    /// Requests measured in one run: each keeps four bytes.
    package static let requestsMax = 50_000_000
    /// Bytes of one answer that are kept while it is read.
    package static let answerBytesMax = 8 << 20
    /// Connections that may break in a row before a run gives up.
    package static let breaksInRowMax = 100
    /// Seconds that the server gets to work off what it accepted.
    package static let drainSecondsMax = 300.0
    /// How long the books are waited for after that.
    static let booksSecondsMax = 10.0
    /// Seconds without any answer after which a run gives up.
    package static let silenceSecondsMax = 60.0
    /// Connections with which lag and memory are read beside the load.
    package static let samplerConnections = 2
}
