internal import Events
package import Ports
package import Telemetry

/// Moves the outbox to the stream: appends first, forgets after. A crash in between appends again; the EventStore knows
/// the repeated events by their identity, and the frame says that nobody sent them again, so the books leave them out.
///
/// Events of one project that were received in the same second share a frame, which then carries the first one's receipt
/// time; each event's own `time` is exact.
package struct OutboxRelay: Sendable {
    private let outbox: any Outbox
    private let stream: any EventStream
    private let clock: any Clock
    private let telemetry: Telemetry
    private let pause: Duration

    /// `pause` is the least time between two passes that did not fill: each pass costs the ledger and the stream a sync
    /// of their own, so under load fewer and larger passes leave the disk to submissions.
    package init(
        outbox: any Outbox, stream: any EventStream, clock: any Clock, telemetry: Telemetry, pause: Duration = .zero
    ) {
        self.pause = pause
        self.outbox = outbox
        self.stream = stream
        self.clock = clock
        self.telemetry = telemetry
    }

    /// Moves events until the task is cancelled, or the ledger or the stream is closed. Waits for commits, not for time;
    /// after a failure it waits longer each time, up to ten seconds. What was moved is removed many at a time, since each
    /// removal is a commit of its own beside those of submissions.
    package func run() async {
        var passed = Passed()
        await run(&passed)
        do { try await forget(&passed) } catch {
            // They are moved again at the next start, and known there.
            telemetry.emit(OutboxRelayFailed(error: String(describing: error), retryIn: .zero))
        }
    }

    /// What was moved and is still in the outbox.
    private struct Passed {
        var position: Int64 = 0
        var count = 0
    }

    private func run(_ passed: inout Passed) async {
        var backoff = Limits.relayBackoffMin
        while !Task.isCancelled {
            let seen = outbox.commitCount
            do {
                let moved = try await move(&passed)
                if moved == 0 || passed.count >= Limits.relayRowsMax { try await forget(&passed) }
                backoff = Limits.relayBackoffMin
                if moved == 0 {
                    await outbox.waitForCommit(beyond: seen)
                } else if pause > .zero, moved < Limits.relayRowsMax {
                    do { try await clock.sleep(for: pause) } catch { return }
                }
            } catch {
                if case .ledger(.closed) = error { return passed = Passed() }
                if case .stream(.closed) = error { return }
                telemetry.emit(OutboxRelayFailed(error: String(describing: error), retryIn: backoff))
                do { try await clock.sleep(for: backoff) } catch { return }
                backoff = min(backoff * 2, Limits.relayBackoffMax)
            }
        }
    }

    package enum Failure: Error, Sendable {
        case ledger(LedgerError)
        case stream(StreamError)
    }

    /// Moves what is there now, at most `Limits.relayRowsMax` events, and removes it; returns how many.
    package func drainOnce() async throws(Failure) -> Int {
        var passed = Passed()
        let moved = try await move(&passed)
        try await forget(&passed)
        return moved
    }

    private func move(_ passed: inout Passed) async throws(Failure) -> Int {
        let entries: [OutboxEntry]
        do { entries = try await outbox.pending(after: passed.position, limit: Limits.relayRowsMax) } catch {
            throw .ledger(error)
        }
        guard let last = entries.last else { return 0 }
        let frames = Self.frames(of: entries)
        try await append(frames)
        passed.position = last.position
        passed.count += entries.count
        telemetry.emit(OutboxRelayed(count: entries.count, frames: frames.count))
        return entries.count
    }

    private func forget(_ passed: inout Passed) async throws(Failure) {
        guard passed.count > 0 else { return }
        do { try await outbox.remove(through: passed.position) } catch { throw .ledger(error) }
        passed.count = 0
    }

    /// Appends all frames, many at a time so that they share the stream's syncs.
    private func append(_ frames: [StreamFrame]) async throws(Failure) {
        let failure = await withTaskGroup(of: StreamError?.self) { group -> StreamError? in
            var failure: StreamError?
            for (index, frame) in frames.enumerated() {
                if index >= Limits.relayAppendsMax, let finished = await group.next() { failure = failure ?? finished }
                if failure != nil { break }
                group.addTask {
                    do throws(StreamError) {
                        _ = try await stream.append(frame)
                        return nil
                    } catch { return error }
                }
            }
            for await finished in group { failure = failure ?? finished }
            return failure
        }
        if let failure { throw .stream(failure) }
    }

    /// One frame for each project and second of receipt, in the order of their first entries.
    static func frames(of entries: [OutboxEntry]) -> [StreamFrame] {
        struct Key: Hashable {
            var project: ProjectID
            var slot: Int64
        }
        var places: [Key: Int] = [:]
        var frames: [StreamFrame] = []
        for entry in entries {
            let event = entry.event
            let slot = floorDivide(event.receivedAt.microseconds, Limits.relayFrameMicroseconds)
            let key = Key(project: event.projectID, slot: slot)
            let place = places[key] ?? frames.count
            if place == frames.count {
                places[key] = place
                frames.append(
                    StreamFrame(
                        projectID: event.projectID, receivedAt: event.receivedAt, counts: BooksDelta(), itemCount: 0,
                        items: [], origin: .outbox))
            }
            frames[place].counts.received += 1
            frames[place].itemCount += 1
            withUnsafeBytes(of: UInt32(event.event.count).littleEndian) { frames[place].items.append(contentsOf: $0) }
            frames[place].items.append(contentsOf: event.event)
        }
        return frames
    }
}
