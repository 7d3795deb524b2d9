// Processing: stream → named steps → one idempotent commit.
//
// Constraints: one processor per stream. It starts at the offset that the *store* has committed and tells the stream about
// progress only afterwards, so a crash at any point repeats work and never skips any. Frames are processed in order.
//
// Failure cases. An item that does not decode, or whose project nobody knows: quarantined whole, with the reason, in the
// same commit. The store refuses a commit: it is tried again with growing pauses (the stream keeps everything, lag grows).
// The store keeps refusing one batch: its frames are committed one by one, and a frame that is refused alone is quarantined.
// The stream cannot be read: reported and tried again; nothing is skipped.

internal import Events
package import Ports
package import Telemetry

package struct Processor: Sendable {
    private let stream: any EventStream
    private let store: any EventStoreWriter
    private let projects: any ProjectDirectory
    private let prices: PriceBook
    private let clock: any Clock
    private let telemetry: Telemetry
    private let limits: ProcessingLimits

    package init(
        stream: any EventStream, store: any EventStoreWriter, projects: any ProjectDirectory,
        prices: PriceBook = .standard,
        clock: any Clock, telemetry: Telemetry, limits: ProcessingLimits = ProcessingLimits()
    ) {
        self.stream = stream
        self.store = store
        self.projects = projects
        self.prices = prices
        self.clock = clock
        self.telemetry = telemetry
        self.limits = limits
    }

    /// The steps, in order: this list is what processing is.
    private func makeSteps() -> Steps {
        Steps([
            DecodeStep(), DateStep(), RetryStep(), FingerprintStep(knownMax: limits.fingerprintsMax),
            PriceStep(prices: prices),
            KeyStep(), BooksStep(),
        ])
    }

    /// The steps with what they remember from batch to batch.
    // SAFETY: one preparation at a time uses it: whoever starts one waits for it before the next begins.
    private final class Steps: @unchecked Sendable {
        var list: [any ProcessingStep]
        init(_ list: [any ProcessingStep]) { self.list = list }
    }

    /// Processes frames as they come, until the task is cancelled or the stream is closed. While the store commits a full
    /// batch, the next one is decoded, so that catching up keeps both busy.
    package func run() async throws {
        var progress = Progress()
        let steps = makeSteps()
        var next = try await committedOffset()
        var ready: Prepared?
        while !Task.isCancelled {
            let began = clock.monotonic
            var isFull = false
            do {
                if ready == nil { ready = try await prepare(from: next, steps) }
                guard let current = ready else {
                    await stream.waitForFrames(beyond: next)
                    continue
                }
                ready = nil
                isFull = current.isFull
                if isFull {
                    async let following = prepared(from: current.next, steps)
                    try await finish(current, &progress)
                    next = current.next
                    ready = try await following.get()
                } else {
                    try await finish(current, &progress)
                    next = current.next
                }
            } catch let error as StreamError {
                if case .closed = error { return }
                // Frames that were never processed are gone: going on would lose them silently.
                if case .offsetGone = error { throw error }
                telemetry.emit(StreamUnreadable(error: String(describing: error)))
                try await clock.sleep(for: limits.retryPauseMax)
            }
            // A commit costs much the same for one row as for thousands. So unless this batch was full, the next one begins
            // an interval after it did, however many small frames have arrived since; on a busy machine, where a commit
            // takes long, a longer one.
            let spent = clock.monotonic - began
            let interval = max(limits.batchInterval, min(spent * limits.batchIntervalShare, limits.batchIntervalMax))
            if interval > spent, !isFull { try await clock.sleep(for: interval - spent) }
        }
    }

    /// Processes what the stream holds now; for tests and for stopping.
    package func drain() async throws {
        var progress = Progress()
        let steps = makeSteps()
        var next = try await committedOffset()
        while let batch = try await prepare(from: next, steps) {
            try await finish(batch, &progress)
            next = batch.next
        }
    }

    /// Frames that went through the steps and wait for their commit.
    private struct Prepared: Sendable {
        var frames: [StoredFrame]
        var batch: EventStoreBatch
        var rows: Int
        var next: StreamOffset
        /// The limits ended the batch before the stream did.
        var isFull: Bool
    }

    /// Reads one batch from `offset` and takes it through the steps; nil when there is nothing to read.
    private func prepare(
        from offset: StreamOffset, _ steps: Steps
    ) async throws(StreamError) -> Prepared? {
        var frames: [StoredFrame] = []
        var rows = 0
        var bytes = 0
        var at = offset
        while rows < limits.batchRowsMax, bytes < limits.batchBytesMax {
            let found = try await stream.read(from: at, bytesMax: min(1 << 20, limits.batchBytesMax))
            guard let last = found.last else { break }
            rows += found.reduce(0) { $0 + $1.frame.itemCount }
            bytes += found.reduce(0) { $0 + $1.frame.items.count }
            frames += found
            at = last.offset.next
        }
        guard !frames.isEmpty else { return nil }
        return Prepared(
            frames: frames, batch: process(frames, steps).storeBatch, rows: rows, next: at,
            isFull: rows >= limits.batchRowsMax || bytes >= limits.batchBytesMax)
    }

    /// `prepare` with its error as a value, for a task beside another.
    private func prepared(from offset: StreamOffset, _ steps: Steps) async -> Result<Prepared?, StreamError> {
        do throws(StreamError) { return .success(try await prepare(from: offset, steps)) } catch {
            return .failure(error)
        }
    }

    /// Commits the batch and tells the stream.
    private func finish(_ prepared: Prepared, _ progress: inout Progress) async throws {
        try await commit(prepared)
        do { try await stream.commit(prepared.next) } catch StreamError.closed {} catch {
            telemetry.emit(StreamUnreadable(error: "committing offset \(prepared.next.value): \(error)"))
        }
        report(&progress, events: prepared.rows, next: prepared.next)
    }

    private func process(_ frames: [StoredFrame], _ steps: Steps) -> ProcessingBatch {
        var batch = ProcessingBatch(frames, projects: projects)
        for index in steps.list.indices {
            let began = clock.monotonic
            steps.list[index].run(on: &batch)
            telemetry.metrics.observe(
                ProcessingMetrics.step, [type(of: steps.list[index]).name],
                seconds: (clock.monotonic - began).milliseconds / 1000)
        }
        for offset in batch.unbalanced { telemetry.emit(FrameUnbalanced(offset: offset)) }
        if batch.unpricedCalls > 0 {
            telemetry.metrics.add(ProcessingMetrics.unpriced, by: Double(batch.unpricedCalls))
        }
        return batch
    }

    private func commit(_ prepared: Prepared) async throws {
        if try await commit(prepared.batch, failuresMax: limits.failuresBeforeIsolation) { return }
        // Something in this batch is refused for good. Find it, and let the others through.
        let steps = makeSteps()
        for frame in prepared.frames {
            let single = process([frame], steps).storeBatch
            if try await !commit(single, failuresMax: limits.failuresBeforeIsolation) {
                try await quarantine(frame)
            }
        }
    }

    /// False when the store refused the batch itself `failuresMax` times. Everything that can pass by (a full disk, a lock,
    /// a time-out) is tried for ever.
    private func commit(_ batch: EventStoreBatch, failuresMax: Int) async throws -> Bool {
        var failures = 0
        var refusals = 0
        var pause = limits.retryPause
        while true {
            let began = clock.monotonic
            do throws(EventStoreError) {
                let receipt = try await store.commit(batch)
                telemetry.emit(
                    BatchCommitted(
                        receipt: receipt, quarantined: batch.quarantined.count, nextOffset: batch.nextOffset,
                        seconds: (clock.monotonic - began).milliseconds / 1000))
                return true
            } catch {
                if case .closed = error { throw CancellationError() }
                failures += 1
                var reason = "unavailable"
                if case .failed = error {
                    refusals += 1
                    reason = "failed"
                }
                telemetry.emit(
                    CommitRefused(error: String(describing: error), reason: reason, failures: failures, pause: pause))
                if refusals >= failuresMax { return false }
                try await clock.sleep(for: pause)
                pause = min(pause * 2, limits.retryPauseMax)
            }
        }
    }

    /// Commits the frame's items as quarantined, whole, with the counts that intake gave it.
    private func quarantine(_ stored: StoredFrame) async throws {
        var batch = ProcessingBatch([stored], projects: projects)
        let source = batch.sources[0]
        let code = "store_refused"
        var at = 0
        stored.frame.items.withUnsafeBufferPointer { bytes in
            for index in 0..<stored.frame.itemCount {
                guard let range = DecodeStep.item(at: &at, in: bytes) else { break }
                batch.quarantined.append(
                    QuarantinedItem(
                        projectID: stored.frame.projectID, receivedAt: stored.frame.receivedAt,
                        logicalDate: source.date,
                        streamOffset: stored.offset, itemIndex: index, code: code,
                        message: "The event store refuses this frame; see its log.", bytes: Array(bytes[range])))
            }
        }
        batch.sources[0].quarantinedCodes = stored.frame.itemCount > 0 ? [code: Int64(stored.frame.itemCount)] : [:]
        var books = BooksStep()
        books.run(on: &batch)
        telemetry.emit(
            FrameQuarantined(
                offset: stored.offset, items: stored.frame.itemCount, error: "refused when committed alone"))
        // Without rows there is nothing left that could be refused: from here on it is tried for ever.
        _ = try await commit(batch.storeBatch, failuresMax: .max)
    }

    private func committedOffset() async throws -> StreamOffset {
        var pause = limits.retryPause
        while true {
            do { return try await store.committedOffset() } catch {
                if case .closed = error { throw CancellationError() }
                telemetry.emit(
                    CommitRefused(error: String(describing: error), reason: "unavailable", failures: 1, pause: pause))
                try await clock.sleep(for: pause)
                pause = min(pause * 2, limits.retryPauseMax)
            }
        }
    }

    // MARK: Catching up, made visible

    private struct Progress {
        var isBehind = false
        var reportedAt: Duration = .zero
        var events = 0
    }

    private func report(_ progress: inout Progress, events: Int, next: StreamOffset) {
        let behind = stream.status.head.value - next.value
        progress.events += events
        let now = clock.monotonic
        if behind >= limits.catchUpFrames {
            if !progress.isBehind {
                progress = Progress(isBehind: true, reportedAt: now, events: 0)
                telemetry.emit(CatchingUp(frames: behind, eventsPerSecond: 0))
            } else if now - progress.reportedAt >= limits.catchUpReportInterval {
                let seconds = (now - progress.reportedAt).milliseconds / 1000
                telemetry.emit(CatchingUp(frames: behind, eventsPerSecond: Int(Double(progress.events) / seconds)))
                progress.reportedAt = now
                progress.events = 0
            }
        } else if progress.isBehind, behind < limits.catchUpFrames / 10 {
            progress.isBehind = false
            telemetry.emit(CaughtUp())
        }
    }
}
