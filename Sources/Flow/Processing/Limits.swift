/// The processor's bounds.
package struct ProcessingLimits: Hashable, Sendable {
    /// Rows after which a batch is committed without waiting for more.
    package var batchRowsMax = 20_000
    /// Bytes of frames that one batch takes in, at least one frame.
    package var batchBytesMax = 16 << 20
    /// Shortest time between the begin of two commits while batches are not full.
    package var batchInterval: Duration = .milliseconds(250)
    /// It grows to this many times what a batch took, up to the longest: then commits take a twelfth of a busy machine.
    package var batchIntervalShare = 12
    package var batchIntervalMax: Duration = .seconds(1)
    /// First pause after a refused commit; it doubles up to `retryPauseMax`.
    package var retryPause: Duration = .milliseconds(100)
    package var retryPauseMax: Duration = .seconds(10)
    /// Failures of one batch after which its frames are committed one by one, so that a frame that the store refuses can be
    /// quarantined and the others go through.
    package var failuresBeforeIsolation = 4
    /// Frames behind the head from which on catching up is reported.
    package var catchUpFrames: Int64 = 500
    /// How often catching up is reported.
    package var catchUpReportInterval: Duration = .seconds(2)
    /// Model names whose fingerprint is remembered.
    package var fingerprintsMax = 10_000

    package init() {}
}
