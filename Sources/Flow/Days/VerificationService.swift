package import Events
package import Ports

/// Verifies a day on request and keeps the result: what the API's verification jobs run.
package struct VerificationService: Sendable {
    private let ledger: any DayLedger & SealLedger
    private let verifier: DayVerifier
    private let clock: any Clock

    package init(ledger: any DayLedger & SealLedger, facts: (any DayEventFacts)?, clock: any Clock) {
        self.ledger = ledger
        self.clock = clock
        verifier = DayVerifier(ledger: ledger, facts: facts)
    }

    /// Verifies the date, records the result, and returns it: `{passed, checks, rows, rows_per_second, …}`. `progress` gets
    /// rows done and to do.
    package func verify(
        _ project: Project, date: LogicalDate, jobID: String?, progress: DayVerifier.Progress? = nil
    ) async throws(DayError) -> CanonicalJSON {
        let started = clock.monotonic
        let found = try await verifier.verify(project, date: date, progress: progress)
        let seconds = max((clock.monotonic - started).milliseconds / 1000, 0.000_001)
        let result = found.result(rowsPerSecond: Int64((Double(found.attempts) / seconds).rounded()))
        do {
            try await ledger.record(
                StoredVerification(
                    projectID: project.id, date: date, passed: found.isOK, rows: found.attempts, result: result.text,
                    jobID: jobID, at: clock.now))
        } catch { throw .ledger(error) }
        return result
    }
}

extension DayVerification {
    /// The comparisons in groups, as people ask for them: rows, leads, seal, snapshot, events.
    func result(rowsPerSecond: Int64) -> CanonicalJSON {
        let groups: [(name: String, subjects: Set<WrongRow.Subject>, prefixes: [String])] = [
            ("rows", [.attempt], []), ("leads", [.lead], ["leads."]),
            ("seal", [.seal, .closedDay], ["seal", "closed_day"]),
            ("snapshot", [.snapshot, .dayPoint], ["snapshot", "points"]), ("events", [.events], ["events.", "books."]),
        ]
        let checks: [CanonicalJSON] = groups.map { check($0.name, $0.subjects, $0.prefixes) }
        return .object([
            "passed": .boolean(isOK), "date": .string(date.description), "closed": .boolean(isClosed),
            "checks": .array(checks), "rows": .integer(attempts), "rows_per_second": .integer(rowsPerSecond),
            "first_wrong": Self.json(firstWrongRow, date),
            "skipped": .array(skipped.map { .string($0) }),
        ])
    }

    private func check(_ name: String, _ subjects: Set<WrongRow.Subject>, _ prefixes: [String]) -> CanonicalJSON {
        let compared = comparisons.filter { one in
            // The event store's part of the snapshot is compared with the event store.
            let isEvents = one.name.hasPrefix("snapshot.events.")
            return isEvents ? name == "events" : prefixes.contains { one.name.hasPrefix($0) }
        }
        var wrong: WrongRow?
        if let row = firstWrongRow, subjects.contains(row.subject) { wrong = row }
        let failed = compared.filter { !$0.isOK }
        let detail: String
        if let wrong {
            detail = "\(wrong.name): \(wrong.reason)"
        } else if let first = failed.first {
            detail =
                "\(failed.count) of \(compared.count) differ, first \(first.name): stored \(first.expected), recomputed \(first.actual)"
        } else if let reason = skipped.first(where: { $0.hasPrefix(name) }) {
            detail = "not verified: \(reason)"
        } else if name == "rows" {
            detail = "\(attempts) rows, each with its hash and its place in the chain"
        } else {
            detail = "\(compared.count) values agree"
        }
        return .object([
            "name": .string(name), "passed": .boolean(wrong == nil && failed.isEmpty), "detail": .string(detail),
            "first_wrong": Self.json(wrong, date),
        ])
    }

    static func json(_ row: WrongRow?, _ date: LogicalDate) -> CanonicalJSON {
        guard let row else { return .null }
        return row.json(date: date)
    }
}
