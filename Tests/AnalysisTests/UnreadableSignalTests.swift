import Analysis
import Days
import Events
import Ports
import Testing

/// Submissions without a source, and limits that met one person.
struct UnreadableSignalTests {
    private typealias Group = SnapshotFixture.Group

    private func day(_ date: String, unreadable: Int, trailing: [DaySnapshot] = []) -> DaySnapshot {
        SnapshotFixture.snapshot(
            date,
            [
                Group(count: 300, source: "web_form"),
                Group(count: unreadable, source: "unknown", code: "body_not_json"),
            ].filter { $0.count > 0 }, trailing: trailing)
    }

    private func signals(_ snapshot: DaySnapshot, _ trailing: [DaySnapshot]) -> [DaySignal] {
        Signals(snapshot: snapshot, trailing: trailing, stage: .closed).all.filter { $0.detector == .codeAboveBaseline }
    }

    @Test func moreUnreadableSubmissionsThanUsualAreNamedWithTheirRows() throws {
        let before = (5...9).map { day("2026-03-0\($0)", unreadable: 3) }
        let today = day("2026-03-10", unreadable: 40, trailing: before)
        let signal = try #require(signals(today, before).first)
        #expect(signal.id == "code_above_baseline:unknown:body_not_json" && signal.confidence == .high)
        #expect(signal.observed == "11.8%" && signal.baseline == "1.0%", "\(signal.observed) \(signal.baseline ?? "")")
        #expect(signal.rows?.count == 40)
        let all = Signals(snapshot: today, trailing: before, stage: .closed).all
        let report = FallbackReport(snapshot: today, signals: all, stage: .closed).sections(
            because: FallbackReason(reason: "x", detail: "y", hint: "z"))
        let grounding = Grounding(report, snapshot: today, signals: all)
        #expect(grounding.unsupported.isEmpty, "\(grounding.unsupported)")
    }

    @Test func asManyAsUsualAreNot() {
        for usual in [3, 30] {
            let before = (5...9).map { day("2026-03-0\($0)", unreadable: usual) }
            #expect(signals(day("2026-03-10", unreadable: usual + 1, trailing: before), before).isEmpty)
        }
    }

    @Test(arguments: [(1, 0), (10, 1)])
    func aLimitThatMetOnePersonIsNoMatterOfTheSource(users: Int, expected: Int) {
        func day(_ date: String, limited: Int, trailing: [DaySnapshot] = []) -> DaySnapshot {
            SnapshotFixture.snapshot(
                date,
                [
                    Group(count: 200, source: "partner_api"),
                    Group(
                        count: limited, source: "partner_api", hours: [14], code: "rate_limited",
                        category: .rateLimited, users: users),
                ].filter { $0.count > 0 }, trailing: trailing)
        }
        let before = (5...9).map { day("2026-03-0\($0)", limited: 0) }
        let today = day("2026-03-10", limited: 40, trailing: before)
        let all = Signals(snapshot: today, trailing: before, stage: .closed).all
        #expect(all.filter { $0.detector == .rateLimited }.count == expected)
        #expect(users > 1 || all.contains { $0.detector == .userConcentration }, "the person is named instead")
    }
}
