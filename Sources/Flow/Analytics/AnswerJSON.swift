internal import Events
internal import Ports

/// A JSON value in the making. Members keep the order in which they are written, so that answers read well and equal
/// answers are equal bytes.
package indirect enum AnswerJSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Shortest form; not a number and infinity become `null`.
    case number(Double)
    case text(String)
    case array([AnswerJSON])
    case object([(String, AnswerJSON)])
    /// JSON text that is valid already, such as a stored payload.
    case raw(String)

    static func integer(_ value: Int) -> AnswerJSON { .integer(Int64(value)) }
    static func time(_ value: Timestamp) -> AnswerJSON { .text(value.rfc3339()) }
    static func optional(_ value: Double?) -> AnswerJSON { value.map { .number($0) } ?? .null }
    /// Absent texts are stored empty and answered as `null`.
    static func present(_ text: String) -> AnswerJSON { text.isEmpty ? .null : .text(text) }
    static func presentJSON(_ text: String) -> AnswerJSON { text.isEmpty ? .null : .raw(text) }

    package var bytes: [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(1024)
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): out.append(contentsOf: String(value).utf8)
        case .number(let value): JSONText.appendNumber(value, to: &out)
        case .text(let value): JSONText.appendString(value, to: &out)
        case .raw(let value): out.append(contentsOf: value.utf8)
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                JSONText.appendString(member.0, to: &out)
                out.append(UInt8(ascii: ":"))
                member.1.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

/// Micro-dollars as a decimal number of dollars for people: at least two decimals, no trailing zeroes beyond them.
func dollars(_ micro: Int64) -> String {
    let digits = String(micro.magnitude % 1_000_000)
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.count > 2, fraction.last == "0" { fraction.removeLast() }
    return (micro < 0 ? "-" : "") + String(micro.magnitude / 1_000_000) + "." + fraction
}

/// A part of a whole, rounded to a millionth; nil when there is no whole.
func share(_ part: Int64, of whole: Int64) -> Double? {
    whole > 0 ? (Double(part) / Double(whole) * 1_000_000).rounded() / 1_000_000 : nil
}

/// A quantile in milliseconds to three significant decimals; sketches are good to 1 %.
func quantile(_ q: Double, _ sketch: [SketchBucket]) -> Double? {
    LatencySketch.quantile(q, of: sketch.lazy.map { (bucket: $0.bucket, count: $0.count) })
        .map { ($0 * 1000).rounded() / 1000 }
}

/// The sketches of several groups as one.
func merged(_ sketches: some Sequence<[SketchBucket]>) -> [SketchBucket] {
    var counts: [Int16: Int64] = [:]
    for sketch in sketches { for entry in sketch { counts[entry.bucket, default: 0] += entry.count } }
    return counts.map { SketchBucket(bucket: $0.key, count: $0.value) }
}
