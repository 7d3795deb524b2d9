import Analysis
import Days
import Events
import Ports
import Testing

/// The figures of a report that the rules wrote state the facts that they were taken from, whatever else has their value.
struct GroundingLinkTests {
    private typealias Group = SnapshotFixture.Group
    private let reason = FallbackReason(reason: "model_unreachable", detail: "nobody listens", hint: "start it")

    private static let events = {
        var books = BooksDelta()
        books.received = 494
        books.stored = 480
        books.rejected = ["time_invalid": 14]
        return DayEventTotals(
            byType: [.init(type: "llm.call", events: 480, failures: 14), .init(type: "span", events: 60, failures: 2)],
            inputTokens: 1_234_567, outputTokens: 494, costMicroUSD: 12_345_678, books: books, pending: 2)
    }()

    /// Days on which many numbers are equal: 46 failures and 46 attempts of a source, 37 attempts of an hour and a channel.
    private static let days: [(groups: [Group], events: DayEventTotals?)] = [
        (SnapshotFixture.ordinary, nil), (SnapshotFixture.ordinary, events), ([], events), ([Group(count: 3)], nil),
        (
            [
                Group(count: 9, hours: [22]), Group(count: 46, hours: Array(0..<20), code: "email_invalid"),
                Group(count: 46, source: "call_center", hours: [3, 4, 5, 6, 7, 8, 9, 10]),
                Group(count: 28, source: "ads", channel: "social", hours: [22]),
                Group(count: 9, source: "ads", channel: "social", hours: [21]),
            ], nil
        ),
        (
            [
                Group(count: 100, users: 1), Group(count: 100, users: 50),
                Group(count: 40, source: "webhook", code: "duplicate_lead", category: .duplicate),
                Group(count: 60, source: "webhook", code: "rate_limit_user", category: .rateLimited),
                Group(count: 30, source: "campaign 2026", channel: "spring 24", code: "timeout_40", category: .timeout),
            ], nil
        ),
    ]

    @Test(arguments: days.indices, [true, false]) func everyFigureStatesItsFact(day: Int, hasPast: Bool) throws {
        let past = hasPast ? SnapshotFixture.ordinaryDays : []
        let s = SnapshotFixture.snapshot(
            "2026-03-10", Self.days[day].groups, trailing: past, events: Self.days[day].events)
        let signals = Signals(snapshot: s, trailing: past, stage: .closed).all
        let written = FallbackReport(snapshot: s, signals: signals, stage: .closed).written(because: reason)
        let grounding = Grounding(
            written.sections, snapshot: s, signals: signals, failure: reason, citations: written.citations)
        for figure in grounding.figures {
            #expect(figure.isSupported && figure.fact != nil, "\(figure)")
            if let count = figure.count {
                #expect(figure.text.replacing(",", with: "") == String(count), "\(figure)")
            }
        }
        func facts(_ begin: String) -> [String] {
            guard let place = written.sections.texts.first(where: { $0.text.hasPrefix(begin) })?.path else { return [] }
            return grounding.figures.filter { $0.section == place }.compactMap(\.fact)
        }
        func rows(_ rows: some Sequence<DaySnapshot.GroupRow>, _ path: String) -> [String] {
            rows.flatMap { ["\(path).rows[\($0.name)].attempts", "\(path).rows[\($0.name)].failure_share"] }
        }
        #expect(facts("By channel") == rows(s.byChannel.rows.prefix(3), "by_channel"))
        #expect(facts("By source") == rows(s.bySource.rows.prefix(4), "by_source"))
        #expect(facts("Failures by category") == s.byCategory.prefix(4).map { "by_category[\($0.category)].count" })
        if let hour = s.byHour.max(by: { $0.attempts < $1.attempts }), hour.attempts > 0 {
            let path = "by_hour[\(hour.hour)]"
            #expect(facts("The busiest hour") == ["\(path).hour", "\(path).attempts", "\(path).failures"])
            #expect(facts("On 2026-03-10").prefix(3) == ["date", "attempts.attempts", "attempts.successes"])
        }
        if s.events != nil {
            let books = ["received", "stored", "duplicate", "rejected_total", "quarantined_total"]
            #expect(facts("Of 494 received") == books.map { "events.books.\($0)" } + ["events.pending"])
        }
    }

