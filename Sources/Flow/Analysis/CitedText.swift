/// Where a text of the rules says a fact, or a name.
package struct Citation: Hashable, Sendable {
    /// UTF-16 code units of the text, half-open.
    package var range: Range<Int>
    /// The fact that every figure in the range states; nil for a name, whose digits are no figures.
    package var fact: String?
}

/// A text that says of each of its figures which fact it states: `"\(Words.number(3), is: "attempts.failures") failed"`.
struct CitedText: ExpressibleByStringInterpolation {
    var text: String
    var citations: [Citation] = []

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation builder: Builder) { self = builder.built }

    struct Builder: StringInterpolationProtocol {
        fileprivate var built: CitedText = ""

        init(literalCapacity: Int, interpolationCount: Int) {}
        mutating func appendLiteral(_ text: String) { built.text += text }
        mutating func appendInterpolation(_ text: String) { built.text += text }
        mutating func appendInterpolation(_ text: CitedText) { built += text }
        mutating func appendInterpolation(_ text: String, is fact: String) { built.append(text, fact) }
        mutating func appendInterpolation(name text: String) { built.append(Words.name(text), nil) }
        /// A signal's title has names and no figures.
        mutating func appendInterpolation(title text: String) { built.append(text, nil) }
    }

    private mutating func append(_ said: String, _ fact: String?) {
        let start = text.utf16.count
        text += said
        citations.append(Citation(range: start..<text.utf16.count, fact: fact))
    }

    static func += (left: inout CitedText, right: CitedText) {
        let shift = left.text.utf16.count
        left.text += right.text
        left.citations += right.citations.map {
            Citation(range: $0.range.lowerBound + shift..<$0.range.upperBound + shift, fact: $0.fact)
        }
    }

    /// `a, b and c`.
    static func list(_ items: [CitedText]) -> CitedText {
        var all: CitedText = ""
        for (at, item) in items.enumerated() {
            if at > 0 { all += at == items.count - 1 ? " and " : ", " }
            all += item
        }
        return all
    }
}
