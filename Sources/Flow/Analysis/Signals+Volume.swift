internal import Days
internal import Events

/// Signals about how much comes, how fast it is answered, and what the event store saw.
extension Signals {
    // MARK: A source that stops

    func stops() -> [DaySignal] {
        let missing = compared.sources.filter { usual in
            isWhole(usual.source) && !snapshot.bySource.rows.contains { $0.name == usual.source }
        }
        return missing.compactMap(silent) + snapshot.bySource.rows.filter { isWhole($0.name) }.compactMap(pause)
    }

    /// A source that has no attempts, and had some a week ago; where that day is not known, on the days before. Of an open
    /// day, by the hour that it has reached.
    private func silent(_ usual: DaySnapshot.ComparedGroup) -> DaySignal? {
        guard snapshot.bySource.other == nil else { return nil }
        let mean = "Its mean over \(comparedDays) is \(Words.decimal(usual.attemptsMean)) attempts a day."
        let weekAgo = sameWeekday.map { attempts(of: usual.source, on: $0) }
        if let weekAgo {
            guard weekAgo >= SignalThresholds.silentMin else { return nil }
        } else if stage == .open {
            guard !trailing.isEmpty else { return nil }
            let sum = trailing.reduce(0) { $0 + attempts(of: usual.source, on: $1) }
            guard Double(sum) / Double(trailing.count) >= SignalThresholds.silentMeanMin else { return nil }
        } else {
            guard Decimal.value(usual.attemptsMean) >= SignalThresholds.silentMeanMin else { return nil }
        }
        let until = stage == .open ? " by this hour" : ""
        return DaySignal(
            detector: .suddenStop, subject: usual.source, code: nil, title: "\(Words.name(usual.source)) sent nothing",
            evidence: "It has no attempts on this day. "
                + (weekAgo.map { "A week before it had \(Words.count($0, "attempt"))\(until). " } ?? "") + mean,
            baseline: weekAgo.map { "\($0) attempts" } ?? "\(Words.decimal(usual.attemptsMean)) attempts",
            baselineDays: weekAgo == nil ? compared.days.count : 1, observed: "0 attempts",
            confidence: weekAgo != nil || compared.days.count >= 3 ? .high : .medium, since: snapshot.startsAt,
            rows: rows(source: usual.source, count: 0))
    }

    /// A source's attempts on an earlier day. While this day is open, only those of the hours before the last one in which
    /// anything came: later ones say nothing yet about this day.
    private func attempts(of source: String, on day: DaySnapshot) -> Int64 {
        guard let row = day.bySource.rows.first(where: { $0.name == source }) else { return 0 }
        guard stage == .open else { return row.attempts }
        let hours = snapshot.byHour.lastIndex { $0.attempts > 0 } ?? 0
        return row.byHour?.prefix(hours).reduce(0, +) ?? 0
    }

    /// Hours without an attempt of a source, long enough that attempts should have come.
    private func pause(_ today: DaySnapshot.GroupRow) -> DaySignal? {
        let hours = today.byHour ?? []
        let expected = expectedByHour(of: today)
        guard expected.count == hours.count, let lastActive = snapshot.byHour.lastIndex(where: { $0.attempts > 0 })
        else { return nil }
        var best: (range: Range<Int>, expected: Double)?
        var start = 0
        while start <= lastActive {
            guard hours[start] == 0 else {
                start += 1
                continue
            }
            var end = start
            while end <= lastActive, hours[end] == 0 { end += 1 }
            let sum = expected[start..<end].reduce(0, +)
            if sum > best?.expected ?? 0 { best = (start..<end, sum) }
            start = end
        }
        guard let best, best.expected >= SignalThresholds.stopExpectedMin else { return nil }
        let others = snapshot.byHour[best.range].reduce(0) { $0 + $1.attempts }
        guard others >= SignalThresholds.stopOthersMin else { return nil }
        let from = snapshot.byHour[best.range.lowerBound]
        let resumed = hours[best.range.upperBound...].contains { $0 > 0 }
        let usual = Words.decimal(Decimal.text(Int64((best.expected * 10).rounded()), places: 1))
        return DaySignal(
            detector: .suddenStop, subject: today.name, code: nil,
            title: "\(Words.name(today.name)) stopped during the day",
            evidence:
                "It has no attempts from \(Words.hour(from.hour)) on for \(best.range.count == 1 ? "an hour" : "\(best.range.count) hours"), where it usually has some, while other sources made \(Words.number(others)). It \(resumed ? "resumed afterwards" : "has not resumed").",
            baseline: "\(usual) attempts", baselineDays: trailing.count, observed: "0 attempts",
            confidence: best.expected >= 20 ? .high : .medium, since: from.startsAt,
            rows: rows(source: today.name, count: today.attempts))
    }

