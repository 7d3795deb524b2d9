internal import Events
internal import Ports
internal import ServerClient
internal import Synchronization

/// Sends what the plan says, and counts what comes back.
final class Driver: Sendable {
    let client: ServerClient
    let clock: any Clock
    private struct State {
        var summary = SimulationSummary()
        var lastAnswer: Duration
    }
    private let state: Mutex<State>

    init(client: ServerClient, clock: any Clock) {
        self.client = client
        self.clock = clock
        self.state = Mutex(State(lastAnswer: clock.monotonic))
    }

    var summary: SimulationSummary { state.withLock { $0.summary } }

    /// How long nothing has answered.
    var silence: Duration { clock.monotonic - state.withLock { $0.lastAnswer } }

    /// Sends one submission; the lead's identifier when there is one.
    func submit(_ attempt: PlannedAttempt, to project: SimulatedProject, receivedAt: Timestamp?) async -> String? {
        var headers = [(name: "idempotency-key", value: attempt.idempotencyKey)]
        if let receivedAt { headers.append((name: "daybook-received-at", value: receivedAt.rfc3339())) }
        let request = ServerRequest(
            "POST", "/v1/projects/\(project.id)/leads", apiKey: project.apiKey, contentType: "application/json",
            headers: headers,
            body: attempt.body)
        guard let answer = await answer(to: request) else { return nil }
        update { $0.countAttempt(answer) }
        return answer.status == 201 ? answer.decoded(LeadCreated.self)?.lead_id : nil
    }

    /// Sends events as one NDJSON batch, compressed.
    func send(_ events: [[UInt8]], to project: SimulatedProject, receivedAt: Timestamp?) async {
        guard !events.isEmpty else { return }
        var body = [UInt8]()
        body.reserveCapacity(events.reduce(0) { $0 + $1.count + 1 })
        for event in events {
            body.append(contentsOf: event)
            body.append(UInt8(ascii: "\n"))
        }
        var headers = [(name: "content-encoding", value: "gzip")]
        if let receivedAt { headers.append((name: "daybook-received-at", value: receivedAt.rfc3339())) }
        let request = ServerRequest(
            "POST", "/v1/projects/\(project.id)/events", apiKey: project.apiKey, contentType: "application/x-ndjson",
            headers: headers,
            body: Gzip.compress(body))
        update { $0.eventsSent += events.count }
        guard let answer = await answer(to: request) else {
            return update { $0.eventsUnacknowledged[0, default: 0] += events.count }
        }
        update { $0.countBatch(answer, events: events.count) }
    }

    private func answer(to request: ServerRequest) async -> ServerAnswer? {
        do throws(ServerClientError) {
            let answer = try await client.sendPatiently(request) { self.update { $0.retries += 1 } }
            let now = clock.monotonic
            state.withLock { $0.lastAnswer = now }
            return answer
        } catch {
            update { $0.unanswered += 1 }
            return nil
        }
    }

    private func update(_ body: (inout SimulationSummary) -> Void) { state.withLock { body(&$0.summary) } }
}
