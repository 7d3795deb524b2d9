internal import Events
package import Ports
internal import Synchronization
internal import Telemetry

/// Reading, committing and deleting: on the reading thread.
extension SegmentLogStream {
    private struct Start {
        var segment: Segment
        /// The offset of the record that stands at `position`.
        var offset: Int64
        var position: Int64
    }

    package func read(from offset: StreamOffset, bytesMax: Int) async throws(StreamError) -> [StoredFrame] {
        try await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[StoredFrame], StreamError>, Never>) in
            let isQueued = reader.submit { [self] in
                do throws(StreamError) {
                    continuation.resume(returning: .success(try frames(from: offset.value, bytesMax: bytesMax)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isQueued { continuation.resume(returning: .failure(.closed)) }
        }.get()
    }

    private func frames(from offset: Int64, bytesMax: Int) throws(StreamError) -> [StoredFrame] {
        guard let start = try start(of: offset) else { return [] }
        // In a gap that was accepted, reading goes on behind it.
        let wanted = max(offset, start.segment.base)
        var frames: [StoredFrame] = []
        var at = start.position
        var expected = start.offset
        var chunkBytes = max(bytesMax, 1 << 16)
        var taken = 0
        var noted: [Segment.IndexEntry] = []
        while frames.isEmpty, expected < start.segment.end {
            let chunk = try read(start.segment, at: at, count: chunkBytes)
            let before = at
            let walked = chunk.withUnsafeBytes { raw in
                walk(
                    raw, from: wanted, to: start.segment.end, bytesMax: bytesMax, expected: &expected, taken: &taken,
                    frames: &frames, noted: &noted, position: before)
            }
            at += Int64(walked.consumed)
            if walked.consumed == 0 {
                guard let needed = walked.needed, needed > chunk.count, before + Int64(needed) <= start.segment.bytes
                else {
                    throw corrupt(start.segment, at, "frame \(expected) is not there, or its checksum is wrong")
                }
                chunkBytes = needed
            }
        }
        remember(noted, in: start.segment.base, next: (expected, start.segment.base, at))
        return frames
    }

    private func walk(
        _ raw: UnsafeRawBufferPointer, from wanted: Int64, to end: Int64, bytesMax: Int, expected: inout Int64,
        taken: inout Int, frames: inout [StoredFrame], noted: inout [Segment.IndexEntry], position: Int64
    ) -> (consumed: Int, needed: Int?) {
        var at = 0
        while expected < end, frames.isEmpty || taken < bytesMax {
            guard let header = SegmentFormat.readRecordHeader(raw, at: at), header.offset == expected else {
                return (at, raw.count - at < SegmentFormat.recordHeaderBytes ? SegmentFormat.recordHeaderBytes : nil)
            }
            let size = SegmentFormat.recordHeaderBytes + header.bodyBytes
            guard raw.count - at >= size else { return (at, size) }
            if expected >= wanted {
                guard SegmentFormat.isIntact(raw, at: at, header) else { return (at, nil) }
                let body = UnsafeRawBufferPointer(rebasing: raw[at + SegmentFormat.recordHeaderBytes..<at + size])
                guard let frame = SegmentFormat.readFrame(body) else { return (at, nil) }
                frames.append(StoredFrame(offset: StreamOffset(expected), frame: frame))
                noted.append(
                    Segment.IndexEntry(offset: expected, position: position + Int64(at), receivedAt: frame.receivedAt))
                taken += size
            }
            expected += 1
            at += size
        }
        return (at, nil)
    }

    private func start(of offset: Int64) throws(StreamError) -> Start? {
        let found: Result<Start?, StreamError> = state.withLock { state in
            if state.isClosed { return .failure(.closed) }
            let tail = state.segments[0].base
            guard offset >= tail else {
                return .failure(.offsetGone(requested: StreamOffset(offset), tail: StreamOffset(tail)))
            }
            guard offset < state.head, let segment = state.segments.first(where: { $0.end > offset }) else {
                return .success(nil)
            }
            if let hint = state.readHint, hint.base == segment.base, hint.offset == offset {
                return .success(Start(segment: segment, offset: offset, position: hint.position))
            }
            if let entry = segment.entry(before: offset) {
                return .success(Start(segment: segment, offset: entry.offset, position: entry.position))
            }
            let first = Int64(SegmentFormat.segmentHeaderBytes)
            return .success(Start(segment: segment, offset: segment.base, position: first))
        }
        return try found.get()
    }

    private func read(_ segment: Segment, at position: Int64, count: Int) throws(StreamError) -> [UInt8] {
        do throws(FileFailure) {
            return try folder.read(segment.name, at: position, count: min(count, Int(max(0, segment.bytes - position))))
        } catch {
            telemetry.emit(StreamFileFailed(failure: error, consequence: "a read was refused."))
            throw .io(operation: error.operation, path: error.path, errno: error.errno)
        }
    }

    private func corrupt(_ segment: Segment, _ position: Int64, _ reason: String) -> StreamError {
        let path = folder.path + "/" + segment.name
        return .corrupt(
            path: path, position: position,
            reason:
                "\(reason). Restore the file from a backup, or stop Daybook, rename the file to \(path).damaged to give "
                + "up its frames, and start again")
    }

    private func remember(
        _ entries: [Segment.IndexEntry], in base: Int64, next: (offset: Int64, base: Int64, position: Int64)
    ) {
        state.withLock { state in
            state.readHint = next
            // The last segment is indexed by the writer.
            guard let at = state.segments.firstIndex(where: { $0.base == base }), at < state.segments.count - 1 else {
                return
            }
            for entry in entries {
                state.segments[at].note(
                    offset: entry.offset, position: entry.position, receivedAt: entry.receivedAt, limits)
            }
        }
    }

    // MARK: Commit

    package func commit(_ offset: StreamOffset) async throws(StreamError) {
        try await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, StreamError>, Never>) in
            let isQueued = reader.submit { [self] in continuation.resume(returning: commitNow(offset.value)) }
            if !isQueued { continuation.resume(returning: .failure(.closed)) }
        }.get()
    }

