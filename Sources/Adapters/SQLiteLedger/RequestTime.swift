internal import Events
internal import Ports

/// Correlation ids that we made begin with the millisecond in which their request arrived (RFC 9562, version 7). Attempts of
/// a request were received soon after it: there they are looked for first, whatever the size of the log.
enum RequestTime {
    /// The filter narrowed to the times at which an attempt with its correlation id is to be expected, likeliest first. None
    /// for an id that is the caller's own: it says nothing about its time. An attempt with an assumed receipt time, or one
    /// that waited for longer, lies in none of them.
    static func ranges(of filter: AttemptFilter) -> [AttemptFilter] {
        guard filter.date == nil, let arrived = filter.requestID.flatMap(arrival) else { return [] }
        return [Limits.requestSecondsUsual, Limits.requestSecondsMax].compactMap { seconds in
            var near = filter
            let from = arrived - .seconds(1)
            let to = arrived + .seconds(seconds)
            near.from = filter.from.map { max($0, from) } ?? from
            near.to = filter.to.map { min($0, to) } ?? to
            return near.from! < near.to! ? near : nil
        }
    }

    /// When the request of an id of ours arrived.
    static func arrival(_ id: String) -> Timestamp? {
        let prefix = IdentifierPrefix.request.rawValue + "_"
        let digits = Array(id.utf8.dropFirst(prefix.utf8.count))
        guard id.hasPrefix(prefix), digits.count == 32, digits[12] == UInt8(ascii: "7"),
            let milliseconds = Int64(String(decoding: digits[..<12], as: UTF8.self), radix: 16)
        else { return nil }
        return Timestamp(microseconds: milliseconds * 1000)
    }
}

extension AttemptFilter {
    /// Whether a page that ended there lies in the filter's own range of receipt times.
    func holds(_ position: AttemptPosition) -> Bool {
        (from.map { $0 <= position.receivedAt } ?? true) && (to.map { position.receivedAt < $0 } ?? true)
    }
}
