package import Days
internal import Events
package import Ports

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The patterns of a snapshot that a wrong setting would cause, strongest first. Deterministic: the same snapshot beside the
/// same days before gives the same signals.
package struct Signals: Sendable {
    let snapshot: DaySnapshot
    /// The closed days of the week before, ascending; their means are in the snapshot itself, their hours are not.
    let trailing: [DaySnapshot]
    let stage: DayStage

    package init(snapshot: DaySnapshot, trailing: [DaySnapshot], stage: DayStage) {
        self.snapshot = snapshot
        self.trailing = trailing
        self.stage = stage
    }

    /// The signals of a stored snapshot beside the stored days before it. An unreadable snapshot has none; `verify` names it.
    package static func of(_ stored: StoredSnapshot, trailing: [StoredSnapshot], stage: DayStage) -> [DaySignal] {
        guard let snapshot = try? DaySnapshot(canonicalJSON: stored.json, date: stored.date) else { return [] }
        let days = trailing.filter { $0.closedAt != nil }.sorted { $0.date < $1.date }.compactMap {
            try? DaySnapshot(canonicalJSON: $0.json, date: $0.date)
        }
        return Signals(snapshot: snapshot, trailing: days, stage: stage).all
    }

    package var all: [DaySignal] {
        var found = codes() + unreadable() + fields() + stops() + repeats() + users()
        found += keys() + latency() + volume() + events() + books()
        let order: [ReportSections.Confidence: Int] = [.high: 0, .medium: 1, .low: 2]
        let ranked = found.enumerated().sorted {
            (order[$0.element.confidence] ?? 3, $0.offset) < (order[$1.element.confidence] ?? 3, $1.offset)
        }
        return ranked.prefix(AnalysisLimits.signalsMax).map(\.element)
    }

    var compared: DaySnapshot.Comparison { snapshot.comparison }
    var hasBaseline: Bool { !compared.days.isEmpty }
    var comparedDays: String {
        compared.days.count == 1 ? "the closed day before" : "the \(compared.days.count) closed days before"
    }
    /// The closed day a week before.
    var sameWeekday: DaySnapshot? { trailing.first { $0.date == snapshot.date.adding(days: -7) } }

    func percent(_ share: String?) -> String { share.map(Percentage.text) ?? "0.0%" }

    /// A filter matches only names that the snapshot did not cut or share.
    func isWhole(_ name: String) -> Bool { !name.hasSuffix("…") && name != DayTally.overflowName }

    func rows(source: String, code: String? = nil, count: Int64) -> DaySignal.Rows? {
        guard isWhole(source), code.map(isWhole) ?? true else { return nil }
        return DaySignal.Rows(date: snapshot.date, source: source, errorCode: code, count: count)
    }

    /// The attempts of a source that were refused for a field with one code: some of them with another code first.
    private func rows(field: DaySnapshot.FieldRow) -> DaySignal.Rows? {
        guard [field.source, field.pointer, field.code].allSatisfy(isWhole) else { return nil }
        return DaySignal.Rows(
            date: snapshot.date, source: field.source, field: "\(field.pointer):\(field.code)", count: field.count)
    }

    // MARK: Codes

    /// Hours of one source in which one code was far above its usual share.
    private func codes() -> [DaySignal] {
        snapshot.bySourceAndCode.filter { !["duplicate", "rate_limited"].contains($0.category) }.compactMap { row in
            guard row.source != DayTally.overflowName, row.source != Self.unknownSource,
                let source = snapshot.bySource.rows.first(where: { $0.name == row.source })
            else { return nil }
            let name = "\(Words.name(row.source)): \(Words.name(row.code))"
            guard hasBaseline else { return codeAlone(row, name: name) }
            let usual = usualShare(of: row)
            guard let burst = Burst.strongest(of: row.byHour, in: source.byHour ?? [], usualShare: usual.value),
                burst.count >= SignalThresholds.codeCountMin, burst.share >= SignalThresholds.codeShareMin,
                burst.share >= usual.value * SignalThresholds.codeRiseMin,
                burst.evidence >= SignalThresholds.codeEvidenceMin
            else { return nil }
            let before =
                usual.text.map { "over \(comparedDays) it was \(Percentage.text($0)) of that source" }
                ?? "over \(comparedDays) it did not occur"
            return DaySignal(
                detector: .codeAboveBaseline, subject: row.source, code: row.code,
                title: "\(name) far above its usual share",
                evidence:
                    "\(Words.number(row.count)) attempts from \(Words.name(row.source)), \(percent(row.shareOfSource)) of that source, failed with \(Words.name(row.code)); \(before). \(when(burst, of: row.count))",
                baseline: usual.text.map(Percentage.text) ?? "0.0%", baselineDays: compared.days.count,
                observed: percent(row.shareOfSource),
                confidence: burst.evidence >= 25 && burst.count >= 10 ? .high : .medium, since: start(of: burst),
                rows: rows(source: row.source, code: row.code, count: row.count))
        }
    }

    private func codeAlone(_ row: DaySnapshot.SourceCodeRow, name: String) -> DaySignal? {
        guard let share = row.shareOfSource, row.count >= SignalThresholds.codeCountAloneMin,
            Decimal.value(share) >= SignalThresholds.codeShareAloneMin
        else { return nil }
        return DaySignal(
            detector: .codeAboveBaseline, subject: row.source, code: row.code,
            title: "\(name) in a large part of its attempts",
            evidence:
                "\(Words.number(row.count)) attempts from \(Words.name(row.source)), \(Percentage.text(share)) of that source, failed with \(Words.name(row.code)). There are no earlier closed days to compare with.",
            baseline: nil, baselineDays: 0, observed: Percentage.text(share), confidence: .low, since: row.firstAt,
            rows: rows(source: row.source, code: row.code, count: row.count))
    }

    /// The usual share of a code among its source's attempts: as stated, and with half an attempt added, so that a code
    /// that never occurred is not impossible.
    func usualShare(of row: DaySnapshot.SourceCodeRow) -> (text: String?, value: Double) {
        let text = compared.codes.first { $0.source == row.source && $0.code == row.code }?.shareOfSource
        let attempts =
            compared.sources.first { $0.source == row.source }.map {
                Decimal.value($0.attemptsMean) * Double(compared.days.count)
            } ?? 0
        // Of a source that nobody knows yet, little is expected.
        guard attempts > 0 else { return (text, SignalThresholds.unknownShare) }
        let share = text.map(Decimal.value) ?? 0
        return (text, (share * attempts + 0.5) / (attempts + 1))
    }

    func start(of burst: Burst) -> Timestamp? {
        snapshot.byHour.indices.contains(burst.hours.lowerBound)
            ? snapshot.byHour[burst.hours.lowerBound].startsAt : nil
    }

    func when(_ burst: Burst, of all: Int64) -> String {
        guard snapshot.byHour.indices.contains(burst.hours.lowerBound) else { return "" }
        let from = Words.hour(snapshot.byHour[burst.hours.lowerBound].hour)
        let last = Words.hour(snapshot.byHour[min(burst.hours.upperBound, snapshot.byHour.count) - 1].hour)
        let hours =
            burst.hours.count == 1 ? "in the hour from \(from)" : "in the hours from \(from) to the one from \(last)"
        return burst.count == all
            ? "All of them came \(hours), local time."
            : "\(Words.number(burst.count)) of them came \(hours), local time."
    }

    // MARK: Fields

    /// One field that fails from one source only, although others send it too.
    private func fields() -> [DaySignal] {
        var byPointer: [String: [DaySnapshot.FieldRow]] = [:]
        for row in snapshot.fieldErrors { byPointer[row.pointer, default: []].append(row) }
        let active = snapshot.bySource.rows.filter { $0.attempts >= SignalThresholds.fieldCountMin }
        guard active.count > 1 else { return [] }
        return byPointer.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.compactMap { pointer, rows in
            guard let top = rows.max(by: { $0.count < $1.count }), top.count >= SignalThresholds.fieldCountMin,
                let source = active.first(where: { $0.name == top.source }),
                let behind = snapshot.bySourceAndCode.first(where: { $0.source == top.source && $0.code == top.code })
            else { return nil }
            let total = rows.reduce(0) { $0 + $1.count }
            let share = Double(top.count) / Double(source.attempts)
            let usual = usualShare(of: behind)
            guard Double(top.count) >= Double(total) * SignalThresholds.fieldShareMin,
                share >= SignalThresholds.codeShareMin, share >= usual.value * SignalThresholds.codeRiseMin, hasBaseline
            else { return nil }
            return DaySignal(
                detector: .fieldFailing, subject: top.source, code: pointer,
                title: "\(Words.name(pointer)) fails from \(Words.name(top.source)) only",
                evidence:
                    "\(Words.number(top.count)) attempts from \(Words.name(top.source)) were refused for \(Words.name(pointer)) with \(Words.name(top.code)); all other sources together had \(Words.number(total - top.count)). A form or mapping that writes this field differently looks like this.",
                baseline: usual.text.map(Percentage.text) ?? "0.0%", baselineDays: compared.days.count,
                observed: Percentage.text(Decimal.ratio(top.count, source.attempts) ?? "0.0000"), confidence: .medium,
                since: behind.firstAt, rows: self.rows(field: top))
        }
    }

    // MARK: Repeats

    private func repeats() -> [DaySignal] {
        snapshot.bySourceAndCode.filter { ["duplicate", "rate_limited"].contains($0.category) }.compactMap { row in
            guard let source = snapshot.bySource.rows.first(where: { $0.name == row.source }) else { return nil }
            let usual = usualShare(of: row)
            let hours = source.byHour ?? []
            guard let burst = Burst.strongest(of: row.byHour, in: hours, usualShare: max(usual.value, 0.01)),
                burst.count >= SignalThresholds.repeatCountMin, burst.share >= SignalThresholds.repeatShareMin,
                burst.share >= usual.value * SignalThresholds.codeRiseMin,
                burst.evidence >= SignalThresholds.codeEvidenceMin
            else { return nil }
            let isDuplicate = row.category == "duplicate"
            // One person who floods was stopped by the limit: that is no setting of the source, and `users` names the person.
            guard isDuplicate || Double(mostFailuresOfOneUser) < Double(row.count) * SignalThresholds.limitedByOneMax
            else { return nil }
            return DaySignal(
                detector: isDuplicate ? .duplicateStorm : .rateLimited, subject: row.source, code: row.code,
                title: isDuplicate
                    ? "\(Words.name(row.source)) sends the same submissions again"
                    : "\(Words.name(row.source)) runs into the rate limit",
                evidence:
                    "\(Words.number(row.count)) of its attempts, \(percent(row.shareOfSource)), were refused with \(Words.name(row.code)). \(when(burst, of: row.count)) "
                    + (isDuplicate
                        ? "Repeats without an idempotency key, or a retry loop, look like this."
                        : "A client that does not wait between tries, or a limit set too low, looks like this."),
                baseline: hasBaseline ? usual.text.map(Percentage.text) ?? "0.0%" : nil,
                baselineDays: compared.days.count, observed: percent(row.shareOfSource),
                confidence: hasBaseline ? (burst.evidence >= 25 ? .high : .medium) : .low, since: start(of: burst),
                rows: rows(source: row.source, code: row.code, count: row.count))
        }
    }

    // MARK: Users

    private var mostFailuresOfOneUser: Int64 { snapshot.users.top.map(\.failures).max() ?? 0 }

    /// One user behind much of the traffic, or of the failures. Among few people one of them always is.
    private func users() -> [DaySignal] {
        let people = snapshot.users.distinct
        guard people >= SignalThresholds.userDistinctMin else { return [] }
        let least = max(SignalThresholds.userShareMin, SignalThresholds.userEvenPartsMin / Double(people))
        func signal(_ user: DaySnapshot.UserRow, failing: Bool) -> DaySignal {
            let part = failing ? user.failures : user.attempts
            let whole = failing ? snapshot.attempts.failures : snapshot.attempts.attempts
            let share = Percentage.text(Decimal.ratio(part, whole) ?? "0.0000")
            return DaySignal(
                detector: .userConcentration, subject: user.userId, code: nil,
                title: failing ? "One user makes many of the failures" : "One user makes a large part of the traffic",
                evidence:
                    "One user made \(Words.number(user.attempts)) of \(Words.number(snapshot.attempts.attempts)) attempts, of which \(Words.number(user.failures)) failed: \(share) of all \(failing ? "failures" : "attempts"). A test account, a shared identifier or a script looks like this.",
                baseline: nil, baselineDays: compared.days.count, observed: share, confidence: .medium, since: nil,
                rows: DaySignal.Rows(
                    date: snapshot.date, userID: user.userId, outcome: failing ? .failure : nil, count: part))
        }
        if let top = snapshot.users.top.first, top.attempts >= SignalThresholds.userAttemptsMin,
            Double(top.attempts) >= Double(snapshot.attempts.attempts) * least
        {
            return [signal(top, failing: false)]
        }
        let failing = snapshot.users.top.max { $0.failures < $1.failures }
        guard let failing, failing.failures >= SignalThresholds.userFailuresMin,
            Double(failing.failures) >= Double(snapshot.attempts.failures) * least
        else { return [] }
        return [signal(failing, failing: true)]
    }
}

