import Days
import Events
import Foundation
import Ports
import SystemPorts
import Testing

/// Snapshots are written and read directly: byte for byte what the encoder gives in canonical form, value for value what the
/// decoder reads.
struct SnapshotTextTests {
    /// As snapshots were written before they had a writer of their own.
    private static func encoded(_ snapshot: DaySnapshot) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let text = String(decoding: try encoder.encode(snapshot), as: UTF8.self)
        return try #require(CanonicalJSON(parsing: text)).text
    }

    private static func decoded(_ text: String) throws -> DaySnapshot {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(DaySnapshot.self, from: Data(text.utf8))
    }

    private static func expectSameText(_ snapshot: DaySnapshot) throws {
        let text = snapshot.canonicalJSON()
        let isSame = Array(text.utf8) == Array(try encoded(snapshot).utf8)
        #expect(isSame, "\(text)")
        let isReadBack = try DaySnapshot(canonicalJSON: text, date: snapshot.date) == snapshot
        let isDecodedBack = try decoded(text) == snapshot
        #expect(isReadBack && isDecodedBack, "\(text)")
    }

    @Test(arguments: 0..<300) func theTextIsThatOfTheEncoder(seed: Int) throws {
        var drawing = Drawing(seed: UInt64(seed))
        try Self.expectSameText(drawing.snapshot(format: 1 + seed % 3))
    }

    @Test func anEmptyDayHasTheEncodersText() throws {
        for format in 1...3 {
            let tally = DayTally(
                projectID: ProjectID(trusted: "prj_a"), date: DayFixture.date("2026-03-10"), calendar: .utc)
            try Self.expectSameText(tally.snapshot(leads: 0, events: nil, trailing: [], format: format))
        }
    }

    /// Texts that nobody writes here: what the decoder reads is read, and what it refuses is refused as it does.
    @Test func anyOtherFormIsReadAsTheDecoderReadsIt() throws {
        var drawing = Drawing(seed: 7)
        let snapshot = drawing.snapshot(format: 3)
        let text = snapshot.canonicalJSON()
        let date = snapshot.date
        for other in [
            text.replacing(",\"", with: " ,\n\t\""),
            text.replacing("{\"attempts\":", with: "{\"new\":[1.5],\"attempts\":"),
            text.replacing("\"leads\":", with: "\"\\u006ceads\":"),
            text.replacing("\"leads\":\(snapshot.leads)", with: "\"leads\":\(snapshot.leads).0"),
            text.replacing("\"date\":", with: "\"none\":null,\"date\":"),
        ] {
            let isSame = try DaySnapshot(canonicalJSON: other, date: date) == Self.decoded(other)
            #expect(isSame && other != text, "\(other)")
        }
        for damaged in [
            "", "{}", "null", "[]", String(text.dropLast()), text + "x",
            text.replacing("\"leads\":\(snapshot.leads)", with: "\"leads\":\"\(snapshot.leads)\""),
            text.replacing("\"leads\":\(snapshot.leads)", with: "\"leads\":99999999999999999999"),
            text.replacing("\"date\":\"\(date)\"", with: "\"date\":\"2026-02-30\""),
            text.replacing("\"starts_at\":\"", with: "\"starts_at\":\"x"),
        ] {
            #expect(throws: DayError.self) { try DaySnapshot(canonicalJSON: damaged, date: date) }
            #expect(throws: (any Error).self) { try Self.decoded(damaged) }
        }
    }
}

/// Draws snapshots: counted from attempts, then with extremes in their fields.
private struct Drawing {
    private let random: SeededRandomness
    private static let texts = [
        "", "web_form", "a\"b\\c", "\u{0}\u{1}\u{1f}\u{7f}", "\n\r\t\u{8}\u{c}", "/slash//", "é ü 漢字 🇩🇪👩‍👩‍👧",
        "\u{2028}\u{2029}",
        "e\u{301}", "\u{feff}x", "null", "{}", "1e5", "-0.0", String(repeating: "ü", count: 80), "(other)",
        "zz\u{fffd}",
    ]
    private static let numbers: [Int64] = [0, 1, 9, 10, -1, 99, 100, 12_345, .max, .min, 1 << 53, -(1 << 53) - 1]

    init(seed: UInt64) { random = SeededRandomness(seed: seed) }

    private func below(_ bound: Int) -> Int {
        random.bytes(4).reduce(0) { $0 << 8 | Int($1) } % bound
    }
    private func text() -> String { Self.texts[below(Self.texts.count)] }
    private func number() -> Int64 { Self.numbers[below(Self.numbers.count)] }
    private func decimal() -> String? { below(3) == 0 ? nil : Decimal.text(number(), places: below(7)) }

