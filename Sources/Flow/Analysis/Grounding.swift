package import Days

/// Checks the figures of a report against its snapshot.
///
/// Every number written in digits is taken from the text (dates and clock times are read as what they are) and looked up
/// among the snapshot's facts at the precision at which it is written: `40%` is supported by a share of 0.4012, `1,234` by a
/// count of 1234, `2.5 s` by 2500 ms, `twice` by nothing. Digits in names (`TextNames`) are not figures. What the rules wrote
/// about a model's failure has figures of its own (a status, seconds): the failure supports them, in its own part alone. A
/// figure that no fact supports is marked with its place. The check
/// cannot see that a true figure is attached to the wrong thing, nor figures in words.
package struct Grounding: Hashable, Sendable {
    package struct CheckedFigure: Hashable, Sendable {
        package var text: String
        /// Where in the report: `user_behaviour[1]`.
        package var section: String
        /// UTF-16 code units of the section's text, half-open.
        package var range: Range<Int>
        /// The fact that supports it; nil for an unsupported figure.
        package var fact: String?
        /// For a fact that counts attempts: the filter of `GET /v1/attempts`, and the count.
        package var filter: [String: String]?
        package var count: Int64?

        package var isSupported: Bool { fact != nil }
    }
    package var figures: [CheckedFigure]

    package var checked: Int { figures.count }
    package var supported: Int { figures.count { $0.isSupported } }
    package var unsupported: [CheckedFigure] { figures.filter { !$0.isSupported } }
    /// Supported by checked figures; `1.0000` for a text without figures.
    package var share: String { Decimal.ratio(Int64(supported), Int64(checked)) ?? "1.0000" }

    /// `signals` are those that were computed from the same snapshot, `names` those that the report may use beside the
    /// snapshot's (the model's), and `failure` is why the rules wrote it, when they did.
    package init(
        _ sections: ReportSections, snapshot: DaySnapshot, signals: [DaySignal] = [], names: [String] = [],
        failure: FallbackReason? = nil
    ) throws(DayError) {
        let facts = try SnapshotFacts(snapshot, signals: signals, names: names + (failure?.names ?? []))
        var figures: [CheckedFigure] = []
        for (path, text) in sections.texts {
            for figure in Figure.all(in: text, names: facts.names) {
                var fact = facts.fact(for: figure)
                if fact == nil, path == ReportSections.scopePath, figure.kind == .number,
                    failure?.figures.contains(Int(exactly: figure.value) ?? -1) == true
                {
                    fact = SnapshotFacts.Fact(name: "fallback.\(failure?.reason ?? "")")
                }
                figures.append(
                    CheckedFigure(
                        text: figure.text, section: path, range: figure.range, fact: fact?.name, filter: fact?.filter,
                        count: fact?.count))
            }
        }
        self.figures = figures
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
