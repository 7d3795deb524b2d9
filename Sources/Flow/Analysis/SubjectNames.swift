/// The names of a snapshot, and where a text mentions them.
///
/// A name is mentioned by its words, one after the other (`web_form`, `web form`), or, when there are several, in any
/// order within one clause (`invalid email`). Plurals and participles are the same word. Longer names come first, and a word belongs to one
/// of them only: within `email_invalid`, the channel `email` is not mentioned.
struct SubjectNames {
    struct Mention {
        /// Places of its words.
        var words: Set<Int>
        /// What has this name: a source and a channel may share it.
        var subjects: Set<Subject>
    }
    private let names: [(words: [String], subjects: Set<Subject>)]
    /// Single words of names: `form` alone is no mention, but no stranger either.
    private let parts: Set<String>

    init(_ subjects: Set<Subject>) {
        let named = subjects.filter { $0.kind != .hour }
        names = Dictionary(grouping: named, by: \.words).filter { !$0.key.isEmpty }
            .map { ($0.key, Set($0.value)) }
            .sorted { ($1.words.count, $0.words.joined()) < ($0.words.count, $1.words.joined()) }
        parts = Set(names.flatMap(\.words))
    }

    func isPart(_ word: String) -> Bool { parts.contains { Self.isSame($0, word) } }

    func mentions(in text: SentenceWords, _ figures: [Figure]) -> [Mention] {
        var found: [Mention] = []
        var taken: Set<Int> = []
        for (at, word) in text.words.enumerated() {
            guard let place = word.figure, figures[place].kind == .clock else { continue }
            found.append(Mention(words: [at], subjects: [.hour(Int(figures[place].value))]))
            taken.insert(at)
        }
        let clauses = Dictionary(grouping: text.words.indices) { text.words[$0].clause }
        for name in names {
            for clause in clauses.values {
                while let words = Self.places(of: name.words, in: clause.filter { !taken.contains($0) }, text) {
                    found.append(Mention(words: Set(words), subjects: name.subjects))
                    taken.formUnion(words)
                }
            }
        }
        return found
    }

    private static func places(of name: [String], in clause: [Int], _ text: SentenceWords) -> [Int]? {
        let run = clause.indices.first { start in
            start + name.count <= clause.count && clause[start + name.count - 1] - clause[start] == name.count - 1
                && name.indices.allSatisfy { isSame(name[$0], text.words[clause[start + $0]].text) }
        }
        if let run { return Array(clause[run..<run + name.count]) }
        guard name.count > 1 else { return nil }
        var places: [Int] = []
        for word in name {
            guard let at = clause.first(where: { !places.contains($0) && isSame(word, text.words[$0].text) }) else {
                return nil
            }
            places.append(at)
        }
        return places
    }

    private static let endings: Set<Substring> = ["s", "es", "d", "ed", "ing"]

    /// `form` and `forms`, `limited` and `limit`.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        let (short, long) = a.utf8.count < b.utf8.count ? (a, b) : (b, a)
        return short.utf8.count >= 4 && long.hasPrefix(short) && endings.contains(long.dropFirst(short.count))
    }
}
