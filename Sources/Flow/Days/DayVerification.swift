package import Events

/// One number or hash that was computed again and compared with what is stored.
package struct DayComparison: Hashable, Sendable {
    /// What was compared: `merkle_root`, `snapshot.attempts.failures`, `books.received`…
    package var name: String
    /// What is stored or claimed, and what the rows say.
    package var expected: String
    package var actual: String
    package var isOK: Bool { expected == actual }

    package init(_ name: String, expected: String, actual: String) {
        self.name = name
        self.expected = expected
        self.actual = actual
    }
}

/// The first row that cannot be what was written.
package struct WrongRow: Hashable, Sendable {
    /// Which record is wrong.
    package enum Subject: String, Hashable, Sendable {
        case attempt, lead, snapshot, seal
        case closedDay = "closed_day"
        /// The numbers that trends are made of.
        case dayPoint = "day_point"
        /// What the event store keeps about a day.
        case events
        case project
    }

    package var subject: Subject
    /// The attempt's sequence; 0 where the record is none or cannot be told.
    package var sequence: Int64
    /// Empty when there is no such row.
    package var attemptID: String
    /// What is wrong with it, and where to look.
    package var reason: String

    package init(subject: Subject, sequence: Int64, attemptID: String, reason: String) {
        self.subject = subject
        self.sequence = sequence
        self.attemptID = attemptID
        self.reason = reason
    }

    package func json(date: LogicalDate?) -> CanonicalJSON {
        .object([
            "subject": .string(subject.rawValue), "sequence": .integer(sequence), "attempt_id": .string(attemptID),
            "date": .optional(date?.description), "reason": .string(reason),
        ])
    }

    /// The row in words: `attempt 17 (att_…)`.
    package var name: String {
        switch subject {
        case .attempt:
            sequence == 0 ? "an attempt" : "attempt \(sequence) (\(attemptID.isEmpty ? "missing" : attemptID))"
        case .lead: attemptID.isEmpty ? "a lead of the day" : "lead of attempt \(sequence) (\(attemptID))"
        case .snapshot, .seal, .events: "\(subject.rawValue) of the day"
        case .closedDay: "closing of the day"
        case .dayPoint: "trend numbers of the day"
        case .project: "the project"
        }
    }
}

/// The result of verifying one day.
package struct DayVerification: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    package var isClosed: Bool
    package var attempts: Int64
    /// Events received on the date, counted from rows; nil when the event store was not looked at.
    package var events: Int64?
    package var comparisons: [DayComparison]
    package var firstWrongRow: WrongRow?
    /// What could not be checked, with the reason: `events: the event store is in use by another process`.
    package var skipped: [String]

    package var isOK: Bool { firstWrongRow == nil && comparisons.allSatisfy(\.isOK) }
    package var failures: [DayComparison] { comparisons.filter { !$0.isOK } }

    /// The result as JSON for scripts: `{project_id, date, closed, ok, attempts, events, comparisons, first_wrong_row,
    /// skipped}`.
    package var json: CanonicalJSON {
        .object([
            "project_id": .string(projectID.text), "date": .string(date.description), "closed": .boolean(isClosed),
            "ok": .boolean(isOK), "attempts": .integer(attempts),
            "events": events.map { .integer($0) } ?? .null,
            "comparisons": .array(
                comparisons.map {
                    .object([
                        "name": .string($0.name), "expected": .string($0.expected), "actual": .string($0.actual),
                        "ok": .boolean($0.isOK),
                    ])
                }),
            "first_wrong_row": Self.json(firstWrongRow, date),
            "skipped": .array(skipped.map { .string($0) }),
        ])
    }
}
