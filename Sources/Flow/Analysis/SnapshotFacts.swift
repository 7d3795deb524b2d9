internal import Days
internal import Events

/// The numbers of a snapshot with their names, in every form in which a person may write them.
///
/// Beside the numbers themselves: shares as percentages, milliseconds as seconds, micro-units as money, and **derived**
/// figures, only for pairs that belong together: a value against its usual value (difference, ratio, change in percent), a
/// part of its whole, the rest of a share. Any two numbers are not paired: among enough differences every figure is found.
/// What measures nothing is no fact: hours of the clock, places in a list, lengths of lists, sequence numbers, formats.
struct SnapshotFacts {
    /// Sources, codes and whatever else the snapshot names: digits in them are no figures.
    let names: TextNames
    private(set) var facts: [Fact] = []
    /// Facts by name: an hour that the clocks repeat has one name twice.
    private(set) var byName: [String: [Fact]] = [:]
    let subjects: SubjectNames
    private let s: DaySnapshot
    private var dates: [String: String] = [:]

    /// `names` are those that a report may use beside the snapshot's own: a model's, an address.
    init(_ snapshot: DaySnapshot, names other: [String]) {
        s = snapshot
        names = TextNames(
            known: (CanonicalJSON(parsing: snapshot.canonicalJSON()).map(Self.texts) ?? []) + other)
        subjects = SubjectNames(Self.subjects(of: snapshot))
        dates[s.date.description] = "date"
        for day in s.comparison.days { dates[day.date.description] = "comparison.days[\(day.date)].date" }
        addTotals()
        addGroups()
        addPeople()
        addEvents()
        addComparison(of: snapshot)
        byName = Dictionary(grouping: facts, by: \.name)
    }

    // MARK: Asking

    func date(_ text: String) -> String? { dates[text] }

    /// The hour in which a clock time lies, when the day has it.
    func hour(of clock: Figure) -> String? {
        let parts = clock.text.prefix { $0.isNumber || $0 == ":" }.split(separator: ":").compactMap { Int($0) }
        guard parts.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
        let hour = Int(clock.value)
        if hour == 24 { return parts.dropFirst().allSatisfy { $0 == 0 } ? "hours of the day" : nil }
        return s.byHour.contains { $0.hour == hour } ? "by_hour[\(hour)].hour" : nil
    }

    /// The signal's rows, when the figure is their count.
    func rows(of signal: DaySignal, _ figure: Figure, _ context: FigureContext) -> Fact? {
        guard let rows = signal.rows else { return nil }
        return facts.first {
            $0.filter == rows.filter && $0.count == rows.count && $0.isWritten(as: figure)
                && context.measures.isSubset(of: $0.measures)
        }
    }

    /// The fact of that name that the figure states.
    func fact(named name: String, _ figure: Figure) -> Fact? {
        byName[name]?.first { $0.isWritten(as: figure) }
    }

    // MARK: Names

    /// Every text of the snapshot but its dates and times.
    private static func texts(in value: CanonicalJSON) -> [String] {
        switch value {
        case .object(let members): members.values.flatMap(texts)
        case .array(let elements): elements.flatMap(texts)
        case .string(let text):
            text.utf8.dropFirst(4).first == UInt8(ascii: "-") && text.first?.isNumber == true ? [] : [text]
        case .integer, .boolean, .decimal, .null: []
        }
    }

    private static func subjects(of s: DaySnapshot) -> Set<Subject> {
        func all(_ kind: Subject.Kind, _ names: [String]) -> [Subject] { names.map { Subject(kind: kind, name: $0) } }
        let c = s.comparison
        var found = all(.source, s.bySource.rows.map(\.name) + c.sources.map(\.source) + c.codes.map(\.source))
        found += all(.channel, s.byChannel.rows.map(\.name))
        found += all(.code, s.byCode.map(\.code) + c.codes.map(\.code) + s.fieldErrors.map(\.code))
        found += all(
            .code, (s.events?.books.rejected ?? []).map(\.code) + (s.events?.books.quarantined ?? []).map(\.code))
        found += all(.category, s.byCategory.map(\.category)) + all(.field, s.fieldErrors.map(\.pointer))
        found += all(.user, s.users.top.map(\.userId)) + all(.key, (s.keys?.rows ?? []).map(\.keyId))
        found += all(.type, (s.events?.byType ?? []).map(\.type)) + s.byHour.map { .hour($0.hour) }
        return Set(found)
    }

    // MARK: Collecting

    private var total: Double { Double(s.attempts.attempts) }

