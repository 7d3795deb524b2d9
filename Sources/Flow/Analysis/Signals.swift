internal import Days
internal import Events

/// When a pattern counts as a signal. All compare a day with itself or with the closed days before it.
enum SignalThresholds {
    /// A code: attempts that failed with it, its share of the source's attempts, and times its usual share.
    static let codeCountMin: Int64 = 5
    static let codeShareMin = 0.05
    static let codeRiseMin = 3.0
    /// A code without days to compare with.
    static let codeShareAloneMin = 0.25
    static let codeCountAloneMin: Int64 = 10
    /// A source: attempts before it stopped, hours of silence, attempts of others in those hours.
    static let stopAttemptsMin: Int64 = 20
    static let stopHoursMin = 3
    static let stopOthersMin: Int64 = 30
    /// Its attempts by its usual attempts a day, at most.
    static let stopShareMax = 0.7
    /// A source's usual attempts a day that make a day without any remarkable.
    static let silentMeanMin = 20.0
    /// Shares of duplicates, of rate-limited attempts, and of one user, with the attempts they need.
    static let duplicateShareMin = 0.10
    static let rateLimitShareMin = 0.10
    static let userShareMin = 0.20
    static let attemptsMin: Int64 = 50
    /// One field's part of all field errors.
    static let fieldShareMin = 0.6
    static let fieldCountMin: Int64 = 10
}

/// The patterns of a snapshot that a wrong setting would cause, strongest first. Deterministic: the same snapshot gives
/// the same signals.
struct Signals {
    typealias Signal = ReportSections.Signal

    let snapshot: DaySnapshot

    var all: [Signal] {
        let found = codes() + stops() + silent() + duplicates() + rateLimited() + users() + fields() + books()
        let order: [ReportSections.Confidence: Int] = [.high: 0, .medium: 1, .low: 2]
        let ranked = found.enumerated().sorted {
            (order[$0.element.confidence] ?? 3, $0.offset) < (order[$1.element.confidence] ?? 3, $1.offset)
        }
        return ranked.prefix(AnalysisLimits.signalsMax).map(\.element)
    }

    private var compared: DaySnapshot.Comparison { snapshot.comparison }
    private var hasBaseline: Bool { !compared.days.isEmpty }
    private var comparedDays: String {
        compared.days.count == 1 ? "the closed day before" : "the \(compared.days.count) closed days before"
    }

    /// One source failing with one code far above its usual share.
    private func codes() -> [Signal] {
        snapshot.bySourceAndCode.filter { !["duplicate", "rate_limited"].contains($0.category) }.compactMap { row in
            guard let shareText = row.shareOfSource, row.source != DayTally.overflowName else { return nil }
            let share = Decimal.value(shareText)
            let name = "\(Words.name(row.source)): \(Words.name(row.code))"
            let counted =
                "\(Words.number(row.count)) attempts from \(Words.name(row.source)), \(Percentage.text(shareText)) of that source, failed with \(Words.name(row.code))"
            guard hasBaseline else {
                guard row.count >= SignalThresholds.codeCountAloneMin, share >= SignalThresholds.codeShareAloneMin
                else { return nil }
                return Signal(
                    title: "\(name) in a large part of its attempts",
                    evidence: "\(counted). There are no earlier closed days to compare with. \(when(row))",
                    confidence: .low)
            }
            let usualText = compared.codes.first { $0.source == row.source && $0.code == row.code }?.shareOfSource
            let usual = usualText.map(Decimal.value) ?? 0
            guard row.count >= SignalThresholds.codeCountMin, share >= SignalThresholds.codeShareMin,
                share >= usual * SignalThresholds.codeRiseMin
            else { return nil }
            let before =
                usualText.map { "over \(comparedDays) it was \(Percentage.text($0))" }
                ?? "over \(comparedDays) it did not occur"
            let isStrong = row.count >= 30 && share >= max(usual * 5, 0.1)
            return Signal(
                title: "\(name) far above its usual share", evidence: "\(counted); \(before). \(when(row))",
                confidence: isStrong ? .high : .medium)
        }
    }