/// The hours in which a code stood out most among its source's attempts: a scan over all runs of hours for the largest
/// log-likelihood ratio of its share inside against the usual share.
/// Source: Kulldorff, "A spatial scan statistic", Communications in Statistics 26 (1997), section 2, in one dimension and
/// with a known share outside.
struct Burst: Hashable {
    /// Indices of the day's hours, half-open.
    var hours: Range<Int>
    var count: Int64
    var attempts: Int64
    /// Nats.
    var evidence: Double
    var share: Double { Double(count) / Double(max(attempts, 1)) }

    static func strongest(of counts: [Int64], in attempts: [Int64], usualShare p: Double) -> Burst? {
        var best: Burst?
        for start in counts.indices where counts[start] > 0 && start < attempts.count {
            var (count, total): (Int64, Int64) = (0, 0)
            for end in start..<min(counts.count, attempts.count) {
                count += counts[end]
                total += attempts[end]
                guard counts[end] > 0, total > 0 else { continue }
                let value = evidence(count, of: total, p)
                if value > best?.evidence ?? 0 {
                    best = Burst(hours: start..<end + 1, count: count, attempts: total, evidence: value)
                }
            }
        }
        return best
    }

    /// `k ln(q/p) + (n-k) ln((1-q)/(1-p))` with `q = k/n`; 0 when the share is not above the usual one.
    private static func evidence(_ k: Int64, of n: Int64, _ p: Double) -> Double {
        let q = Double(min(k, n)) / Double(n)
        guard q > p else { return 0 }
        let inside = Double(k) * log(q / p)
        let rest = q < 1 ? Double(n - k) * log((1 - q) / (1 - p)) : 0
        return inside + rest
    }
}
