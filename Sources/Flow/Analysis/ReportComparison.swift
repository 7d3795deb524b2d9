package import Days
internal import Foundation
package import Ports

/// Two versions of one day's report side by side: what was said in one and not in the other, word by word.
package struct ReportComparison: Sendable {
    package struct Piece: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable { case same, added, removed }
        package var kind: Kind
        package var text: String

        package init(_ kind: Kind, _ text: String) {
            self.kind = kind
            self.text = text
        }
    }
    package struct Section: Hashable, Sendable {
        package var name: String
        package var from: String
        package var to: String
        package var diff: [Piece]
    }

    package var from: StoredReport
    package var to: StoredReport
    package var sections: [Section]

    package init(from: StoredReport, to: StoredReport) {
        self.from = from
        self.to = to
        let (old, new) = (Self.texts(from), Self.texts(to))
        sections = Self.names.map { name in
            let (a, b) = (old[name] ?? "", new[name] ?? "")
            return Section(name: name, from: a, to: b, diff: Self.diff(a, b))
        }
    }

    private static let names = [
        "executive_summary", "user_behaviour", "system_behaviour", "misconfiguration_signals", "confidence_and_scope",
    ]

    /// Each part as one text: statements and signals line by line.
    private static func texts(_ report: StoredReport) -> [String: String] {
        guard let sections = try? JSONDecoder().decode(ReportSections.self, from: Data(report.sections.utf8)) else {
            return [:]
        }
        return [
            "executive_summary": sections.executiveSummary,
            "user_behaviour": sections.userBehaviour.joined(separator: "\n"),
            "system_behaviour": sections.systemBehaviour.joined(separator: "\n"),
            "misconfiguration_signals": sections.misconfigurationSignals.map {
                "\($0.title) (\($0.confidence.rawValue)): \($0.evidence)"
            }.joined(separator: "\n"),
            "confidence_and_scope": sections.confidenceAndScope,
        ]
    }

    /// Words that both texts have in the same order stay; the rest was removed or added. Joining the pieces that are not
    /// added gives the old text, and those that are not removed the new one.
    package static func diff(_ old: String, _ new: String) -> [Piece] {
        let (a, b) = (words(old), words(new))
        // Longest common subsequence by dynamic programming: a report's parts have some hundred words.
        var length = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in a.indices.reversed() {
            for j in b.indices.reversed() {
                length[i][j] = a[i] == b[j] ? length[i + 1][j + 1] + 1 : max(length[i + 1][j], length[i][j + 1])
            }
        }
        var pieces: [Piece] = []
        func add(_ kind: Piece.Kind, _ word: String) {
            if pieces.last?.kind == kind {
                pieces[pieces.count - 1].text += word
            } else {
                pieces.append(Piece(kind, word))
            }
        }
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if i < a.count, j < b.count, a[i] == b[j] {
                add(.same, a[i])
                (i, j) = (i + 1, j + 1)
            } else if j == b.count || (i < a.count && length[i + 1][j] >= length[i][j + 1]) {
                add(.removed, a[i])
                i += 1
            } else {
                add(.added, b[j])
                j += 1
            }
        }
        return pieces
    }

    /// Words, each with the white space behind it.
    private static func words(_ text: String) -> [String] {
        var found: [String] = []
        var word = ""
        var isBehind = false
        for character in text {
            if isBehind, !character.isWhitespace {
                found.append(word)
                word = ""
            }
            isBehind = character.isWhitespace
            word.append(character)
        }
        return word.isEmpty ? found : found + [word]
    }

    package var json: CanonicalJSON {
        .object([
            "from": from.head, "to": to.head,
            "sections": .array(
                sections.map { section in
                    .object([
                        "name": .string(section.name), "from": .string(section.from), "to": .string(section.to),
                        "diff": .array(
                            section.diff.map { .object(["kind": .string($0.kind.rawValue), "text": .string($0.text)]) }),
                    ])
                }),
            "grounding": .object(["from": Self.grounding(from), "to": Self.grounding(to)]),
        ])
    }

    /// The counts of the check, without its figures.
    private static func grounding(_ report: StoredReport) -> CanonicalJSON {
        guard let text = report.grounding, case .object(var members) = CanonicalJSON(parsing: text) else {
            return .null
        }
        members["figures"] = nil
        return .object(members)
    }
}
