/// What the words around a figure say that it counts, and of what.
struct FigureContext {
    private let words: [SentenceWords.Word]
    private let mentions: [SubjectNames.Mention]
    private let names: SubjectNames
    private let figure: Figure
    private let at: Int
    /// The words that belong to this figure: its clause, up to the figures beside it.
    private let span: Range<Int>
    private let clause: Range<Int>
    private let sentence: Range<Int>

    /// What the figure's own words count: all of them have to be among a fact's measures.
    private(set) var measures: Set<Concept> = []
    /// Of a share: what it is said to be a part of.
    private(set) var whole: Concept?
    /// What the sentence was about before, when the figure's own words do not say it.
    private(set) var topic: Concept?
    /// Whether its words name something that no snapshot knows: `5 servers`, `31 attempts from TikTok`.
    private(set) var isForeign = false
    /// Whether anything says what it counts.
    private(set) var isAnchored = false

    init(
        _ text: SentenceWords, _ figures: [Figure], _ place: Int, _ mentions: [SubjectNames.Mention],
        _ names: SubjectNames
    ) {
        words = text.words
        self.mentions = mentions
        self.names = names
        figure = figures[place]
        at = text.places[place]
        let own = text.words[at]
        func range(_ isIn: (SentenceWords.Word) -> Bool) -> Range<Int> {
            (text.words.firstIndex(where: isIn) ?? 0)..<(text.words.lastIndex(where: isIn) ?? 0) + 1
        }
        sentence = range { $0.sentence == own.sentence }
        clause = range { $0.clause == own.clause }
        let low = text.words[clause.lowerBound..<at].lastIndex(where: \.isCounted).map { $0 + 1 } ?? clause.lowerBound
        let high = text.words[(at + 1)..<clause.upperBound].firstIndex(where: \.isCounted) ?? clause.upperBound
        span = low..<high
        read()
    }

    // MARK: Reading

    private struct Phrase {
        var concepts: [Concept] = []
        var isUnknown = false
        var isNamed = false
        var end: Int
        var isForeign: Bool { isUnknown && concepts.isEmpty }
    }

    private func isNamed(_ place: Int) -> Bool { mentions.contains { $0.words.contains(place) } }

    /// The noun with its attributes that begins at a word.
    private func phrase(from start: Int, to end: Int) -> Phrase {
        var found = Phrase(end: start)
        while found.end < end, found.end < start + 6 {
            let word = words[found.end]
            if word.isAfterBreak || word.figure != nil { break }
            if isNamed(found.end) {
                found.isNamed = true
            } else if let concept = Vocabulary.concept(word.text) {
                let isAttribute =
                    Vocabulary.attributes.contains(word.text) && found.end + 1 < end
                    && Vocabulary.concept(words[found.end + 1].text) != nil
                if !isAttribute { found.concepts.append(concept) }
            } else if !found.concepts.isEmpty || Vocabulary.functions.contains(word.text) {
                break
            } else if !Vocabulary.isNeutral(word.text) {
                found.isUnknown = true
            }
            found.end += 1
        }
        return found
    }

    private mutating func read() {
        var noun = phrase(from: at + 1, to: span.upperBound)
        isForeign = noun.isForeign
        measures = Set(noun.concepts)
        if figure.kind == .percent, noun.concepts.isEmpty, noun.end < span.upperBound, words[noun.end].text == "of" {
            var start = noun.end + 1
            while start < span.upperBound, Vocabulary.functions.contains(words[start].text) { start += 1 }
            let part = phrase(from: start, to: span.upperBound)
            whole = part.concepts.first
            isForeign =
                isForeign
                || part.isForeign && !part.isNamed && !words[start..<part.end].contains { names.isPart($0.text) }
            noun.end = part.end
            measures = Set(part.concepts.dropFirst())
        }
        if !isWholeOfAnother { readPredicate(from: noun.end) }
        if words[span.lowerBound..<at].last?.text == "usd" { measures.insert(.cost) }
        if measures.isEmpty {
            measures = Set(nearestConcept(in: span.lowerBound..<at).map { [$0] } ?? [])
        }
        if measures == [.times], let concept = nearestConcept(in: span.lowerBound..<at) { measures.insert(concept) }
        if measures.isEmpty { topic = nearestConcept(in: sentence.lowerBound..<span.lowerBound) }
        isForeign = isForeign || hasForeignOrigin || measures.isEmpty && hasForeignSubject
        isAnchored =
            !measures.isEmpty || whole != nil || topic != nil
            || words[clause].contains {
                Vocabulary.rises.contains($0.text) || Vocabulary.falls.contains($0.text)
                    || Vocabulary.differences.contains($0.text)
            }
            || mentions.contains { $0.words.contains { sentence.contains($0) && $0 < clause.upperBound } }
    }

