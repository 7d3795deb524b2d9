package import Events
internal import Wire

/// The first place where a rule's history for a subject is not what the log alone gives.
package struct LimitDifference: Hashable, Sendable {
    /// The attempt: the first whose row differs, or for a stored state the last one that changed it; nil when none did.
    package var sequence: Int64?
    package var attemptID: String?
    package var ruleID: String
    package var subject: String
    /// `rules`, `verdict`, `before`, `after`, `remaining`, `passes_at`, `result`, `context` or `stored_state`.
    package var what: String
    package var recorded: String
    package var replayed: String
}

/// What a replay found.
package struct LimitReplayReport: Sendable {
    package struct Rule: Hashable, Sendable {
        package var ruleID: String
        package var subjects = 0
        package var verdicts: Int64 = 0
        package var refused: Int64 = 0
    }
    package var projectID: ProjectID
    /// Rows of the log that were read, and those that limits were asked about.
    package var attempts: Int64 = 0
    package var limited: Int64 = 0
    package var statesCompared: Int64 = 0
    package var rules: [Rule] = []
    /// The first for each rule and subject, in the order of the log; at most `Limits.differencesMax`.
    package var differences: [LimitDifference] = []

    package var isOK: Bool { differences.isEmpty }
}

/// Replays a project's log, attempt by attempt in the order of their sequence: pure, from the rows and the versions of the
/// rules alone. After a difference it goes on with its own state, so that one wrong row is told from many.
struct LimitReplay {
    struct Key: Hashable {
        var ruleID: String
        var subject: String
    }
    private struct Held {
        var state: LimitState
        /// The attempt that left it.
        var sequence: Int64
        var attemptID: String
        var isCompared = false
    }

    private var versions: [LimitRulesVersion]
    private let parser = JSONParser()
    private var states: [Key: Held] = [:]
    private var rules: [String: LimitReplayReport.Rule] = [:]
    private var standard: [Int: [LimitRule]] = [:]
    private var wrong: Set<Key> = []
    private(set) var report: LimitReplayReport
    private(set) var sequence: Int64 = 0

    /// `versions`, oldest first.
    init(_ project: ProjectID, versions: [LimitRulesVersion]) {
        self.versions = versions
        report = LimitReplayReport(projectID: project)
    }

    /// Versions that were written meanwhile; those that were known stay as they are.
    mutating func use(versions: [LimitRulesVersion]) { self.versions = versions }

    /// The attempt that follows the last one.
    mutating func feed(_ attempt: Attempt) {
        sequence = attempt.sequence
        report.attempts += 1
        guard let recorded = RecordedLimits.read(attempt.context, parser: parser) else {
            return differ(attempt, Key(ruleID: "", subject: ""), "context", "not readable", "a JSON object")
        }
        // A key that came back with another body is refused before any limit is asked.
        if attempt.failureCode == ErrorCode.idempotencyKeyReused.rawValue {
            return compare(attempt, recorded, [])
        }
        let subjects = LimitSubjects(user: attempt.userID, source: attempt.source, key: recorded.submitter)
        let held = rulesHeld(at: attempt, recorded)
        let verdicts = LimitCheck.verdicts(held, subjects, now: attempt.receivedAt) {
            (rule, subject) throws(Never) in states[Key(ruleID: rule.id, subject: subject)]?.state
        }
        compare(attempt, recorded, verdicts)
        for verdict in verdicts {
            let key = Key(ruleID: verdict.rule.id, subject: verdict.subject)
            rules[key.ruleID, default: LimitReplayReport.Rule(ruleID: key.ruleID)].verdicts += 1
            if !verdict.step.isAllowed { rules[key.ruleID]?.refused += 1 }
            if verdict.isCharged, let after = verdict.step.after {
                states[key] = Held(state: after, sequence: attempt.sequence, attemptID: attempt.attemptID)
            }
        }
        if !verdicts.isEmpty { report.limited += 1 }
    }

    /// The rules that held at the attempt. Before any were set it is the standard rule, with the limit that the row states:
    /// the project's setting of that time.
    private mutating func rulesHeld(at attempt: Attempt, _ recorded: RecordedLimits) -> [LimitRule] {
        if let set = versions.last(where: { $0.afterSequence < attempt.sequence }) { return set.rules }
        guard let limit = recorded.limit else { return [] }
        if let known = standard[limit] { return known }
        let made = [LimitRule.standard(perMinute: limit)]
        standard[limit] = made
        return made
    }

    // MARK: Comparing

