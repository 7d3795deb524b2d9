internal import Days
internal import Events

/// The numbers of a snapshot with their names, in every form in which a person may write them.
///
/// Beside the numbers themselves: shares as percentages, milliseconds as seconds, micro-units as money, and **derived**
/// figures, only for pairs that belong together: a value against its usual value (difference, ratio, change in percent), a
/// part of its whole, the rest of a share. Any two numbers are not paired: among enough differences every figure is found.
struct SnapshotFacts {
    struct Fact {
        var name: String
        var filter: [String: String]?
        var count: Int64?
    }
    private struct Entry {
        var value: Double
        var fact: Int
    }

    /// Sources, codes and whatever else the snapshot names: digits in them are no figures.
    private(set) var names: TextNames
    private let date: String
    private var facts: [Fact] = []
    private var values: [Entry] = []
    private var percentages: [Entry] = []
    private var dates: [String: Int] = [:]

    /// `signals` were computed from the snapshot and the days before it; the figures of their evidence are facts too.
    /// `names` are those that a report may use beside the snapshot's own: a model's, an address.
    init(_ snapshot: DaySnapshot, signals: [DaySignal], names other: [String]) throws(DayError) {
        date = snapshot.date.description
        names = TextNames(known: [])
        let value = CanonicalJSON(parsing: try snapshot.canonicalJSON())
        if let value {
            names = TextNames(known: Self.texts(in: value) + other)
            collect(value, path: "", members: [:])
        }
        addValue(Double(DayLimits.trailingDays), "days looked back at")
        addValue(24, "hours of a day")
        addPercentage(0, "none")
        addPercentage(100, "all")
        derive(snapshot)
        for signal in signals {
            for figure in Figure.all(in: signal.evidence, names: names)
            where figure.kind == .number || figure.kind == .percent {
                add(figure.value, "signals[\(signal.id)]", isPercentage: figure.kind == .percent)
            }
        }
        // A stable order: of equal values the fact that was added first.
        values.sort { ($0.value, $0.fact) < ($1.value, $1.fact) }
        percentages.sort { ($0.value, $0.fact) < ($1.value, $1.fact) }
    }

    // MARK: Asking

    func fact(for figure: Figure) -> Fact? {
        switch figure.kind {
        case .date: return dates[figure.text].map { facts[$0] }
        case .clock: return (0...24).contains(figure.value) ? Fact(name: "hour of the day") : nil
        case .percent: return nearest(percentages, figure).map { facts[$0] }
        case .number: return (nearest(values, figure) ?? nearest(percentages, figure)).map { facts[$0] }
        }
    }

