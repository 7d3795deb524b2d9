internal import Days

/// What is usual, and what a day's figures are against it.
extension SnapshotFacts {
    mutating func addComparison(of s: DaySnapshot) {
        let c = s.comparison
        let usual = [Vocabulary.usual]
        add("comparison.days.length", Double(c.days.count), [.days])
        add("days looked back at", Double(DayLimits.trailingDays), [.days])
        let failures: Set<Concept> = [.attempts, .failures]
        for (now, value, name, mean, measures) in [
            ("attempts", Double(s.attempts.attempts), "attempts", c.attemptsMean, [Concept.attempts]),
            ("leads", Double(s.leads), "leads", c.leadsMean, [.leads]),
            ("failures", Double(s.attempts.failures), "failures", c.failuresMean, failures),
            ("users", Double(s.users.distinct), "users", c.usersMean, [.users]),
        ] as [(String, Double, String, String?, Set<Concept>)] {
            guard let mean else { continue }
            add("comparison.\(name)_mean", Decimal.value(mean), measures, words: usual)
            compare(value, Decimal.value(mean), now, "comparison.\(name)_mean", measures)
        }
        add("comparison.p95_ms_mean", milliseconds: c.p95MsMean, words: usual + [["p95", "95th"]])
        if let p95 = s.latency?.p95Ms, let mean = c.p95MsMean {
            compare(
                Decimal.value(p95), Decimal.value(mean), "latency.p95_ms", "comparison.p95_ms_mean",
                [.latency, .milliseconds], words: [["p95", "95th"]])
        }
        add("comparison.failure_share", failureShare: c.failureShare, words: usual)
        if let share = s.attempts.failureShare, let before = c.failureShare {
            let (now, before) = (Decimal.value(share), Decimal.value(before))
            compare(now, before, "attempts.failure_share", "comparison.failure_share", failures, isShare: true)
        }
        for row in c.sources {
            let (path, subject) = ("comparison.sources[\(row.source)]", Subject(kind: .source, name: row.source))
            add("\(path).attempts_mean", Decimal.value(row.attemptsMean), [.attempts], [subject], words: usual)
            add("\(path).failure_share", failureShare: row.failureShare, [subject], words: usual)
            add("\(path).p95_ms_mean", milliseconds: row.p95MsMean, [subject], words: usual + [["p95", "95th"]])
            let now = s.bySource.rows.first { $0.name == row.source }?.attempts
            compare(
                Double(now ?? 0), Decimal.value(row.attemptsMean), "by_source[\(row.source)].attempts",
                "\(path).attempts_mean", [.attempts], [subject])
        }
        for row in c.codes {
            let path = "comparison.codes[\(row.source)/\(row.code)]"
            let subjects: Set = [Subject(kind: .source, name: row.source), Subject(kind: .code, name: row.code)]
            add("\(path).count_mean", Decimal.value(row.countMean), failures.union([.times]), subjects, words: usual)
            add("\(path).share_of_source", share: row.shareOfSource, failures, of: .attempts, subjects, words: usual)
        }
    }

    /// The difference, the ratio and the change in percent; of shares, the difference is in percentage points.
    private mutating func compare(
        _ now: Double, _ usual: Double, _ name: String, _ usualName: String, _ measures: Set<Concept>,
        _ subjects: Set<Subject> = [], words: [Set<String>] = [], isShare: Bool = false
    ) {
        change("\(name) - \(usualName)", (now - usual) * (isShare ? 100 : 1), isShare ? .percent : .number)
        guard usual > 0 else { return }
        let times = measures.union([.times])
        let ratio = words + [["times", "time", "x", "fold"]]
        add("\(name) / \(usualName)", now / usual, times, subjects, words: ratio)
        if now > 0 { add("\(usualName) / \(name)", usual / now, times, subjects, words: ratio) }
        change("change of \(name) against \(usualName)", (now / usual - 1) * 100, .percent)
        add(
            "\(name) / \(usualName)", percent: now / usual * 100, measures, of: nil, subjects,
            words: words + [Vocabulary.usual])

        func change(_ name: String, _ value: Double, _ unit: Fact.Unit) {
            add(
                Fact(
                    name: name, value: value, unit: unit, measures: measures, subjects: subjects, words: words,
                    isDifference: true, isDerived: true))
        }
    }
}