    /// The filter of the day's attempts, narrowed; nil where a name was cut or gathers the rest.
    private func rows(_ outcome: Outcome?, _ narrowed: [String: String] = [:]) -> [String: String]? {
        guard narrowed.values.allSatisfy(Self.isWhole) else { return nil }
        var filter = narrowed.merging(["date": s.date.description]) { $1 }
        if let outcome { filter["outcome"] = outcome.rawValue }
        return filter
    }

    private static func isWhole(_ name: String) -> Bool { !name.hasSuffix("…") && name != DayTally.overflowName }

    mutating func add(_ fact: Fact) { facts.append(fact) }

    mutating func add(
        _ name: String, _ value: Double, _ measures: Set<Concept>, _ subjects: Set<Subject> = [],
        related: Set<Subject> = [], words: [Set<String>] = [], rows filter: [String: String]? = nil
    ) {
        facts.append(
            Fact(
                name: name, value: value, measures: measures, subjects: subjects, related: related, words: words,
                filter: filter))
    }

    mutating func add(
        _ name: String, share: String?, _ measures: Set<Concept>, of whole: Concept, _ subjects: Set<Subject> = [],
        words: [Set<String>] = []
    ) {
        guard let share else { return }
        add(
            Fact(
                name: name, value: Decimal.value(share) * 100, unit: .percent, measures: measures, whole: whole,
                subjects: subjects, words: words))
    }

    mutating func add(
        _ name: String, percent: Double, _ measures: Set<Concept>, of whole: Concept?, _ subjects: Set<Subject> = [],
        words: [Set<String>] = []
    ) {
        facts.append(
            Fact(
                name: name, value: percent, unit: .percent, measures: measures, whole: whole, subjects: subjects,
                words: words, isDerived: true))
    }

    /// A share of failures, and the rest of it.
    mutating func add(
        _ name: String, failureShare share: String?, _ subjects: Set<Subject> = [], words: [Set<String>] = []
    ) {
        guard let share else { return }
        add(name, share: share, [.failures, .attempts], of: .attempts, subjects, words: words)
        let rest = 100 - Decimal.value(share) * 100
        add("1 - " + name, percent: rest, [.successes, .attempts], of: .attempts, subjects, words: words)
    }

    /// In milliseconds and in seconds.
    mutating func add(_ name: String, milliseconds text: String?, _ subjects: Set<Subject> = [], words: [Set<String>]) {
        guard let text else { return }
        add(name, Decimal.value(text), [.milliseconds, .latency], subjects, words: words)
        add(name, Decimal.value(text) / 1000, [.seconds], subjects, words: words)
    }

    /// Attempts, successes and failures of one name, with their rows.
    private mutating func add(
        _ path: String, _ row: (attempts: Int64, successes: Int64?, failures: Int64), _ subjects: Set<Subject>,
        words: [Set<String>] = [], filter: [String: String]?
    ) {
        func narrowed(_ outcome: Outcome?) -> [String: String]? { filter.flatMap { rows(outcome, $0) } }
        add(path + ".attempts", Double(row.attempts), [.attempts], subjects, words: words, rows: narrowed(nil))
        if let successes = row.successes {
            let measures: Set<Concept> = subjects.isEmpty ? [.attempts, .successes] : [.attempts, .successes, .leads]
            add(path + ".successes", Double(successes), measures, subjects, words: words, rows: narrowed(.success))
        }
        add(
            path + ".failures", Double(row.failures), [.attempts, .failures], subjects, words: words,
            rows: narrowed(.failure))
    }

    private mutating func addTotals() {
        let a = s.attempts
        add("attempts", (a.attempts, a.successes, a.failures), [], filter: [:])
        add("attempts.failure_share", failureShare: a.failureShare)
        add("leads", Double(s.leads), [.leads], rows: rows(.success))
        if total > 0 {
            add("leads / attempts", percent: Double(s.leads) / total * 100, [.leads], of: .attempts)
        }
        let most = s.byHour.map(\.attempts).max() ?? 0
        for hour in s.byHour {
            let path = "by_hour[\(hour.hour)]"
            let counts = (hour.attempts, Optional(hour.successes), hour.failures)
            add(path, counts, [.hour(hour.hour)], filter: nil)
            addPart("\(path).attempts / attempts", hour.attempts, [.hour(hour.hour)])
            guard most > 0, hour.attempts == most else { continue }
            let busiest = [Vocabulary.set("busiest peak busy")]
            add(path, counts, [], words: busiest, filter: nil)
        }
        add("hours of the day", Double(s.byHour.count), [.hours])
        for (name, text, words) in [
            ("p50", s.latency?.p50Ms, "p50 50th median half"), ("p90", s.latency?.p90Ms, "p90 90th"),
            ("p95", s.latency?.p95Ms, "p95 95th"), ("p99", s.latency?.p99Ms, "p99 99th"),
            ("max", s.latency?.maxMs, "slowest max maximum longest"),
        ] {
            add("latency.\(name)_ms", milliseconds: text, words: [Vocabulary.set(words)])
        }
    }

