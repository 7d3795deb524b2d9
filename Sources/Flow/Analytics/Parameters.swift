internal import Events

/// The query parameters of one request on their way to a typed question: each is taken once, and what was not asked for is
/// refused by name. A repeated parameter means "any of".
struct Parameters {
    private var values: [String: [String]] = [:]
    /// Names in order, without repetition, `project_id` left out (the route has checked it).
    private var names: [String] = []

    init(_ pairs: [(name: String, value: String)], known: Set<String>) throws(Problem) {
        for (name, value) in pairs {
            guard name == "project_id" || known.contains(name) else {
                let all = known.union(["project_id"]).sorted().joined(separator: ", ")
                throw Self.problem(
                    .parameterUnknown, name, "'\(name.prefix(64))' is not a parameter here. Known: \(all).",
                    "Remove it.")
            }
            guard value.utf8.count <= AnalyticsLimits.valueBytesMax || name == "cursor" else {
                throw Self.problem(
                    .parameterInvalid, name, "'\(name)' is longer than \(AnalyticsLimits.valueBytesMax) bytes.",
                    "Shorten it to \(AnalyticsLimits.valueBytesMax) bytes.")
            }
            if values[name] == nil { names.append(name) }
            if !(values[name, default: []].contains(value)) { values[name, default: []].append(value) }
            guard values[name]!.count <= AnalyticsLimits.valuesMax else {
                throw Self.problem(
                    .parameterInvalid, name, "'\(name)' has more than \(AnalyticsLimits.valuesMax) values.",
                    "Give at most \(AnalyticsLimits.valuesMax).")
            }
        }
        values["project_id"] = nil
    }

    static func problem(_ code: ErrorCode, _ name: String, _ detail: String, _ fix: String) -> Problem {
        let pointer = "/query/" + name.prefix(64).replacing("~", with: "~0").replacing("/", with: "~1")
        return Problem(code, detail, fields: [FieldProblem(pointer: pointer, code: code, message: fix)])
    }

    /// All values of a parameter, in the order given; empty when it is absent.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The value of a parameter that has one.
    func one(_ name: String) throws(Problem) -> String? {
        guard let given = values[name] else { return nil }
        guard given.count == 1 else {
            throw Self.problem(
                .parameterInvalid, name, "'\(name)' is given twice with different values.", "Give it once.")
        }
        return given[0]
    }

    /// Values out of a fixed vocabulary.
    func all(_ name: String, of allowed: [String]) throws(Problem) -> [String] {
        for value in all(name) where !allowed.contains(value) {
            throw Self.problem(
                .parameterInvalid, name, "'\(value.prefix(64))' is not a value of '\(name)'.",
                "Use any of: \(allowed.joined(separator: ", ")).")
        }
        return all(name)
    }

    func one(_ name: String, of allowed: [String]) throws(Problem) -> String? {
        _ = try all(name, of: allowed)
        return try one(name)
    }

    func limit() throws(Problem) -> Int {
        guard let text = try one("limit") else { return AnalyticsLimits.pageRowsDefault }
        guard let limit = Int(text), (1...AnalyticsLimits.pageRowsMax).contains(limit) else {
            throw Self.problem(
                .parameterInvalid, "limit", "'\(text.prefix(40))' is not a limit.",
                "Give a whole number from 1 to \(AnalyticsLimits.pageRowsMax).")
        }
        return limit
    }

    /// `sort=key` ascending, `sort=-key` descending.
    func sort(_ keys: [String], default standard: String) throws(Problem) -> Sorting {
        let text = try one("sort", of: keys.flatMap { ["-" + $0, $0] }) ?? standard
        return Sorting(key: text.hasPrefix("-") ? String(text.dropFirst()) : text, descending: text.hasPrefix("-"))
    }

    func date(_ name: String) throws(Problem) -> LogicalDate? {
        guard let text = try one(name) else { return nil }
        guard let date = LogicalDate(text), date.components.year >= 1970 else {
            throw Self.problem(
                .dateInvalid, name, "'\(text.prefix(40))' is not a calendar date since 1970.",
                "Write it as YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }

    /// The question as text: equal questions in any order of parameters give equal texts. `limit` and `cursor` are left out
    /// on demand, because a cursor belongs to a question and may be followed with another limit.
    func normalised(without left: Set<String> = []) -> String {
        var out = ""
        for name in names.sorted() where !left.contains(name) {
            for value in all(name).sorted() { out += "\(name.utf8.count):\(name)=\(value.utf8.count):\(value);" }
        }
        return out
    }
}

struct Sorting: Hashable {
    var key: String
    var descending: Bool
}