    mutating func snapshot(format: Int) -> DaySnapshot {
        let date = LogicalDate(dayNumber: Int32(20_500 + below(400)))
        var trailing: [TrailingDay] = []
        for back in stride(from: below(8), to: 0, by: -1) {
            let before = counted(date.adding(days: -back), format: 1 + below(3), trailing: [])
            trailing.append(TrailingDay(sha256: text(), snapshot: before))
        }
        var snapshot = counted(date, format: format, trailing: trailing)
        if below(2) == 0 { distort(&snapshot) }
        return snapshot
    }

    private func counted(_ date: LogicalDate, format: Int, trailing: [TrailingDay]) -> DaySnapshot {
        let zones = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
        let calendar = DayCalendar(zoneName: zones[below(zones.count)])!
        let project = ProjectID(trusted: "prj_a")
        var tally = DayTally(projectID: project, date: date, calendar: calendar)
        let start = calendar.start(of: date)
        let durations = [0, 0.1 + 0.2, 1e-9, 12.5, 86_400_000, .infinity, .nan, -1, 1e300]
        for sequence in 0..<below(60) {
            let isFailure = below(2) == 0
            let errors = (0..<below(4)).map { _ in
                #"{"pointer":\#(JSONText.quoted(text())),"code":\#(JSONText.quoted(text()))}"#
            }
            let context =
                #"{"request":{"submitter":\#(JSONText.quoted(text()))},"errors":[\#(errors.joined(separator: ","))]}"#
            tally.add(contentsOf: [
                Attempt(
                    attemptID: "att_\(sequence)", projectID: project, sequence: Int64(sequence + 1),
                    userID: below(4) == 0 ? nil : text(), source: text(), channel: text(),
                    receivedAt: Timestamp(microseconds: start.microseconds + Int64(below(86_400)) * 999_983),
                    logicalDate: date, outcome: isFailure ? .failure : .success,
                    failureCategory: isFailure ? .validation : nil, failureCode: isFailure ? text() : nil,
                    failureMessage: nil, context: below(5) == 0 ? "{}" : context, retryAttempt: below(14),
                    durationMilliseconds: durations[below(durations.count)], idempotencyKey: nil, leadID: nil,
                    previousHash: AttemptHash.genesis, hash: AttemptHash.genesis)
            ])
        }
        return tally.snapshot(
            leads: Int64(below(1_000_000)), events: below(3) == 0 ? nil : events(), trailing: trailing, format: format)
    }

    private func events() -> DayEventTotals {
        var books = BooksDelta()
        books.received = number()
        books.stored = Int64(below(5000))
        for _ in 0..<below(4) { books.rejected[text()] = Int64(below(100)) }
        for _ in 0..<below(4) { books.quarantined[text()] = Int64(below(100)) }
        return DayEventTotals(
            byType: (0..<below(5)).map { _ in .init(type: text(), events: Int64(below(999)), failures: 1) },
            late: number(), inputTokens: number(), outputTokens: number(), costMicroUSD: number(), books: books,
            pending: number())
    }

    private func distort(_ snapshot: inout DaySnapshot) {
        snapshot.timeZone = text()
        snapshot.startsAt = Timestamp(microseconds: Int64(below(2_000_000_000)) * 1_000_003)
        snapshot.attempts.failureShare = decimal()
        snapshot.attempts.firstSequence = below(2) == 0 ? nil : number()
        snapshot.attempts.firstAt = below(2) == 0 ? nil : Timestamp(microseconds: -1)
        snapshot.leads = number()
        for at in snapshot.byHour.indices { snapshot.byHour[at].attempts = number() }
        for at in snapshot.bySource.rows.indices {
            snapshot.bySource.rows[at].p95Ms = decimal()
            snapshot.bySource.rows[at].byHour = below(2) == 0 ? nil : [number(), number()]
        }
        snapshot.bySource.other = snapshot.bySource.rows.first
        if below(2) == 0 { snapshot.byChannel.rows = [] }
        for at in snapshot.bySourceAndCode.indices { snapshot.bySourceAndCode[at].byHour = [] }
        for at in snapshot.users.top.indices { snapshot.users.top[at].share = decimal() }
        snapshot.users.topShare = decimal()
        let key = snapshot.keys?.rows.first
        snapshot.keys?.other = key
        if below(4) == 0 { snapshot.keys = nil }
        if below(4) == 0 { snapshot.latency = nil }
        if below(4) == 0 { snapshot.events = nil }
        snapshot.events?.late = below(2) == 0 ? nil : number()
        snapshot.events?.books.balanced = below(2) == 0
        snapshot.comparison.attemptsMean = decimal()
        snapshot.comparison.p95MsMean = decimal()
        for at in snapshot.comparison.sources.indices { snapshot.comparison.sources[at].failureShare = decimal() }
    }
}
