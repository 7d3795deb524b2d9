/// Every limit of this module, with its unit.
package enum ServerClientLimits {
    /// Bytes of an answer that are read; a longer one is an error.
    package static let answerBytesMax = 32 << 20
    /// How long one request may take, from connecting to the last byte.
    package static let requestSecondsMax = 60.0
    /// How long connecting may take.
    package static let connectSecondsMax = 5.0
    /// Tries at one request that the server asks us to repeat (429 of a quota, 503), the first included.
    package static let triesMax = 8
    /// The longest pause before a repetition, whatever `Retry-After` says.
    package static let retryAfterSecondsMax = 30.0
    /// The pause before a repetition when the server names none; doubles with each try.
    package static let retrySecondsFirst = 0.25
    /// How long nothing may answer before a run gives up.
    package static let unreachableSecondsMax = 60.0
    /// Width of the bar of a progress line, in characters.
    package static let progressBarWidth = 24
    /// Seconds between progress lines where the output is not a terminal.
    package static let progressSecondsPlain = 5.0
    /// Seconds between redraws of the progress line on a terminal.
    package static let progressSecondsTerminal = 0.2
}
