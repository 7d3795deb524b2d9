import Analysis
import Days
import Events
import Foundation
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// A model that does what a test says.
private final class ScriptedModel: LanguageModel {
    enum Step: Sendable {
        case answer(String)
        case truncated(String)
        case fail(ModelError)
        /// Lets time pass until it is cancelled.
        case hang(ManualClock)
    }
    let name = "scripted:1b"
    let steps: Mutex<[Step]>
    let requests = Mutex<[ModelRequest]>([])
    let onRequest: @Sendable () async -> Void

    init(_ steps: Step..., onRequest: @escaping @Sendable () async -> Void = {}) {
        self.steps = Mutex(steps)
        self.onRequest = onRequest
    }

    func check(timeout: Duration) async throws(ModelError) {
        if case .fail(let error) = steps.withLock({ $0[0] }) { throw error }
    }

    func answer(_ request: ModelRequest) async throws(ModelError) -> ModelAnswer {
        requests.withLock { $0.append(request) }
        let step = steps.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        await onRequest()
        func answer(_ text: String, _ isTruncated: Bool) -> ModelAnswer {
            ModelAnswer(
                text: text, model: name, inputTokens: 1, outputTokens: 1, isTruncated: isTruncated,
                duration: .seconds(1))
        }
        switch step {
        case .answer(let text): return answer(text, false)
        case .truncated(let text): return answer(text, true)
        case .fail(let error): throw error
        case .hang(let clock):
            while !Task.isCancelled {
                clock.advance(by: .seconds(61))
                await Task.yield()
            }
            throw .unreachable(address: "test", detail: "cancelled")
        }
    }
}

struct ReportServiceTests {
    /// A project with a ledger, yesterday (2026-03-10) and today (2026-03-11) empty of attempts.
    private final class Fixture: Sendable {
        let folder: String
        let ledger: SQLiteLedger
        let clock = ManualClock(now: Timestamp(rfc3339: "2026-03-11T15:00:00Z")!)
        let project: Project
        let book: DayBook
        let closer: DayCloser
        let yesterday = LogicalDate("2026-03-10")!
        let today = LogicalDate("2026-03-11")!

        init() throws {
            folder = (NSTemporaryDirectory() as NSString).appendingPathComponent("daybook-reports-\(UUID().uuidString)")
            ledger = try SQLiteLedger(folder: folder, telemetry: .none())
            project = Project(
                id: SnapshotFixture.project, organisationID: "org_1", name: "Reports",
                calendar: SnapshotFixture.calendar,
                region: "eu", eventsPerSecond: 1, submissionsPerUserPerMinute: 1,
                createdAt: Timestamp(rfc3339: "2026-03-10T15:00:00Z")!)
            book = DayBook(ledger: ledger, facts: nil, clock: clock, telemetry: .none())
            closer = DayCloser(ledger: ledger, book: book, clock: clock, telemetry: .none())
        }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func service(_ model: (any LanguageModel)?, deadline: Duration = .seconds(60)) -> ReportService {
            ReportService(
                reports: ledger, book: book, model: model, setupHint: "run: ollama pull llama3.1:8b",
                deadline: deadline,
                clock: clock, identifiers: TimeOrderedIdentifiers(randomness: SeededRandomness(seed: 1)),
                telemetry: .none())
        }
        func tries(_ date: LogicalDate) async throws -> [String] {
            try await ledger.analysisAttempts(project.id, date).map {
                "\($0.version) \($0.phase.rawValue) \($0.outcome ?? "-")"
            }
        }
    }

    private static let good = ReportSections(
        executiveSummary: "Nobody came: there were 0 attempts and 77 leads.", userBehaviour: ["None."],
        systemBehaviour: ["Quiet."], misconfigurationSignals: [], confidenceAndScope: "One day."
    ).json

