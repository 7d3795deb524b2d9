// SegmentLogStream: the durable, ordered buffer between intake and processing, as files in one folder.
//
// Purpose. An append is acknowledged when its frame is on disk; one sync serves every append that waits at that moment
// (group commit). The processor reads in order and commits; what is committed may be deleted.
//
// Constraints. One process owns the folder (`flock`). One thread writes and syncs, another reads, deletes and writes
// the checkpoint; no file call runs on Swift's pool. Everything that waits or is kept is bounded (`StreamLimits`).
//
// Stored format, version 2; numbers are little-endian. Records of version 1 are read: they have no origin, and are clients'.
//   segment-<base offset, 20 digits>.log
//     header, 32 bytes   "DAYBSEG", version (1 byte), base offset (8), zero (12), CRC-32C of the 28 bytes before
//     records            header of 32 bytes: magic "DBKF" (4), body length (4), offset (8), durable offset (8), CRC-32C of
//                        the body (4), CRC-32C of the 28 bytes before (4); then the body:
//                        version (1), project (1 + n), received-at in microseconds (8), item count (4),
//                        received, stored, duplicate, sampled (8 each),
//                        rejected and quarantined: each a count (2), then code (1 + n) and number (8);
//                        origin (1);
//                        the rest is the items as `StreamFrame.items` describes them
//   checkpoint           committed offset and a durable head (see Checkpoint.swift)
//   lock                 empty
//   segment-….log.damaged   set aside by a person: its frames are given up, and the log says so at each start
// A record's *durable offset* says that all frames below it were durable when the record was written. That tells a torn
// write from damage: if an unreadable record is followed by one that knew it durable, acknowledged data is lost.
//
// Failure cases.
//   Crash, loss of power     The last segment's unreadable tail was never acknowledged: it is cut off, and the log says so.
//   Damage in the middle     Opening throws `StreamOpenError.corrupt`, reading `StreamError.corrupt`, with file, byte and the
//                            way out. Nothing is changed.
//   Failed write             The group's appends fail, the file is cut back to its last durable byte before the next write.
//   Failed sync              The group's appends fail. After EIO the kernel may have dropped the pages, so the file is never
//                            trusted again: it is cut back, and writing goes on in a new segment. A segment ends where the
//                            next one begins, whatever stands behind that point. (Rebello et al., "Can Applications Recover
//                            from fsync Failures?", USENIX ATC 2020.)
//   Disk full, budget used   `StreamError.full`; appends work again once segments were deleted.
//   Second process           `StreamOpenError.locked`.

internal import Events
package import Ports
internal import Synchronization
package import Telemetry

