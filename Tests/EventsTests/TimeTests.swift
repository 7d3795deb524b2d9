import Events
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-03-08T06:59:59.123Z", "2026-03-08T06:59:59.123Z"),
        ("2026-03-08T06:59:59Z", "2026-03-08T06:59:59.000Z"),
        ("2026-03-08t06:59:59.1234567z", "2026-03-08T06:59:59.123456Z"),
        ("2026-03-08T01:59:59-05:00", "2026-03-08T06:59:59.000Z"),
        ("2026-01-01T00:30:00+05:30", "2025-12-31T19:00:00.000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ])
    func readsAndWritesRFC3339(text: String, expected: String) throws {
        let time = try #require(Timestamp(rfc3339: text))
        #expect(time.rfc3339() == expected)
        #expect(Timestamp(rfc3339: expected) == time)
    }

    @Test(arguments: [
        "", "2026-03-08", "2026-03-08T06:59:59", "2026-03-08 06:59:59Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-03-08T24:00:00Z", "2026-03-08T06:60:00Z", "2026-03-08T06:59:59.Z", "2026-03-08T06:59:59+0500",
        "2026-03-08T06:59:59+05:60", "2026-03-08T06:59:59ZZ", "0000-03-08T06:59:59Z", "２０２６-03-08T06:59:59Z",
    ])
    func refusesWhatIsNotRFC3339(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}

@Suite struct LogicalDateTests {
    @Test func everyDayOfFourCenturiesSurvivesTheRoundTrip() throws {
        for number in Int32(-146_097)...Int32(146_097) {
            let date = LogicalDate(dayNumber: number)
            let (year, month, day) = date.components
            #expect(LogicalDate(year: year, month: month, day: day) == date)
        }
    }

    @Test func weekdaysFollowISO8601() throws {
        #expect(try #require(LogicalDate("2026-11-21")).weekday == 5)
        #expect(LogicalDate(dayNumber: 0).weekday == 3)
        #expect(LogicalDate(dayNumber: -4).weekday == 6)
    }
}

@Suite struct DayCalendarTests {
    /// Clocks go forward on 8 March and back on 1 November 2026 in New York.
    @Test(arguments: [("2026-03-08", 23), ("2026-11-01", 25), ("2026-07-04", 24)])
    func daysHaveTheirTrueLength(date: String, hours: Int64) throws {
        let calendar = try #require(DayCalendar(zoneName: "America/New_York"))
        let bounds = calendar.bounds(of: try #require(LogicalDate(date)))
        #expect((bounds.upperBound - bounds.lowerBound) == .seconds(hours * 3600))
        #expect(calendar.date(at: bounds.lowerBound).description == date)
        #expect(calendar.date(at: bounds.lowerBound - .microseconds(1)) == LogicalDate(date)?.previous)
        #expect(calendar.date(at: bounds.upperBound - .microseconds(1)).description == date)
    }

    @Test(arguments: [
        "UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo",
    ])
    func adjacentDaysTouchInEveryZone(zone: String) throws {
        let calendar = try #require(DayCalendar(zoneName: zone))
        var date = try #require(LogicalDate("2010-12-01"))
        for _ in 0..<1000 {
            #expect(calendar.bounds(of: date).upperBound == calendar.bounds(of: date.next).lowerBound)
            date = date.next
        }
    }

    @Test func aZoneKeepsItsName() {
        for name in ["UTC", "GMT", "America/New_York", "Etc/UTC"] {
            #expect(DayCalendar(zoneName: name)?.zoneName == name)
        }
    }

    @Test func anUnknownZoneIsRefused() { #expect(DayCalendar(zoneName: "Mars/Olympus_Mons") == nil) }
}
