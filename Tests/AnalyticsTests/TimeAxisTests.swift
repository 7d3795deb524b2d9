import Analytics
import Events
import Ports
import SystemPorts
import Testing

/// Buckets of a series in zones whose hours are not those of UTC, and on days on which clocks change.
struct TimeAxisTests {
    /// Five minutes apart, so that every quarter of an hour counts differently from the one before.
    private static func filled(
        _ range: Range<Timestamp>, _ project: Project
    ) -> (store: FakeEventStore, times: [Timestamp]) {
        let store = FakeEventStore()
        var times: [Timestamp] = []
        var at = range.lowerBound - .seconds(7200)
        while at < range.upperBound + .seconds(7200) {
            let minutes = (Given.now - at).components.seconds / 60
            store.add(Given.attempt("e\(times.count)", minutesAgo: minutes, failure: "email_invalid"), to: project.id)
            times.append(at)
            at = at + .seconds(Int64(300 + times.count % 3 * 60))
        }
        return (store, times.filter { range.contains($0) })
    }

    private func instant(_ point: Any) throws -> Timestamp {
        try #require(((point as? [String: Any])?["at"] as? String).flatMap { Timestamp(rfc3339: $0) })
    }

    @Test(arguments: [
        // Zone, date, buckets of the day, seconds of the last one.
        ("Asia/Kolkata", "2025-06-10", 24, 3600), ("Asia/Kathmandu", "2025-06-10", 24, 3600),
        ("America/St_Johns", "2025-06-10", 24, 3600), ("America/St_Johns", "2025-11-02", 25, 3600),
        // Lord Howe Island moves its clocks by half an hour.
        ("Australia/Lord_Howe", "2025-04-06", 25, 1800), ("Australia/Lord_Howe", "2025-10-05", 24, 1800),
        ("America/New_York", "2025-03-09", 23, 3600), ("America/New_York", "2025-11-02", 25, 3600),
        ("UTC", "2025-06-10", 24, 3600),
    ])
    func hoursAreThoseOfTheProjectsDay(zone: String, date: String, count: Int, last: Int64) async throws {
        let project = Given.make("prj_zone", zone)
        let day = project.calendar.bounds(of: LogicalDate(date)!)
        let (store, times) = Self.filled(day, project)
        let given = Given(store: store, projects: [project])
        let answer = try Answer(
            try await given.service.timeseries(Given.ask("date=\(date)&metric=attempts&granularity=hour", project)))
        let points = answer.list("series.0.points")
        let starts = try points.map(instant)
        #expect(starts.count == count && starts.first == day.lowerBound)
        #expect(starts.last.map { day.upperBound - $0 } == .seconds(last))
        let ends = starts.dropFirst() + [day.upperBound]
        for (at, (start, end)) in zip(starts, ends).enumerated() {
            #expect(start < end && end - start <= .seconds(3600))
            let value = ((points[at] as? [String: Any])?["value"] as? Int) ?? -1
            #expect(value == times.count { start <= $0 && $0 < end }, "\(start)")
        }
        #expect(points.reduce(0) { $0 + ((($1 as? [String: Any])?["value"] as? Int) ?? 0) } == times.count)
        // Hours of UTC stay hours of UTC: rollups answer them.
        let isWhole = starts.allSatisfy { $0 == $0.hourStart }
        #expect(isWhole || !["UTC", "America/New_York"].contains(zone))
        #expect(given.store.questions.allSatisfy { ($0.buckets == .hours) == isWhole })

        let failures = try Answer(try await given.service.failures(Given.ask("date=\(date)", project)))
        let heat = failures.list("heat").compactMap { $0 as? [String: Any] }
        #expect(heat.reduce(0) { $0 + (($1["count"] as? Int) ?? 0) } == times.count)
        #expect(heat.compactMap { ($0["hour"] as? String).flatMap { Timestamp(rfc3339: $0) } } == starts)
    }

    /// Whatever the range begins and ends with, every instant of it lies in one bucket.
    @Test(arguments: ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York"], ["hour", "day"])
    func bucketsCoverTheRangeOnce(zone: String, granularity: String) async throws {
        let project = Given.make("prj_zone", zone)
        let range = Timestamp(rfc3339: "2025-03-31T10:10:00Z")!..<Timestamp(rfc3339: "2025-04-07T16:50:00Z")!
        let (store, times) = Self.filled(range, project)
        let given = Given(store: store, projects: [project])
        let answer = try Answer(
            try await given.service.timeseries(
                Given.ask(
                    "from=\(range.lowerBound)&to=\(range.upperBound)&metric=attempts&granularity=\(granularity)",
                    project)
            ))
        let points = answer.list("series.0.points")
        let starts = try points.map(instant)
        #expect(starts[0] <= range.lowerBound && starts[1] > range.lowerBound)
        #expect(starts == starts.sorted() && Set(starts).count == starts.count && starts.last! < range.upperBound)
        let ends = starts.dropFirst() + [range.upperBound]
        for (at, (start, end)) in zip(starts, ends).enumerated() {
            let value = ((points[at] as? [String: Any])?["value"] as? Int) ?? -1
            #expect(value == times.count { start <= $0 && $0 < end }, "\(start)")
        }
        if granularity == "day" {
            #expect(starts.allSatisfy { project.calendar.start(of: project.calendar.date(at: $0)) == $0 })
        }
    }
}