    /// The mean of the days before by hour, scaled to today's own volume in the hours that the source was active in. Days of
    /// another length (clock changes) are left out.
    private func expectedByHour(of today: DaySnapshot.GroupRow) -> [Double] {
        guard let hours = today.byHour else { return [] }
        let days = trailing.compactMap { day in day.bySource.rows.first { $0.name == today.name }?.byHour }.filter {
            $0.count == hours.count
        }
        guard days.count >= 2 else { return [] }
        let mean = hours.indices.map { hour in days.reduce(0.0) { $0 + Double($1[hour]) } / Double(days.count) }
        let active = hours.indices.filter { hours[$0] > 0 }
        let usual = active.reduce(0.0) { $0 + mean[$1] }
        guard usual > 0 else { return [] }
        let scale = min(1, active.reduce(0.0) { $0 + Double(hours[$1]) } / usual)
        return mean.map { $0 * scale }
    }

    // MARK: Latency and volume

    func latency() -> [DaySignal] {
        snapshot.bySource.rows.compactMap { row in
            guard row.attempts >= SignalThresholds.latencyAttemptsMin, let text = row.p95Ms, isWhole(row.name),
                let usualText = compared.sources.first(where: { $0.source == row.name })?.p95MsMean
            else { return nil }
            let (now, usual) = (Decimal.value(text), Decimal.value(usualText))
            guard now >= usual * SignalThresholds.latencyRiseMin,
                now - usual >= SignalThresholds.latencyMillisecondsMin
            else { return nil }
            return DaySignal(
                detector: .latencyStep, subject: row.name, code: nil,
                title: "\(Words.name(row.name)) is answered much more slowly than usual",
                evidence:
                    "The p95 of its \(Words.number(row.attempts)) attempts is \(Words.milliseconds(text)) ms; over \(comparedDays) its mean was \(Words.milliseconds(usualText)) ms.",
                baseline: "\(Words.milliseconds(usualText)) ms", baselineDays: compared.days.count,
                observed: "\(Words.milliseconds(text)) ms", confidence: now >= usual * 5 ? .high : .medium, since: nil,
                rows: rows(source: row.name, count: row.attempts))
        }
    }

    /// A day that looks healthy because hardly anybody came.
    func volume() -> [DaySignal] {
        guard stage != .open, let weekday = sameWeekday, let share = snapshot.attempts.failureShare else { return [] }
        let (now, usual) = (snapshot.attempts.attempts, weekday.attempts.attempts)
        guard usual >= SignalThresholds.volumeUsualMin, Double(now) <= Double(usual) * SignalThresholds.volumeShareMax,
            Decimal.value(share) <= SignalThresholds.volumeFailureShareMax
        else { return [] }
        return [
            DaySignal(
                detector: .successWithoutVolume, subject: "all", code: nil,
                title: "What came succeeded, but little came",
                evidence:
                    "There were \(Words.number(now)) attempts with a failure share of \(Percentage.text(share)); a week before there were \(Words.number(usual)). A form that does not show, or a campaign that points elsewhere, looks like this.",
                baseline: "\(usual) attempts", baselineDays: 1, observed: "\(now) attempts", confidence: .medium,
                since: nil, rows: DaySignal.Rows(date: snapshot.date, count: now))
        ]
    }

    // MARK: Events

