internal import Events
internal import Ports

/// The statements that answer questions: together with its extensions the only place with the text of a query. Every
/// value is bound; what is put into the text are names from the enumerations below and places of bound values.
///
/// The project is the first predicate of every part, a time range (or a logical date) the second.
enum QuerySQL {
    static let hour: Int64 = 3_600_000_000
    static let minute: Int64 = 60_000_000

    /// Collects values and gives each its place.
    struct Values {
        private(set) var bound: [BoundValue] = []
        mutating func add(_ value: BoundValue) -> String {
            bound.append(value)
            return "$\(bound.count)"
        }
        mutating func list(_ texts: [String]) -> String { texts.map { add(.text($0)) }.joined(separator: ", ") }
    }

    // MARK: Ranges

    /// How a range is read: whole hours from the rollups, broken ones from the events.
    struct Parts: Equatable {
        /// Whole hours, ascending, not adjacent.
        var rollups: [Range<Int64>] = []
        /// Ascending, not adjacent.
        var events: [Range<Int64>] = []

        /// The ranges of events, apart: read together, only their hull would prune, which spans every hour between two
        /// broken ones. So many that planning them would take longer are put together.
        var eventBranches: [[Range<Int64>]] {
            let size = (events.count + EventStoreLimits.eventBranchesMax - 1) / EventStoreLimits.eventBranchesMax
            return stride(from: 0, to: events.count, by: max(1, size)).map {
                Array(events[$0..<min($0 + size, events.count)])
            }
        }

        /// `cuts` are instants that no rollup may span: edges of buckets.
        init(_ range: Range<Int64>, cuts: [Int64], rowsAlone: Bool) {
            guard !range.isEmpty else { return }
            let first = QuerySQL.hourAfter(range.lowerBound)
            let last = QuerySQL.hourBefore(range.upperBound)
            guard !rowsAlone, first < last else {
                events = [range]
                return
            }
            addEvents(range.lowerBound..<first)
            var from = first
            for cut in cuts where cut > from && cut < last && cut % hour != 0 {
                let broken = QuerySQL.hourBefore(cut)
                if from < broken { rollups.append(from..<broken) }
                addEvents(max(from, broken)..<broken + hour)
                from = max(from, broken + hour)
            }
            if from < last { rollups.append(from..<last) }
            addEvents(last..<range.upperBound)
        }

        private mutating func addEvents(_ range: Range<Int64>) {
            guard !range.isEmpty else { return }
            if let end = events.last?.upperBound, end == range.lowerBound {
                events[events.count - 1] = events[events.count - 1].lowerBound..<range.upperBound
            } else {
                events.append(range)
            }
        }
    }

    static func hourBefore(_ time: Int64) -> Int64 { floorDivide(time, hour) * hour }
    static func hourAfter(_ time: Int64) -> Int64 { -floorDivide(-time, hour) * hour }
    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((-a + b - 1) / b) }

    /// `column` lies in one of the ranges: their hull first, which prunes, then the ranges themselves when there are several.
    static func within(_ ranges: [Range<Int64>], _ column: String, _ values: inout Values) -> String {
        guard let first = ranges.first, let last = ranges.last else { return "false" }
        var sql =
            "\(column) >= \(values.add(.int(first.lowerBound))) AND \(column) < \(values.add(.int(last.upperBound)))"
        if ranges.count > 1 {
            let each = ranges.map {
                "(\(column) >= \(values.add(.int($0.lowerBound))) AND \(column) < \(values.add(.int($0.upperBound))))"
            }
            sql += " AND (\(each.joined(separator: " OR ")))"
        }
        return sql
    }

    // MARK: Filters

    /// The dimensions that a filter names, with the wanted values.
    static func dimensions(of filter: EventFilter) -> [(EventDimension, [String])] {
        let all: [(EventDimension, [String])] = [
            (.type, filter.types), (.source, filter.sources), (.channel, filter.channels), (.outcome, filter.outcomes),
            (.errorCategory, filter.errorCategories), (.errorCode, filter.errorCodes),
            (.retryOutcome, filter.retryOutcomes),
            (.model, filter.models), (.prompt, filter.prompts),
        ]
        return all.filter { !$0.1.isEmpty }
    }

    /// What rollups and events can both be asked, each with its own columns. Begins with ` AND`, or is empty.
    static func filter(
        _ filter: EventFilter, _ column: (EventDimension) -> String, _ values: inout Values
    ) -> String {
        var sql = ""
        for (dimension, wanted) in dimensions(of: filter) {
            let name = column(dimension)
            guard dimension == .prompt else {
                sql += " AND \(name) IN (\(values.list(wanted)))"
                continue
            }
            let alternatives = wanted.map { prompt in
                let place = values.add(.text(prompt))
                return prompt.isEmpty
                    ? "\(name) = \(place)" : "\(name) = \(place) OR starts_with(\(name), \(place) || '@')"
            }
            sql += " AND (\(alternatives.joined(separator: " OR ")))"
        }
        return sql
    }

    /// The whole filter, for rows of `events`. Begins with ` AND`, or is empty.
    static func eventFilter(_ filter: EventFilter, _ values: inout Values) -> String {
        var sql = Self.filter(filter, event, &values)
        for (column, wanted) in [
            ("user_id", filter.userIDs), ("lead_id", filter.leadIDs), ("trace_id", filter.traceIDs),
        ]
        where !wanted.isEmpty {
            sql += " AND \(column) IN (\(values.list(wanted)))"
        }
        if let text = filter.text {
            let wanted = values.add(.text(text))
            let places = ["event_id", "error_code", "error_message", "user_id", "lead_id", "trace_id"]
            sql += " AND (" + places.map { "contains(lower(\($0)), lower(\(wanted)))" }.joined(separator: " OR ") + ")"
        }
        return sql
    }

    static func rollup(_ dimension: EventDimension) -> String {
        switch dimension {
        case .model: "model_key"
        default: dimension.rawValue
        }
    }
    static func event(_ dimension: EventDimension) -> String {
        switch dimension {
        case .model: "model_key"
        case .prompt: "(CASE WHEN prompt_version = '' THEN prompt_name ELSE prompt_name || '@' || prompt_version END)"
        default: dimension.rawValue
        }
    }

    /// The project and the ranges, as the first predicates of a part.
    static func scope(
        _ projectNo: Int32, _ ranges: [Range<Int64>], _ column: String, _ values: inout Values
    ) -> String {
        "project_no = \(values.add(.int(Int64(projectNo)))) AND \(within(ranges, column, &values))"
    }
}