    private func commitNow(_ offset: Int64) -> Result<Void, StreamError> {
        let removable: Int? = state.withLock { state in
            if state.isClosed { return nil }
            state.committed = max(state.committed, min(offset, state.head))
            return state.segments.dropFirst().count { $0.base <= state.committed }
        }
        guard let removable else { return .failure(.closed) }
        // Deleting before the checkpoint is durable would let a crash bring back an offset whose frames are gone.
        if case .failure(let failure) = saveCheckpoint(durably: removable > 0) {
            telemetry.emit(StreamFileFailed(failure: failure, consequence: "the commit was refused."))
            return .failure(.io(operation: failure.operation, path: failure.path, errno: failure.errno))
        }
        removeSegments(removable)
        return .success(())
    }

    private func removeSegments(_ count: Int) {
        guard count > 0 else { return }
        // What stays must be found after a loss of power before what goes may go: otherwise the folder could come back
        // without any segment.
        do throws(FileFailure) {
            try folder.syncFolder()
        } catch {
            return telemetry.emit(
                StreamFileFailed(failure: error, consequence: "processed segments are kept until the next commit."))
        }
        var removed = 0
        for _ in 0..<count {
            let segment = state.withLock { state in
                defer { state.bytesOnDisk -= state.segments[0].bytes }
                return state.segments.removeFirst()
            }
            do throws(FileFailure) {
                try folder.remove(segment.name)
                removed += 1
            } catch {
                telemetry.emit(
                    StreamFileFailed(failure: error, consequence: "the processed segment is deleted at the next start.")
                )
            }
        }
        telemetry.emit(SegmentsRemoved(count: removed, tail: state.withLock { $0.segments[0].base }))
    }

    func saveCheckpoint(durably: Bool) -> Result<Void, FileFailure> {
        let (next, isFirst) = state.withLock { state in
            let next = Checkpoint(
                counter: state.checkpoint.counter + 1, committed: state.committed, head: state.head)
            return (next, state.checkpoint.counter == 0)
        }
        do throws(FileFailure) {
            if isFirst {
                try folder.create(Checkpoint.name)
                try folder.write(Checkpoint.name, at: 0, [UInt8](repeating: 0, count: 2 * Checkpoint.slotBytes))
                try folder.write(Checkpoint.name, at: next.position, next.slot)
                try folder.sync(Checkpoint.name)
                try folder.syncFolder()
            } else {
                try folder.write(Checkpoint.name, at: next.position, next.slot)
                if durably { try folder.sync(Checkpoint.name) }
            }
            state.withLock { $0.checkpoint = next }
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}
