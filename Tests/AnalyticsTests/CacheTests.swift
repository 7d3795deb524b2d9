import Analytics
import Events
import Ports
import Synchronization
import SystemPorts
import Telemetry
import Testing

@Suite struct CacheTests {
    static func key(_ question: String, _ project: Project = Given.project) -> AnswerCache.Key {
        AnswerCache.Key(project: project.id, contract: "c", question: question)
    }

    @Test func keepsAnAnswerForItsLifetime() async throws {
        let given = Given()
        let made = Mutex(0)
        func ask() async throws -> [UInt8] {
            try await given.cache.answer(Self.key("q")) { () async throws(Problem) in
                let number = made.withLock { count in
                    count += 1
                    return count
                }
                return AnswerCache.Made(bytes: [UInt8(number)], lifetime: .seconds(15))
            }
        }
        #expect(try await ask() == [1])
        given.clock.advance(by: .seconds(14))
        #expect(try await ask() == [1])
        given.clock.advance(by: .seconds(1))
        #expect(try await ask() == [2])
    }

    @Test func theSameQuestionIsAskedOnceAtATime() async throws {
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        let store = FakeEventStore(gate: { for await _ in opened { break } })
        let given = Given(store: store)
        let key = AnswerCache.Key(project: Given.project.id, contract: "latency", question: "6:window=2:1h;")
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 {
                group.addTask { try await given.service.latency(Given.ask("window=1h")) }
            }
            while given.cache.waiting(key) < 19 { await Task.yield() }
            open.finish()
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        #expect(store.questions.count == 1)
    }

    @Test func theOrderOfParametersDoesNotMatter() async throws {
        let given = Given()
        _ = try await given.service.latency(Given.ask("window=1h&source=a&source=b"))
        _ = try await given.service.latency(Given.ask("source=b&source=a&window=1h&project_id=prj_one"))
        #expect(given.store.questions.count == 1)
        _ = try await given.service.latency(Given.ask("window=1h&source=a"))
        #expect(given.store.questions.count == 2)
    }

    @Test func tenantsNeverShareAnAnswer() async throws {
        let given = Given()
        given.store.add(Given.attempt("mine", minutesAgo: 5))
        let mine = try Answer(try await given.service.latency(Given.ask("window=1h")))
        let theirs = try Answer(try await given.service.latency(Given.ask("window=1h", Given.other)))
        #expect(mine.number("count") == 1 && mine.text("project_id") == "prj_one")
        #expect(theirs.number("count") == 0 && theirs.text("project_id") == "prj_two")
        #expect(given.store.questions.map(\.filter.projectID) == [Given.project.id, Given.other.id])
    }

    @Test func failuresAndPartialAnswersAreNotKept() async throws {
        let given = Given()
        given.store.state.withLock { $0.failing = { _ in .timeout(operation: "latency", seconds: 10) } }
        let first = await problem { try await given.service.latency(Given.ask("window=1h")) }
        #expect(first?.code == .dependencyTimeout && first?.retryAfterSeconds == 2)
        given.store.state.withLock { $0.failing = { _ in nil } }
        _ = try await given.service.latency(Given.ask("window=1h"))

        given.store.state.withLock { $0.failing = { $0.buckets == .hours ? .closed : nil } }
        let partial = try Answer(try await given.service.failures(Given.ask("window=1h")))
        #expect(partial["partial"] as? Bool == true)
        given.store.state.withLock { $0.failing = { _ in nil } }
        let whole = try Answer(try await given.service.failures(Given.ask("window=1h")))
        #expect(whole["partial"] as? Bool == false)
    }

    @Test func holdsNoMoreThanItsBounds() async throws {
        let clock = ManualClock(now: Given.now)
        let cache = AnswerCache(clock: clock, telemetry: .none(), entriesMax: 8, bytesMax: 1000)
        let made = Mutex(0)
        func ask(_ question: String, _ size: Int) async throws {
            _ = try await cache.answer(Self.key(question)) { () async throws(Problem) in
                made.withLock { $0 += 1 }
                return AnswerCache.Made(bytes: Array(repeating: 0, count: size), lifetime: .seconds(60))
            }
        }
        for number in 0..<9 { try await ask("q\(number)", 1) }
        try await ask("q8", 1)
        #expect(made.withLock { $0 } == 9)
        try await ask("q0", 1)
        #expect(made.withLock { $0 } == 10, "the oldest went first")
        // Too large to be kept at all.
        try await ask("large", 900)
        try await ask("large", 900)
        #expect(made.withLock { $0 } == 12)
    }
}