    /// `2 of the 122 attempts failed`: the predicate is about the 2.
    private var isWholeOfAnother: Bool {
        guard let of = words[clause.lowerBound..<at].lastIndex(where: { $0.text == "of" }), of > clause.lowerBound
        else {
            return false
        }
        return words[of - 1].isCounted && words[(of + 1)..<at].allSatisfy { Vocabulary.functions.contains($0.text) }
    }

    /// `Revenue rose to 74`.
    private var hasForeignSubject: Bool {
        !span.contains(where: isNamed) && phrase(from: span.lowerBound, to: at).isForeign
    }

    /// `300 attempts from web_form failed`; `5.3 times the failures`.
    private mutating func readPredicate(from start: Int) {
        for place in start..<max(start, span.upperBound) {
            let word = words[place].text
            if Vocabulary.relatives.contains(word) { return }
            guard !isNamed(place), let concept = Vocabulary.concept(word) else { continue }
            if Vocabulary.outcomes.contains(word) || measures.contains(.times) {
                measures.insert(concept)
                return
            }
        }
    }

    private func nearestConcept(in range: Range<Int>) -> Concept? {
        for place in range.reversed() where !isNamed(place) {
            if let concept = Vocabulary.concept(words[place].text) { return concept }
        }
        return nil
    }

    /// Something unknown behind `from`, `via` or `through`, up to the next figure.
    private var hasForeignOrigin: Bool {
        let end = words[(at + 1)..<sentence.upperBound].firstIndex(where: \.isCounted) ?? sentence.upperBound
        return (span.lowerBound..<end).contains { place in
            guard Vocabulary.origins.contains(words[place].text) else { return false }
            var start = place + 1
            while start < end, Vocabulary.functions.contains(words[start].text),
                !Vocabulary.origins.contains(words[start].text)
            {
                start += 1
            }
            let origin = phrase(from: start, to: end)
            return origin.isForeign && !origin.isNamed && !words[start..<origin.end].contains { names.isPart($0.text) }
        }
    }

    // MARK: Judging

    /// How well the words say this fact: nil when they do not.
    func score(_ fact: Fact) -> Int? {
        guard measures.isSubset(of: fact.measures) else { return nil }
        if let whole, fact.whole != whole { return nil }
        guard covers(fact), isOfItsTime(fact), saysOutcome(of: fact), let named = scoreOfSubjects(fact),
            let said = scoreOfWords(fact)
        else {
            return nil
        }
        let isOnTopic = topic.map { fact.measures.contains($0) } ?? false
        return (named + said) * 4 + (isOnTopic ? 2 : 0) - (fact.isDerived ? 1 : 0)
    }

    /// A count of failures is none of attempts, unless the sentence speaks of failing or names what failed.
    private func saysOutcome(of fact: Fact) -> Bool {
        let outcomes = fact.measures.intersection([.successes, .failures, .leads])
        if outcomes.isEmpty || fact.subjects.contains(where: { [.code, .category, .field].contains($0.kind) }) {
            return true
        }
        let isShareAlone =
            measures.isEmpty && whole == nil && !span.contains(where: isNamed)
            && words[span].contains { Vocabulary.shares.contains($0.text) }
        if isShareAlone, fact.unit == .percent, outcomes == [.failures], fact.subjects.isEmpty { return true }
        return (sentence.lowerBound..<clause.upperBound).contains { place in
            !isNamed(place) && Vocabulary.concept(words[place].text).map(outcomes.contains) ?? false
        }
    }