    @Test func modelsAnswerIsStoredWithEverything() async throws {
        let f = try Fixture()
        let model = ScriptedModel(.answer(Self.good)) {
            // The try is on record before the model is asked.
            let tries = try? await f.tries(f.today)
            #expect(tries == ["1 started -"])
        }
        let (report, isNew) = try await f.service(model).report(of: f.project, date: f.today)
        #expect(isNew && report.status == .succeeded && report.version == 1 && report.model == "scripted:1b")
        #expect(report.promptVersion == "report-2" && report.promptText.contains("attempts: 0 in all"))
        #expect(report.rawAnswer == Self.good && report.fallback == nil)
        #expect(
            report.grounding
                == #"{"checked":2,"figures":[{"end":25,"fact":"attempts.attempts","rows":{"count":0,"filter":{"date":"2026-03-11"}},"section":"executive_summary","start":24,"supported":true,"text":"0"},{"end":41,"fact":null,"rows":null,"section":"executive_summary","start":39,"supported":false,"text":"77"}],"share":0.5000,"supported":1,"unsupported":1}"#
        )
        #expect(report.snapshotSHA256 == (try await f.book.stored(f.project.id, f.today))?.sha256)
        #expect(try await f.ledger.latestReport(f.project.id, f.today) == report)
        #expect(try await f.tries(f.today) == ["1 started -", "1 ended succeeded"])
        #expect(report.json.text.contains(#""status":"succeeded""#))
        let request = model.requests.withLock { $0[0] }
        #expect(request.schema == ReportSections.schema && request.timeout == .seconds(60))
    }

    @Test func closedDaysReportIsWrittenOnceAndReused() async throws {
        let f = try Fixture()
        _ = try await f.closer.close(f.project, date: f.yesterday)
        let model = ScriptedModel(.answer(Self.good))
        let service = f.service(model)
        let first = try await service.report(of: f.project, date: f.yesterday)
        let second = try await f.service(model).report(of: f.project, date: f.yesterday)
        #expect(first.isNew && !second.isNew && first.report == second.report)
        #expect(model.requests.withLock { $0.count } == 1)
        let third = try await service.report(of: f.project, date: f.yesterday, newVersion: true)
        #expect(third.isNew && third.report.version == 2)
        #expect(try await service.latest(f.project.id, date: f.yesterday)?.version == 2)
        // The old version cannot be written over.
        await #expect(throws: LedgerError.self) { try await f.ledger.storeReport(first.report) }
    }

    @Test func openDaysReportIsReplacedAndTheClosedDayGetsItsOwn() async throws {
        let f = try Fixture()
        let service = f.service(ScriptedModel(.answer(Self.good)))
        let first = try await service.report(of: f.project, date: f.today).report
        f.clock.advance(by: .seconds(10))
        let second = try await service.report(of: f.project, date: f.today).report
        #expect(first.version == 1 && second.version == 1 && second.reportID != first.reportID)
        f.clock.advance(by: .seconds(86_400))
        _ = try await f.closer.close(f.project, date: f.today)
        let final = try await service.report(of: f.project, date: f.today).report
        #expect(final.snapshotSHA256 != second.snapshotSHA256 || final.version == 1)
        #expect(try await service.report(of: f.project, date: f.today).isNew == false)
    }

    @Test func noModelGivesTheFallbackWithTheWayOut() async throws {
        let f = try Fixture()
        let report = try await f.service(nil).report(of: f.project, date: f.today).report
        #expect(report.status == .fallback && report.model == "none")
        #expect(report.grounding?.contains(#""unsupported":0"#) == true, "\(report.grounding ?? "no grounding")")
        #expect(report.fallback?.contains("model_not_configured") == true)
        #expect(report.fallback?.contains("ollama pull llama3.1:8b") == true)
        _ = try ReportSections(answer: report.sections, isTruncated: false)
    }

    @Test(arguments: [
        (
            ModelError.unreachable(address: "http://127.0.0.1:11434", detail: "connection refused"),
            "model_unreachable", "127.0.0.1:11434"
        ),
        (.timeout(seconds: 9), "model_timeout", "9 seconds"),
        (.modelMissing(model: "m", hint: "Run `ollama pull m`"), "model_missing", "ollama pull m"),
        (.refused(status: 401, detail: "no key"), "model_refused", "API key"),
        (.malformed(detail: "<html>"), "model_malformed", "protocol"),
        (.answerTooLarge(bytes: 5), "answer_too_large", "5 bytes"),
    ])
    func everyModelErrorGivesACompleteReport(error: ModelError, reason: String, words: String) async throws {
        let f = try Fixture()
        let model = ScriptedModel(.fail(error))
        let report = try await f.service(model).report(of: f.project, date: f.today).report
        #expect(report.status == .fallback)
        #expect(
            report.fallback?.contains("\"reason\":\"\(reason)\"") == true && report.fallback?.contains(words) == true)
        _ = try ReportSections(answer: report.sections, isTruncated: false)
        #expect(report.grounding?.contains(#""unsupported":0"#) == true, "\(report.grounding ?? "no grounding")")
        for text in ["connection refused", "<html>", "no key"] { #expect(!report.sections.contains(text)) }
        #expect(model.requests.withLock { $0.count } == 1)
        #expect(try await f.tries(f.today) == ["1 started -", "1 ended fallback"])
    }

    @Test func nonsenseIsAskedAgainThenGivenUp() async throws {
        let f = try Fixture()
        let model = ScriptedModel(.answer("I am a model"), .truncated(Self.good))
        let report = try await f.service(model).report(of: f.project, date: f.today).report
        #expect(report.fallback?.contains("answer_truncated") == true && report.rawAnswer == Self.good)
        #expect(model.requests.withLock { $0.map(\.seed) } == [1, 2])
        #expect(try await f.tries(f.today).count == 4)
        let second = ScriptedModel(.answer("{}"), .answer(Self.good))
        #expect(try await f.service(second).report(of: f.project, date: f.today).report.status == .succeeded)
    }

    /// The report says what is wrong in our own words; what the model wrote is data of the try.
    @Test(arguments: [
        (
            good.replacing(
                "\"misconfiguration_signals\":[]",
                with:
                    ##""misconfiguration_signals":[{"title":"t","evidence":"e","confidence":"99999 leads vanished"}]"##),
            "did not follow the required structure (misconfiguration_signals[0].confidence)"
        ),
        ("99999 leads vanished", "the model did not answer with JSON"),
        (
            good.replacing("[\"None.\"]", with: "[\"None.\", 99999]"),
            "did not follow the required structure (user_behaviour[1])"
        ),
    ])
    func aFallbackHoldsNothingThatTheModelWrote(answer: String, sentence: String) async throws {
        let f = try Fixture()
        let report = try await f.service(ScriptedModel(.answer(answer), .answer(answer)))
            .report(of: f.project, date: f.today).report
        #expect(report.status == .fallback)
        for text in [report.sections, report.fallback ?? ""] {
            #expect(text.contains(sentence) && !text.contains("99999") && !text.contains("Cannot"), "\(text)")
        }
        #expect(report.grounding?.contains(#""unsupported":0"#) == true, "\(report.grounding ?? "no grounding")")
        let details = try await f.ledger.analysisAttempts(f.project.id, f.today).compactMap(\.detail)
        #expect(details.count == 2 && report.rawAnswer == answer)
    }

    @Test func aRequestThatWaitsIsWrittenBehindTheOther() async throws {
        let f = try Fixture()
        let service = Mutex<ReportService?>(nil)
        let waiting = Mutex<Task<StoredReport?, Never>?>(nil)
        let model = ScriptedModel(.answer(Self.good), .answer(Self.good)) {
            guard waiting.withLock({ $0 == nil }) else { return }
            let inner = service.withLock { $0 }
            let task = Task { () async -> StoredReport? in
                do { return try await inner?.report(of: f.project, date: f.today, waits: true).report } catch {
                    Issue.record(error)
                    return nil
                }
            }
            waiting.withLock { $0 = task }
            for _ in 0..<100 { await Task.yield() }
        }
        let made = f.service(model)
        service.withLock { $0 = made }
        let first = try await made.report(of: f.project, date: f.today).report
        let task = waiting.withLock { $0 }
        for _ in 0..<200 {
            f.clock.advance(by: .milliseconds(250))
            await Task.yield()
        }
        let second = await task?.value
        #expect(second?.status == .succeeded && second?.reportID != first.reportID)
        #expect(model.requests.withLock { $0.count } == 2)
    }

    @Test func aSlowModelIsLeftAtTheDeadline() async throws {
        let f = try Fixture()
        let model = ScriptedModel(.hang(f.clock))
        let report = try await f.service(model).report(of: f.project, date: f.today).report
        #expect(report.fallback?.contains("model_timeout") == true)
    }

    @Test func twoRequestsForOneDayDoNotAskTwice() async throws {
        let f = try Fixture()
        let service = Mutex<ReportService?>(nil)
        let model = ScriptedModel(.answer(Self.good)) {
            let inner = service.withLock { $0 }
            do throws(Problem) {
                _ = try await inner?.report(of: f.project, date: f.today)
                Issue.record("a second report was written at the same time")
            } catch { #expect(error.code == .reportRunning) }
        }
        service.withLock { $0 = f.service(model) }
        let running = service.withLock { $0 }
        #expect(try await running?.report(of: f.project, date: f.today).report.status == .succeeded)
    }

    @Test func futureDayIsRefused() async throws {
        let f = try Fixture()
        await #expect(throws: Problem.self) {
            try await f.service(nil).report(of: f.project, date: f.today.next)
        }
    }
}