    private mutating func compare(_ attempt: Attempt, _ recorded: RecordedLimits, _ verdicts: [LimitVerdict]) {
        let isRefused = verdicts.contains { !$0.step.isAllowed }
        let limitCodes: Set<String> = [
            ErrorCode.rateLimitUser.rawValue, ErrorCode.rateLimitSource.rawValue, ErrorCode.rateLimitKey.rawValue,
        ]
        let wasRefused = attempt.failureCode.map { limitCodes.contains($0) } ?? false
        let first = verdicts.first { !$0.step.isAllowed } ?? verdicts.first
        let firstKey = Key(ruleID: first?.rule.id ?? "", subject: first?.subject ?? "")
        let names = recorded.verdicts.map(\.ruleID)
        guard names == verdicts.map(\.rule.id) else {
            return differ(
                attempt, firstKey, "rules", names.joined(separator: ", "),
                verdicts.map(\.rule.id).joined(separator: ", "))
        }
        for (was, now) in zip(recorded.verdicts, verdicts) {
            let key = Key(ruleID: now.rule.id, subject: now.subject)
            if let difference = Self.difference(was, now, isVersion1: recorded.isVersion1) {
                differ(attempt, key, difference.what, difference.recorded, difference.replayed)
            }
        }
        if isRefused != wasRefused {
            differ(
                attempt, firstKey, "result", attempt.failureCode ?? attempt.outcome.rawValue,
                isRefused ? first?.code.rawValue ?? "" : "not refused by a limit")
        }
    }

    private static func difference(
        _ was: RecordedLimits.Verdict, _ now: LimitVerdict, isVersion1: Bool
    ) -> (what: String, recorded: String, replayed: String)? {
        if was.isAllowed != now.step.isAllowed {
            return ("verdict", was.isAllowed ? "allowed" : "refused", now.step.isAllowed ? "allowed" : "refused")
        }
        if let subject = was.subject, subject != now.subject { return ("subject", subject, now.subject) }
        if was.before != now.step.before { return ("before", text(was.before), text(now.step.before)) }
        // The first version kept the state of a counted submission alone.
        if !isVersion1 || was.isAllowed, was.after != now.after { return ("after", text(was.after), text(now.after)) }
        if was.remaining != Int64(now.remaining) {
            return ("remaining", String(was.remaining), String(now.remaining))
        }
        let passesAt = now.step.isAllowed ? nil : now.step.passesAt.rfc3339()
        return was.passesAt == passesAt ? nil : ("passes_at", was.passesAt ?? "null", passesAt ?? "null")
    }

    private static func text(_ state: LimitState?) -> String {
        guard let state else { return "none" }
        return state.current == 0 && state.previous == 0
            ? "\(state.at)" : "\(state.at) (current \(state.current), previous \(state.previous))"
    }

    private mutating func differ(
        _ attempt: Attempt, _ key: Key, _ what: String, _ recorded: String, _ replayed: String
    ) {
        add(
            LimitDifference(
                sequence: attempt.sequence, attemptID: attempt.attemptID, ruleID: key.ruleID, subject: key.subject,
                what: what, recorded: recorded, replayed: replayed))
    }

    private mutating func add(_ difference: LimitDifference) {
        guard wrong.insert(Key(ruleID: difference.ruleID, subject: difference.subject)).inserted,
            report.differences.count < Limits.differencesMax
        else { return }
        report.differences.append(difference)
    }

    // MARK: Stored states

    /// A stored state, read when `sequence` was the newest attempt: the replay has been fed up to there.
    mutating func compare(ruleID: String, subject: String, state: LimitState) {
        report.statesCompared += 1
        let key = Key(ruleID: ruleID, subject: subject)
        let held = states[key]
        states[key]?.isCompared = true
        guard held?.state != state else { return }
        add(
            LimitDifference(
                sequence: held?.sequence, attemptID: held?.attemptID, ruleID: ruleID, subject: subject,
                what: "stored_state", recorded: Self.text(state), replayed: Self.text(held?.state)))
    }

    /// After every stored state: what the log gives and the ledger does not have, up to the attempt.
    mutating func finish(upTo sequence: Int64) {
        let missing = states.filter { !$0.value.isCompared && $0.value.sequence <= sequence }
        for (key, held) in missing.sorted(by: { $0.value.sequence < $1.value.sequence }) {
            add(
                LimitDifference(
                    sequence: held.sequence, attemptID: held.attemptID, ruleID: key.ruleID, subject: key.subject,
                    what: "stored_state", recorded: "none", replayed: Self.text(held.state)))
        }
        for key in states.keys { rules[key.ruleID]?.subjects += 1 }
        report.rules = rules.values.sorted { $0.ruleID < $1.ruleID }
    }
}