    /// Whatever the figure's own words name, the fact is about. A whole may be said beside one of its parts: `300 of the
    /// 494 attempts`.
    private func covers(_ fact: Fact) -> Bool {
        if !fact.measures.isDisjoint(with: [.days, .hours, .sources, .channels, .keys]) { return true }
        if fact.subjects.isEmpty,
            words[max(span.lowerBound, at - 2)..<at].contains(where: { Vocabulary.wholes.contains($0.text) })
        {
            return true
        }
        let known = fact.subjects.union(fact.related)
        let own = mentions.filter { $0.words.contains { span.contains($0) } }
        // Of several names of one kind, one is the fact's: `web_form and partner_api made 312 and 122`.
        let kinds = Set(own.flatMap(\.subjects).filter { known.contains($0) }.map(\.kind))
        return own.allSatisfy { mention in mention.subjects.contains { known.contains($0) || kinds.contains($0.kind) } }
    }

    /// `the mean was 494` says nothing about the day itself.
    private func isOfItsTime(_ fact: Fact) -> Bool {
        fact.isDifference || fact.words.contains(Vocabulary.usual) || !fact.measures.isDisjoint(with: [.days, .times])
            || !words[span.lowerBound..<at].contains { Vocabulary.usualOnly.contains($0.text) }
    }

    private func scoreOfSubjects(_ fact: Fact) -> Int? {
        var score = 0
        let near = nearMentions
        for subject in fact.subjects {
            let places = mentions.filter { $0.subjects.contains(subject) }.flatMap(\.words)
            if places.contains(where: { span.contains($0) }) {
                score += 8
            } else if places.contains(where: { clause.contains($0) }) {
                score += 6
            } else if near.contains(where: { $0.subjects.contains(subject) }) {
                score += 4
            } else if places.contains(where: { sentence.contains($0) }) {
                score += 2
            } else if carried.contains(subject) {
                score += 1
            } else {
                return nil
            }
        }
        for subject in fact.related where mentions.contains(where: { $0.subjects.contains(subject) }) { score += 1 }
        return score
    }

    /// The names of the closest clause before this one in its sentence that has any; else of the closest one behind it.
    private var nearMentions: [SubjectNames.Mention] {
        func clause(of mention: SubjectNames.Mention) -> Int { words[mention.words.min() ?? 0].clause }
        let own = words[at].clause
        let all = mentions.filter { $0.words.contains { sentence.contains($0) } }
        let before = all.map { clause(of: $0) }.filter { $0 < own }.max()
        let nearest = before ?? all.map { clause(of: $0) }.filter { $0 > own }.min()
        return all.filter { clause(of: $0) == nearest }
    }

    /// What the sentence before is about, when this one names nothing.
    private var carried: Set<Subject> {
        guard !mentions.contains(where: { $0.words.contains { sentence.contains($0) } }) else { return [] }
        let before = words[at].sentence - 1
        return mentions.filter { $0.words.contains { words[$0].sentence == before } }.reduce(into: []) {
            $0.formUnion($1.subjects)
        }
    }

    private func scoreOfWords(_ fact: Fact) -> Int? {
        var score = 0
        for group in fact.words {
            if words[span].contains(where: { group.contains($0.text) }) {
                score += 4
            } else if words[sentence.lowerBound..<clause.upperBound].contains(where: { group.contains($0.text) }) {
                score += 2
            } else {
                return nil
            }
        }
        return fact.isDifference && !saysChange(fact.value) ? nil : score
    }

    /// A sign, or words of the direction.
    private func saysChange(_ value: Double) -> Bool {
        if figure.isSigned { return true }
        func says(_ set: Set<String>) -> Bool { words[clause].contains { set.contains($0.text) } }
        return says(Vocabulary.differences) || (value >= 0 ? says(Vocabulary.rises) : says(Vocabulary.falls))
    }
}

extension SnapshotFacts {
    /// What a figure of a text that anybody may have written states.
    enum Support {
        case unsupported
        /// Several facts alike: which of them is meant, nobody can say.
        case ambiguous
        case fact(Fact)
    }

    /// The facts that have the figure's value and that its words say; the one that they say best.
    func support(for figure: Figure, _ context: FigureContext) -> Support {
        guard !context.isForeign, context.isAnchored else { return .unsupported }
        var best: (score: Int, facts: [String: Fact]) = (.min, [:])
        for fact in facts where fact.isWritten(as: figure) {
            guard let score = context.score(fact), score >= best.score else { continue }
            if score > best.score { best = (score, [:]) }
            best.facts[fact.name] = fact
        }
        guard let only = best.facts.values.first else { return .unsupported }
        return best.facts.count == 1 ? .fact(only) : .ambiguous
    }
}
