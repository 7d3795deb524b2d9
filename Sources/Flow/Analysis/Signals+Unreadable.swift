internal import Days
internal import Events

/// Submissions whose source is not known, mostly because their body could not be read. Nearly all of them fail, on every
/// day, so their share of their own source says nothing: they are compared with all attempts.
extension Signals {
    /// What submissions have as their source when they name none.
    package static let unknownSource = "unknown"

    func unreadable() -> [DaySignal] {
        guard hasBaseline else { return [] }
        let hours = snapshot.byHour.map(\.attempts)
        let days = Double(compared.days.count)
        let attemptsBefore = (compared.attemptsMean.map(Decimal.value) ?? 0) * days
        return snapshot.bySourceAndCode.filter { $0.source == Self.unknownSource }.compactMap { row in
            let mean = compared.codes.first { $0.source == row.source && $0.code == row.code }?.countMean
            let countBefore = (mean.map(Decimal.value) ?? 0) * days
            let usual = (countBefore + 0.5) / (attemptsBefore + 1)
            guard let burst = Burst.strongest(of: row.byHour, in: hours, usualShare: usual),
                burst.count >= SignalThresholds.codeCountMin, burst.share >= SignalThresholds.unreadableShareMin,
                burst.share >= usual * SignalThresholds.codeRiseMin, burst.evidence >= SignalThresholds.codeEvidenceMin
            else { return nil }
            let observed = percent(Decimal.ratio(row.count, snapshot.attempts.attempts))
            let usually = Percentage.text(Decimal.text(Int64((usual * 10_000).rounded()), places: 4))
            return DaySignal(
                detector: .codeAboveBaseline, subject: row.source, code: row.code,
                title: "\(Words.name(row.code)): more submissions than usual name no source",
                evidence:
                    "\(Words.number(row.count)) attempts, \(observed) of all, failed with \(Words.name(row.code)) before their source was known; over \(comparedDays) it was \(usually). \(when(burst, of: row.count)) A sender whose body is cut off or encoded differently looks like this: which source became quieter in these hours says which.",
                baseline: usually, baselineDays: compared.days.count, observed: observed,
                confidence: burst.evidence >= 25 && burst.count >= 10 ? .high : .medium, since: start(of: burst),
                rows: rows(source: row.source, code: row.code, count: row.count))
        }
    }
}