    private func when(_ row: DaySnapshot.SourceCodeRow) -> String {
        let active = zip(snapshot.byHour, row.byHour).filter { $0.1 > 0 }.map(\.0.hour)
        guard let first = active.first, let last = active.last else { return "" }
        return first == last
            ? "All of them came in the hour from \(Words.hour(first))."
            : "The first came in the hour from \(Words.hour(first)), the last in the hour from \(Words.hour(last)), local time."
    }

    /// A source that was active and stopped while the others went on.
    private func stops() -> [Signal] {
        guard let end = snapshot.byHour.lastIndex(where: { $0.attempts > 0 }) else { return [] }
        return snapshot.bySource.rows.compactMap { row in
            guard let hours = row.byHour, row.attempts >= SignalThresholds.stopAttemptsMin,
                let last = hours.lastIndex(where: { $0 > 0 }), end - last >= SignalThresholds.stopHoursMin
            else { return nil }
            let others = snapshot.byHour[(last + 1)...end].reduce(0) { $0 + $1.attempts }
            guard others >= SignalThresholds.stopOthersMin else { return nil }
            // A source that made its usual number of attempts has simply ended its day; without days to compare with,
            // nobody can tell.
            guard let usual = compared.sources.first(where: { $0.source == row.name })?.attemptsMean,
                Double(row.attempts) < Decimal.value(usual) * SignalThresholds.stopShareMax
            else { return nil }
            let hour = snapshot.byHour[last].hour
            return Signal(
                title: "\(Words.name(row.name)) stopped during the day",
                evidence:
                    "Its \(Words.number(row.attempts)) attempts end in the hour from \(Words.hour(hour)), while other sources went on. Its mean over \(comparedDays) is \(Words.decimal(usual)) attempts a day.",
                confidence: .medium)
        }
    }

    /// A source that had attempts on the days before and has none.
    private func silent() -> [Signal] {
        guard snapshot.bySource.other == nil else { return [] }
        return compared.sources.compactMap { usual in
            guard Decimal.value(usual.attemptsMean) >= SignalThresholds.silentMeanMin,
                !snapshot.bySource.rows.contains(where: { $0.name == usual.source })
            else { return nil }
            return Signal(
                title: "\(Words.name(usual.source)) sent nothing",
                evidence:
                    "It has no attempts on this day. Its mean over \(comparedDays) is \(Words.decimal(usual.attemptsMean)) attempts a day.",
                confidence: compared.days.count >= 3 ? .high : .medium)
        }
    }

    private func duplicates() -> [Signal] {
        sharedCategory(
            "duplicate", minimum: SignalThresholds.duplicateShareMin,
            title: { "\(Words.name($0)) sends the same submissions again" },
            advice: "Repeats without an idempotency key, or a retry loop, look like this.")
    }

    private func rateLimited() -> [Signal] {
        sharedCategory(
            "rate_limited", minimum: SignalThresholds.rateLimitShareMin,
            title: { "\(Words.name($0)) runs into the rate limit" },
            advice: "A client that does not wait between tries, or a limit set too low, looks like this.")
    }

    private func sharedCategory(
        _ category: String, minimum: Double, title: (String) -> String, advice: String
    ) -> [Signal] {
        snapshot.bySourceAndCode.compactMap { row in
            guard row.category == category, let share = row.shareOfSource, Decimal.value(share) >= minimum,
                row.count >= SignalThresholds.codeCountAloneMin
            else { return nil }
            let usual = compared.codes.first { $0.source == row.source && $0.code == row.code }?.shareOfSource
            if let usual, Decimal.value(share) < Decimal.value(usual) * 1.5 { return nil }
            return Signal(
                title: title(row.source),
                evidence:
                    "\(Words.number(row.count)) of its attempts, \(Percentage.text(share)), were refused with \(Words.name(row.code)). \(advice)",
                confidence: hasBaseline ? .medium : .low)
        }
    }

