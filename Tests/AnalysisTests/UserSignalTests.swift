import Analysis
import Days
import Events
import Testing

/// One person behind much of a day, on days of many people and of few.
struct UserSignalTests {
    private typealias Group = SnapshotFixture.Group

    private func signals(_ groups: [Group]) -> [DaySignal] {
        let day = SnapshotFixture.snapshot("2026-03-10", groups)
        return Signals(snapshot: day, trailing: [], stage: .closed).all.filter { $0.detector == .userConcentration }
    }

    @Test func whoMakesMuchOfABusyDayIsNamed() throws {
        let signal = try #require(signals([Group(count: 200, users: 200), Group(count: 100, users: 1)]).first)
        #expect(signal.id == "user_concentration:usr_0" && signal.observed == "33.7%")
        let failing = signals([
            Group(count: 400, users: 400), Group(count: 20, code: "email_invalid", users: 20),
            Group(count: 40, code: "rate_limit_user", users: 1),
        ])
        #expect(failing.map(\.title) == ["One user makes many of the failures"])
    }

    /// Each of them is a fifth of the day or of its failures, or more.
    @Test(arguments: [
        // Few attempts; few people; few failures, as somebody makes who presses a button twenty times.
        [SnapshotFixture.Group(count: 60, users: 60), SnapshotFixture.Group(count: 20, users: 1)],
        [SnapshotFixture.Group(count: 200, users: 19), SnapshotFixture.Group(count: 100, users: 1)],
        [
            SnapshotFixture.Group(count: 60, users: 60),
            SnapshotFixture.Group(count: 28, code: "rate_limit_user", users: 1),
        ],
        // A fifth of it is hardly more than everybody's part.
        [SnapshotFixture.Group(count: 140, users: 20), SnapshotFixture.Group(count: 30, users: 1)],
    ])
    func onASmallDaySomebodyAlwaysMakesMuch(_ groups: [SnapshotFixture.Group]) {
        #expect(signals(groups).isEmpty)
    }
}
