internal import Events
internal import Ports
internal import Synchronization

/// The `Date` field (RFC 9110 section 6.6.1) of now, as IMF-fixdate; written anew once a second.
package final class DateField: Sendable {
    private let clock: any Clock
    private let last = Mutex<(second: Int64, text: String)>((.min, ""))

    init(clock: any Clock) { self.clock = clock }

    var value: String {
        let second = clock.now.seconds
        return last.withLock { last in
            if last.second != second { last = (second, Self.text(second: second)) }
            return last.text
        }
    }

    /// E.g. `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func text(second: Int64) -> String {
        let days = floorDivide(second, 86_400)
        let rest = Int(second - days * 86_400)
        let date = LogicalDate(dayNumber: Int32(days))
        let (year, month, day) = date.components
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(names[date.weekday]), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }
}