    private func users() -> [Signal] {
        guard snapshot.attempts.attempts >= SignalThresholds.attemptsMin, let share = snapshot.users.topShare,
            Decimal.value(share) >= SignalThresholds.userShareMin, let top = snapshot.users.top.first
        else { return [] }
        return [
            Signal(
                title: "One user makes a large part of the traffic",
                evidence:
                    "One user made \(Words.number(top.attempts)) of \(Words.number(snapshot.attempts.attempts)) attempts, \(Percentage.text(share)), of which \(Words.number(top.failures)) failed. A test account, a shared identifier or a script looks like this.",
                confidence: .medium)
        ]
    }

    private func fields() -> [Signal] {
        let total = snapshot.fieldErrors.reduce(0) { $0 + $1.count }
        guard let top = snapshot.fieldErrors.first, snapshot.fieldErrors.count > 1,
            top.count >= SignalThresholds.fieldCountMin,
            Double(top.count) >= Double(total) * SignalThresholds.fieldShareMin,
            let source = snapshot.bySource.rows.first(where: { $0.name == top.source }), source.attempts > 0
        else { return [] }
        let share = Double(top.count) / Double(source.attempts)
        let usual = compared.codes.first { $0.source == top.source && $0.code == top.code }?.shareOfSource
        guard share >= SignalThresholds.codeShareMin, share >= (usual.map(Decimal.value) ?? 0) * 1.5 else { return [] }
        return [
            Signal(
                title: "Most field errors are about \(Words.name(top.pointer))",
                evidence:
                    "\(Words.number(top.count)) attempts from \(Words.name(top.source)) were refused for the field \(Words.name(top.pointer)) with \(Words.name(top.code)); no other field comes near. A form or mapping that writes this field differently looks like this.",
                confidence: .medium)
        ]
    }

    private func books() -> [Signal] {
        guard let events = snapshot.events else { return [] }
        var found: [Signal] = []
        if !events.books.balanced, events.pending == 0 {
            found.append(
                Signal(
                    title: "The books do not balance",
                    evidence:
                        "Received is \(Words.number(events.books.received)), and stored, duplicate, sampled, rejected and quarantined do not add up to it. Run daybook verify for this day.",
                    confidence: .high))
        }
        if let top = events.books.rejected.first, top.count >= SignalThresholds.codeCountAloneMin,
            Double(top.count) >= Double(events.books.received) * SignalThresholds.codeShareMin
        {
            found.append(
                Signal(
                    title: "Events are rejected with \(Words.name(top.code))",
                    evidence:
                        "\(Words.number(top.count)) of \(Words.number(events.books.received)) received items were rejected with \(Words.name(top.code)). A client library or mapping that does not follow the event schema looks like this.",
                    confidence: .medium))
        }
        return found
    }
}

/// Numbers and names inside sentences.
enum Words {
    /// `1,234`.
    static func number(_ value: Int64) -> String {
        var digits = Array(String(value.magnitude))
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: at)
            at -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// `1234.50` → `1,234.5`; whole means without a fraction.
    static func decimal(_ text: String) -> String {
        let halves = text.split(separator: ".", maxSplits: 1)
        let whole = number(Int64(halves.first ?? "0") ?? 0)
        var fraction = halves.count > 1 ? String(halves[1]) : ""
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    /// A text from a submitter within a sentence: quoted, cut, harmless. Plain identifiers need no quotes.
    static func name(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.count <= AnalysisLimits.promptTextBytesMax
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || $0 == 95 || $0 == 47 || $0 == 46
                    || (48...57).contains($0)
            }
        return isPlain ? text : SafeText.quoted(text, bytesMax: AnalysisLimits.promptTextBytesMax)
    }

    static func hour(_ hour: Int) -> String { (hour < 10 ? "0" : "") + "\(hour):00" }

    /// `1 attempt`, `2 attempts`.
    static func count(_ value: Int64, _ noun: String) -> String { "\(number(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// `a, b and c`.
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}