    private mutating func addPart(_ name: String, _ part: Int64, _ subjects: Set<Subject>) {
        if total > 0 { add(name, percent: Double(part) / total * 100, [.attempts], of: .attempts, subjects) }
    }

    private mutating func addHours(
        _ path: String, _ counts: [Int64], _ measures: Set<Concept>, _ subjects: Set<Subject>
    ) {
        for (hour, count) in zip(s.byHour, counts) {
            add("\(path).by_hour[\(hour.hour)]", Double(count), measures, subjects.union([.hour(hour.hour)]))
        }
    }

    private mutating func addGroups() {
        let failures = Double(s.attempts.failures)
        for row in s.bySource.rows {
            let (path, subject) = ("by_source.rows[\(row.name)]", Subject(kind: .source, name: row.name))
            add(path, (row.attempts, row.successes, row.failures), [subject], filter: ["source": row.name])
            add("\(path).failure_share", failureShare: row.failureShare, [subject])
            add("\(path).p95_ms", milliseconds: row.p95Ms, [subject], words: [["p95", "95th"]])
            addHours(path, row.byHour ?? [], [.attempts], [subject])
            addPart("by_source[\(row.name)].attempts / attempts", row.attempts, [subject])
            if failures > 0 {
                add(
                    "by_source[\(row.name)].failures / failures", percent: Double(row.failures) / failures * 100,
                    [.failures], of: .failures, [subject])
            }
        }
        for row in s.byChannel.rows {
            let (path, subject) = ("by_channel.rows[\(row.name)]", Subject(kind: .channel, name: row.name))
            add(path, (row.attempts, row.successes, row.failures), [subject], filter: ["channel": row.name])
            add("\(path).failure_share", failureShare: row.failureShare, [subject])
            add("\(path).p95_ms", milliseconds: row.p95Ms, [subject], words: [["p95", "95th"]])
            addPart("by_channel[\(row.name)].attempts / attempts", row.attempts, [subject])
        }
        for (path, groups, concept) in [
            ("by_source", s.bySource, Concept.sources), ("by_channel", s.byChannel, .channels),
        ] {
            add("\(path).distinct", Double(groups.distinct), [concept])
            guard let other = groups.other else { continue }
            let rest = [Set(["other", "others"])]
            add("\(path).other", (other.attempts, other.successes, other.failures), [], words: rest, filter: nil)
            add("\(path).other.failure_share", failureShare: other.failureShare, words: rest)
        }
        addFailures()
    }

    private mutating func addFailures() {
        let counted: Set<Concept> = [.attempts, .failures, .times]
        for row in s.byCode {
            let (path, subject) = ("by_code[\(row.code)]", Subject(kind: .code, name: row.code))
            add(
                "\(path).count", Double(row.count), counted, [subject],
                related: [Subject(kind: .category, name: row.category)], rows: rows(nil, ["error_code": row.code]))
            add("\(path).share_of_failures", share: row.shareOfFailures, [.failures], of: .failures, [subject])
        }
        for row in s.byCategory {
            let (path, subject) = ("by_category[\(row.category)]", Subject(kind: .category, name: row.category))
            add(
                "\(path).count", Double(row.count), counted, [subject],
                rows: rows(nil, ["error_category": row.category]))
            add("\(path).share_of_failures", share: row.shareOfFailures, [.failures], of: .failures, [subject])
        }
        for row in s.bySourceAndCode {
            let path = "by_source_and_code[\(row.source)/\(row.code)]"
            let subjects: Set = [Subject(kind: .source, name: row.source), Subject(kind: .code, name: row.code)]
            add(
                "\(path).count", Double(row.count), counted, subjects,
                related: [Subject(kind: .category, name: row.category)],
                rows: rows(nil, ["source": row.source, "error_code": row.code]))
            add("\(path).share_of_source", share: row.shareOfSource, [.failures, .attempts], of: .attempts, subjects)
            addHours(path, row.byHour, counted, subjects)
        }
        for row in s.fieldErrors {
            let field = Subject(kind: .field, name: row.pointer)
            let path = "field_errors[\(row.source)/\(row.pointer)/\(row.code)]"
            add(
                "\(path).count", Double(row.count), counted, [field, Subject(kind: .source, name: row.source)],
                related: [Subject(kind: .code, name: row.code)],
                rows: [row.pointer, row.code].allSatisfy(Self.isWhole)
                    ? rows(nil, ["source": row.source, "field": "\(row.pointer):\(row.code)"]) : nil)
        }
    }