    /// A type of event that fails far more often than before, and model calls that carry far more tokens.
    func events() -> [DaySignal] {
        guard let events = snapshot.events else { return [] }
        let before = trailing.compactMap(\.events)
        guard !before.isEmpty else { return [] }
        var found: [DaySignal] = events.byType.compactMap { row in
            let usual = before.flatMap(\.byType).filter { $0.type == row.type }
            let (n, k) = (usual.reduce(0) { $0 + $1.events }, usual.reduce(0) { $0 + $1.failures })
            guard n > 0, row.events > 0, row.failures >= SignalThresholds.eventCountMin else { return nil }
            let p = (Double(k) + 0.5) / Double(n + 1)
            let share = Double(row.failures) / Double(row.events)
            let deviation = (p * (1 - p) * (1 / Double(row.events) + 1 / Double(n))).squareRoot()
            guard share >= p * SignalThresholds.eventRiseMin,
                share - p >= deviation * SignalThresholds.eventDeviationsMin
            else { return nil }
            let observed = Percentage.text(Decimal.ratio(row.failures, row.events) ?? "0.0000")
            let baseline = Percentage.text(Decimal.ratio(k, n) ?? "0.0000")
            return DaySignal(
                detector: .eventFailures, subject: row.type, code: nil,
                title: "\(Words.name(row.type)) fails far more often than usual",
                evidence:
                    "\(Words.number(row.failures)) of \(Words.number(row.events)) events of this type failed, \(observed); over \(before.count == 1 ? "the day before" : "the \(before.count) days before") it was \(baseline).",
                baseline: baseline, baselineDays: before.count, observed: observed,
                confidence: share - p >= deviation * 10 ? .high : .medium, since: nil, rows: nil)
        }
        if let tokens = tokens(events, before) { found.append(tokens) }
        return found
    }

    private func tokens(_ events: DaySnapshot.EventPart, _ before: [DaySnapshot.EventPart]) -> DaySignal? {
        func calls(_ part: DaySnapshot.EventPart) -> Int64 {
            part.byType.filter { $0.type == EventType.llmCall }.reduce(0) { $0 + $1.events - $1.failures }
        }
        let (now, usual) = (calls(events), before.reduce(0) { $0 + calls($1) })
        let usualTokens = before.reduce(0) { $0 + $1.inputTokens }
        guard now >= SignalThresholds.tokensCallsMin, usual > 0,
            let today = Decimal.ratio(events.inputTokens, now, places: 0),
            let baseline = Decimal.ratio(usualTokens, usual, places: 0), Decimal.value(baseline) > 0,
            Decimal.value(today) >= Decimal.value(baseline) * SignalThresholds.tokensRiseMin
        else { return nil }
        return DaySignal(
            detector: .tokensPerCall, subject: EventType.llmCall, code: nil,
            title: "Model calls carry more tokens than usual",
            evidence:
                "\(Words.number(now)) successful model calls carried \(Words.number(events.inputTokens)) input tokens, \(Words.decimal(today)) each; before it was \(Words.decimal(baseline)). A prompt that grew looks like this.",
            baseline: "\(Words.decimal(baseline)) tokens", baselineDays: before.count,
            observed: "\(Words.decimal(today)) tokens", confidence: .medium, since: nil, rows: nil)
    }

    // MARK: Books

    func books() -> [DaySignal] {
        guard let events = snapshot.events else { return [] }
        var found: [DaySignal] = []
        if !events.books.balanced, events.pending == 0 {
            found.append(
                DaySignal(
                    detector: .booksUnbalanced, subject: "books", code: nil, title: "The books do not balance",
                    evidence:
                        "Received is \(Words.number(events.books.received)), and stored, duplicate, sampled, rejected and quarantined do not add up to it. Run daybook verify for this day.",
                    baseline: nil, baselineDays: 0, observed: "not balanced", confidence: .high, since: nil, rows: nil))
        }
        if let top = events.books.rejected.first, top.count >= SignalThresholds.rejectedCountMin,
            Double(top.count) >= Double(events.books.received) * SignalThresholds.rejectedShareMin
        {
            let share = Percentage.text(Decimal.ratio(top.count, events.books.received) ?? "0.0000")
            found.append(
                DaySignal(
                    detector: .eventsRejected, subject: "events", code: top.code,
                    title: "Events are rejected with \(Words.name(top.code))",
                    evidence:
                        "\(Words.number(top.count)) of \(Words.number(events.books.received)) received items were rejected with \(Words.name(top.code)). A client library or mapping that does not follow the event schema looks like this.",
                    baseline: nil, baselineDays: 0, observed: share, confidence: .medium, since: nil, rows: nil))
        }
        return found
    }
}
