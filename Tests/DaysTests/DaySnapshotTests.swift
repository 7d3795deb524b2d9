import Days
import Events
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

struct CanonicalJSONTests {
    @Test func membersAreSortedByBytesAndTextIsMinimal() {
        let value = CanonicalJSON.object([
            "b": .integer(-7), "a": .array([.null, .boolean(true), .string("é\"\n\u{1}/")]), "B": .string(""),
            "ä": .integer(1),
        ])
        #expect(value.text == #"{"B":"","a":[null,true,"é\"\n\u0001/"],"b":-7,"ä":1}"#)
        #expect(CanonicalJSON(parsing: value.text) == value)
        #expect(CanonicalJSON(parsing: "{\"a\":") == nil)
    }

    @Test func decimalsRoundHalvesAwayFromZeroInIntegers() {
        #expect(Decimal.ratio(1, 3) == "0.3333")
        #expect(Decimal.ratio(2, 3) == "0.6667")
        #expect(Decimal.ratio(1, 8, places: 2) == "0.13")
        #expect(Decimal.ratio(-1, 8, places: 2) == "-0.13")
        #expect(Decimal.ratio(5, 0) == nil)
        #expect(Decimal.ratio(.max, 1, places: 0) == String(Int64.max))
        #expect(Decimal.milliseconds(12.3456) == "12.346")
        #expect(Decimal.milliseconds(-1) == "0.000")
        #expect(Decimal.text(5, places: 6) == "0.000005")
    }
}

struct DaySnapshotTests {
    /// Ten of many, with many equals: as if all had been sorted.
    @Test func theTopUsersAreThoseOfASortedList() throws {
        let random = SeededRandomness(seed: 4)
        let date = try #require(LogicalDate("2026-03-10"))
        let calendar = try #require(DayCalendar(zoneName: "UTC"))
        var tally = DayTally(projectID: ProjectID(trusted: "prj_a"), date: date, calendar: calendar)
        var counts: [String: Int64] = [:]
        for sequence in 1...2000 {
            let user = "usr_\(Int(random.bytes(1)[0]) * (sequence % 3))"
            counts[user, default: 0] += 1
            tally.add(contentsOf: [
                Attempt(
                    attemptID: "att_\(sequence)", projectID: tally.projectID, sequence: Int64(sequence), userID: user,
                    source: "web_form", channel: "organic", receivedAt: calendar.start(of: date), logicalDate: date,
                    outcome: .failure, failureCategory: .validation, failureCode: "x", failureMessage: nil,
                    context: "{}",
                    retryAttempt: 1, durationMilliseconds: 1, idempotencyKey: nil, leadID: nil,
                    previousHash: AttemptHash.genesis, hash: AttemptHash.genesis)
            ])
        }
        let sorted = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.prefix(10)
        let top = tally.snapshot(leads: 0, events: nil, trailing: []).users.top
        #expect(top.map(\.userId) == sorted.map(\.key))
        #expect(top.map(\.attempts) == sorted.map(\.value))
    }