    /// A fact that, rounded to the figure's places, is the figure; the one that was added first. Rounding either way at a
    /// half is accepted.
    private func nearest(_ entries: [Entry], _ figure: Figure) -> Int? {
        let half = figure.unit * 0.5 / (0..<figure.places).reduce(1.0) { scale, _ in scale * 10 } * (1 + 1e-9) + 1e-12
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].value < figure.value - half { low = middle + 1 } else { high = middle }
        }
        var best: Int?
        while low < entries.count, entries[low].value <= figure.value + half {
            best = min(best ?? .max, entries[low].fact)
            low += 1
        }
        return best
    }

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

    // MARK: The snapshot's own numbers

    private mutating func collect(_ value: CanonicalJSON, path: String, members: [String: CanonicalJSON]) {
        switch value {
        case .object(let inner):
            for (name, value) in inner.sorted(by: { $0.key < $1.key }) {
                collect(value, path: path.isEmpty ? name : path + "." + name, members: inner)
            }
        case .array(let elements):
            addValue(Double(elements.count), path + ".length")
            for (index, element) in elements.enumerated() {
                collect(element, path: "\(path)[\(Self.label(element) ?? String(index))]", members: members)
            }
        case .integer(let number):
            addFact(path, rows(path, members), number)
            values.append(Entry(value: Double(number), fact: facts.count - 1))
            if path.hasSuffix("_micro_usd") { addValue(Double(number) / 1e6, path) }
        case .string(let text):
            if text.utf8.count >= 10, text.utf8.dropFirst(4).first == UInt8(ascii: "-") {
                facts.append(Fact(name: path))
                dates[String(text.prefix(10))] = dates[String(text.prefix(10))] ?? facts.count - 1
            }
            guard let number = Double(text) else { return }
            addValue(number, path)
            if path.contains("share") {
                addPercentage(number * 100, path)
                addPercentage(100 - number * 100, "1 - " + path)
            }
            if path.hasSuffix("_ms") || path.hasSuffix("_ms_mean") { addValue(number / 1000, path) }
        case .boolean, .decimal, .null: break
        }
    }

    /// What an element of a list is about.
    private static func label(_ element: CanonicalJSON) -> String? {
        guard case .object(let members) = element else { return nil }
        func text(_ name: String) -> String? {
            switch members[name] {
            case .string(let text): text
            case .integer(let number): String(number)
            default: nil
            }
        }
        if let source = text("source") {
            return [source, text("pointer"), text("code")].compactMap { $0 }.joined(separator: "/")
        }
        return text("name") ?? text("code") ?? text("category") ?? text("user_id") ?? text("key_id") ?? text("type")
            ?? text("date")
            ?? text("hour") ?? text("attempt")
    }

    /// The attempts that a count counts, as the filter of `GET /v1/attempts`.
    private func rows(_ path: String, _ members: [String: CanonicalJSON]) -> [String: String]? {
        func text(_ name: String) -> String? {
            guard case .string(let text) = members[name], !text.hasSuffix("…"), text != DayTally.overflowName else {
                return nil
            }
            return text
        }
        let field = path.split(separator: ".").last.map(String.init) ?? ""
        var filter = ["date": date]
        switch field {
        case "attempts", "count": break
        case "failures": filter["outcome"] = "failure"
        case "successes", "leads": filter["outcome"] = "success"
        default: return nil
        }
        if path == "leads" || path.hasPrefix("attempts.") { return filter }
        let parts: [(prefix: String, needs: [(filter: String, member: String)])] = [
            ("by_source_and_code[", [("source", "source"), ("error_code", "code")]),
            ("by_source.rows[", [("source", "name")]),
            ("by_channel.rows[", [("channel", "name")]), ("by_code[", [("error_code", "code")]),
            ("by_category[", [("error_category", "category")]), ("users.top[", [("user_id", "user_id")]),
            ("keys.rows[", [("key_id", "key_id")]),
        ]
        guard let part = parts.first(where: { path.hasPrefix($0.prefix) }) else { return nil }
        for need in part.needs {
            guard let value = text(need.member) else { return nil }
            filter[need.filter] = value
        }
        return filter
    }

    // MARK: Derived figures

    private mutating func derive(_ s: DaySnapshot) {
        let c = s.comparison
        compare(Double(s.attempts.attempts), c.attemptsMean, "attempts", "comparison.attempts_mean")
        compare(Double(s.leads), c.leadsMean, "leads", "comparison.leads_mean")
        compare(Double(s.attempts.failures), c.failuresMean, "failures", "comparison.failures_mean")
        compare(Double(s.users.distinct), c.usersMean, "users", "comparison.users_mean")
        if let p95 = s.latency?.p95Ms {
            compare(Decimal.value(p95), c.p95MsMean, "latency.p95_ms", "comparison.p95_ms_mean")
        }
        if let now = s.attempts.failureShare, let usual = c.failureShare {
            let names = "attempts.failure_share", usualName = "comparison.failure_share"
            compare(Decimal.value(now), usual, names, usualName)
            // In percentage points.
            add(abs(Decimal.value(now) - Decimal.value(usual)) * 100, "\(names) - \(usualName)", isPercentage: true)
        }
        let all = Double(s.attempts.attempts)
        part(Double(s.leads), of: all, "leads / attempts")
        part(Double(s.attempts.successes), of: all, "successes / attempts")
        for row in s.bySource.rows {
            part(Double(row.attempts), of: all, "by_source[\(row.name)].attempts / attempts")
            part(Double(row.failures), of: Double(s.attempts.failures), "by_source[\(row.name)].failures / failures")
            let usual = c.sources.first { $0.source == row.name }
            compare(
                Double(row.attempts), usual?.attemptsMean, "by_source[\(row.name)].attempts",
                "comparison.sources[\(row.name)].attempts_mean")
        }
        for row in s.byChannel.rows {
            part(Double(row.attempts), of: all, "by_channel[\(row.name)].attempts / attempts")
        }
        for hour in s.byHour { part(Double(hour.attempts), of: all, "by_hour[\(hour.hour)].attempts / attempts") }
    }

    private mutating func compare(_ now: Double, _ usualText: String?, _ name: String, _ usualName: String) {
        guard let usualText else { return }
        let usual = Decimal.value(usualText)
        addValue(abs(now - usual), "\(name) - \(usualName)")
        guard usual > 0 else { return }
        addValue(now / usual, "\(name) / \(usualName)")
        if now > 0 { addValue(usual / now, "\(usualName) / \(name)") }
        addPercentage(abs(now / usual - 1) * 100, "change of \(name) against \(usualName)")
        addPercentage(now / usual * 100, "\(name) / \(usualName)")
    }

    private mutating func part(_ part: Double, of whole: Double, _ name: String) {
        if whole > 0 { addPercentage(part / whole * 100, name) }
    }

    private mutating func add(_ value: Double, _ name: String, isPercentage: Bool) {
        if isPercentage { addPercentage(value, name) } else { addValue(value, name) }
    }
    private mutating func addValue(_ value: Double, _ name: String) {
        addFact(name, nil, nil)
        values.append(Entry(value: value, fact: facts.count - 1))
    }
    private mutating func addPercentage(_ value: Double, _ name: String) {
        addFact(name, nil, nil)
        percentages.append(Entry(value: value, fact: facts.count - 1))
    }
    private mutating func addFact(_ name: String, _ filter: [String: String]?, _ count: Int64?) {
        facts.append(Fact(name: name, filter: filter, count: filter == nil ? nil : count))
    }
}
