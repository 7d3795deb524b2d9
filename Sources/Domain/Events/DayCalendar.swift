package import Foundation

/// Says which logical date an instant belongs to in one time zone, and when that date begins and ends.
///
/// Zone rules come from the system's tz database. A date is 23, 24 or 25 hours long when clocks change; `bounds` is
/// half-open and adjacent dates always touch. Lookups are cached by UTC hour because the hot path asks for "now" only.
package struct DayCalendar: Hashable, Sendable {
    package let zone: TimeZone
    /// As it was given: the system calls some zones otherwise (`UTC` is its `GMT`).
    package let zoneName: String

    /// Nil when the tz database has no such zone (`America/New_York`).
    package init?(zoneName: String) {
        guard let zone = TimeZone(identifier: zoneName) else { return nil }
        self.zone = zone
        self.zoneName = zoneName
    }

    package static let utc = DayCalendar(zone: TimeZone(secondsFromGMT: 0)!, zoneName: "UTC")
    private init(zone: TimeZone, zoneName: String) {
        self.zone = zone
        self.zoneName = zoneName
    }

    /// Seconds to add to UTC at the instant.
    package func offset(at instant: Timestamp) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds))))
    }

    package func date(at instant: Timestamp) -> LogicalDate {
        LogicalDate(dayNumber: Int32(floorDivide(instant.seconds + offset(at: instant), 86_400)))
    }

    /// Hour of the local day, 0 to 23.
    package func hour(at instant: Timestamp) -> Int {
        let local = instant.seconds + offset(at: instant)
        return Int((local - floorDivide(local, 86_400) * 86_400) / 3600)
    }

    /// First instant of the date and first instant of the next one.
    package func bounds(of date: LogicalDate) -> Range<Timestamp> { start(of: date)..<start(of: date.next) }

    /// The first instant whose local date is `date` (zones that skip midnight start later).
    package func start(of date: LogicalDate) -> Timestamp {
        let nominal = Int64(date.dayNumber) * 86_400
        // The true start lies within a day of the nominal UTC midnight: search for the first second of the date.
        var low = nominal - 86_400
        var high = nominal + 86_400
        while low < high {
            let middle = low + (high - low) / 2
            if self.date(at: Timestamp(seconds: middle)) < date { low = middle + 1 } else { high = middle }
        }
        return Timestamp(seconds: low)
    }
}
