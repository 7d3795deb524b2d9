internal import Events
internal import Ports

/// What one batch adds to each date: counts and sums by project, date of receipt and type.
struct DayTotalDeltas {
    struct Key: Hashable {
        var projectNo: Int32
        var date: Int32
        var type: String
    }
    struct Delta {
        var key: Key
        var events: Int64 = 0
        var failures: Int64 = 0
        var inputTokens: Int64 = 0
        var outputTokens: Int64 = 0
        var costMicroUSD: Int64 = 0
        /// The earliest own time, in microseconds.
        var firstTime: Int64
    }

    private(set) var deltas: [Delta] = []

    /// `order` names the rows that were kept; `projects` is by row.
    init(_ columns: EventColumns, order: [Int32], projects: [Int32]) {
        var places: [Key: Int] = [:]
        for row32 in order {
            let row = Int(row32)
            let key = Key(
                projectNo: projects[row], date: columns.logicalDate[row].dayNumber, type: columns.type[row])
            let time = columns.time[row].microseconds
            let place = places[key] ?? deltas.count
            if place == deltas.count {
                places[key] = place
                deltas.append(Delta(key: key, firstTime: time))
            }
            deltas[place].events += 1
            // `success` and `failure` are the only outcomes.
            if columns.outcome.withBytes(row, { $0.first == UInt8(ascii: "f") }) { deltas[place].failures += 1 }
            deltas[place].inputTokens +=
                columns.inputTokens[row] + columns.cacheReadTokens[row] + columns.cacheWriteTokens[row]
            deltas[place].outputTokens += columns.outputTokens[row] + columns.reasoningTokens[row]
            deltas[place].costMicroUSD += columns.costMicroUSD[row]
            deltas[place].firstTime = min(deltas[place].firstTime, time)
        }
    }
}
