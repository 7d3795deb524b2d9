package import Days

/// Checks the figures of a report against its snapshot.
///
/// Every number written in digits is taken from the text (dates and clock times are read as what they are) and looked up
/// among the snapshot's facts at the precision at which it is written: `40%` is supported by a share of 0.4012, `1,234` by a
/// count of 1234, `2.5 s` by 2500 ms, `twice` by nothing. What the rules wrote says itself which fact each figure states
/// (`Citation`). Of every other text the words around the figure decide (`FigureContext`): they name what is counted, and
/// each source, code, hour… that the fact is about; a figure that they attach to something else, or to nothing, is not
/// supported. Where several facts fit alike, the figure is supported and has no link.
///
/// Digits in names (`TextNames`) are not figures. What the rules wrote about a model's failure has figures of its own (a
/// status, seconds): the failure supports them, in its own part alone. The check cannot see figures in words, nor a true
/// figure with a wrong predicate.
package struct Grounding: Hashable, Sendable {
    package struct CheckedFigure: Hashable, Sendable {
        package var text: String
        /// Where in the report: `user_behaviour[1]`.
        package var section: String
        /// UTF-16 code units of the section's text, half-open.
        package var range: Range<Int>
        package var isSupported: Bool
        /// The fact that supports it; nil for an unsupported figure, and where several do alike.
        package var fact: String?
        /// For a fact that counts attempts: the filter of `GET /v1/attempts`, and the count.
        package var filter: [String: String]?
        package var count: Int64?
    }
    package var figures: [CheckedFigure]

    package var checked: Int { figures.count }
    package var supported: Int { figures.count { $0.isSupported } }
    package var unsupported: [CheckedFigure] { figures.filter { !$0.isSupported } }
    /// Supported by checked figures; `1.0000` for a text without figures.
    package var share: String { Decimal.ratio(Int64(supported), Int64(checked)) ?? "1.0000" }

    /// `signals` are those that were computed from the same snapshot: their own texts are theirs to answer for. `names` are
    /// those that the report may use beside the snapshot's (the model's), and `failure` is why the rules wrote it, when they
    /// did; then `citations` say what its figures state, by the text's place.
    package init(
        _ sections: ReportSections, snapshot: DaySnapshot, signals: [DaySignal] = [], names: [String] = [],
        failure: FallbackReason? = nil, citations: [String: [Citation]] = [:]
    ) {
        let facts = SnapshotFacts(snapshot, names: names + (failure?.names ?? []))
        figures = []
        for (path, text) in sections.texts where !signals.contains(where: { FallbackReport.title(of: $0) == text }) {
            let cited = citations[path] ?? []
            let found = Figure.all(in: text, names: facts.names).filter { figure in
                !cited.contains { $0.fact == nil && $0.range.contains(figure.range.lowerBound) }
            }
            let words = SentenceWords(text, found)
            let mentions = facts.subjects.mentions(in: words, found)
            let signal = signals.first { FallbackReport.evidence(of: $0) == text }
            for (place, figure) in found.enumerated() {
                var checked = CheckedFigure(text: figure.text, section: path, range: figure.range, isSupported: false)
                switch figure.kind {
                case .date: checked.fact = facts.date(figure.text)
                case .clock: checked.fact = facts.hour(of: figure)
                case .number, .percent:
                    let said = cited.first { $0.range.contains(figure.range.lowerBound) }?.fact
                    if let said, let fact = facts.fact(named: said, figure) {
                        checked.state(fact)
                    } else if said == failure?.fact || path == ReportSections.scopePath && said == nil,
                        let failure, failure.figures.contains(where: { Double($0) == figure.value })
                    {
                        checked.fact = failure.fact
                    } else {
                        let context = FigureContext(words, found, place, mentions, facts.subjects)
                        if let signal {
                            checked.fact = "signals[\(signal.id)]"
                            if let fact = facts.rows(of: signal, figure, context) { checked.state(fact) }
                        } else {
                            checked.state(facts.support(for: figure, context))
                        }
                    }
                }
                checked.isSupported = checked.isSupported || checked.fact != nil
                figures.append(checked)
            }
        }
    }

    /// `{checked, supported, unsupported, share, figures: [{text, section, start, end, supported, fact, rows}]}`.
    package var json: CanonicalJSON {
        let listed: [CanonicalJSON] = figures.prefix(AnalysisLimits.figuresMax).map(\.json)
        let members: [String: CanonicalJSON] = [
            "checked": .count(checked), "supported": .count(supported), "unsupported": .count(checked - supported),
            "share": .decimal(share), "figures": .array(listed),
        ]
        return .object(members)
    }
}

extension Grounding.CheckedFigure {
    fileprivate mutating func state(_ stated: Fact) {
        fact = stated.name
        filter = stated.filter
        count = stated.count
    }

    fileprivate mutating func state(_ support: SnapshotFacts.Support) {
        switch support {
        case .unsupported: break
        case .ambiguous: isSupported = true
        case .fact(let stated): state(stated)
        }
    }

    fileprivate var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "text": .string(text), "section": .string(section), "start": .count(range.lowerBound),
            "end": .count(range.upperBound), "supported": .boolean(isSupported), "fact": .optional(fact), "rows": .null,
        ]
        if let filter {
            let rows: [String: CanonicalJSON] = [
                "filter": .object(filter.mapValues { CanonicalJSON.string($0) }),
                "count": count.map { CanonicalJSON.integer($0) } ?? .null,
            ]
            members["rows"] = .object(rows)
        }
        return .object(members)
    }
}
