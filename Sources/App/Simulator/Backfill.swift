internal import Events
internal import Ports
internal import ServerClient

/// History, written day by day in order: on each day first every submission, and when all are answered the day's events.
/// Each request names the receipt time that the server is to assume (`Daybook-Received-At`, environment dev, scope admin).
/// A day is complete before the next begins, so a server that closes past days closes complete ones; at the end the past
/// days are closed.
struct Backfill {
    let options: SimulateOptions
    let days: Int
    let projects: [SimulatedProject]
    let driver: Driver
    let progress: ProgressLine

    private struct System: Decodable {
        struct Stream: Decodable {
            var head: Int64
            var committed: Int64
        }
        var stream: Stream
    }

    /// Writes every day, then has the past ones closed; what could not be closed is in the notes.
    func run() async throws -> [String] {
        let clock = driver.clock
        let began = clock.monotonic
        let now = clock.now
        let today = projects.map { $0.calendar.date(at: now) }
        let plan = SimulationPlan(
            seed: options.seed, scale: options.scale, misconfigurations: options.misconfigurations)
        for back in stride(from: days, through: 0, by: -1) {
            await withDiscardingTaskGroup { group in
                for (index, project) in projects.enumerated() {
                    let date = LogicalDate(dayNumber: today[index].dayNumber - Int32(back))
                    group.addTask {
                        await self.write(project, index: index, date: date, isLast: back == 0, plan: plan, now: now)
                    }
                }
            }
            let done = days - back + 1
            progress.show(at: clock.monotonic) { line(done, clock.monotonic - began) }
            if driver.silence > seconds(ServerClientLimits.unreachableSecondsMax) || Task.isCancelled { break }
        }
        progress.finish(line(days + 1, clock.monotonic - began))
        let summary = driver.summary
        if summary.unanswered > 0, driver.silence > seconds(ServerClientLimits.unreachableSecondsMax) {
            throw SimulatorError.failed(
                "\(options.url) stopped answering; run the same command again to fill what is missing.")
        }
        guard days > 0, !Task.isCancelled else { return [] }
        return try await closePastDays(before: today)
    }

    /// Asks for yesterday to be closed, which closes every day before it, once all that was sent is processed: a server
    /// does this on its own a while after a day's end, but nobody wants to wait for history.
    private func closePastDays(before today: [LogicalDate]) async throws -> [String] {
        guard try await isProcessed() else {
            return ["the events are still being processed, so the server closes the past days by itself later"]
        }
        var notes: [String] = []
        for (project, today) in zip(projects, today) {
            let answer = try await driver.client.sendPatiently(
                ServerRequest(
                    "POST", "/v1/projects/\(project.id)/days/\(today.previous)/close", apiKey: project.apiKey))
            if !answer.isSuccess {
                notes.append("the past days of \(project.id) are not closed yet (\(answer.refusal))")
            }
        }
        return notes
    }

    /// Waits until the processor has caught up with the stream, at most `processedSecondsMax`.
    private func isProcessed() async throws -> Bool {
        let clock = driver.clock
        let deadline = clock.monotonic + seconds(SimulatorLimits.processedSecondsMax)
        while true {
            let answer = try await driver.client.sendPatiently(
                ServerRequest("GET", "/v1/system?project_id=\(projects[0].id)", apiKey: projects[0].apiKey))
            guard let stream = answer.decoded(System.self)?.stream else { return false }
            if stream.committed >= stream.head { return true }
            guard clock.monotonic < deadline else { return false }
            try await clock.sleep(for: .milliseconds(100))
        }
    }

    /// Asks with an empty question whether this server and key allow other receipt times.
    static func requireRight(of project: SimulatedProject, _ driver: Driver) async throws {
        let path = "/v1/projects/\(project.id)/events?debug=true"
        let answer = try await driver.client.sendPatiently(
            ServerRequest(
                "POST", path, apiKey: project.apiKey, contentType: "application/json",
                headers: [(name: "daybook-received-at", value: (driver.clock.now - .seconds(3600)).rfc3339())],
                body: Array("[]".utf8)))
        guard answer.status != 403 && answer.status != 401 else {
            throw SimulatorError.failed(
                "this server does not take history (HTTP \(answer.status), \(answer.problemCode ?? "no code")): a backfill needs environment dev and a key with the scope admin."
            )
        }
    }

    private func write(
        _ project: SimulatedProject, index: Int, date: LogicalDate, isLast: Bool, plan: SimulationPlan, now: Timestamp
    ) async {
        let actions = plan.actions(
            project: project.profile, index: index, calendar: project.calendar, date: date, isLast: isLast)
        let end = min(now, project.calendar.bounds(of: date).upperBound - .milliseconds(1))
        var events: [(at: Timestamp, json: [UInt8])] = []
        var chains: [PlannedChain] = []
        for action in actions where action.at <= end {
            switch action {
            case .event(let event): events.append((event.at, event.json(time: event.at, leadID: nil)))
            case .chain(let chain): chains.append(chain)
            }
        }
        events += await submit(chains, to: project, end: end)
        events.sort { $0.at < $1.at }
        await send(events, to: project)
    }

    /// Sends every chain, some at a time; the events that follow from the leads.
    private func submit(
        _ chains: [PlannedChain], to project: SimulatedProject, end: Timestamp
    ) async -> [(at: Timestamp, json: [UInt8])] {
        let inFlightMax = max(1, SimulatorLimits.requestsInFlightBackfill / projects.count)
        return await withTaskGroup(of: [(at: Timestamp, json: [UInt8])].self) { group in
            var followUps: [(at: Timestamp, json: [UInt8])] = []
            for (number, chain) in chains.enumerated() {
                if number >= inFlightMax, let finished = await group.next() { followUps += finished }
                group.addTask { await self.submit(chain, to: project, end: end) }
            }
            for await finished in group { followUps += finished }
            return followUps
        }
    }

    private func submit(
        _ chain: PlannedChain, to project: SimulatedProject, end: Timestamp
    ) async -> [(at: Timestamp, json: [UInt8])] {
        var time = chain.at
        var followUps: [(at: Timestamp, json: [UInt8])] = []
        for attempt in chain.attempts {
            time = time + seconds(attempt.pauseSeconds)
            guard time <= end else { break }
            guard let leadID = await driver.submit(attempt, to: project, receivedAt: time) else { continue }
            if followUps.isEmpty {
                let shift = time - chain.at
                for event in chain.onSuccess where event.at + shift <= end {
                    followUps.append((event.at + shift, event.json(time: event.at + shift, leadID: leadID)))
                }
            }
            if chain.endsAtSuccess { break }
        }
        return followUps
    }

    /// Sends the day's events in batches that do not cross an hour, each received when its last event happened.
    private func send(_ events: [(at: Timestamp, json: [UInt8])], to project: SimulatedProject) async {
        var first = 0
        for index in events.indices {
            let isFull = index - first + 1 == SimulatorLimits.eventsPerBatchMax
            let endsHour = index + 1 == events.count || events[index + 1].at.hourStart != events[index].at.hourStart
            guard isFull || endsHour else { continue }
            await driver.send(events[first...index].map(\.json), to: project, receivedAt: events[index].at)
            first = index + 1
        }
    }

    private func line(_ done: Int, _ elapsed: Duration) -> String {
        let taken = elapsed.milliseconds / 1000
        let left = done > 0 ? taken / Double(done) * Double(days + 1 - done) : 0
        return
            "\(ProgressLine.bar(done, of: days + 1))  day \(done)/\(days + 1)  \(driver.summary.line)  \(ProgressLine.duration(left)) left"
    }
}
