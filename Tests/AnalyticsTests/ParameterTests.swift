import Analytics
import Events
import Ports
import Synchronization
import SystemPorts
import Testing

@Suite struct ParameterTests {
    struct Refused: CustomTestStringConvertible {
        var query: String
        var code: ErrorCode
        var pointer: String
        var testDescription: String { query }
    }

    static let refused: [Refused] = [
        .init(query: "sauce=web", code: .parameterUnknown, pointer: "/query/sauce"),
        .init(query: "a/b~c=1", code: .parameterUnknown, pointer: "/query/a~1b~0c"),
        .init(query: "window=1y", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=0h", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=-2h", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=+2h", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=h", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=999999d", code: .rangeTooLong, pointer: "/query/window"),
        .init(query: "window=1h&window=2h", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "window=1h&from=2026-03-01", code: .parameterInvalid, pointer: "/query/window"),
        .init(query: "from=yesterday", code: .parameterInvalid, pointer: "/query/from"),
        .init(query: "from=2026-03-01T00:00:00", code: .parameterInvalid, pointer: "/query/from"),
        .init(query: "to=2026-03-01", code: .parameterMissing, pointer: "/query/from"),
        .init(query: "from=2026-03-02&to=2026-03-01", code: .rangeInvalid, pointer: "/query/from"),
        .init(query: "from=2026-03-01&to=2026-03-01", code: .rangeInvalid, pointer: "/query/from"),
        .init(query: "from=2020-01-01&to=2026-03-01", code: .rangeTooLong, pointer: "/query/from"),
        .init(query: "from=2090-01-01&to=2090-01-02", code: .rangeInvalid, pointer: "/query/to"),
        .init(query: "date=2026-02-29", code: .dateInvalid, pointer: "/query/date"),
        .init(query: "granularity=week", code: .parameterInvalid, pointer: "/query/granularity"),
        .init(query: "granularity=minute&window=7d", code: .rangeTooLong, pointer: "/query/granularity"),
        .init(query: "granularity=hour&window=300d", code: .rangeTooLong, pointer: "/query/granularity"),
        .init(query: "metric=speed", code: .parameterInvalid, pointer: "/query/metric"),
        .init(query: "outcome=maybe", code: .parameterInvalid, pointer: "/query/outcome"),
        .init(query: "error_category=oops", code: .parameterInvalid, pointer: "/query/error_category"),
        .init(query: "type=lead", code: .parameterInvalid, pointer: "/query/type"),
        .init(query: "user_id=", code: .parameterInvalid, pointer: "/query/user_id"),
        .init(query: "source=" + String(repeating: "x", count: 257), code: .parameterInvalid, pointer: "/query/source"),
    ]

    @Test(arguments: refused) func isRefusedByName(_ bad: Refused) async throws {
        let given = Given()
        let found = await problem { try await given.service.timeseries(Given.ask(bad.query)) }
        #expect(found?.code == bad.code)
        #expect(found?.fields.first?.pointer == bad.pointer)
        #expect(found?.fields.first?.message.isEmpty == false)
        #expect(given.store.questions.isEmpty)
    }

    @Test(arguments: ["limit=0", "limit=1001", "limit=ten", "limit=-5"]) func limitsAreBounded(_ query: String) async {
        let found = await problem { try await Given().service.events(Given.ask(query)) }
        #expect(found?.code == .parameterInvalid && found?.fields.first?.pointer == "/query/limit")
    }

    @Test func breakdownNeedsADimension() async {
        let found = await problem { try await Given().service.breakdown(Given.ask("window=1h")) }
        #expect(found?.code == .parameterMissing && found?.fields.first?.pointer == "/query/by")
    }

    @Test func repeatedParametersMeanAnyOf() async throws {
        let given = Given()
        _ = try await given.service.latency(Given.ask("source=b&source=a&source=b&window=1h"))
        #expect(given.store.questions.first?.filter.sources == ["b", "a"])
        #expect(given.store.questions.first?.filter.types == [EventType.leadSubmission])
    }

    @Test func datesAreDaysOfTheProject() async throws {
        let given = Given()
        _ = try await given.service.latency(Given.ask("date=2026-03-08"))
        let range = try #require(given.store.questions.first?.filter.range)
        // New York changes clocks on that day: it is 23 hours long.
        #expect(range.lowerBound == Timestamp(rfc3339: "2026-03-08T05:00:00Z"))
        #expect(range.upperBound == Timestamp(rfc3339: "2026-03-09T04:00:00Z"))
    }

    @Test func windowsEndNow() async throws {
        let given = Given()
        _ = try await given.service.latency(Given.ask("window=90m"))
        #expect(given.store.questions.first?.filter.range == (Given.now - .seconds(5400))..<Given.now)
    }

    @Test func daysAreDividedAtLocalMidnight() async throws {
        let given = Given()
        _ = try await given.service.timeseries(
            Given.ask("from=2026-03-07T12:00:00Z&to=2026-03-10T00:00:00Z&granularity=day&metric=attempts"))
        let expected = ["2026-03-07T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", "2026-03-10T00:00:00Z"]
        #expect(given.store.questions.first?.buckets == .edges(expected.map { Timestamp(rfc3339: $0)! }))
    }
}
