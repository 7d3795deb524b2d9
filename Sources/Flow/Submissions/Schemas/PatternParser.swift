/// Reads the supported subset of regular expressions:
///
/// `abc` · `.` · `[a-z_]` · `[^0-9]` · `\d \D \w \W \s \S` (ASCII) · `\t \n \r` · `\` before a mark · `( )` and `(?: )` ·
/// `|` · `* + ? {n} {n,} {n,m}` · `^` at the start and `$` at the end, which change nothing.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        if peek == "^" { at += 1 }
        let node = try alternatives()
        guard at == scalars.count else { throw error("This ')' closes nothing. Write \\) for the character itself.") }
        return node
    }

    private var peek: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private func error(_ reason: String) -> PatternError { PatternError(at: at + 1, reason: reason) }

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.patternDepthMax else {
            throw error("Groups are nested more than \(Limits.patternDepthMax) deep.")
        }
        var nodes = [try sequence()]
        while peek == "|" {
            at += 1
            nodes.append(try sequence())
        }
        return nodes.count == 1 ? nodes[0] : .anyOf(nodes)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            if scalar == "$", at + 1 == scalars.count, depth == 1 {
                at += 1
                break
            }
            let atom = try atom()
            nodes.append(try repetition(of: atom))
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let scalar = peek else { throw error("The pattern ends too early.") }
        switch scalar {
        case "(": return try group()
        case "[": return .set(try characterClass())
        case ".":
            at += 1
            return .set(ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
        case "\\": return .set(try escape())
        case "*", "+", "?", "{": throw error("There is nothing before '\(scalar)' that could be repeated.")
        case "]", "}": throw error("'\(scalar)' opens nothing. Write \\\(scalar) for the character itself.")
        case "^", "$":
            throw error(
                "'\(scalar)' may stand only at the \(scalar == "^" ? "start" : "end"): the whole value has to match anyway."
            )
        default:
            at += 1
            return .set(ScalarSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        at += 1
        if peek == "?" {
            at += 1
            guard peek == ":" else {
                throw error("Of the '(?' forms only '(?:' is supported: no look-around, no names, no flags.")
            }
            at += 1
        }
        let node = try alternatives()
        guard peek == ")" else { throw error("A group is not closed: ')' is missing.") }
        at += 1
        return node
    }

    // MARK: Repetition

    private mutating func repetition(of node: PatternNode) throws(PatternError) -> PatternNode {
        let low: Int
        let high: Int?
        switch peek {
        case "*": (low, high) = (0, nil)
        case "+": (low, high) = (1, nil)
        case "?": (low, high) = (0, 1)
        case "{":
            at += 1
            low = try count()
            if peek == "," {
                at += 1
                high = peek == "}" ? nil : try count()
            } else {
                high = low
            }
            guard peek == "}" else { throw error("Write a repetition as {2}, {2,} or {2,5}.") }
            if let high, high < low { throw error("The repetition {\(low),\(high)} is empty.") }
        default: return node
        }
        at += 1
        if let next = peek, ["*", "+", "?", "{"].contains(next) {
            throw error("'\(next)' follows a repetition: only one is supported, without lazy or possessive forms.")
        }
        return .repeated(node, low: low, high: high)
    }

    private mutating func count() throws(PatternError) -> Int {
        var value: Int?
        while let digit = peek?.value, (48...57).contains(digit) {
            value = (value ?? 0) * 10 + Int(digit - 48)
            guard value! <= Limits.patternRepetitionsMax else {
                throw error("At most \(Limits.patternRepetitionsMax) repetitions.")
            }
            at += 1
        }
        guard let value else { throw error("Write a repetition as {2}, {2,} or {2,5}.") }
        return value
    }

    // MARK: Characters

    private static let digits: [ClosedRange<UInt32>] = [48...57]
    private static let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
    private static let space: [ClosedRange<UInt32>] = [9...13, 32...32]

    private mutating func escape() throws(PatternError) -> ScalarSet {
        at += 1
        guard let scalar = peek else { throw error("A '\\' ends the pattern; write \\\\ for the character itself.") }
        let set: ScalarSet
        switch scalar {
        case "d": set = ScalarSet(ranges: Self.digits)
        case "D": set = ScalarSet(ranges: Self.digits, isNegated: true)
        case "w": set = ScalarSet(ranges: Self.word)
        case "W": set = ScalarSet(ranges: Self.word, isNegated: true)
        case "s": set = ScalarSet(ranges: Self.space)
        case "S": set = ScalarSet(ranges: Self.space, isNegated: true)
        case "t": set = ScalarSet(ranges: [9...9])
        case "n": set = ScalarSet(ranges: [10...10])
        case "r": set = ScalarSet(ranges: [13...13])
        default:
            guard scalar.isASCII, scalar.value > 32, !Self.word.contains(where: { $0.contains(scalar.value) }) else {
                throw error(
                    "'\\\(scalar)' is not supported. Known: d D w W s S t n r, and \\ before a mark.")
            }
            set = ScalarSet(ranges: [scalar.value...scalar.value])
        }
        at += 1
        return set
    }

    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        at += 1
        var set = ScalarSet(ranges: [])
        if peek == "^" {
            set.isNegated = true
            at += 1
        }
        while let scalar = peek, scalar != "]" {
            if scalar == "[" { throw error("Write \\[ for a bracket inside of brackets.") }
            let low = try classMember()
            guard peek == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else {
                set.ranges += low.ranges
                continue
            }
            at += 1
            let high = try classMember()
            guard let from = low.only, let to = high.only, from <= to else {
                throw error(
                    "A range goes from a smaller to a larger character. Write \\- for the mark itself.")
            }
            set.ranges.append(from...to)
        }
        guard peek == "]" else { throw error("Brackets are not closed: ']' is missing.") }
        guard !set.ranges.isEmpty else { throw error("Brackets without a character match nothing.") }
        at += 1
        return set
    }

    private mutating func classMember() throws(PatternError) -> ScalarSet {
        guard let scalar = peek else { throw error("Brackets are not closed: ']' is missing.") }
        guard scalar == "\\" else {
            at += 1
            return ScalarSet(ranges: [scalar.value...scalar.value])
        }
        let set = try escape()
        guard !set.isNegated else { throw error("\\D, \\W and \\S are not supported inside of brackets.") }
        return set
    }
}

extension ScalarSet {
    /// The one code point of a set that has no other.
    fileprivate var only: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
