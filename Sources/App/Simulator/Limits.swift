/// Every limit of this module, with its unit.
package enum SimulatorLimits {
    /// Events in one request.
    package static let eventsPerBatchMax = 500
    /// How long a live event waits for company before its batch is sent, in milliseconds.
    package static let batchWaitMillisecondsMax: Int64 = 250
    /// Requests in flight during a live run.
    package static let requestsInFlightLive = 64
    /// Submissions in flight during a backfill.
    package static let requestsInFlightBackfill = 48
    /// Event batches in flight during a backfill.
    package static let batchesInFlightBackfill = 3
    /// Actions per second that may be asked for.
    package static let rateMax = 20_000.0
    /// Days that a backfill may reach back; the server accepts receipt times of the last 400 days.
    package static let backfillDaysMax = 395
    /// Projects that take part.
    package static let projectsMax = 3
    /// How long a backfill waits at its end for the server to process what it was sent, in seconds.
    package static let processedSecondsMax = 120.0
    /// Factor on all volumes.
    package static let scaleMax = 100.0
    /// Attempts of one person in one go.
    package static let attemptsPerChainMax = 40
    /// The longest pause before a live person tries again, in seconds; history keeps the planned pause.
    package static let livePauseSecondsMax = 20.0
}
