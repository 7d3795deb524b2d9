/// What to measure, against which server.
package struct BenchOptions: Sendable {
    package var url: String
    /// A key with the scopes `ingest` and `query`.
    package var apiKey: String
    /// Nil means the key's own project.
    package var projectID: String?
    package var seconds: Double
    package var connections: Int
    /// Items per second to keep to; nil means as many as the server takes.
    package var rate: Double?
    /// The server's process, for its memory and processor time (Linux).
    package var serverPID: Int32?
    /// Makes the identifiers of two runs different.
    package var seed: UInt64
    /// Cold questions and cached questions per endpoint of a query run.
    package var questions: Int
    /// Days that a query run's questions cover.
    package var windowDays: Int
    package var isQuiet: Bool

    package init(
        url: String, apiKey: String, projectID: String? = nil, seconds: Double = 60, connections: Int = 8,
        rate: Double? = nil,
        serverPID: Int32? = nil, seed: UInt64 = 1, questions: Int = 40, windowDays: Int = 7, isQuiet: Bool = false
    ) {
        self.url = url
        self.apiKey = apiKey
        self.projectID = projectID
        self.seconds = seconds
        self.connections = connections
        self.rate = rate
        self.serverPID = serverPID
        self.seed = seed
        self.questions = questions
        self.windowDays = windowDays
        self.isQuiet = isQuiet
    }

    /// Throws `usage`, naming the flag and the bound.
    package func validate() throws(BenchError) {
        guard seconds > 0, seconds <= BenchLimits.secondsMax else {
            throw .usage("--seconds: \(seconds) is not within 0 to \(Int(BenchLimits.secondsMax)).")
        }
        guard (1...BenchLimits.connectionsMax).contains(connections) else {
            throw .usage("--connections: \(connections) is not within 1 to \(BenchLimits.connectionsMax).")
        }
        if let rate, rate <= 0 { throw .usage("--rate: \(rate) is not a rate.") }
        guard questions > 0, windowDays > 0 else { throw .usage("--questions and --window-days must be at least 1.") }
    }
}

package enum BenchError: Error, Sendable, CustomStringConvertible {
    /// Exit status 2.
    case usage(String)
    /// Exit status 1.
    case failed(String)

    package var description: String {
        switch self {
        case .usage(let text), .failed(let text): text
        }
    }
    package var isUsage: Bool { if case .usage = self { true } else { false } }
}
