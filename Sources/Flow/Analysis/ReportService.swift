// Analysis: explains a day with a language model that sees the day's snapshot and nothing else.
//
// Purpose: snapshot ─▶ `ReportPrompt` ─▶ model ─▶ `ReportSections` (checked) ─▶ `Grounding` ─▶ ledger. When the model is
// absent, slow or answers nonsense, `FallbackReport` writes the same five parts by rules, and the report carries why.
//
// Constraints: observational. This module reads snapshots and writes reports; it has no other port. A closed day's report
// is generated once and reused; an open day's is replaced; `newVersion` keeps the old one. Texts from submitters are data:
// cut, escaped and declared as such. One report takes `AnalysisLimits.deadlineSeconds` at most.
//
// Stored format: the report with prompt (version and text), model, raw answer, sections, grounding, timings and the
// snapshot's SHA-256; and one entry in `analysis_attempts` before the model is asked and one after each try, so a try
// that a crash cut short stays visible.
//
// Failure cases: every `ModelError` and `AnswerFault` becomes a `FallbackReason` with the way out. A cancelled request
// stores no report. The ledger's own failures are thrown.

package import Days
package import Events
package import Ports
package import Telemetry

/// Makes and finds the reports of days.
package actor ReportService {
    private let reports: any ReportLedger
    private let book: DayBook
    private let model: (any LanguageModel)?
    /// How to get a model, when none is configured.
    private let setupHint: String
    private let deadline: Duration
    private let clock: any Clock
    private let identifiers: any Identifiers
    private let telemetry: Telemetry
    /// Reports that are being written now: one at a time for a day.
    private var running: Set<DayKey> = []

    private struct DayKey: Hashable {
        var project: ProjectID
        var date: LogicalDate
    }

    /// `model` is nil when none is configured; `setupHint` then tells people how to add one.
    package init(
        reports: any ReportLedger, book: DayBook, model: (any LanguageModel)?, setupHint: String,
        deadline: Duration = .seconds(AnalysisLimits.deadlineSeconds), clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry
    ) {
        self.reports = reports
        self.book = book
        self.model = model
        self.setupHint = setupHint
        self.deadline = deadline
        self.clock = clock
        self.identifiers = identifiers
        self.telemetry = telemetry
    }

    /// The newest report of the date; nil when there is none. Nothing is generated.
    package func latest(_ project: ProjectID, date: LogicalDate) async throws(Problem) -> StoredReport? {
        do { return try await reports.latestReport(project, date) } catch { throw DayError.ledger(error).problem }
    }

    /// One version of the date's report; nil when there is none of that number.
    package func version(
        _ number: Int, of project: ProjectID, date: LogicalDate
    ) async throws(Problem) -> StoredReport? {
        do { return try await reports.report(project, date, version: number) } catch {
            throw DayError.ledger(error).problem
        }
    }

    /// Every version of the date's report, oldest first, and every try at one: tries without an end were cut short.
    package func versions(
        of project: ProjectID, date: LogicalDate
    ) async throws(Problem) -> (reports: [StoredReport], tries: [AnalysisAttempt]) {
        do {
            return (
                try await reports.reportVersions(project, date), try await reports.analysisAttempts(project, date)
            )
        } catch { throw DayError.ledger(error).problem }
    }

    /// Where the writing of a report is, as a word for people.
    package enum Phase: String, Sendable, CaseIterable {
        case waiting = "waiting for another report of the day"
        case reading = "reading the snapshot"
        case asking = "asking the model"
        case checking = "checking the figures"
        case storing = "storing the report"
    }
    /// Called when a phase begins.
    package typealias Progress = @Sendable (Phase) async -> Void

    /// The date's report, written now where needed.
    ///
    /// A closed day whose report exists for its snapshot is answered with it, unless `newVersion`. While another request
    /// writes the same day's report, this one `waits` behind it, for twice the deadline at most, or throws
    /// `report_running`. Throws `day_in_future`.
    package func report(
        of project: Project, date: LogicalDate, newVersion: Bool = false, waits: Bool = false,
        progress: Progress = { _ in }
    ) async throws(Problem) -> (report: StoredReport, isNew: Bool) {
        let key = DayKey(project: project.id, date: date)
        if waits, running.contains(key) {
            await progress(.waiting)
            try await turn(key)
        }
        guard running.insert(key).inserted else {
            throw Problem(
                .reportRunning, "A report of \(date) is being written. Ask for it again in a few seconds.",
                retryAfterSeconds: 5)
        }
        defer { running.remove(key) }
        await progress(.reading)
        let snapshot: StoredSnapshot
        do { snapshot = try await book.snapshot(of: project, date: date) } catch { throw error.problem }
        let latest = try await latest(project.id, date: date)
        let isClosed = snapshot.closedAt != nil
        if let latest, isClosed, !newVersion, latest.finishedAt != nil, latest.snapshotSHA256 == snapshot.sha256 {
            return (latest, false)
        }
        let version = isClosed || newVersion ? (latest?.version ?? 0) + 1 : latest?.version ?? 1
        let stage = DayStage(of: snapshot, today: project.calendar.date(at: clock.now))
        let report = try await write(snapshot, stage: stage, version: version, progress: progress)
        await progress(.storing)
        return (try await store(report), true)
    }

    /// Returns when nobody writes the day's report, or when it has waited long enough.
    private func turn(_ key: DayKey) async throws(Problem) {
        let began = clock.monotonic
        while running.contains(key), clock.monotonic - began < deadline * 2 {
            do { try await clock.sleep(for: AnalysisLimits.turnPause) } catch {
                throw Problem(.shuttingDown, "The request was cancelled while it waited for its turn. Ask again.")
            }
        }
    }

    // MARK: One report

    private func write(
        _ stored: StoredSnapshot, stage: DayStage, version: Int, progress: Progress
    ) async throws(Problem) -> StoredReport {
        let started = clock.monotonic
        let snapshot: DaySnapshot
        let signals: [DaySignal]
        do {
            snapshot = try DaySnapshot(canonicalJSON: stored.json, date: stored.date)
            let trailing = try await book.trailingDays(stored.projectID, before: stored.date)
            signals = Signals(snapshot: snapshot, trailing: trailing.map(\.snapshot), stage: stage).all
        } catch { throw error.problem }
        let prompt = ReportPrompt(snapshot: snapshot, stage: stage)
        var report = StoredReport(
            reportID: identifiers.make(.report, at: clock.now), projectID: stored.projectID, date: stored.date,
            version: version, snapshotSHA256: stored.sha256, snapshotAt: stored.refreshedAt, status: .running,
            model: model?.name ?? "none",
            promptVersion: ReportPrompt.version, promptText: prompt.text, rawAnswer: nil, sections: "{}", fallback: nil,
            grounding: nil, timings: "{}", createdAt: clock.now, finishedAt: nil)
        await progress(.asking)
        let asked = clock.monotonic
        let outcome = try await ask(prompt, for: &report, started: started)
        let modelTime = clock.monotonic - asked
        await progress(.checking)
        let sections: ReportSections
        var citations: [String: [Citation]] = [:]
        switch outcome {
        case .success(let answered):
            report.status = .succeeded
            sections = answered
        case .failure(let reason):
            report.status = .fallback
            (sections, citations) = FallbackReport(snapshot: snapshot, signals: signals, stage: stage)
                .written(because: reason)
            report.fallback = reason.json.text
        }
        report.sections = sections.json
        report.grounding =
            Grounding(
                sections, snapshot: snapshot, signals: signals,
                names: [report.model] + (model.map { [$0.name] } ?? []), failure: outcome.failure, citations: citations
            ).json.text
        let total = clock.monotonic - started
        func tenths(_ time: Duration) -> CanonicalJSON {
            .decimal(Decimal.text(Int64((time.milliseconds * 10).rounded()), places: 1))
        }
        report.timings =
            CanonicalJSON.object([
                "model": tenths(modelTime), "own": tenths(total - modelTime), "total": tenths(total),
            ]).text
        report.finishedAt = clock.now
        telemetry.emit(
            ReportWritten(
                project: stored.projectID, date: stored.date, version: version, status: report.status,
                reason: outcome.reason, took: total))
        return report
    }

    private enum Outcome {
        case success(ReportSections)
        case failure(FallbackReason)
        var failure: FallbackReason? {
            if case .failure(let reason) = self { reason } else { nil }
        }
        var reason: String? { failure?.reason }
    }

    /// Asks the model until an answer can be used, the tries are spent or the deadline has passed.
    private func ask(
        _ prompt: ReportPrompt, for report: inout StoredReport, started: Duration
    ) async throws(Problem) -> Outcome {
        guard let model else {
            return .failure(
                FallbackReason(
                    reason: "model_not_configured", detail: "no language model is configured", hint: setupHint))
        }
        var failure = FallbackReason(reason: "model_timeout", detail: "the deadline passed", hint: setupHint)
        for number in 1...AnalysisLimits.triesMax {
            let left = deadline - (clock.monotonic - started)
            guard left > .zero else { break }
            try await record(.started, report, outcome: nil, detail: nil)
            let request = ModelRequest(
                system: prompt.system, user: prompt.user, schema: ReportSections.schema,
                outputTokensMax: AnalysisLimits.outputTokensMax, temperature: 0.2, seed: number, timeout: left)
            let result = await answer(of: model, to: request, within: left)
            if Task.isCancelled {
                try await record(.ended, report, outcome: "cancelled", detail: "the request was cancelled")
                throw Problem(.shuttingDown, "The request was cancelled while the report was being written. Ask again.")
            }
            let mayRetry: Bool
            switch result {
            case .success(let answer):
                report.model = answer.model
                report.rawAnswer = String(answer.text.prefix(AnalysisLimits.answerBytesMax))
                switch Self.sections(of: answer) {
                case .success(let sections):
                    try await record(.ended, report, outcome: "succeeded", detail: nil)
                    return .success(sections)
                case .failure(let fault):
                    failure = FallbackReason(fault)
                    mayRetry = true
                }
            case .failure(let error):
                failure = FallbackReason(error, setupHint: setupHint)
                mayRetry = false
            }
            let observed = failure.observation.map {
                ": \(SafeText.quoted($0, bytesMax: AnalysisLimits.observationBytesMax))"
            }
            try await record(
                .ended, report, outcome: "fallback", detail: "\(failure.reason): \(failure.detail)\(observed ?? "")")
            if !mayRetry { break }
        }
        return .failure(failure)
    }

    private static func sections(of answer: ModelAnswer) -> Result<ReportSections, AnswerFault> {
        do throws(AnswerFault) {
            return .success(try ReportSections(answer: answer.text, isTruncated: answer.isTruncated))
        } catch {
            return .failure(error)
        }
    }

    /// The model's answer, or `timeout` once the time has passed on our own clock, whatever the adapter does.
    private func answer(
        of model: any LanguageModel, to request: ModelRequest, within limit: Duration
    ) async -> Result<ModelAnswer, ModelError> {
        let clock = clock
        return await withTaskGroup(of: Result<ModelAnswer, ModelError>?.self) { group in
            group.addTask {
                do throws(ModelError) { return .success(try await model.answer(request)) } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // Cancelled once the answer is there; the other result has won then.
                do { try await clock.sleep(for: limit) } catch { return nil }
                return .failure(.timeout(seconds: limit.milliseconds / 1000))
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            return .failure(.timeout(seconds: limit.milliseconds / 1000))
        }
    }

    // MARK: Storage

    private func record(
        _ phase: AnalysisAttempt.Phase, _ report: StoredReport, outcome: String?, detail: String?
    ) async throws(Problem) {
        let attempt = AnalysisAttempt(
            reportID: report.reportID, projectID: report.projectID, date: report.date, version: report.version,
            phase: phase, snapshotSHA256: report.snapshotSHA256, model: report.model,
            promptVersion: report.promptVersion, outcome: outcome, detail: detail, at: clock.now)
        do { try await reports.recordAttempt(attempt) } catch { throw DayError.ledger(error).problem }
    }

    /// Stores the report; where the day was closed meanwhile and its version frozen, as the next version.
    private func store(_ report: StoredReport) async throws(Problem) -> StoredReport {
        do throws(LedgerError) {
            try await reports.storeReport(report)
            return report
        } catch .immutable {
            var next = report
            next.version += 1
            do { try await reports.storeReport(next) } catch { throw DayError.ledger(error).problem }
            return next
        } catch {
            throw DayError.ledger(error).problem
        }
    }
}
