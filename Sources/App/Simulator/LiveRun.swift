internal import Events
internal import Ports
internal import ServerClient
internal import Synchronization

/// Traffic at a given pace, as it would happen now. Open loop: the pace does not wait for answers, except that at most
/// `requestsInFlightLive` requests are under way; what is behind its time is sent at once, and the line says how far behind.
struct LiveRun {
    let options: SimulateOptions
    let projects: [SimulatedProject]
    let driver: Driver
    let progress: ProgressLine

    /// Something that follows from an answer.
    private enum Pending: Sendable {
        case attempt(project: Int, chain: PlannedChain, index: Int)
        case event(project: Int, event: PlannedEvent, leadID: String)
    }

    fileprivate struct Batch {
        var events: [[UInt8]] = []
        var since: Duration = .zero
    }

    func run() async throws {
        let clock = driver.clock
        let began = clock.monotonic
        let plan = SimulationPlan(
            seed: options.seed, scale: options.scale, misconfigurations: options.misconfigurations)
        var feed = LiveFeed(
            plan: plan, members: projects.map { LiveFeed.Member(profile: $0.profile, calendar: $0.calendar) },
            rate: options.rate,
            start: clock.now)
        var pace = SplitMix64(seed: options.seed, labels: 6)
        var batches = projects.map { _ in Batch() }
        let pending = PendingQueue<Pending>()
        let slots = Slots(SimulatorLimits.requestsInFlightLive)
        var due = began
        var gaveUp = false
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                due += seconds(pace.exponential() / options.rate)
                if options.durationSeconds > 0, due - began > seconds(options.durationSeconds) { break }
                guard await pause(until: due, flushing: &batches, slots: slots, in: &group) else { break }
                let now = clock.monotonic
                let step = pending.pop(at: now) ?? Self.first(feed.next(at: clock.now))
                switch step {
                case .event(let project, let event, let leadID):
                    batches[project].add(event.json(time: clock.now, leadID: leadID.isEmpty ? nil : leadID), at: now)
                case .attempt(let project, let chain, let index):
                    await slots.take()
                    group.addTask {
                        await self.submit(chain, index: index, project: project, pending: pending)
                        slots.give()
                    }
                }
                progress.show(at: now) { line(now - began, behind: now - due, inFlight: slots.inUse) }
                if driver.silence > seconds(ServerClientLimits.unreachableSecondsMax), driver.summary.unanswered > 0 {
                    gaveUp = true
                    break
                }
            }
            await flush(&batches, olderThan: nil, slots: slots, in: &group)
        }
        progress.finish(line(clock.monotonic - began, behind: .zero, inFlight: 0))
        if gaveUp {
            throw SimulatorError.failed(
                "\(options.url) has not answered for \(Int(ServerClientLimits.unreachableSecondsMax)) s. Is it still running?"
            )
        }
    }

    private static func first(_ next: (project: Int, action: PlannedAction)) -> Pending {
        switch next.action {
        case .event(let event): .event(project: next.project, event: event, leadID: "")
        case .chain(let chain): .attempt(project: next.project, chain: chain, index: 0)
        }
    }

    /// Sends one attempt of a chain, and puts what follows from its answer in the queue.
    private func submit(_ chain: PlannedChain, index: Int, project: Int, pending: PendingQueue<Pending>) async {
        let leadID = await driver.submit(chain.attempts[index], to: projects[project], receivedAt: nil)
        let now = driver.clock.monotonic
        if let leadID {
            for event in chain.onSuccess {
                pending.push(.event(project: project, event: event, leadID: leadID), due: now + (event.at - chain.at))
            }
        }
        guard index + 1 < chain.attempts.count, leadID == nil || !chain.endsAtSuccess else { return }
        let wait = min(chain.attempts[index + 1].pauseSeconds, SimulatorLimits.livePauseSecondsMax)
        pending.push(.attempt(project: project, chain: chain, index: index + 1), due: now + seconds(wait))
    }

    /// Waits for the time, sending batches that have waited long enough; false when cancelled.
    private func pause(
        until due: Duration, flushing batches: inout [Batch], slots: Slots, in group: inout DiscardingTaskGroup
    ) async -> Bool {
        let clock = driver.clock
        while true {
            await flush(
                &batches, olderThan: .milliseconds(SimulatorLimits.batchWaitMillisecondsMax), slots: slots, in: &group)
            let left = due - clock.monotonic
            guard left > .milliseconds(1) else { return true }
            do { try await clock.sleep(for: min(left, .milliseconds(SimulatorLimits.batchWaitMillisecondsMax))) } catch
            { return false }
        }
    }

    private func flush(
        _ batches: inout [Batch], olderThan age: Duration?, slots: Slots, in group: inout DiscardingTaskGroup
    ) async {
        let now = driver.clock.monotonic
        for index in batches.indices where !batches[index].events.isEmpty {
            let batch = batches[index]
            if let age, batch.events.count < SimulatorLimits.eventsPerBatchMax, now - batch.since < age { continue }
            batches[index].events.removeAll(keepingCapacity: true)
            await slots.take()
            group.addTask {
                await driver.send(batch.events, to: projects[index], receivedAt: nil)
                slots.give()
            }
        }
    }

    private func line(_ elapsed: Duration, behind: Duration, inFlight: Int) -> String {
        let taken = elapsed.milliseconds / 1000
        let summary = driver.summary
        let rate = taken > 0 ? Double(summary.eventsSent + summary.attempts) / taken : 0
        let late = behind > .seconds(1) ? "  \((behind.milliseconds / 1000).rounded(toPlaces: 1)) s behind" : ""
        return
            "\(ProgressLine.duration(taken))  \(rate.rounded(toPlaces: 1))/s  \(summary.line)  in flight \(inFlight)\(late)"
    }
}

extension LiveRun.Batch {
    fileprivate mutating func add(_ event: [UInt8], at now: Duration) {
        if events.isEmpty { since = now }
        events.append(event)
    }
}

/// A `DueQueue` that tasks share.
private final class PendingQueue<Value: Sendable>: Sendable {
    private let queue = Mutex(DueQueue<Value>())
    func push(_ value: Value, due: Duration) { queue.withLock { $0.push(value, due: due) } }
    func pop(at now: Duration) -> Value? { queue.withLock { $0.pop(at: now) } }
}
