internal import ServerClient

/// Why a run could not begin or go on.
package enum SimulatorError: Error, Sendable, CustomStringConvertible {
    /// The command line asks for something impossible: exit status 2.
    case usage(String)
    /// The server cannot be reached, or refuses the key: exit status 1.
    case failed(String)

    package var description: String {
        switch self {
        case .usage(let text), .failed(let text): text
        }
    }
    package var isUsage: Bool { if case .usage = self { true } else { false } }
}
