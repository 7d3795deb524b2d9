// Analytics: question → plan → rows → answer. Query parameters become a typed question or a problem that names the
// parameter and the fix; the question becomes a few calls of the EventStoreReader; their rows become JSON in the versioned
// envelope of the contract.
//
// Constraints: every question is of one project. Nothing here knows SQL or HTTP. Aggregates are cached as encoded bytes per
// tenant and question; drill-down (events, traces, books, quarantine) is not. "Attempts" are events of type
// lead.submission unless the question names types; leads are the successful ones.
//
// Stored format: none. Cursors are signed texts (`CursorSigner`).
//
// Failure cases: a bad parameter or cursor is a 400 with its pointer; an unknown contract version 406; a store that is too
// slow or too busy 503 with Retry-After. When a part of an answer that is not its heart fails, the rest is served with
// `partial: true` and the part's name in `missing`.

package import Events
package import Ports
package import Telemetry

/// One request of the query API, after authentication.
package struct AnalyticsRequest: Sendable {
    package var project: ProjectID
    /// Query parameters in order, decoded.
    package var parameters: [(name: String, value: String)]
    /// The header `Accept-Contract`, when it was sent.

    package init(project: ProjectID, parameters: [(name: String, value: String)]) {
        self.project = project
        self.parameters = parameters
    }
}

/// The query API without HTTP: each method answers with encoded JSON or throws a `Problem`.
package struct AnalyticsService: Sendable {
    let reader: any EventStoreReader
    let remover: (any QuarantineRemover)?
    let stream: any EventStream
    let projects: any ProjectDirectory
    let clock: any Clock
    let cursors: CursorSigner
    let cache: AnswerCache
    let telemetry: Telemetry

    /// `cursorKey`: at least 32 random bytes, kept over restarts so that cursors outlive them. `stream` tells how far
    /// processing is behind. Without `remover`, replaying quarantined items is answered `read_only`.
    package init(
        reader: any EventStoreReader, remover: (any QuarantineRemover)?, stream: any EventStream,
        projects: any ProjectDirectory, clock: any Clock, cursorKey: [UInt8], telemetry: Telemetry,
        cache: AnswerCache? = nil
    ) {
        self.reader = reader
        self.remover = remover
        self.stream = stream
        self.projects = projects
        self.clock = clock
        self.cursors = CursorSigner(key: cursorKey)
        self.cache = cache ?? AnswerCache(clock: clock, telemetry: telemetry)
        self.telemetry = telemetry
    }

    func project(_ id: ProjectID) throws(Problem) -> Project {
        guard let project = projects.project(id) else {
            throw Problem(.projectForbidden, "These credentials do not belong to project \(id). Check the project_id.")
        }
        return project
    }

    /// Seconds that processing is behind, from the oldest frame not processed yet.
    var lagSeconds: Double {
        guard let oldest = stream.status.oldestUncommitted else { return 0 }
        return max(0, (clock.now - oldest).milliseconds / 1000)
    }

    /// Answers from the cache, or asks `make` for the payload and how long it stays good.
    func cached(
        _ contract: Contract, _ request: AnalyticsRequest, _ parameters: Parameters,
        make: (AnswerContext) async throws(Problem) -> Payload
    ) async throws(Problem) -> [UInt8] {
        let project = try project(request.project)
        let key = AnswerCache.Key(
            project: request.project, contract: contract.name, question: parameters.normalised())
        return try await cache.answer(key) { () async throws(Problem) in
            let context = AnswerContext(contract: contract, project: project, now: clock.now, asOf: dataAsOf)
            let payload = try await make(context)
            let bytes = context.envelope(payload).bytes
            return AnswerCache.Made(bytes: bytes, lifetime: payload.missing.isEmpty ? payload.lifetime : .zero)
        }
    }

    /// Answers without the cache.
    func fresh(
        _ contract: Contract, _ request: AnalyticsRequest,
        make: (AnswerContext) async throws(Problem) -> Payload
    ) async throws(Problem) -> [UInt8] {
        let context = AnswerContext(
            contract: contract, project: try project(request.project), now: clock.now, asOf: dataAsOf)
        return context.envelope(try await make(context)).bytes
    }

    private var dataAsOf: Timestamp { stream.status.oldestUncommitted.map { min($0, clock.now) } ?? clock.now }

    /// Asks the store; its error becomes a problem.
    func ask<Rows>(
        _ contract: Contract, _ question: () async throws(EventStoreError) -> Rows
    ) async throws(Problem) -> Rows {
        do throws(EventStoreError) {
            return try await question()
        } catch {
            telemetry.emit(QuestionFailed(contract: contract.name, error: error))
            throw error.problem
        }
    }

    /// Asks the store for a part that the answer can do without.
    func askPart<Rows: Sendable>(
        _ contract: Contract, _ question: @Sendable () async throws(EventStoreError) -> Rows
    ) async -> Rows? {
        do throws(EventStoreError) {
            return try await question()
        } catch {
            telemetry.emit(QuestionFailed(contract: contract.name, error: error))
            return nil
        }
    }

    /// The rows of an aggregate, or why there are none, for those who ask several things at once.
    func part(_ question: AggregateQuestion, _ contract: Contract) async -> Result<[AggregateRow], Problem> {
        do throws(Problem) {
            return .success(
                try await ask(contract) { () async throws(EventStoreError) in try await reader.aggregate(question) })
        } catch {
            return .failure(error)
        }
    }
}
