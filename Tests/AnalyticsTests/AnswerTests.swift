import Analytics
import Events
import Ports
import Synchronization
import SystemPorts
import Testing

@Suite struct AnswerTests {
    @Test func theEnvelopeIsWrittenAsPublished() async throws {
        let oldest = StreamFrame(
            projectID: Given.project.id, receivedAt: Given.now - .seconds(4), counts: BooksDelta(), itemCount: 0,
            items: [])
        let given = Given(stream: FakeStream([oldest]))
        given.store.add(Given.attempt("a", minutesAgo: 5, milliseconds: 0))
        let bytes = try await given.service.latency(Given.ask("window=1h"))
        let expected =
            #"{"contract":{"name":"latency","version":1},"generated_at":"2026-03-10T15:30:00.000Z","#
            + #""data_as_of":"2026-03-10T15:29:56.000Z","partial":false,"missing":[],"project_id":"prj_one","#
            + #""range":{"from":"2026-03-10T14:30:00.000Z","to":"2026-03-10T15:30:00.000Z","granularity":null},"#
            + #""quantiles":{"p50_ms":0,"p90_ms":0,"p95_ms":0,"p99_ms":0},"count":1,"#
            + #""histogram":[{"from_ms":0,"to_ms":1,"count":1}]}"#
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func storeErrorsBecomeProblemsWithoutPaths() async {
        let table: [(EventStoreError, ErrorCode)] = [
            (.timeout(operation: "x", seconds: 10), .dependencyTimeout),
            (.timeout(operation: "x", seconds: 0), .overloaded),
            (.closed, .shuttingDown), (.failed(operation: "x", detail: "/secret/path"), .dependencyUnavailable),
            (.unreadable(path: "/secret/path", detail: ""), .dependencyUnavailable),
            (.full(path: "/secret/path", detail: ""), .storageFull),
        ]
        for (error, code) in table {
            let given = Given()
            given.store.state.withLock { $0.failing = { _ in error } }
            let found = await problem { try await given.service.breakdown(Given.ask("by=source")) }
            #expect(found?.code == code)
            #expect((found?.retryAfterSeconds ?? 0) > 0)
            #expect(found?.detail.contains("secret") == false)
        }
    }

    @Test func failuresGroupAndHeat() async throws {
        let given = Given()
        given.store.add(Given.attempt("ok", minutesAgo: 10))
        given.store.add(Given.attempt("b1", minutesAgo: 20, failure: "email_invalid"))
        given.store.add(Given.attempt("b2", minutesAgo: 80, failure: "email_invalid"))
        given.store.add(Given.attempt("b3", minutesAgo: 20, failure: "phone_invalid", source: "partner_api"))
        let answer = try Answer(try await given.service.failures(Given.ask("window=3h")))
        #expect(answer.number("total_failures") == 3 && answer.number("total_attempts") == 4)
        #expect(answer.number("failure_share") == 0.75)
        #expect(answer.text("groups.0.code") == "email_invalid" && answer.number("groups.0.count") == 2)
        #expect(answer.number("groups.0.share") == 0.666667)
        #expect(answer.text("groups.0.first_seen") == "2026-03-10T14:10:00.000Z")
        #expect(answer.list("groups.0.sample_event_ids").count == 2)
        #expect(answer.number("groups.0.retry_outcomes.pending") == 2)
        #expect(answer.list("groups.0.trend").count == 4)
        #expect(answer.number("groups.0.trend.2.count") == 1 && answer.number("groups.0.trend.3.count") == 1)
        #expect(answer.list("heat").count == 3)
        #expect(answer.number("by_category.0.count") == 3)
    }

    @Test func theRestIsServedWhenTheHeatFails() async throws {
        let given = Given()
        given.store.add(Given.attempt("b", minutesAgo: 20, failure: "email_invalid"))
        given.store.state.withLock {
            $0.failing = { $0.buckets == .hours ? .timeout(operation: "t", seconds: 10) : nil }
        }
        let answer = try Answer(try await given.service.failures(Given.ask("window=3h")))
        #expect(answer["partial"] as? Bool == true)
        #expect(answer.list("missing") as? [String] == ["groups.trend", "heat"])
        #expect(answer.number("groups.0.count") == 1 && answer.list("heat").isEmpty)
    }

    @Test func sessionsReachEveryStepBeforeTheirFurthest() async throws {
        let given = Given()
        for number in 0..<4 {
            var visit = Given.attempt("v\(number)", minutesAgo: 30)
            visit.type = EventType.funnelStep
            visit.funnelStep = "visit"
            visit.funnelPosition = 1
            visit.sessionID = "s\(number)"
            given.store.add(visit)
        }
        var accepted = Given.attempt("a", minutesAgo: 10, channel: "email")
        accepted.sessionID = "s0"
        given.store.add(accepted)
        let answer = try Answer(try await given.service.funnelMetrics(Given.ask("window=1h")))
        #expect(answer.list("steps").count == 8)
        #expect(answer.number("steps.0.sessions") == 4 && answer["steps.0.conversion_from_previous"] == nil)
        #expect(answer.number("steps.1.sessions") == 1 && answer.number("steps.1.conversion_from_previous") == 0.25)
        #expect(answer.number("steps.1.drop_off") == 3 && answer.number("steps.7.conversion_from_first") == 0.25)
        #expect(answer.number("totals.attempts") == 1 && answer.text("by_channel.0.channel") == "email")
    }

    @Test func seriesHaveEveryBucketAndNoFuture() async throws {
        let given = Given()
        given.store.add(Given.attempt("a", minutesAgo: 10, milliseconds: 100))
        given.store.add(Given.attempt("b", minutesAgo: 10, failure: "x", milliseconds: 100))
        let query = "from=2026-03-10T14:00:00Z&to=2026-03-10T18:00:00Z&granularity=hour&metric=leads&metric=error_rate"
        let answer = try Answer(try await given.service.timeseries(Given.ask(query)))
        #expect(answer.list("series.0.points").count == 4)
        #expect(answer.number("series.0.points.0.value") == 0)
        #expect(answer.number("series.0.points.1.value") == 1)
        #expect(answer["series.0.points.2.value"] == nil)
        #expect(answer["series.1.points.0.value"] == nil && answer.number("series.1.points.1.value") == 0.5)
        #expect(answer.text("filling_from") == "2026-03-10T15:00:00.000Z")
    }

    @Test func seriesOfOneKindSurviveTheOther() async throws {
        let given = Given()
        given.store.state.withLock { $0.failing = { $0.filter.types.isEmpty ? .closed : nil } }
        let answer = try Answer(try await given.service.timeseries(Given.ask("metric=cost&metric=leads&window=6h")))
        #expect(answer.list("missing") as? [String] == ["series.cost"])
        #expect(answer.list("series").count == 1 && answer.text("series.0.metric") == "leads")
        let found = await problem { try await given.service.timeseries(Given.ask("metric=cost&window=6h")) }
        #expect(found?.code == .shuttingDown)
    }

    @Test func theOverviewComparesEqualPartsOfDays() async throws {
        let given = Given()
        given.store.add(Given.attempt("today", minutesAgo: 30))
        // Yesterday (local): one before the same time of day, one after it.
        given.store.add(Given.attempt("early", minutesAgo: 24 * 60 + 30))
        given.store.add(Given.attempt("late", minutesAgo: 24 * 60 - 30))
        given.store.add(Given.attempt("failed", minutesAgo: 40, failure: "email_invalid"))
        let answer = try Answer(try await given.service.overview(Given.ask("")))
        #expect(answer.text("date") == "2026-03-10" && answer["is_today"] as? Bool == true)
        #expect(answer.number("today.attempts") == 2 && answer.number("today.leads") == 1)
        #expect(answer.number("today.success_share") == 0.5)
        #expect(answer.number("all_time.attempts") == 4 && answer.text("all_time.first_day") == "2026-03-09")
        #expect(answer.number("all_time.days") == 2)
        #expect(answer.number("trailing.seven_days.attempts") == 1 && answer.number("trailing.seven_days.days") == 1)
        #expect(answer["trailing.same_weekday"] == nil)
        #expect(answer.text("top_failure.code") == "email_invalid")
        let spark = answer.list("spark.attempts") as? [Int]
        // 14:50 and 15:00 UTC are 10:50 and 11:00 in New York.
        #expect(spark?.count == 24 && spark?[10] == 1 && spark?[11] == 1 && spark?.reduce(0, +) == 2)
    }

    @Test(arguments: [("2025-11-02", 25), ("2026-03-08", 23), ("2026-03-09", 24)])
    func theSparkHasANumberForEachHourOfTheDay(_ date: String, _ hours: Int) async throws {
        let given = Given()
        let answer = try Answer(try await given.service.overview(Given.ask("date=\(date)")))
        #expect(answer.list("spark.attempts").count == hours && answer.list("spark.events").count == hours)
    }

    @Test func realtimeCountsTheLastHourByTheMinute() async throws {
        let given = Given()
        for minutes: Int64 in [0, 3, 4, 5, 59, 60] {
            given.store.add(Given.attempt("m\(minutes)", minutesAgo: minutes))
        }
        let answer = try Answer(try await given.service.realtimeSnapshot(Given.ask("")))
        #expect(answer.list("per_minute").count == 60)
        #expect(answer.number("last_5_minutes.attempts") == 3 && answer.number("last_hour.attempts") == 5)
    }

    @Test func booksSayWhatIsPending() async throws {
        var counts = BooksDelta()
        counts.received = 3
        let mine = StreamFrame(
            projectID: Given.project.id, receivedAt: Given.now - .seconds(2), counts: counts, itemCount: 3, items: [])
        var theirs = mine
        theirs.projectID = Given.other.id
        let given = Given(stream: FakeStream([mine, theirs, mine]))
        var books = BooksDelta()
        books.received = 5
        books.stored = 4
        books.rejected = ["field_missing": 1]
        given.store.state.withLock {
            $0.books[BooksKey(projectID: Given.project.id, date: LogicalDate("2026-03-10")!)] = books
        }
        let answer = try Answer(try await given.service.books(Given.ask("date=2026-03-10")))
        #expect(answer.number("pending") == 6 && answer.number("lag_seconds") == 2)
        #expect(answer.number("rejected.field_missing") == 1 && answer["balanced"] as? Bool == true)
    }

    @Test func quarantinedItemsGoBackIntoTheStream() async throws {
        let given = Given()
        for index in 0..<3 {
            let item = QuarantinedItem(
                projectID: Given.project.id, receivedAt: Given.now, logicalDate: LogicalDate("2026-03-10")!,
                streamOffset: StreamOffset(4), itemIndex: index, code: "event_not_json", message: "m",
                bytes: [123, 125])
            given.store.state.withLock { $0.quarantine.append(item) }
        }
        let list = try Answer(try await given.service.quarantine(Given.ask("limit=2")))
        #expect(list.text("items.0.id") == "4-2" && list.text("items.0.bytes_base64") == "e30=")
        let cursor = try #require(list.text("page.next_cursor"))
        let rest = try Answer(try await given.service.quarantine(Given.ask("cursor=\(cursor)")))
        #expect(rest.list("items").count == 1 && rest["page.has_more"] as? Bool == false)
        let answer = try Answer(try await given.service.replayQuarantined(["4-0", "4-2", "9-9"], Given.ask("")))
        #expect(answer.number("replayed") == 2 && answer.text("failed.0.id") == "9-9")
        let frames = given.stream.frames.withLock { $0 }
        #expect(frames.count == 1 && frames.first?.itemCount == 2 && frames.first?.counts.received == 2)
        #expect(frames.first?.items == [2, 0, 0, 0, 123, 125, 2, 0, 0, 0, 123, 125])
        #expect(given.store.state.withLock { $0.quarantine.map(\.itemIndex) } == [1])
        let foreign = try Answer(try await given.service.replayQuarantined(["4-1"], Given.ask("", Given.other)))
        #expect(foreign.number("replayed") == 0)
    }
}
