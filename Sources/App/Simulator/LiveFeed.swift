package import Events

/// An endless sequence of actions at a given pace: a number of visitors at a time, each doing one thing after another.
/// Equal seeds, projects and times give equal sequences.
package struct LiveFeed {
    /// A project that takes part.
    package struct Member: Sendable {
        package var profile: ProjectProfile
        package var calendar: DayCalendar
        package init(profile: ProjectProfile, calendar: DayCalendar) {
            self.profile = profile
            self.calendar = calendar
        }
    }

    private struct Visit {
        var project: Int
        var actions: [PlannedAction]
        var next = 0
    }

    private let plan: SimulationPlan
    private let members: [Member]
    private var random: SplitMix64
    private var writers: [JourneyWriter]
    private var visits: [Visit] = []
    /// Visitors at a time. More of them make longer pauses between the steps of one: here three quarters of a second, so
    /// that the first forms are sent about ten seconds after the start, at every hour.
    private let visitsMax: Int

    /// `start` is part of every identifier, so that a second run with the same seed names other things.
    package init(plan: SimulationPlan, members: [Member], rate: Double, start: Timestamp) {
        self.plan = plan
        self.members = members
        self.random = SplitMix64(seed: plan.seed, labels: 4)
        self.writers = members.indices.map { index in
            JourneyWriter(
                random: SplitMix64(seed: plan.seed, labels: 5, UInt64(index)),
                prefix: "live\(plan.seed)-\(index)-\(String(start.microseconds, radix: 36))")
        }
        self.visitsMax = max(8, min(5000, Int(rate * 0.75)))
    }

    /// The next thing to do, at the given time, and the index of its project.
    package mutating func next(at time: Timestamp) -> (project: Int, action: PlannedAction) {
        while visits.count < visitsMax {
            // At night every source may be silent; the pace asked for is kept all the same, by the busiest there is.
            let visit = arrival(at: time)
            if !visit.actions.isEmpty { visits.append(visit) }
        }
        let chosen = random.int(0...visits.count - 1)
        let project = visits[chosen].project
        let action = visits[chosen].actions[visits[chosen].next]
        visits[chosen].next += 1
        if visits[chosen].next == visits[chosen].actions.count {
            visits.swapAt(chosen, visits.count - 1)
            visits.removeLast()
        }
        return (project, action)
    }

    private mutating func arrival(at time: Timestamp) -> Visit {
        let project = random.pick(weighted: members.enumerated().map { ($0.offset, $0.element.profile.size) })
        let calendar = members[project].calendar
        let hour = calendar.hour(at: time)
        let date = calendar.date(at: time)
        let source = random.pick(weighted: plan.mix(weekday: plan.weekday(of: date), hour: hour))
        let minute = Int((time - calendar.start(of: date)).components.seconds / 60)
        let active = ActiveMisconfigurations(plan.misconfigurations, minute: minute)
        return Visit(
            project: project, actions: writers[project].journey(source, channel: nil, at: time, active: active))
    }
}