    /// A figure of a signal opens the rows of the signal when it is their count.
    @Test func aSignalsCountOpensItsRows() throws {
        var groups = SnapshotFixture.ordinary
        groups[3].count = 80
        groups[3].hours = [14, 15, 16, 17]
        let s = SnapshotFixture.snapshot("2026-03-10", groups, trailing: SnapshotFixture.ordinaryDays)
        let signals = Signals(snapshot: s, trailing: [], stage: .closed).all
        let written = FallbackReport(snapshot: s, signals: signals, stage: .closed).written(because: reason)
        let figures = Grounding(
            written.sections, snapshot: s, signals: signals, citations: written.citations
        ).figures.filter { $0.section == "misconfiguration_signals[0].evidence" }
        #expect(figures.first?.text == "80" && figures.first?.count == 80)
        #expect(
            figures.first?.filter
                == ["date": "2026-03-10", "source": "partner_api", "error_code": "phone_country_missing"])
        let rest = figures.dropFirst().filter { $0.text.hasSuffix("%") }
        #expect(!rest.isEmpty && rest.allSatisfy { $0.fact == "signals[\(signals[0].id)]" && $0.filter == nil })
    }

    private func check(_ text: String, _ snapshot: DaySnapshot) throws -> [Grounding.CheckedFigure] {
        Grounding(
            ReportSections(
                executiveSummary: text, userBehaviour: ["x"], systemBehaviour: ["x"], misconfigurationSignals: [],
                confidenceAndScope: "x"), snapshot: snapshot
        ).figures
    }

    @Test func anEmptyDaysZeroIsTheTotal() throws {
        let found = try check(
            "Nobody came: there were 0 attempts and 77 leads.", SnapshotFixture.snapshot("2026-03-10", []))
        #expect(found.map(\.fact) == ["attempts.attempts", nil])
    }

    @Test func factsThatFitAlikeAreNoLink() throws {
        let s = SnapshotFixture.snapshot(
            "2026-03-10", [Group(count: 30, source: "webhook", channel: "webhook"), Group(count: 50)])
        let grounding = try check("webhook made 30 attempts.", s)
        #expect(grounding.map(\.isSupported) == [true])
        #expect(grounding[0].fact == nil && grounding[0].filter == nil && grounding[0].count == nil)
    }

    /// Hours of the clock, places and lengths of lists, versions: numbers of the snapshot that measure nothing.
    @Test(arguments: 0..<24) func noSmallNumberIsAlwaysSupported(number: Int) throws {
        let s = SnapshotFixture.snapshot(
            "2026-03-10", SnapshotFixture.ordinary, trailing: SnapshotFixture.ordinaryDays)
        for text in [
            "\(number) dashboards were opened.", "The number \(number).", "There were \(number) leads.",
            "\(number) people complained.", "\(number) attempts came from TikTok.",
        ] {
            #expect(try check(text, s).filter(\.isSupported).isEmpty, "\(text)")
        }
    }

    // MARK: Signs and powers

    private static let quiet = SnapshotFixture.snapshot(
        "2026-03-10", [Group(count: 300)], trailing: SnapshotFixture.ordinaryDays)

    @Test(arguments: [
        // 300 attempts, usually 494; 300 leads, usually 480; 1,000 is nowhere.
        ("-300 leads were created", ["-300": false]), ("\u{2212}300 leads were created", ["\u{2212}300": false]),
        ("-194 attempts against the usual day", ["-194": true]), ("194 attempts fewer than usual", ["194": true]),
        ("\u{2212}194 attempts", ["\u{2212}194": true]), ("+194 attempts", ["+194": false]),
        ("194 attempts more than usual", ["194": false]),
        ("-39.3% attempts", ["-39.3%": true]), ("39.3% fewer attempts than usual", ["39.3%": true]),
        ("+39.3% attempts", ["+39.3%": false]), ("(-4 leads)", ["-4": false]),
        ("\u{201C}-4\u{201D} leads", ["-4": false]),
        ("a loss of -$300", ["-$300": false]), ("3e2 attempts", ["3e2": true]), ("3.0E+2 attempts", ["3.0E+2": true]),
        ("3e3 attempts", ["3e3": false]), ("0x12C attempts", ["0x12C": true]), ("0x10 attempts", ["0x10": false]),
        ("299.9e0 attempts", ["299.9e0": false]), ("1e999 attempts", ["1e999": false]),
        // No sign: between digits, behind a word, in a date; and no power of ten.
        ("3-4 leads", ["3": false, "4": false]), ("leads-300", ["300": true]), ("on 2026-03-10", ["2026-03-10": true]),
        ("web-300", ["300": false]), ("300 exports", ["300": false]),
        ("300 attempts - 0 failed", ["300": true, "0": true]),
        ("\u{2014}300 attempts", ["300": true]),
    ])
    func signsAndPowersBelongToTheFigure(text: String, figures: [String: Bool]) throws {
        let found = try check(text, Self.quiet)
        let supported = Dictionary(found.map { ($0.text, $0.isSupported) }, uniquingKeysWith: { a, _ in a })
        #expect(supported == figures)
        for figure in found {
            let units = Array(text.utf16)
            #expect(String(decoding: units[figure.range], as: UTF16.self) == figure.text)
        }
    }
}
