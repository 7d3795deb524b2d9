import Submissions
import Testing

/// The matcher of text fields against what a reader of regular expressions expects.
@Suite struct PatternTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var pattern: String
        var matching: [String]
        var other: [String]
        var testDescription: String { pattern }
        init(_ pattern: String, _ matching: [String], _ other: [String]) {
            self.pattern = pattern
            self.matching = matching
            self.other = other
        }
    }

    static let cases: [Case] = [
        Case("abc", ["abc"], ["", "ab", "abcd", "xabc", "ABC"]),
        Case("", [""], ["a"]),
        Case("^[0-9]{5}(-[0-9]{4})?$", ["02139", "02139-1234"], ["2139", "02139-", "02139-123", "021390"]),
        Case("[A-Z]{2}\\d+", ["AB1", "ZZ999"], ["A1", "AB", "ABx"]),
        Case("a|bc|", ["a", "bc", ""], ["b", "abc"]),
        Case("(a|b)*c+", ["c", "abbac", "bccc"], ["", "ab", "cab"]),
        Case("(?:ab){2,3}", ["abab", "ababab"], ["ab", "abababab"]),
        Case("x{0}y", ["y"], ["xy"]),
        Case("x{2,}", ["xx", "xxxxx"], ["x"]),
        Case("[^a-c]", ["d", "é", "-"], ["a", "b", "", "dd"]),
        Case("[a\\-z]+", ["a-z"], ["b"]),
        Case("[a-]+", ["a-a"], ["b"]),
        Case("[\\d\\s]+", ["1 2"], ["x"]),
        Case(".", ["x", "🙂", "é"], ["", "\n", "xy"]),
        Case("\\.\\$\\^\\\\", [".$^\\"], ["x$^\\"]),
        Case("\\w+@\\w+", ["ada@example"], ["ada@", "@x"]),
        Case("\\S+", ["a", "é"], ["a b"]),
        Case("ü{2}", ["üü"], ["ü"]),
        Case("(a?){3}b", ["b", "ab", "aaab"], ["aaaab"]),
        Case("((a*)*)*b", ["b", "aab"], ["a"]),
    ]

    @Test(arguments: cases) func theWholeValueHasToMatch(_ made: Case) throws {
        let pattern = try Pattern(made.pattern)
        for text in made.matching { #expect(pattern.matches(text), "\(made.pattern) matches '\(text)'") }
        for text in made.other { #expect(!pattern.matches(text), "\(made.pattern) does not match '\(text)'") }
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[]", "[^]", "[z-a]", "[\\D]", "[a", "*a", "a**", "a+?", "a{", "a{2", "a{3,2}", "a{,2}",
        "a{300}", "\\1", "\\b", "\\p{L}", "\\", "(?=a)", "(?<name>a)", "(?i)a", "a^b", "a$b", "(a$)", "]", "}",
        "((a{200}){200}){200}", String(repeating: "(", count: 40) + String(repeating: ")", count: 40),
        String(repeating: "a", count: 257),
    ])
    func whatIsNotSupportedIsRefused(_ pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test func aRefusalSaysWhereAndWhy() throws {
        #expect {
            try Pattern("ab(?=c)")
        } throws: { error in
            guard let error = error as? PatternError else { return false }
            return error.at == 5 && error.message.contains("look-around")
        }
    }

    /// Patterns that take a backtracking matcher longer than anybody waits.
    @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)x", "(a?){100}a{100}b"])
    func nothingTakesExponentialTime(_ text: String) throws {
        let pattern = try Pattern(text)
        #expect(pattern.size <= 1000)
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }

    /// Against a matcher that is right because it is simple: every way to split the text, on short texts.
    @Test func randomPatternsAgreeWithANaiveMatcher() throws {
        var seed: UInt64 = 0x5EED
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        func make(_ depth: Int) -> Naive {
            switch next(depth == 0 ? 2 : 7) {
            case 0: return .letter("a")
            case 1: return .letter("b")
            case 2: return .sequence(make(depth - 1), make(depth - 1))
            case 3: return .either(make(depth - 1), make(depth - 1))
            case 4: return .times(make(depth - 1), 0, nil)
            case 5: return .times(make(depth - 1), 1, nil)
            default:
                let low = next(3)
                return .times(make(depth - 1), low, low + next(3))
            }
        }
        let texts = (0..<6).flatMap { length in
            (0..<(1 << length)).map { bits in
                String((0..<length).map { bits >> $0 & 1 == 0 ? Character("a") : Character("b") })
            }
        }
        var matched = 0
        for _ in 0..<300 {
            let naive = make(3)
            guard let pattern = try? Pattern(naive.text) else { continue }
            for text in texts {
                let expected = naive.matches(Array(text))
                #expect(pattern.matches(text) == expected, "\(naive.text) on '\(text)'")
                if expected { matched += 1 }
            }
        }
        #expect(matched > 1000)
    }
}

/// A pattern as a tree that is matched by trying everything.
private indirect enum Naive {
    case letter(Character)
    case sequence(Naive, Naive)
    case either(Naive, Naive)
    case times(Naive, Int, Int?)

    var text: String {
        switch self {
        case .letter(let letter): String(letter)
        case .sequence(let a, let b): "\(a.text)\(b.text)"
        case .either(let a, let b): "(\(a.text)|\(b.text))"
        case .times(let node, let low, let high): "(\(node.text)){\(low),\(high.map(String.init) ?? "")}"
        }
    }

    func matches(_ text: [Character]) -> Bool { ends(of: text, from: 0).contains(text.count) }

    /// Every place at which a match that begins at `from` can end.
    private func ends(of text: [Character], from: Int) -> Set<Int> {
        switch self {
        case .letter(let letter): return from < text.count && text[from] == letter ? [from + 1] : []
        case .sequence(let a, let b):
            return Set(a.ends(of: text, from: from).flatMap { b.ends(of: text, from: $0) })
        case .either(let a, let b): return a.ends(of: text, from: from).union(b.ends(of: text, from: from))
        case .times(let node, let low, let high):
            var now: Set<Int> = [from]
            var found: Set<Int> = low == 0 ? [from] : []
            // More rounds than characters change nothing but the count.
            let rounds = high ?? (low + text.count + 1)
            guard rounds > 0 else { return found }
            for round in 1...rounds {
                now = Set(now.flatMap { node.ends(of: text, from: $0) })
                if round >= low { found.formUnion(now) }
            }
            return found
        }
    }
}