    @Test func countsEveryDimensionOfADay() async throws {
        let day = try DayFixture(now: "2026-03-10T20:00:00Z", withFacts: true)
        day.facts.state.withLock {
            $0.totals.byType = [
                .init(type: "llm.call", events: 7, failures: 2), .init(type: "span", events: 9, failures: 0),
            ]
            $0.totals.costMicroUSD = 1_234_567
            $0.totals.books.received = 16
            $0.totals.books.stored = 15
            $0.totals.books.rejected = ["time_invalid": 1]
        }
        let fields =
            #"{"errors":[{"pointer":"/user/phone","code":"phone_country_missing"},{"pointer":"/user/phone","code":"phone_country_missing"}]}"#
        try await day.submit([
            .init(at: "2026-03-10T13:05:00Z", milliseconds: 10),
            .init(
                at: "2026-03-10T13:06:00Z", source: "partner_api", user: "usr_2", code: "phone_country_missing",
                context: fields),
            .init(
                at: "2026-03-10T14:06:00Z", source: "partner_api", user: "usr_2", code: "phone_country_missing",
                context: fields, retry: 2),
            .init(at: "2026-03-10T15:00:00Z", source: "partner_api", channel: "paid_search", user: "usr_2", retry: 3),
            .init(
                at: "2026-03-10T15:00:01Z", user: "usr_3", code: "rate_limit_user", category: .rateLimited,
                context: "not json"),
        ])
        let snapshot = try await day.snapshot("2026-03-10")
        #expect(snapshot.attempts.attempts == 5 && snapshot.attempts.successes == 2 && snapshot.leads == 2)
        #expect(snapshot.attempts.failureShare == "0.6000")
        #expect(snapshot.bySource.rows.map(\.name) == ["partner_api", "web_form"])
        #expect(snapshot.bySource.rows[0].byHour?[9] == 1 && snapshot.bySource.rows[0].byHour?[10] == 1)
        #expect(snapshot.byChannel.rows.map(\.attempts) == [4, 1])
        #expect(snapshot.byCategory.map(\.category) == ["validation", "rate_limited"])
        #expect(snapshot.byCode.first?.code == "phone_country_missing" && snapshot.byCode.first?.count == 2)
        #expect(snapshot.bySourceAndCode.first?.shareOfSource == "0.6667")
        #expect(snapshot.fieldErrors.map(\.pointer) == ["/user/phone"] && snapshot.fieldErrors.map(\.count) == [2])
        #expect(snapshot.byHour.count == 24)
        #expect(snapshot.byHour.first { $0.hour == 9 }?.attempts == 2)
        #expect(snapshot.retries.firstTry == 1 && snapshot.retries.recovered == 1)
        #expect(snapshot.retries.failedFirst == 2 && snapshot.retries.failedAgain == 1)
        #expect(snapshot.users.distinct == 3 && snapshot.users.topShare == "0.6000")
        #expect(
            snapshot.latency?.count == 5 && snapshot.latency?.maxMs == "12.000" && snapshot.latency?.p99Ms == "12.000")
        #expect(snapshot.events?.events == 16 && snapshot.events?.costUsd == "1.234567")
        #expect(snapshot.events?.books.balanced == true)
        #expect(snapshot.comparison.days.isEmpty)
    }

    private static func context(_ key: String?) -> String {
        let submitter = key.map { ",\"submitter\":\"\($0)\"" } ?? ""
        return
            #"{"request":{"schema_version":2,"endpoint":"json","correlation_id":"a\"}b"\#(submitter),"session_id":"s"}}"#
    }

    @Test func attemptsAreCountedByKey() async throws {
        let day = try DayFixture(now: "2026-03-10T20:00:00Z")
        try await day.submit([
            .init(at: "2026-03-10T13:00:00Z", context: Self.context("key_a")),
            .init(at: "2026-03-10T13:01:00Z", code: "email_invalid", context: Self.context("key_b")),
            .init(at: "2026-03-10T13:02:00Z", context: Self.context("key_b")),
            .init(at: "2026-03-10T13:03:00Z", context: Self.context(nil)),
            // Of another form: parsed, and what a submitter's own field says does not count.
            .init(at: "2026-03-10T13:04:00Z", context: #"{"late":{},"request":{"submitter":"key_a"}}"#),
            .init(at: "2026-03-10T13:05:00Z", context: #"{"request":{"submitter":"key\u005fa"}}"#),
            .init(at: "2026-03-10T13:06:00Z", context: #"{"request":{},"accepted":{"submitter":"key_c"}}"#),
            .init(at: "2026-03-10T13:07:00Z", context: "not json"),
            .init(at: "2026-03-10T13:08:00Z", context: #"{"request":{"session_id":"\"submitter\":\"key_c\""}}"#),
        ])
        let keys = try #require(try await day.snapshot("2026-03-10").keys)
        #expect(keys.rows.map(\.keyId) == ["key_b", "key_a"] && keys.distinct == 2 && keys.other == nil)
        #expect(keys.rows.map(\.attempts) == [2, 3] && keys.rows.map(\.failures) == [1, 0])
        #expect(keys.rows[0].failureShare == "0.5000" && keys.rows[0].shareOfFailures == "1.0000")
        #expect(keys.withoutKeyAttempts == 4)
    }

    @Test func manyKeysAreBounded() throws {
        var tally = DayTally(projectID: ProjectID("prj_a")!, date: DayFixture.date("2026-03-10"), calendar: .utc)
        for sequence in 1...100 {
            tally.add(contentsOf: [
                Attempt(
                    attemptID: "a\(sequence)", projectID: ProjectID("prj_a")!, sequence: Int64(sequence), userID: nil,
                    source: "s", channel: "c", receivedAt: DayFixture.time("2026-03-10T01:00:00Z"),
                    logicalDate: DayFixture.date("2026-03-10"), outcome: .success, failureCategory: nil,
                    failureCode: nil, failureMessage: nil, context: Self.context("key_\(sequence)"), retryAttempt: 1,
                    durationMilliseconds: 1, idempotencyKey: nil, leadID: nil, previousHash: AttemptHash.genesis,
                    hash: AttemptHash.genesis)
            ])
        }
        let keys = try #require(tally.snapshot(leads: 0, events: nil, trailing: []).keys)
        #expect(keys.rows.count == DayLimits.keyRowsMax && keys.distinct == 100)
        #expect(keys.other?.attempts == Int64(100 - DayLimits.keyRowsMax))
    }

    @Test func canonicalTextIsStableAndReadsBack() async throws {
        let day = try DayFixture(now: "2026-03-10T20:00:00Z")
        try await day.submit([
            .init(at: "2026-03-10T13:05:00Z", source: "a\"b", milliseconds: 0.1 + 0.2),
            .init(at: "2026-03-10T13:06:00Z", user: "usr_9", code: "email_invalid"),
        ])
        let first = try await day.book.snapshot(of: day.project, date: DayFixture.date("2026-03-10"))
        let read = try DaySnapshot(canonicalJSON: first.json, date: first.date)
        #expect(read.canonicalJSON() == first.json)
        #expect(CanonicalJSON(parsing: first.json)?.text == first.json)
        #expect(first.sha256 == DayBook.sha256(first.json))
        #expect(
            !first.json.contains("e-") && first.json.hasPrefix(#"{"attempts":{"attempts":2,"failure_share":"0.5000""#))
        // A second book, which reads everything anew, comes to the same bytes.
        let other = DayBook(ledger: day.ledger, facts: nil, clock: day.clock, telemetry: .none())
        day.clock.advance(by: .seconds(600))
        #expect(try await other.snapshot(of: day.project, date: first.date).json == first.json)
    }

    @Test func openDayIsReadOnFromWhereItWas() async throws {
        let day = try DayFixture(now: "2026-03-10T20:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        #expect(try await day.snapshot("2026-03-10").attempts.attempts == 1)
        try await day.submit([
            .init(at: "2026-03-10T13:07:00Z", user: "usr_2"), .init(at: "2026-03-10T13:08:00Z", user: "usr_3"),
        ])
        let grown = try await day.snapshot("2026-03-10")
        #expect(grown.attempts.attempts == 3 && grown.users.distinct == 3 && grown.leads == 3)
    }

    @Test func futureDateIsRefused() async throws {
        let day = try DayFixture(now: "2026-03-10T20:00:00Z")
        await #expect(throws: DayError.self) { try await day.snapshot("2026-03-11") }
    }

    @Test func inventedNamesAreBounded() async throws {
        var tally = DayTally(
            projectID: ProjectID("prj_a")!, date: DayFixture.date("2026-03-10"), calendar: .utc)
        for sequence in 1...(DayLimits.groupNamesMax + 50) {
            tally.add(contentsOf: [
                Attempt(
                    attemptID: "a\(sequence)", projectID: ProjectID("prj_a")!, sequence: Int64(sequence), userID: nil,
                    source: String(repeating: "ü", count: 300) + "\(sequence)", channel: "c\(sequence)",
                    receivedAt: DayFixture.time("2026-03-10T01:00:00Z"), logicalDate: DayFixture.date("2026-03-10"),
                    outcome: .failure, failureCategory: .validation, failureCode: "x\(sequence)", failureMessage: nil,
                    context: "{}", retryAttempt: 99, durationMilliseconds: .nan, idempotencyKey: nil, leadID: nil,
                    previousHash: AttemptHash.genesis, hash: AttemptHash.genesis)
            ])
        }
        let snapshot = tally.snapshot(leads: 0, events: nil, trailing: [])
        #expect(snapshot.byChannel.rows.count == DayLimits.groupRowsMax)
        #expect(snapshot.byChannel.distinct == Int64(DayLimits.groupNamesMax + 1))
        let shown = snapshot.byChannel.rows.reduce(0) { $0 + $1.attempts } + (snapshot.byChannel.other?.attempts ?? 0)
        #expect(shown == snapshot.attempts.attempts)
        #expect(snapshot.bySource.rows.allSatisfy { $0.name.utf8.count <= DayLimits.groupTextBytesMax })
        #expect(snapshot.retries.byAttempt.map(\.attempt) == [DayLimits.retryAttemptMax])
        #expect(snapshot.canonicalJSON().utf8.count < 200_000)
    }

    /// Clocks go forward on 2026-03-08 and back on 2026-11-01 in New York; Lord Howe moves by half an hour.
    @Test(arguments: [
        ("America/New_York", "2026-03-08", 23), ("America/New_York", "2026-11-01", 25), ("UTC", "2026-03-08", 24),
        ("Australia/Lord_Howe", "2026-10-04", 24), ("Australia/Lord_Howe", "2026-04-05", 25),
    ])
    func daysHaveTheHoursOfTheirClock(zone: String, date: String, hours: Int) throws {
        let calendar = try #require(DayCalendar(zoneName: zone))
        let tally = DayTally(projectID: ProjectID("prj_a")!, date: DayFixture.date(date), calendar: calendar)
        let snapshot = tally.snapshot(leads: 0, events: nil, trailing: [])
        #expect(snapshot.byHour.count == hours)
        #expect(snapshot.byHour.first?.hour == 0)
        #expect(snapshot.byHour.last?.hour == 23)
        if zone == "America/New_York", hours == 25 { #expect(snapshot.byHour.filter { $0.hour == 1 }.count == 2) }
        if hours == 23 { #expect(!snapshot.byHour.contains { $0.hour == 2 }) }
    }
}
