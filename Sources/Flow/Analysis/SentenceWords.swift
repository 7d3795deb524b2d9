/// A text as words, in sentences and clauses.
///
/// A sentence ends with a full stop, an exclamation or a question mark before white space, and with a line. A clause ends
/// with a semicolon or a dash, and, once it holds a figure, with a comma and before `and`, `but`, `while`: so names may be
/// listed before one figure, and figures behind one name.
struct SentenceWords {
    struct Word {
        /// In lower case; of a figure, its digits.
        var text: String
        var sentence: Int
        var clause: Int
        /// Punctuation that ends a phrase stands before it.
        var isAfterBreak: Bool
        /// Place among the text's figures.
        var figure: Int?
        /// Whether clauses and spans end at it: a number or a share, not a date or a time of day.
        var isCounted = false
    }
    private(set) var words: [Word] = []
    /// The word that is the figure, by the figure's place.
    private(set) var places: [Int] = []

    init(_ text: String, _ figures: [Figure]) {
        var builder = Builder()
        var next = 0
        var at = text.unicodeScalars.startIndex
        let scalars = text.unicodeScalars
        var offset = 0
        while at < scalars.endIndex {
            if next < figures.count, offset == figures[next].range.lowerBound {
                places.append(builder.words.count)
                builder.add(figures[next], next)
                while at < scalars.endIndex, offset < figures[next].range.upperBound {
                    offset += UTF16.width(scalars[at])
                    at = scalars.index(after: at)
                }
                next += 1
                continue
            }
            let scalar = scalars[at]
            offset += UTF16.width(scalar)
            at = scalars.index(after: at)
            let isLast = at == scalars.endIndex || scalars[at].properties.isWhitespace
            builder.add(scalar, isBeforeSpace: isLast)
        }
        builder.end()
        words = builder.words
    }

    /// The words of a name, in lower case: `/user/phone_2` has three.
    static func words(of name: String) -> [String] {
        name.lowercased().unicodeScalars.split { !Builder.isPartOfWord($0) }.map {
            String(String.UnicodeScalarView($0))
        }
    }

    private struct Builder {
        var words: [Word] = []
        private var current = ""
        private var sentence = 0
        private var clause = 0
        private var hasFigure = false
        private var isAfterBreak = false

        static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "'"
        }

        mutating func add(_ scalar: Unicode.Scalar, isBeforeSpace: Bool) {
            guard !Self.isPartOfWord(scalar) else { return current.unicodeScalars.append(scalar) }
            end()
            switch scalar {
            case ".", "!", "?", "\n":
                isAfterBreak = true
                if isBeforeSpace || scalar == "\n" { endSentence() }
            case ";", "\u{2013}", "\u{2014}": endClause()
            case ",":
                isAfterBreak = true
                if hasFigure, isBeforeSpace { endClause() }
            case ":", "(", ")", "[", "]": isAfterBreak = true
            default: break
            }
        }

        mutating func add(_ figure: Figure, _ place: Int) {
            end()
            append(figure.text.lowercased())
            words[words.count - 1].figure = place
            guard figure.kind == .number || figure.kind == .percent else { return }
            words[words.count - 1].isCounted = true
            hasFigure = true
        }

        mutating func end() {
            guard !current.isEmpty else { return }
            let word = current.lowercased()
            current = ""
            if hasFigure, Vocabulary.conjunctions.contains(word) { endClause() }
            append(word)
        }

        private mutating func append(_ text: String) {
            words.append(Word(text: text, sentence: sentence, clause: clause, isAfterBreak: isAfterBreak))
            isAfterBreak = false
        }

        private mutating func endClause() {
            clause += 1
            hasFigure = false
            isAfterBreak = true
        }

        private mutating func endSentence() {
            sentence += 1
            endClause()
        }
    }
}