    private mutating func addPeople() {
        let u = s.users
        let active = [Vocabulary.set("active top")]
        add("users.distinct", Double(u.distinct), [.users])
        add(
            "users.anonymous_attempts", Double(u.anonymousAttempts), [.attempts],
            words: [Vocabulary.set("anonymous anonymously named unnamed unidentified")])
        add("users.top", Double(u.top.count), [.users], words: active)
        add(
            "users.top_share", share: u.topShare, [.users, .attempts], of: .attempts,
            words: [Vocabulary.set("active top one single")])
        add(
            "users.top_ten_share", share: u.topTenShare, [.users, .attempts], of: .attempts,
            words: [Vocabulary.set("ten 10"), active[0]])
        for row in u.top {
            let path = "users.top[\(row.userId)]"
            add(
                path, (row.attempts, nil, row.failures), [Subject(kind: .user, name: row.userId)],
                filter: ["user_id": row.userId])
            add("\(path).share", share: row.share, [.attempts], of: .attempts, [Subject(kind: .user, name: row.userId)])
        }
        if let first = u.top.first {
            add(
                "users.top[\(first.userId)]", (first.attempts, nil, first.failures), [], words: active,
                filter: ["user_id": first.userId])
        }
        let later = [Vocabulary.set("later again retry retries retried recovered repeated second")]
        add("retries.first_try", Double(s.retries.firstTry), [.attempts, .successes, .leads], words: [["first"]])
        add("retries.recovered", Double(s.retries.recovered), [.attempts, .successes, .leads], words: later)
        add("retries.failed_first", Double(s.retries.failedFirst), [.attempts, .failures], words: [["first"]])
        add("retries.failed_again", Double(s.retries.failedAgain), [.attempts, .failures], words: later)
        let ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
        // The first try has facts of its own.
        for row in s.retries.byAttempt where ordinals.indices.dropFirst().contains(row.attempt - 1) {
            add(
                "retries.by_attempt[\(row.attempt)]", (row.attempts, row.successes, row.attempts - row.successes), [],
                words: [[ordinals[row.attempt - 1]], Vocabulary.set("try tries attempt")], filter: nil)
        }
        guard let keys = s.keys else { return }
        add("keys.distinct", Double(keys.distinct), [.keys])
        add(
            "keys.without_key_attempts", Double(keys.withoutKeyAttempts), [.attempts],
            words: [["without", "no"], ["key", "keys"]])
        for row in keys.rows {
            let (path, subject) = ("keys.rows[\(row.keyId)]", Subject(kind: .key, name: row.keyId))
            add(path, (row.attempts, nil, row.failures), [subject], filter: ["key_id": row.keyId])
            add("\(path).failure_share", failureShare: row.failureShare, [subject])
            add("\(path).share_of_failures", share: row.shareOfFailures, [.failures], of: .failures, [subject])
        }
    }

    private mutating func addEvents() {
        guard let e = s.events else { return }
        add("events.events", Double(e.events), [.events])
        add("events.failures", Double(e.failures), [.events, .failures])
        for row in e.byType {
            let (path, subject) = ("events.by_type[\(row.type)]", Subject(kind: .type, name: row.type))
            add("\(path).events", Double(row.events), [.events], [subject])
            add("\(path).failures", Double(row.failures), [.events, .failures], [subject])
        }
        add("events.input_tokens", Double(e.inputTokens), [.tokens], words: [Vocabulary.set("input in prompt")])
        add("events.output_tokens", Double(e.outputTokens), [.tokens], words: [Vocabulary.set("output out completion")])
        add("events.cost_usd", Decimal.value(e.costUsd), [.cost])
        let b = e.books
        let items: Set<Concept> = [.items, .events]
        add("events.books.received", Double(b.received), items, words: [Vocabulary.set("received items item")])
        for (name, value, words) in [
            ("stored", b.stored, "stored"), ("duplicate", b.duplicate, "duplicate duplicates"),
            ("sampled", b.sampled, "sampled"), ("quarantined_total", b.quarantinedTotal, "quarantined quarantine"),
        ] {
            add("events.books.\(name)", Double(value), items, words: [Vocabulary.set(words)])
        }
        let rejected = [Vocabulary.set("rejected"), Vocabulary.set("items item events event books received stored")]
        add("events.books.rejected_total", Double(b.rejectedTotal), items.union([.failures]), words: rejected)
        for (name, rows) in [("rejected", b.rejected), ("quarantined", b.quarantined)] {
            for row in rows {
                add(
                    "events.books.\(name)[\(row.code)].count", Double(row.count), items.union([.failures, .times]),
                    [Subject(kind: .code, name: row.code)], words: [[name]])
            }
        }
        add("events.pending", Double(e.pending), items, words: [Vocabulary.set("pending waiting processed")])
    }
}
