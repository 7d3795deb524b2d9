internal import Days
internal import Events

extension Signals {
    /// One key behind many of the rejections, although others submit too and fare better, and so did it before.
    func keys() -> [DaySignal] {
        let all = snapshot.attempts
        guard let key = snapshot.keys?.rows.first, isWhole(key.keyId), key.failures >= SignalThresholds.keyFailuresMin,
            Double(key.failures) >= Double(all.failures) * SignalThresholds.keyShareMin,
            all.attempts - key.attempts >= SignalThresholds.keyOthersMin
        else { return [] }
        let own = Double(key.failures) / Double(key.attempts)
        let others = (failures: all.failures - key.failures, attempts: all.attempts - key.attempts)
        let before = history(of: key.keyId)
        guard own >= SignalThresholds.codeShareMin,
            own >= SignalThresholds.codeRiseMin * Self.expected(others.failures, of: others.attempts),
            before.attempts == 0
                || own >= SignalThresholds.codeRiseMin * Self.expected(before.failures, of: before.attempts)
        else { return [] }
        func share(_ part: Int64, _ whole: Int64) -> String { percent(Decimal.ratio(part, whole)) }
        let usual = share(before.failures, before.attempts)
        let earlier =
            before.attempts > 0
            ? " Over the closed days before on which it submitted, it was \(usual)."
            : " There are no earlier closed days with this key to compare with."
        return [
            DaySignal(
                detector: .keyConcentration, subject: key.keyId, code: nil,
                title: "Rejections concentrate in the key \(Words.name(key.keyId))",
                evidence:
                    "The key \(Words.name(key.keyId)) made \(Words.number(key.failures)) of \(Words.number(all.failures)) failures, \(share(key.failures, all.failures)). Of its own \(Words.count(key.attempts, "attempt")) \(share(key.failures, key.attempts)) failed, of all others \(share(others.failures, others.attempts)).\(earlier) A client with a wrong setting behind that key looks like this.",
                baseline: before.attempts > 0 ? usual : nil, baselineDays: before.days,
                observed: share(key.failures, key.attempts),
                confidence: before.attempts >= SignalThresholds.keyKnownAttemptsMin
                    ? .high : before.attempts > 0 ? .medium : .low,
                since: nil,
                rows: DaySignal.Rows(
                    date: snapshot.date, keyID: key.keyId, outcome: .failure, count: key.failures))
        ]
    }

    /// The key's attempts on the closed days before whose snapshots count by key and list it.
    private func history(of key: String) -> (failures: Int64, attempts: Int64, days: Int) {
        var found: (failures: Int64, attempts: Int64, days: Int) = (0, 0, 0)
        for row in trailing.compactMap({ day in day.keys?.rows.first { $0.keyId == key } }) {
            found = (found.failures + row.failures, found.attempts + row.attempts, found.days + 1)
        }
        return found
    }

    /// A share with half a failure added, so that what never failed is not expected never to.
    private static func expected(_ failures: Int64, of attempts: Int64) -> Double {
        (Double(failures) + 0.5) / (Double(attempts) + 1)
    }
}
