import Analysis
import Days
import Events
import Ports
import Testing

/// Rejections that concentrate in one key.
struct KeySignalTests {
    private typealias Group = SnapshotFixture.Group

    /// One key of two fails in `failing` of 100 attempts; the other, in 2 of 100.
    private func day(_ date: String, failing: Int, trailing: [DaySnapshot] = []) -> DaySnapshot {
        SnapshotFixture.snapshot(
            date,
            [
                Group(count: 100 - failing, source: "partner_api", key: "key_a"),
                Group(count: failing, source: "partner_api", code: "state_invalid", key: "key_a"),
                Group(count: 98, source: "partner_api", key: "key_b"),
                Group(count: 2, source: "partner_api", code: "state_invalid", key: "key_b"),
            ].filter { $0.count > 0 }, trailing: trailing)
    }

    private func signals(_ snapshot: DaySnapshot, _ trailing: [DaySnapshot] = []) -> [DaySignal] {
        Signals(snapshot: snapshot, trailing: trailing, stage: .closed).all.filter { $0.detector == .keyConcentration }
    }

    @Test func theKeyIsNamedWithItsRowsAndItsPast() throws {
        let before = (5...9).map { day("2026-03-0\($0)", failing: 2) }
        let today = day("2026-03-10", failing: 40, trailing: before)
        let signal = try #require(signals(today, before).first)
        #expect(signal.id == "key_concentration:key_a" && signal.confidence == .high)
        #expect(signal.title == "Rejections concentrate in the key key_a")
        #expect(signal.evidence.contains("made 40 of 42 failures, 95.2%"), "\(signal.evidence)")
        #expect(signal.evidence.contains("100 attempts 40.0% failed, of all others 2.0%"))
        #expect(signal.observed == "40.0%" && signal.baseline == "2.0%" && signal.baselineDays == 5)
        #expect(
            signal.json.text.contains(
                #""rows":{"count":40,"filter":{"date":"2026-03-10","key_id":"key_a","outcome":"failure"}}"#))
        // The report that carries it is held to its own figures.
        let all = Signals(snapshot: today, trailing: before, stage: .closed).all
        let report = FallbackReport(snapshot: today, signals: all, stage: .closed).sections(
            because: FallbackReason(reason: "x", detail: "y", hint: "z"))
        let grounding = Grounding(report, snapshot: today, signals: all)
        #expect(grounding.unsupported.isEmpty, "\(grounding.unsupported)")
    }

    @Test func aKeyWithoutAPastIsNamedWithLowConfidence() throws {
        let signal = try #require(signals(day("2026-03-10", failing: 40)).first)
        #expect(signal.confidence == .low && signal.baseline == nil)
    }

    @Test func whatIsNoConcentrationIsNotNamed() {
        // As it always was; too few; alone; everybody fails alike.
        let before = (5...9).map { day("2026-03-0\($0)", failing: 35) }
        #expect(signals(day("2026-03-10", failing: 40, trailing: before), before).isEmpty)
        #expect(signals(day("2026-03-10", failing: 19)).isEmpty)
        let alone = SnapshotFixture.snapshot(
            "2026-03-10", [Group(count: 60, key: "key_a"), Group(count: 40, code: "state_invalid", key: "key_a")])
        #expect(signals(alone).isEmpty)
        let alike = SnapshotFixture.snapshot(
            "2026-03-10",
            [
                Group(count: 60, key: "key_a"), Group(count: 40, code: "state_invalid", key: "key_a"),
                Group(count: 30, key: "key_b"), Group(count: 20, code: "state_invalid", key: "key_b"),
            ])
        #expect(signals(alike).isEmpty)
        // A day that was closed before snapshots counted by key says nothing.
        var old = day("2026-03-10", failing: 40)
        old.keys = nil
        #expect(signals(old).isEmpty)
    }
}
