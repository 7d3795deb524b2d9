/// Every bound of jobs. Tests make their own.
package struct JobLimits: Sendable {
    /// Jobs that run at the same time.
    package var concurrentMax = 4
    /// Jobs of one project that run at the same time, so that one tenant's queue does not hold up the others'.
    package var perProjectMax = 2
    /// A lease that is not renewed for this long is over: the job is taken up again.
    package var lease = Duration.seconds(60)
    /// Progress is written, the lease renewed and a request for the job's end noticed this often at most.
    package var heartbeat = Duration.seconds(1)
    /// The wait after the first failed try; it doubles with each further one.
    package var backoffMin = Duration.seconds(2)
    package var backoffMax = Duration.seconds(300)
    /// The runner looks for work at least this often, whatever woke it or did not.
    package var pollMax = Duration.seconds(15)
    /// Folders of finished and unknown jobs are looked for this often.
    package var sweepInterval = Duration.seconds(60)
    /// A folder without a job (an upload that never became one) is removed after this long.
    package var orphanAge = Duration.seconds(86_400)
    /// An `Idempotency-Key` is remembered for this long.
    package var idempotency = Duration.seconds(86_400)

    package init() {}

    /// Jobs not yet finished that one project may have; a further one is refused with `overloaded`.
    package static let activePerProjectMax = 100
    /// Longest input and result of a job, in bytes of JSON.
    package static let textBytesMax = 256 * 1024
    /// Longest detail of a try and message of a failure, in bytes.
    package static let detailBytesMax = 1000
    /// Longest word about what is being done, in bytes.
    package static let phaseBytesMax = 100
    /// Rows of a page of jobs.
    package static let pageDefault = 50
    package static let pageMax = 1000
}
