package import Days
internal import Events

/// Why a report was written without the model, and what to do about it.
package struct FallbackReason: Hashable, Sendable {
    /// A stable word: `model_unreachable`, `answer_invalid`…
    package var reason: String
    /// What happened in this case.
    package var detail: String
    /// The way to a report by the model.
    package var hint: String
    /// Names that the detail or the hint says: the model, its server's address.
    package var names: [String]
    /// Whole numbers that the detail says and that are not about the day: seconds, a status, bytes.
    package var figures: [Int]

    package init(reason: String, detail: String, hint: String, names: [String] = [], figures: [Int] = []) {
        self.reason = reason
        self.detail = detail
        self.hint = hint
        self.names = names
        self.figures = figures
    }

    package var json: CanonicalJSON {
        .object(["reason": .string(reason), "detail": .string(detail), "hint": .string(hint)])
    }
}

/// The report that needs no model: the same five parts, written from the snapshot by rules. Deterministic, complete for
/// any snapshot (an empty day included), every figure taken from the snapshot.
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

    package func sections(because reason: FallbackReason) -> ReportSections {
        let signals = found.map(\.section)
        return ReportSections(
            executiveSummary: Self.fit(summary(signals), AnalysisLimits.summaryLengthMax),
            userBehaviour: Self.fit(userBehaviour()), systemBehaviour: Self.fit(systemBehaviour()),
            misconfigurationSignals: signals.map {
                .init(
                    title: Self.fit($0.title, AnalysisLimits.titleLengthMax),
                    evidence: Self.fit($0.evidence, AnalysisLimits.evidenceLengthMax), confidence: $0.confidence)
            },
            confidenceAndScope: Self.fit(scope(reason), AnalysisLimits.scopeLengthMax))
    }

    // MARK: Executive summary

    private func summary(_ signals: [ReportSections.Signal]) -> String {
        let a = s.attempts
        let day = stage == .open ? "On \(s.date), which is not over yet," : "On \(s.date)"
        guard a.attempts > 0 else {
            let usual =
                s.comparison.attemptsMean.map {
                    " The closed days before had a mean of \(Words.decimal($0)) attempts a day."
                } ?? ""
            let events =
                s.events.map {
                    $0.events > 0 ? " The event store holds \(Words.count($0.events, "event")) of the day." : ""
                } ?? ""
            return "\(day) no lead submission was attempted and no lead was created.\(usual)\(events)"
        }
        var text =
            "\(day) there \(a.attempts == 1 ? "was" : "were") \(Words.count(a.attempts, "attempt")) to submit a lead: \(Words.number(a.successes)) succeeded and \(Words.number(a.failures)) failed, a failure share of \(percent(a.failureShare))."
        text += " \(Words.count(s.leads, "lead")) \(s.leads == 1 ? "was" : "were") created."
        if let mean = s.comparison.attemptsMean, let share = s.comparison.failureShare {
            text +=
                " \(stage == .open ? "For whole days before" : "Before"), the mean was \(Words.decimal(mean)) attempts a day with a failure share of \(Percentage.text(share))"
            // The share of a handful of attempts is chance.
            text +=
                a.attempts < Self.attemptsForShares ? "." : ", so failures are \(comparison(a.failureShare, share))."
        }
        if let top = s.byCode.first {
            text +=
                " The most frequent failure was \(Words.name(top.code)), \(percent(top.shareOfFailures)) of all failures."
        }
        text +=
            signals.isEmpty
            ? " Nothing points at a wrong setting."
            : " \(signals.count == 1 ? "One pattern points" : "Some patterns point") at a possible wrong setting, first of all: \(signals[0].title)."
        return text
    }

    private func comparison(_ now: String?, _ before: String) -> String {
        let (now, before) = (now.map(Decimal.value) ?? 0, Decimal.value(before))
        if now > before * 1.25, now - before > 0.01 { return "above their usual level" }
        if now < before * 0.8, before - now > 0.01 { return "below their usual level" }
        return "at their usual level"
    }

    // MARK: User behaviour

    private func userBehaviour() -> [String] {
        guard s.attempts.attempts > 0 else { return ["Nobody tried to submit a lead on this day."] }
        let u = s.users
        var found: [String] = []
        if u.distinct > 0 {
            found.append(
                "\(Words.count(u.distinct, "person").replacing("persons", with: "people")) submitted. The most active one made \(percent(u.topShare)) of all attempts"
                    + (u.distinct > Int64(u.top.count)
                        ? ", the \(u.top.count == DayLimits.topUsersMax ? "ten most active" : "\(u.top.count) most active") together \(percent(u.topTenShare))."
                        : "."))
        }
        if u.anonymousAttempts > 0 {
            found.append(
                "\(Words.count(u.anonymousAttempts, "attempt")) named no known person, so they cannot be followed further."
            )
        }
        let r = s.retries
        let later = r.recovered + r.failedAgain
        found.append(
            later == 0
                ? "Nobody tried a submission again: \(Words.number(r.firstTry)) succeeded at the first try and \(Words.number(r.failedFirst)) failed at it."
                : "\(Words.number(r.firstTry)) attempts succeeded at the first try. Of the later tries, \(Words.number(r.recovered)) succeeded and \(Words.number(r.failedAgain)) failed."
        )
        if let busiest = s.byHour.max(by: { $0.attempts < $1.attempts }), busiest.attempts > 0 {
            found.append(
                "The busiest hour began at \(Words.hour(busiest.hour)) local time, with \(Words.count(busiest.attempts, "attempt")), of which \(Words.number(busiest.failures)) failed."
            )
        }
        let channels = s.byChannel.rows.prefix(3).map {
            "\(Words.name($0.name)) (\(Words.count($0.attempts, "attempt")), failure share \(percent($0.failureShare)))"
        }
        if !channels.isEmpty { found.append("By channel, most came through \(Words.list(channels)).") }
        if let top = s.fieldErrors.first {
            found.append(
                "The field that was refused most often was \(Words.name(top.pointer)) from \(Words.name(top.source)), with \(Words.name(top.code)), in \(Words.count(top.count, "attempt"))."
            )
        }
        return found
    }

    // MARK: System behaviour

    private func systemBehaviour() -> [String] {
        var found: [String] = []
        if let l = s.latency {
            var text =
                "Half of the attempts were answered within \(Words.decimal(l.p50Ms)) ms and nearly all (p95) within \(Words.decimal(l.p95Ms)) ms; the slowest took \(Words.decimal(l.maxMs)) ms."
            if let usual = s.comparison.p95MsMean {
                let ratio = Decimal.value(l.p95Ms) / max(Decimal.value(usual), 0.001)
                text +=
                    " The p95 is usually \(Words.decimal(usual)) ms, so it is \(ratio > 1.5 ? "slower than usual" : ratio < 0.67 ? "faster than usual" : "as usual")."
            }
            found.append(text)
        }
        let sources = s.bySource.rows.prefix(4).map {
            "\(Words.name($0.name)) (\(Words.count($0.attempts, "attempt")), failure share \(percent($0.failureShare)))"
        }
        if !sources.isEmpty { found.append("By source: \(Words.list(sources)).") }
        if s.byCategory.isEmpty, s.attempts.attempts > 0 {
            found.append("No attempt failed.")
        } else if !s.byCategory.isEmpty {
            let rows = s.byCategory.prefix(4).map { "\($0.category) \(Words.number($0.count))" }
            found.append("Failures by category: \(Words.list(rows)).")
        }
        let ours = s.byCategory.filter { ["timeout", "dependency", "internal"].contains($0.category) }
        if !ours.isEmpty {
            found.append(
                "Failures on the side of the system itself: \(Words.list(ours.map { "\($0.category) \(Words.number($0.count))" })). The submitters could not have avoided them."
            )
        }
        found += eventStatements()
        return found
    }

    private func eventStatements() -> [String] {
        guard let e = s.events else {
            return ["The event store could not be read, so model calls, costs and the books are missing here."]
        }
        var found: [String] = []
        if e.events > 0 {
            let types = e.byType.prefix(3).map { "\(Words.name($0.type)) \(Words.number($0.events))" }
            found.append(
                "The event store holds \(Words.count(e.events, "event")), of which \(Words.number(e.failures)) failed; most are \(Words.list(types))."
            )
        }
        if e.inputTokens + e.outputTokens > 0 {
            found.append(
                "Model calls used \(Words.number(e.inputTokens)) input and \(Words.number(e.outputTokens)) output tokens, at a cost of USD \(e.costUsd)."
            )
        }
        let b = e.books
        found.append(
            "Of \(Words.count(b.received, "received item")), \(Words.number(b.stored)) were stored, \(Words.number(b.duplicate)) were duplicates, \(Words.number(b.rejectedTotal)) rejected and \(Words.number(b.quarantinedTotal)) quarantined; the books \(b.balanced ? "balance" : "do not balance")."
                + (e.pending > 0 ? " \(Words.count(e.pending, "item")) had not been processed yet." : ""))
        return found
    }

    // MARK: Confidence and scope

    private func scope(_ reason: FallbackReason) -> String {
        var text =
            "This report was written by fixed rules from the day's snapshot, because no model's answer could be used (\(SafeText.plain(reason.detail, lengthMax: 200))). All its figures are the snapshot's own."
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
                ? " It was compared with few closed days (\(days)), so a rise or fall may be chance."
                : " It was compared with the \(days) closed days before."
        if s.attempts.attempts > 0, s.attempts.attempts < Self.attemptsForShares {
            text += " With \(Words.count(s.attempts.attempts, "attempt")), shares say little."
        }
        return text + " It does not explain causes outside the recorded attempts and events."
    }

    // MARK: Lengths

    private func percent(_ share: String?) -> String { share.map(Percentage.text) ?? "0.0%" }

    private static func fit(_ statements: [String]) -> [String] {
        statements.prefix(AnalysisLimits.statementsMax).map { fit($0, AnalysisLimits.statementLengthMax) }
    }
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
