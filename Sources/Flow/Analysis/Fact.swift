/// A number of a snapshot, or one derived from it, with what a sentence has to say in order to state it.
struct Fact {
    enum Unit { case number, percent }

    var name: String
    var value: Double
    var unit = Unit.number
    /// Counts and measures that the figure's words may name.
    var measures: Set<Concept> = []
    /// Of a share: what it is a part of.
    var whole: Concept?
    /// The sources, codes, hours… that it is about, all of which the sentence names. None for a total.
    var subjects: Set<Subject> = []
    /// What it goes with as well: a sentence may name it.
    var related: Set<Subject> = []
    /// Of each group, the sentence says at least one word.
    var words: [Set<String>] = []
    /// A change against another value, with its sign: written without one, words of direction stand for it.
    var isDifference = false
    /// Reckoned from several numbers of the snapshot.
    var isDerived = false
    /// The filter of `GET /v1/attempts` that shows what it counts.
    var filter: [String: String]?

    /// For a fact that has rows: how many.
    var count: Int64? { filter == nil ? nil : Int64(value) }

    /// Whether the figure is this value at the precision at which it is written. Whole numbers and whole percentages are no
    /// rounding of what is below one, and only an exact 0 (or 100 %) is one.
    func isWritten(as figure: Figure) -> Bool {
        var value = value
        if isDifference {
            if !figure.isSigned { value = abs(value) }
        } else if figure.isSigned {
            return false
        }
        switch (figure.kind, unit) {
        case (.number, .number), (.percent, .percent): break
        case (.number, .percent):
            guard figure.places > 0, !isDifference else { return false }
            value /= 100
        default: return false
        }
        if value == figure.value { return true }
        guard !figure.isExact else { return false }
        if figure.places == 0, figure.unit == 1 {
            if figure.value == 0 || figure.kind == .percent && figure.value == 100 { return false }
            if figure.kind == .number, abs(value) < 1 { return false }
        }
        // Rounding either way at a half is accepted.
        let place = (0..<figure.places).reduce(1.0) { scale, _ in scale * 10 }
        return abs(value - figure.value) <= figure.unit * 0.5 / place * (1 + 1e-9) + 1e-12
    }
}

/// Something that a snapshot counts by.
struct Subject: Hashable {
    enum Kind: Hashable { case source, channel, code, category, field, user, key, type, hour }
    var kind: Kind
    var name: String

    /// The words that name it.
    var words: [String] { SentenceWords.words(of: name) }

    static func hour(_ hour: Int) -> Subject { Subject(kind: .hour, name: String(hour)) }
}
