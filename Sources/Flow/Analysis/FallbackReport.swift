package import Days
internal import Events

/// Why a report was written without the model, and what to do about it.
package struct FallbackReason: Hashable, Sendable {
    /// A stable word: `model_unreachable`, `answer_invalid`…
    package var reason: String
    /// What happened, in a sentence of ours: it stands in the report, so nothing in it comes from the model.
    package var detail: String
    /// What was observed in this case, in whoever's words: for the log of tries alone.
    package var observation: String?
    /// The way to a report by the model.
    package var hint: String
    /// Names that the detail or the hint says: the model, its server's address, a place in the answer's schema.
    package var names: [String]
    /// Whole numbers that the detail says and that are not about the day: seconds, a status, bytes.
    package var figures: [Int]

    package init(
        reason: String, detail: String, observation: String? = nil, hint: String, names: [String] = [],
        figures: [Int] = []
    ) {
        self.reason = reason
        self.detail = detail
        self.observation = observation
        self.hint = hint
        self.names = names
        self.figures = figures
    }

    /// The fact that its own figures state.
    var fact: String { "fallback.\(reason)" }

    package var json: CanonicalJSON {
        .object(["reason": .string(reason), "detail": .string(detail), "hint": .string(hint)])
    }
}

/// The report that needs no model: the same five parts, written from the snapshot by rules. Deterministic, complete for
/// any snapshot (an empty day included), every figure taken from the snapshot and named with its fact.
package struct FallbackReport: Sendable {
    /// Attempts from which a share is compared with other days.
    private static let attemptsForShares: Int64 = 30
    private let s: DaySnapshot
    private let stage: DayStage
    private let found: [DaySignal]

    /// `signals` are those of the snapshot (`Signals`).
    package init(snapshot: DaySnapshot, signals: [DaySignal], stage: DayStage) {
        self.s = snapshot
        self.stage = stage
        self.found = signals
    }

    /// The parts, and what their figures state, by the text's place (`ReportSections.texts`).
    package func written(because reason: FallbackReason) -> (sections: ReportSections, citations: [String: [Citation]])
    {
        let summary = summary()
        let users = userBehaviour().prefix(AnalysisLimits.statementsMax)
        let system = systemBehaviour().prefix(AnalysisLimits.statementsMax)
        let scope = scope(reason)
        let sections = ReportSections(
            executiveSummary: Self.fit(summary.text, AnalysisLimits.summaryLengthMax),
            userBehaviour: users.map { Self.fit($0.text, AnalysisLimits.statementLengthMax) },
            systemBehaviour: system.map { Self.fit($0.text, AnalysisLimits.statementLengthMax) },
            misconfigurationSignals: found.map {
                .init(
                    title: Self.title(of: $0), evidence: Self.evidence(of: $0),
                    confidence: $0.confidence)
            },
            confidenceAndScope: Self.fit(scope.text, AnalysisLimits.scopeLengthMax))
        let statements = [summary] + users + system
        var citations = [ReportSections.scopePath: scope.citations]
        for (text, statement) in zip(sections.texts, statements) { citations[text.path] = statement.citations }
        return (sections, citations)
    }

    package func sections(because reason: FallbackReason) -> ReportSections { written(because: reason).sections }

    /// A signal's title and evidence as reports carry them.
    static func title(of signal: DaySignal) -> String { fit(signal.title, AnalysisLimits.titleLengthMax) }
    static func evidence(of signal: DaySignal) -> String { fit(signal.evidence, AnalysisLimits.evidenceLengthMax) }

    // MARK: Executive summary

    private func summary() -> CitedText {
        let a = s.attempts
        let day: CitedText =
            stage == .open ? "On \(s.date.description), which is not over yet," : "On \(s.date.description)"
        guard a.attempts > 0 else {
            let usual: CitedText =
                s.comparison.attemptsMean.map {
                    " The closed days before had a mean of \(Words.decimal($0), is: "comparison.attempts_mean") attempts a day."
                } ?? ""
            let events: CitedText =
                s.events.map {
                    $0.events > 0
                        ? " The event store holds \(Words.count($0.events, "event"), is: "events.events") of the day."
                        : ""
                } ?? ""
            return "\(day) no lead submission was attempted and no lead was created.\(usual)\(events)"
        }
        var text: CitedText =
            "\(day) there \(a.attempts == 1 ? "was" : "were") \(Words.count(a.attempts, "attempt"), is: "attempts.attempts") to submit a lead: \(Words.number(a.successes), is: "attempts.successes") succeeded and \(Words.number(a.failures), is: "attempts.failures") failed, a failure share of \(percent(a.failureShare), is: "attempts.failure_share")."
        text += " \(Words.count(s.leads, "lead"), is: "leads") \(s.leads == 1 ? "was" : "were") created."
        if let mean = s.comparison.attemptsMean, let share = s.comparison.failureShare {
            text +=
                " \(stage == .open ? "For whole days before" : "Before"), the mean was \(Words.decimal(mean), is: "comparison.attempts_mean") attempts a day with a failure share of \(Percentage.text(share), is: "comparison.failure_share")"
            // The share of a handful of attempts is chance.
            text +=
                a.attempts < Self.attemptsForShares ? "." : ", so failures are \(comparison(a.failureShare, share))."
        }
        if let top = s.byCode.first {
            text +=
                " The most frequent failure was \(name: top.code), \(percent(top.shareOfFailures), is: "by_code[\(top.code)].share_of_failures") of all failures."
        }
        if let first = found.first {
            let title = Self.title(of: first)
            text +=
                " \(found.count == 1 ? "One pattern points" : "Some patterns point") at a possible wrong setting, first of all: \(title: title)."
        } else {
            text += " Nothing points at a wrong setting."
        }
        return text
    }

    private func comparison(_ now: String?, _ before: String) -> String {
        let (now, before) = (now.map(Decimal.value) ?? 0, Decimal.value(before))
        if now > before * 1.25, now - before > 0.01 { return "above their usual level" }
        if now < before * 0.8, before - now > 0.01 { return "below their usual level" }
        return "at their usual level"
    }

    // MARK: User behaviour

    private func userBehaviour() -> [CitedText] {
        guard s.attempts.attempts > 0 else { return ["Nobody tried to submit a lead on this day."] }
        let u = s.users
        var found: [CitedText] = []
        if u.distinct > 0 {
            let together: CitedText =
                u.distinct > Int64(u.top.count)
                ? ", the ten most active together \(percent(u.topTenShare), is: "users.top_ten_share")." : "."
            found.append(
                "\(Words.count(u.distinct, "person").replacing("persons", with: "people"), is: "users.distinct") submitted. The most active one made \(percent(u.topShare), is: "users.top_share") of all attempts\(together)"
            )
        }
        if u.anonymousAttempts > 0 {
            found.append(
                "\(Words.count(u.anonymousAttempts, "attempt"), is: "users.anonymous_attempts") named no known person, so they cannot be followed further."
            )
        }
        let r = s.retries
        let later = r.recovered + r.failedAgain
        found.append(
            later == 0
                ? "Nobody tried a submission again: \(Words.number(r.firstTry), is: "retries.first_try") succeeded at the first try and \(Words.number(r.failedFirst), is: "retries.failed_first") failed at it."
                : "\(Words.number(r.firstTry), is: "retries.first_try") attempts succeeded at the first try. Of the later tries, \(Words.number(r.recovered), is: "retries.recovered") succeeded and \(Words.number(r.failedAgain), is: "retries.failed_again") failed."
        )
        if let busiest = s.byHour.max(by: { $0.attempts < $1.attempts }), busiest.attempts > 0 {
            let hour = "by_hour[\(busiest.hour)]"
            found.append(
                "The busiest hour began at \(Words.hour(busiest.hour)) local time, with \(Words.count(busiest.attempts, "attempt"), is: hour + ".attempts"), of which \(Words.number(busiest.failures), is: hour + ".failures") failed."
            )
        }
        let channels = s.byChannel.rows.prefix(3).map { said($0, "by_channel") }
        if !channels.isEmpty { found.append("By channel, most came through \(CitedText.list(channels)).") }
        if let top = s.fieldErrors.first {
            found.append(
                "The field that was refused most often was \(name: top.pointer) from \(name: top.source), with \(name: top.code), in \(Words.count(top.count, "attempt"), is: "field_errors[\(top.source)/\(top.pointer)/\(top.code)].count")."
            )
        }
        return found
    }

    // MARK: System behaviour

    private func systemBehaviour() -> [CitedText] {
        var found: [CitedText] = []
        if let l = s.latency {
            var text: CitedText =
                "Half of the attempts were answered within \(Words.milliseconds(l.p50Ms), is: "latency.p50_ms") ms and nearly all (p95) within \(Words.milliseconds(l.p95Ms), is: "latency.p95_ms") ms; the slowest took \(Words.milliseconds(l.maxMs), is: "latency.max_ms") ms."
            if let usual = s.comparison.p95MsMean {
                let ratio = Decimal.value(l.p95Ms) / max(Decimal.value(usual), 0.001)
                text +=
                    " The p95 is usually \(Words.milliseconds(usual), is: "comparison.p95_ms_mean") ms, so it is \(ratio > 1.5 ? "slower than usual" : ratio < 0.67 ? "faster than usual" : "as usual")."
            }
            found.append(text)
        }
        let sources = s.bySource.rows.prefix(4).map { said($0, "by_source") }
        if !sources.isEmpty { found.append("By source: \(CitedText.list(sources)).") }
        if s.byCategory.isEmpty, s.attempts.attempts > 0 {
            found.append("No attempt failed.")
        } else if !s.byCategory.isEmpty {
            found.append("Failures by category: \(CitedText.list(s.byCategory.prefix(4).map(said))).")
        }
        let ours = s.byCategory.filter { ["timeout", "dependency", "internal"].contains($0.category) }
        if !ours.isEmpty {
            found.append(
                "Failures on the side of the system itself: \(CitedText.list(ours.map(said))). The submitters could not have avoided them."
            )
        }
        found += eventStatements()
        return found
    }

    private func eventStatements() -> [CitedText] {
        guard let e = s.events else {
            return ["The event store could not be read, so model calls, costs and the books are missing here."]
        }
        var found: [CitedText] = []
        if e.events > 0 {
            let types: [CitedText] = e.byType.prefix(3).map {
                "\(name: $0.type) \(Words.number($0.events), is: "events.by_type[\($0.type)].events")"
            }
            found.append(
                "The event store holds \(Words.count(e.events, "event"), is: "events.events"), of which \(Words.number(e.failures), is: "events.failures") failed; most are \(CitedText.list(types))."
            )
        }
        if e.inputTokens + e.outputTokens > 0 {
            found.append(
                "Model calls used \(Words.number(e.inputTokens), is: "events.input_tokens") input and \(Words.number(e.outputTokens), is: "events.output_tokens") output tokens, at a cost of USD \(e.costUsd, is: "events.cost_usd")."
            )
        }
        let b = e.books
        let pending: CitedText =
            e.pending > 0 ? " \(Words.count(e.pending, "item"), is: "events.pending") had not been processed yet." : ""
        let books = "events.books"
        found.append(
            "Of \(Words.count(b.received, "received item"), is: books + ".received"), \(Words.number(b.stored), is: books + ".stored") were stored, \(Words.number(b.duplicate), is: books + ".duplicate") were duplicates, \(Words.number(b.rejectedTotal), is: books + ".rejected_total") rejected and \(Words.number(b.quarantinedTotal), is: books + ".quarantined_total") quarantined; the books \(b.balanced ? "balance" : "do not balance").\(pending)"
        )
        return found
    }

    // MARK: Confidence and scope

    private func scope(_ reason: FallbackReason) -> CitedText {
        var text: CitedText =
            "This report was written by fixed rules from the day's snapshot, because no model's answer could be used (\(SafeText.plain(reason.detail, lengthMax: 200), is: reason.fact)). All its figures are the snapshot's own."
        switch stage {
        case .closed: text += " The day is closed: its figures are final."
        case .over: text += " The day is over but not closed yet: its last figures may still come in."
        case .open: text += " The day is still open: its figures go on changing, and hours to come are missing."
        }
        let days = s.comparison.days.count
        text +=
            days == 0
            ? " There were no closed days to compare with, so nothing here says whether the day was usual."
            : days < 4
                ? " It was compared with few closed days (\("\(days)", is: "comparison.days.length")), so a rise or fall may be chance."
                : " It was compared with the \("\(days)", is: "comparison.days.length") closed days before."
        if s.attempts.attempts > 0, s.attempts.attempts < Self.attemptsForShares {
            text += " With \(Words.count(s.attempts.attempts, "attempt"), is: "attempts.attempts"), shares say little."
        }
        text += " It does not explain causes outside the recorded attempts and events."
        return text
    }

    // MARK: Parts of sentences

    private func said(_ row: DaySnapshot.GroupRow, _ groups: String) -> CitedText {
        let path = "\(groups).rows[\(row.name)]"
        return
            "\(name: row.name) (\(Words.count(row.attempts, "attempt"), is: path + ".attempts"), failure share \(percent(row.failureShare), is: path + ".failure_share"))"
    }

    private func said(_ row: DaySnapshot.CategoryRow) -> CitedText {
        "\(name: row.category) \(Words.number(row.count), is: "by_category[\(row.category)].count")"
    }

    // MARK: Lengths

    private func percent(_ share: String?) -> String { share.map(Percentage.text) ?? "0.0%" }

    private static func fit(_ text: String, _ lengthMax: Int) -> String {
        text.count <= lengthMax ? text : text.prefix(lengthMax - 1) + "…"
    }
}

extension SafeText {
    /// A text in one line, without what could change how the rest is read, and without quotes around it.
    static func plain(_ text: String, lengthMax: Int) -> String {
        String(quoted(text, bytesMax: lengthMax).dropFirst().dropLast()).replacing("\\\"", with: "'")
    }
}
