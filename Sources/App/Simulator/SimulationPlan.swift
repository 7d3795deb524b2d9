package import Events

/// What will happen, decided by the seed alone. Two plans with equal settings name the same people, events and mistakes.
package struct SimulationPlan: Sendable {
    package let seed: UInt64
    /// Factor on all volumes.
    package let scale: Double
    /// What is switched on by name.
    package let misconfigurations: [MisconfigurationSwitch]

    package init(seed: UInt64, scale: Double = 1, misconfigurations: [MisconfigurationSwitch] = []) {
        self.seed = seed
        self.scale = scale
        self.misconfigurations = misconfigurations
    }

    /// A campaign: for some hours a channel brings many more visitors.
    struct Campaign: Sendable {
        var channel: String
        var hours: Range<Int>
        /// Factor on the web form's visitors in those hours.
        var factor: Double
    }

    // MARK: History

    /// Everything that happens in one project on one local date, in order of time. `index` is the project's place among
    /// the simulation's. `isLast` is the day on which the switched-on misconfigurations take effect; earlier days have
    /// accidents of their own.
    package func actions(
        project: ProjectProfile, index: Int, calendar: DayCalendar, date: LogicalDate, isLast: Bool
    ) -> [PlannedAction] {
        actions(
            project: project, index: index, calendar: calendar, date: date,
            switches: accidents(index: index, date: date) + (isLast ? misconfigurations : []))
    }

    /// The same with exactly these misconfigurations in effect.
    package func actions(
        project: ProjectProfile, index: Int, calendar: DayCalendar, date: LogicalDate,
        switches: [MisconfigurationSwitch]
    ) -> [PlannedAction] {
        let random = SplitMix64(seed: seed, labels: 1, UInt64(index), UInt64(UInt32(bitPattern: date.dayNumber)))
        var writer = JourneyWriter(random: random, prefix: "sim\(seed)-\(index)-\(date)")
        let campaign = campaign(index: index, date: date)
        let bounds = calendar.bounds(of: date)
        var actions: [PlannedAction] = []
        for source in TrafficSource.allCases {
            let daily = source.dailyVolume * scale * project.size * source.weekdayFactors[weekday(of: date)]
            let weights = source.hourWeights
            let total = weights.reduce(0, +)
            for hour in 0..<24 {
                let isBurst = source == .webForm && campaign?.hours.contains(hour) == true
                let usual = daily * weights[hour] / total
                for number in 0..<writer.random.poisson(isBurst ? usual * (campaign?.factor ?? 1) : usual) {
                    let second = Double(hour * 3600) + 3600 * writer.random.unit()
                    let time = bounds.lowerBound + seconds(second)
                    guard time < bounds.upperBound else { continue }
                    let active = ActiveMisconfigurations(switches, minute: Int(second / 60))
                    let channel = isBurst && Double(number) >= usual ? campaign?.channel : nil
                    actions += writer.journey(source, channel: channel, at: time, active: active)
                }
            }
        }
        let end = bounds.upperBound - .milliseconds(1)
        return actions.filter { $0.at <= end }.sorted { $0.at < $1.at }
    }

    /// Monday is 0.
    package func weekday(of date: LogicalDate) -> Int {
        // 1970-01-01 was a Thursday.
        Int(((date.dayNumber + 3) % 7 + 7) % 7)
    }

    /// About one day in eight has a campaign.
    func campaign(index: Int, date: LogicalDate) -> Campaign? {
        var random = SplitMix64(seed: seed, labels: 2, UInt64(index), UInt64(UInt32(bitPattern: date.dayNumber)))
        guard random.chance(0.125) else { return nil }
        let first = random.int(9...18)
        return Campaign(
            channel: random.pick(["paid_search", "social", "email", "affiliate"]),
            hours: first..<min(24, first + random.int(2...4)),
            factor: 1.8 + 1.6 * random.unit())
    }

    /// About one day in six something is set up wrongly for some hours, so that history has something to explain.
    func accidents(index: Int, date: LogicalDate) -> [MisconfigurationSwitch] {
        var random = SplitMix64(seed: seed, labels: 3, UInt64(index), UInt64(UInt32(bitPattern: date.dayNumber)))
        guard random.chance(0.17) else { return [] }
        let start = random.int(8...17) * 60 + random.int(0...59)
        let length = random.int(90...420)
        return [
            MisconfigurationSwitch(random.pick(Misconfiguration.allCases), minutes: start..<min(1440, start + length))
        ]
    }

    // MARK: Live

    /// The weight of each source at a local hour of a weekday: what the next arrival is likely to be.
    func mix(weekday: Int, hour: Int) -> [(TrafficSource, Double)] {
        TrafficSource.allCases.map { source in
            let share = source.hourWeights[hour] / source.hourWeights.reduce(0, +)
            return (source, source.dailyVolume * source.weekdayFactors[weekday] * share)
        }
    }
}