package final class SegmentLogStream: EventStream {
    struct Pending {
        var frame: StreamFrame
        var preamble: [UInt8]
        var bodyCRC: UInt32
        var continuation: CheckedContinuation<Result<StreamOffset, StreamError>, Never>

        var bodyBytes: Int { preamble.count + frame.items.count }
        var recordBytes: Int { SegmentFormat.recordHeaderBytes + bodyBytes }
    }

    struct Waiter {
        var offset: Int64
        var continuation: CheckedContinuation<Void, Never>
    }

    struct State {
        var queue: [Pending] = []
        var queuedBytes = 0
        var isFlushing = false
        /// In order of their bases, never empty; the last one is written to.
        var segments: [Segment]
        var committed: Int64
        var bytesOnDisk: Int64
        var checkpoint: Checkpoint
        /// Where the last read ended, so that the next one needs no index.
        var readHint: (offset: Int64, base: Int64, position: Int64)?
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var isClosed = false

        var head: Int64 { segments[segments.count - 1].end }
    }

    let folder: any SegmentFolder
    let limits: StreamLimits
    let clock: any Clock
    let telemetry: Telemetry
    let state: Mutex<State>
    let writer = SerialThread(name: "daybook-stream-writer")
    let reader = SerialThread(name: "daybook-stream-reader")
    /// What the writing thread has to repair before it writes again.
    let repair = Mutex(Repair.none)

    /// Opens the folder, recovering what a crash left. `firstOffset` numbers the first frame of an empty folder: give the
    /// event store's committed offset, so that a stream that was lost with its disk is not mistaken for one already read.
    package init(
        folder: any SegmentFolder, firstOffset: StreamOffset = .start, limits: StreamLimits = StreamLimits(),
        clock: any Clock, telemetry: Telemetry
    ) throws(StreamOpenError) {
        let recovery = Recovery(folder: folder, limits: limits, telemetry: telemetry, firstOffset: firstOffset.value)
        let found = try recovery.run()
        self.folder = folder
        self.limits = limits
        self.clock = clock
        self.telemetry = telemetry
        state = Mutex(
            State(
                segments: found.segments, committed: found.committed,
                bytesOnDisk: found.segments.reduce(0) { $0 + $1.bytes }, checkpoint: found.checkpoint))
        telemetry.emit(
            StreamOpened(
                path: folder.path, head: found.segments[found.segments.count - 1].end, committed: found.committed,
                segments: found.segments.count))
    }

    package func append(_ frame: StreamFrame) async throws(StreamError) -> StreamOffset {
        let preamble = SegmentFormat.preamble(frame)
        let bodyCRC = frame.items.withUnsafeBytes { items in
            SegmentFormat.crc(items, after: preamble.withUnsafeBytes { SegmentFormat.crc($0) })
        }
        return try await withCheckedContinuation { continuation in
            enqueue(Pending(frame: frame, preamble: preamble, bodyCRC: bodyCRC, continuation: continuation))
        }.get()
    }

    private func enqueue(_ pending: Pending) {
        let size = pending.recordBytes
        let refusal: StreamError? = state.withLock { state in
            if state.isClosed { return .closed }
            let used = state.bytesOnDisk + Int64(state.queuedBytes)
            if used + Int64(size) > limits.bytesBudget { return .full(used: used, budget: limits.bytesBudget) }
            if state.queuedBytes > 0, state.queuedBytes + size > limits.queueBytesMax {
                return .overloaded(queuedBytes: state.queuedBytes)
            }
            state.queue.append(pending)
            state.queuedBytes += size
            if !state.isFlushing {
                state.isFlushing = true
                writer.submit { [self] in flush() }
            }
            return nil
        }
        if let refusal { pending.continuation.resume(returning: .failure(refusal)) }
    }

    package func waitForFrames(beyond offset: StreamOffset) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isClosed || state.head > offset.value || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(offset: offset.value, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            // Cancelled before it was registered: the check above sees that. After: it is here to be resumed.
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume()
        }
    }

    package var status: StreamStatus {
        state.withLock { state in
            StreamStatus(
                head: StreamOffset(state.head), committed: StreamOffset(state.committed),
                tail: StreamOffset(state.segments[0].base), bytesOnDisk: state.bytesOnDisk,
                bytesBudget: limits.bytesBudget, oldestUncommitted: state.oldestUncommitted,
                earliestUncommitted: state.earliestUncommitted)
        }
    }

    package func close() async {
        let waiters: [Waiter]? = state.withLock { state in
            if state.isClosed { return nil }
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        guard let waiters else { return }
        for waiter in waiters { waiter.continuation.resume() }
        // Behind a flush that is under way on the writer, then behind the reads on the reader.
        await withCheckedContinuation { continuation in writer.submit { continuation.resume() } }
        await withCheckedContinuation { continuation in
            reader.submit { [self] in
                if case .failure(let failure) = saveCheckpoint(durably: true) {
                    telemetry.emit(
                        StreamFileFailed(
                            failure: failure, consequence: "the committed offset may be older at the next start."))
                }
                folder.close()
                continuation.resume()
            }
        }
        writer.stop()
        reader.stop()
    }
}

extension SegmentLogStream.State {
    /// When the first uncommitted frame was received, within the index's interval; nil when there is none.
    var oldestUncommitted: Timestamp? {
        guard committed < head else { return nil }
        guard let segment = segments.last(where: { $0.base <= committed }) ?? segments.first else { return nil }
        return (segment.entry(before: committed) ?? segment.index.first ?? segments.last?.index.first)?.receivedAt
    }

    /// The earliest receipt of any uncommitted frame, or earlier; nil when there is none.
    var earliestUncommitted: Timestamp? {
        segments.lazy.compactMap { $0.earliestReceipt(from: committed) }.min()
    }
}
