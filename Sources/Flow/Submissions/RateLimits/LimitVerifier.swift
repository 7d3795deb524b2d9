package import Events
package import Ports

/// Replays a project's log from the ledger and compares every verdict and every state with what was recorded. Reads only;
/// a server may go on writing beside it.
package struct LimitVerifier: Sendable {
    /// Attempts done so far, and attempts when it began.
    package typealias Progress = @Sendable (_ done: Int64, _ of: Int64) -> Void

    private let reader: any AttemptReader
    private let rules: any SubmissionRulesLedger

    package init(reader: any AttemptReader, rules: any SubmissionRulesLedger) {
        self.reader = reader
        self.rules = rules
    }

    package func verify(
        _ project: ProjectID, progress: Progress? = nil
    ) async throws(LedgerError) -> LimitReplayReport {
        let total = try await reader.tip(of: project)?.sequence ?? 0
        // Later versions concern later attempts alone: those are read again below when there are any.
        var replay = LimitReplay(project, versions: try await rules.limitVersions(of: project))
        try await feed(&replay, project, upTo: total) { progress?($0, total) }
        var after: StoredLimitState?
        var first: Int64?
        while true {
            let page = try await rules.limitStates(of: project, after: after, limit: Limits.replayPageRows)
            if page.sequence > replay.sequence {
                replay.use(versions: try await rules.limitVersions(of: project))
                try await feed(&replay, project, upTo: page.sequence) { progress?($0, max(total, $0)) }
            }
            first = first ?? page.sequence
            for stored in page.states {
                replay.compare(ruleID: stored.ruleID, subject: stored.subject, state: stored.state)
            }
            guard page.states.count == Limits.replayPageRows else { break }
            after = page.states.last
        }
        replay.finish(upTo: first ?? 0)
        return replay.report
    }

    private func feed(
        _ replay: inout LimitReplay, _ project: ProjectID, upTo last: Int64, progress: (Int64) -> Void
    ) async throws(LedgerError) {
        while replay.sequence < last {
            let rows = Int(min(Int64(Limits.replayPageRows), last - replay.sequence))
            let page = try await reader.attempts(project: project, afterSequence: replay.sequence, limit: rows)
            guard !page.isEmpty else {
                throw .failed(
                    operation: "replaying the log",
                    detail:
                        "the log of \(project) has no row beyond sequence \(replay.sequence), and should have \(last)")
            }
            for attempt in page { replay.feed(attempt) }
            progress(replay.sequence)
        }
    }
}
