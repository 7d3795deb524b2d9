internal import Events
internal import Ports

/// Rows of an aggregate as one.
struct RowSum {
    var events: Int64 = 0
    var successes: Int64 = 0
    var failures: Int64 = 0
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0
    var costMicroUSD: Int64 = 0
    var firstTime: Timestamp?
    var sketch: [SketchBucket] = []

    init(_ rows: some Collection<AggregateRow>) {
        for row in rows {
            events += row.events
            successes += row.successes
            failures += row.failures
            inputTokens += row.inputTokens
            outputTokens += row.outputTokens
            costMicroUSD += row.costMicroUSD
            firstTime = min(firstTime ?? row.firstTime, row.firstTime)
        }
        sketch = merged(rows.lazy.map(\.sketch))
    }
}

/// An item of a ranked list: by value (nil last, either way), then by key.
struct Ranked<Item> {
    var value: Double?
    var key: String
    var item: Item

    static func sorted(_ items: [Ranked<Item>], descending: Bool) -> [Ranked<Item>] {
        items.sorted { precedes(($0.value, $0.key), ($1.value, $1.key), descending) }
    }

    static func precedes(_ a: (Double?, String), _ b: (Double?, String), _ descending: Bool) -> Bool {
        switch (a.0, b.0) {
        case (let x?, let y?) where x != y: descending ? x > y : x < y
        case (nil, .some): false
        case (.some, nil): true
        default: a.1 < b.1
        }
    }
}

/// A page of a ranked list. The cursor keeps the range of the first page and the last item's value and key.
struct RankedPage<Item> {
    var items: [Ranked<Item>]
    var nextCursor: String?

    init(
        _ all: [Ranked<Item>], descending: Bool, limit: Int, range: Range<Timestamp>, after: RankedCursor?,
        signer: CursorSigner, binding: CursorSigner.Binding
    ) {
        var rest = Ranked.sorted(all, descending: descending)[...]
        if let after {
            rest = rest.drop { !Ranked<Item>.precedes((after.value, after.key), ($0.value, $0.key), descending) }
        }
        items = Array(rest.prefix(limit))
        guard rest.count > limit, let last = items.last else { return }
        nextCursor = signer.cursor(RankedCursor(range: range, value: last.value, key: last.key).text, for: binding)
    }

    var json: AnswerJSON { pageJSON(nextCursor) }
}

func pageJSON(_ nextCursor: String?) -> AnswerJSON {
    .object([("next_cursor", nextCursor.map { .text($0) } ?? .null), ("has_more", .bool(nextCursor != nil))])
}

struct RankedCursor {
    var range: Range<Timestamp>
    var value: Double?
    var key: String

    var text: String {
        var fields = CursorFields()
        fields.add(range.lowerBound.microseconds)
        fields.add(range.upperBound.microseconds)
        fields.add(value.map { String($0.bitPattern) } ?? "")
        fields.add(key)
        return fields.text
    }

    init(range: Range<Timestamp>, value: Double?, key: String) {
        self.range = range
        self.value = value
        self.key = key
    }

    init(_ text: String) throws(Problem) {
        guard let fields = CursorFields.read(text, count: 4), let range = cursorRange(fields) else {
            throw CursorSigner.invalid("it is not one of ours")
        }
        self.range = range
        value = UInt64(fields[2]).map { Double(bitPattern: $0) }
        key = fields[3]
    }
}

/// The range in a cursor's first two fields.
func cursorRange(_ fields: [String]) -> Range<Timestamp>? {
    guard let from = Int64(fields[0]), let to = Int64(fields[1]), from < to else { return nil }
    return Timestamp(microseconds: from)..<Timestamp(microseconds: to)
}
