internal import Events
internal import Ports
internal import Synchronization
internal import Telemetry

/// Group commit. Everything here runs on the writing thread, which alone changes the last segment.
extension SegmentLogStream {
    /// What has to happen to the last segment before it can be written to.
    enum Repair: Sendable {
        case none
        /// A write failed: bytes behind the durable ones have to go.
        case cutBack
        /// A sync failed, so the file is not to be trusted with new frames; or creating the next segment failed halfway, and
        /// what is left of it must not be overtaken by frames in this one.
        case roll
    }

    /// Writes until nothing waits.
    func flush() {
        while let group = nextGroup() {
            let started = clock.monotonic
            switch write(group) {
            case .success(let segment):
                finish(group, segment, seconds: (clock.monotonic - started).milliseconds / 1000)
            case .failure(let error):
                state.withLock { state in state.queuedBytes -= group.reduce(0) { $0 + $1.recordBytes } }
                for pending in group { pending.continuation.resume(returning: .failure(error)) }
            }
        }
    }

    private func nextGroup() -> [Pending]? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isFlushing = false
                return nil
            }
            var bytes = 0
            var count = 0
            while count < state.queue.count,
                count == 0 || bytes + state.queue[count].recordBytes <= limits.groupBytesMax
            {
                bytes += state.queue[count].recordBytes
                count += 1
            }
            if count == state.queue.count {
                defer { state.queue = [] }
                return state.queue
            }
            defer { state.queue.removeFirst(count) }
            return Array(state.queue[..<count])
        }
    }

    /// Makes the group durable; the result is the last segment with the group in it.
    private func write(_ group: [Pending]) -> Result<Segment, StreamError> {
        let bytes = group.reduce(0) { $0 + $1.recordBytes }
        do throws(FileFailure) {
            var segment = try writableSegment(for: bytes)
            let block = encode(group, into: &segment, bytes)
            do throws(FileFailure) {
                try folder.write(segment.name, at: segment.bytes, block)
            } catch {
                repair.withLock { $0 = .cutBack }
                telemetry.emit(StreamFileFailed(failure: error, consequence: "\(group.count) appends were refused."))
                return .failure(refusal(error))
            }
            do throws(FileFailure) {
                try folder.sync(segment.name)
            } catch {
                repair.withLock { $0 = .roll }
                telemetry.emit(
                    StreamFileFailed(
                        failure: error, consequence: "\(group.count) appends were refused; a new segment will be used.")
                )
                return .failure(refusal(error))
            }
            segment.bytes += Int64(bytes)
            return .success(segment)
        } catch {
            telemetry.emit(StreamFileFailed(failure: error, consequence: "\(group.count) appends were refused."))
            return .failure(refusal(error))
        }
    }

    /// The last segment in a state that can take `bytes` more, or a new one.
    private func writableSegment(for bytes: Int) throws(FileFailure) -> Segment {
        let segment = state.withLock { $0.segments[$0.segments.count - 1] }
        let isEmpty = segment.end == segment.base
        switch repair.withLock({ $0 }) {
        case .none:
            if isEmpty || segment.bytes + Int64(bytes) <= limits.segmentBytes { return segment }
            repair.withLock { $0 = .roll }
            let fresh = try roll(from: segment)
            repair.withLock { $0 = .none }
            return fresh
        case .cutBack:
            try folder.truncate(segment.name, to: segment.bytes)
            repair.withLock { $0 = .none }
            return segment
        case .roll:
            // Best effort: recovery ignores what stands behind the next segment's base.
            do throws(FileFailure) {
                try folder.truncate(segment.name, to: segment.bytes)
            } catch {
                telemetry.emit(
                    StreamFileFailed(failure: error, consequence: "its abandoned tail stays and is ignored."))
            }
            if isEmpty { try folder.remove(segment.name) }
            let fresh = try roll(from: segment)
            repair.withLock { $0 = .none }
            return fresh
        }
    }

    private func roll(from old: Segment) throws(FileFailure) -> Segment {
        let fresh = Segment(base: old.end, end: old.end, bytes: Int64(SegmentFormat.segmentHeaderBytes))
        try folder.create(fresh.name)
        try folder.write(fresh.name, at: 0, SegmentFormat.segmentHeader(base: fresh.base))
        try folder.sync(fresh.name)
        try folder.syncFolder()
        state.withLock { state in
            if old.base == fresh.base {
                state.segments[state.segments.count - 1] = fresh
            } else {
                state.segments.append(fresh)
                state.bytesOnDisk += fresh.bytes
            }
        }
        return fresh
    }

    private func encode(_ group: [Pending], into segment: inout Segment, _ bytes: Int) -> [UInt8] {
        var block = [UInt8]()
        block.reserveCapacity(bytes)
        let durable = segment.end
        for pending in group {
            let position = segment.bytes + Int64(block.count)
            let header = SegmentFormat.RecordHeader(
                bodyBytes: pending.bodyBytes, offset: segment.end, durable: durable, bodyCRC: pending.bodyCRC)
            SegmentFormat.appendRecordHeader(header, to: &block)
            block.append(contentsOf: pending.preamble)
            block.append(contentsOf: pending.frame.items)
            segment.note(offset: segment.end, position: position, receivedAt: pending.frame.receivedAt, limits)
            segment.end += 1
        }
        return block
    }

    /// Publishes the group: from here on it can be read, and its appends return.
    private func finish(_ group: [Pending], _ segment: Segment, seconds: Double) {
        let bytes = group.reduce(0) { $0 + $1.recordBytes }
        let first = segment.end - Int64(group.count)
        let due = state.withLock { state in
            // Reads may have added index entries to older segments only; the last one is ours.
            state.segments[state.segments.count - 1] = segment
            state.bytesOnDisk += Int64(bytes)
            state.queuedBytes -= bytes
            let due = state.waiters.filter { $0.value.offset < segment.end }
            for id in due.keys { state.waiters[id] = nil }
            return due.values.map(\.continuation)
        }
        for (at, pending) in group.enumerated() {
            pending.continuation.resume(returning: .success(StreamOffset(first + Int64(at))))
        }
        for continuation in due { continuation.resume() }
        telemetry.emit(GroupCommitted(frames: group.count, bytes: bytes, seconds: seconds))
    }

    private func refusal(_ failure: FileFailure) -> StreamError {
        if failure.errno == 28 || failure.errno == 122 {  // ENOSPC, EDQUOT
            return .full(used: state.withLock { $0.bytesOnDisk }, budget: limits.bytesBudget)
        }
        return .io(operation: failure.operation, path: failure.path, errno: failure.errno)
    }
}
