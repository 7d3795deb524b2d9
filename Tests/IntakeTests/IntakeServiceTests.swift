import Events
import Intake
import Ports
import SystemPorts
import Telemetry
import Testing
import Wire

@Suite struct IntakeServiceTests {
    @Test func validItemsTravelAsTheyCame() async throws {
        let setup = IntakeSetup()
        let one = IntakeSetup.event("a", more: #" , "source" : "web_form" "#)
        let two = IntakeSetup.event("b")
        for (text, type) in [("[\(one), \(two)]", "application/json"), ("{\"events\":[\(one),\(two)]}", nil)] {
            let fresh = IntakeSetup()
            let receipt = try await fresh.accept(text, type: type)
            #expect(receipt.accepted == 2 && receipt.duplicates == 0 && receipt.rejected.isEmpty)
            #expect(receipt.batchID.hasPrefix("bat_"))
            #expect(try await fresh.frames.map { IntakeSetup.items($0) } == [[one, two]])
        }
        _ = try await setup.accept("\(one)\n\(two)\n", type: "application/x-ndjson; charset=utf-8")
        let frame = try await #require(setup.frames.first)
        #expect(IntakeSetup.items(frame) == [one, two])
        #expect(frame.itemCount == 2 && frame.counts.received == 2 && frame.receivedAt == IntakeSetup.now)
    }

    @Test func compressedBodiesAreRead() async throws {
        let setup = IntakeSetup()
        let body = IntakeSetup.gzip(Array("[\(IntakeSetup.event("a"))]".utf8))
        let receipt = try await setup.service.accept(setup.request(body, encoding: "gzip"))
        #expect(receipt.accepted == 1)
        #expect(await setup.problem(body.dropLast(5), encoding: "gzip")?.code == .bodyEncodingInvalid)
        #expect(await setup.problem(body, encoding: "zstd")?.code == .bodyEncodingInvalid)
        #expect(await setup.problem(body, encoding: "br")?.code == .encodingUnsupported)
        let bomb = IntakeSetup.gzip([UInt8](repeating: 32, count: 66 << 20))
        #expect(await setup.problem(bomb, encoding: "gzip")?.code == .bodyExpandsTooLarge)
        #expect(setup.service.admission.bytesInFlight == 0)
    }

    @Test func badItemsAreNamedAndHideNothing() async throws {
        let setup = IntakeSetup()
        let text =
            "[\(IntakeSetup.event("a")),{\"event_id\":\"bad\",\"type\":\"nope\"},{broken},\(IntakeSetup.event("d"))]"
        let receipt = try await setup.accept(text)
        #expect(receipt.accepted == 2)
        #expect(receipt.rejected.map(\.index) == [1, 2])
        #expect(receipt.rejected.map(\.eventID) == ["bad", nil])
        #expect(receipt.rejected.map(\.code) == [.fieldValue, .eventNotJSON])
        #expect(receipt.rejected[0].pointer == "/type")
        let frame = try await #require(setup.frames.first)
        #expect(frame.counts.received == 4)
        #expect(frame.counts.rejected == ["field_value": 1, "event_not_json": 1])
        let json = String(decoding: receipt.json, as: UTF8.self)
        #expect(
            json.contains(#""accepted":2,"duplicates":0,"rejected":[{"index":1,"event_id":"bad","code":"field_value""#))
    }

    @Test func nothingValidIsStillInTheBooks() async throws {
        let setup = IntakeSetup()
        let problem = await setup.problem("[{},7]".utf8)
        #expect(problem?.code == .batchNothingValid && problem?.code.status == 422)
        #expect(problem?.members["accepted"] == "0")
        #expect(problem?.members["rejected"]?.contains("event_not_object") == true)
        let frame = try await #require(setup.frames.first)
        #expect(frame.itemCount == 0 && frame.counts.received == 2)
        #expect(frame.counts.rejected == ["field_missing": 1, "event_not_object": 1])
    }

    @Test(arguments: [
        ("{\"events\":", "application/json", ErrorCode.bodyNotJSON), ("", "application/json", .bodyEmpty),
        ("  ", "application/json", .bodyEmpty), ("\"x\"", "application/json", .batchShapeInvalid),
        ("[]", "text/csv", .mediaTypeUnsupported),
    ])
    func anUnreadableBodyIsOneRejectedItem(_ body: String, _ type: String, _ code: ErrorCode) async throws {
        let setup = IntakeSetup()
        #expect(await setup.problem(body.utf8, type: type)?.code == code)
        let frame = try await #require(setup.frames.first)
        #expect(frame.counts.received == 1 && frame.counts.rejected == [code.rawValue: 1] && frame.itemCount == 0)
    }

    @Test func tooManyItemsAreRefused() async throws {
        let setup = IntakeSetup()
        let lines = Array(repeating: "{}", count: WireLimits.batchItemsMax + 1).joined(separator: "\n")
        #expect(await setup.problem(lines.utf8, type: "application/x-ndjson")?.code == .batchTooManyItems)
    }

    @Test func anEmptyBatchIsNothing() async throws {
        let setup = IntakeSetup()
        #expect(try await setup.accept("[]").accepted == 0)
        #expect(try await setup.frames.isEmpty)
    }

    @Test func repeatedIdentifiersAreTold() async throws {
        let setup = IntakeSetup()
        let a = IntakeSetup.event("a")
        let later = IntakeSetup.event("a", time: "2026-03-08T11:00:01Z")
        let first = try await setup.accept("[\(a),\(a),\(later)]")
        #expect(first.accepted == 1 && first.duplicates == 1)
        #expect(first.rejected.map(\.code) == [.eventIDConflict] && first.rejected.map(\.eventID) == ["a"])
        let second = try await setup.accept("[\(a)]")
        #expect(second.accepted == 0 && second.duplicates == 1)
        #expect(await setup.problem("[\(later)]".utf8)?.code == .batchNothingValid)
        let counts = try await setup.frames.map(\.counts)
        #expect(counts.map(\.duplicate) == [1, 1, 0])
        #expect(counts[2].rejected == ["event_id_conflict": 1])
    }

    @Test func anIdentifierCountsOnlyOnceItIsDurable() async throws {
        let setup = IntakeSetup()
        setup.stream.refuseAppends(with: .io(operation: "sync", path: "/x", errno: 5))
        let text = "[\(IntakeSetup.event("a"))]"
        #expect(await setup.problem(text.utf8)?.code == .dependencyUnavailable)
        setup.stream.refuseAppends(with: nil)
        #expect(try await setup.accept(text).accepted == 1)
    }

    @Test(arguments: [
        (StreamError.full(used: 1, budget: 1), ErrorCode.storageFull), (.overloaded(queuedBytes: 1), .overloaded),
        (.closed, .shuttingDown), (.corrupt(path: "", position: 0, reason: ""), .dependencyUnavailable),
    ])
    func theStreamsRefusalsAreAnswered(_ error: StreamError, _ code: ErrorCode) async {
        let setup = IntakeSetup()
        setup.stream.refuseAppends(with: error)
        let problem = await setup.problem("[\(IntakeSetup.event("a"))]".utf8)
        #expect(problem?.code == code && problem?.retryAfterSeconds != nil)
    }

    @Test func quotasRefuseAndRecover() async throws {
        var setup = IntakeSetup()
        setup.principal.eventsPerSecond = 2
        let batch = { (from: Int, count: Int) in
            "[" + (from..<from + count).map { IntakeSetup.event("e\($0)") }.joined(separator: ",") + "]"
        }
        #expect(try await setup.accept(batch(0, 30)).accepted == 30, "a batch larger than the burst passes once")
        let problem = await setup.problem(batch(30, 1).utf8)
        #expect(problem?.code == .rateLimitKey && problem?.retryAfterSeconds == 6)
        let quotas = setup.service.quotas(of: IntakeSetup.project.id, setup.principal)
        #expect(quotas.map(\.name) == ["project", "key"])
        #expect(quotas[0].remaining == 9970 && quotas[1].remaining == 0 && quotas[1].quota == 20)
        setup.clock.advance(by: .seconds(6))
        #expect(try await setup.accept(batch(30, 1)).accepted == 1)
        setup.principal = Principal(kind: .apiKey("key_2"), projects: [IntakeSetup.project.id], scopes: [.ingest])
        // Full again after the pause, less the one event since: this takes the rest.
        _ = try await setup.accept(batch(100, 9999))
        #expect(await setup.problem(batch(20_000, 1).utf8)?.code == .rateLimitProject)
    }

    @Test func tooManyBytesInFlightAreOverload() async throws {
        var limits = IntakeLimits()
        limits.bytesInFlightMax = 1000
        let setup = IntakeSetup(limits: limits)
        #expect(
            await setup.problem(
                "[\(IntakeSetup.event("a", more: ",\"input\":\"\(String(repeating: "x", count: 800))\""))]".utf8)?
                .code == .overloaded)
        #expect(try await setup.accept("[\(IntakeSetup.event("a"))]").accepted == 1)
        #expect(setup.service.admission.bytesInFlight == 0)
    }

    @Test func debugExplainsAndStoresNothing() async throws {
        let setup = IntakeSetup()
        let text = "[\(IntakeSetup.event("a", more: #", "source" : "s""#)),{}]"
        let explanation = try await setup.service.explain(setup.request(text.utf8))
        #expect(explanation.accepted == 1 && explanation.rejected.count == 1)
        #expect(
            explanation.wouldStore.map { String(decoding: $0, as: UTF8.self) } == [
                #"{"project_id":"prj_demo","received_at":"2026-03-08T12:00:00.000Z","logical_date":"2026-03-08","event_id":"a","type":"span","time":"2026-03-08T11:00:00Z","source":"s"}"#
            ])
        #expect(try await setup.frames.isEmpty)
        #expect(try await setup.accept(text).accepted == 1, "nothing was registered either")
    }

    @Test func replayTakesWhatIsValidNow() async throws {
        let setup = IntakeSetup()
        let good = Array(IntakeSetup.event("a").utf8)
        let receipt = try await setup.service.replay(project: IntakeSetup.project.id, items: [Array("{".utf8), good])
        #expect(receipt.replayed == 1)
        #expect(receipt.failed.map(\.index) == [0] && receipt.failed.map(\.code) == [.eventNotJSON])
        let frame = try await #require(setup.frames.first)
        #expect(IntakeSetup.items(frame) == [String(decoding: good, as: UTF8.self)] && frame.counts.received == 1)
    }

    @Test func anUnknownProjectIsForbidden() async throws {
        let setup = IntakeSetup()
        var request = setup.request("[]".utf8)
        request.projectID = ProjectID(trusted: "prj_other")
        await #expect(throws: Problem.self) { try await setup.service.accept(request) }
    }

    /// Whatever arrives, each frame balances: received = items + duplicates + rejected.
    @Test func everyFrameBalances() async throws {
        var limits = IntakeLimits()
        limits.recentIdentifiersMax = 64
        for seed in 0..<40 as Range<UInt64> {
            let setup = IntakeSetup(limits: limits)
            var state = seed &+ 1
            func next(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % bound
            }
            var received: Int64 = 0
            for _ in 0..<20 {
                let items = (0..<next(20)).map { _ in
                    switch next(6) {
                    case 0: "{\"event_id\":\"x\"}"
                    case 1: "{nonsense"
                    case 2: IntakeSetup.event("e\(next(30))", time: "2026-03-08T11:00:0\(next(3))Z")
                    default: IntakeSetup.event("e\(next(300))")
                    }
                }
                let isLines = next(2) == 0
                let body = isLines ? items.joined(separator: "\n") : "[" + items.joined(separator: ",") + "]"
                _ = await setup.problem(body.utf8, type: isLines ? "application/x-ndjson" : "application/json")
                // Unreadable as a whole: a brace that is not closed swallows the rest of an array.
                let isWhole = isLines ? !items.isEmpty : !items.contains("{nonsense")
                received += isWhole ? Int64(items.count) : 1
                setup.clock.advance(by: .seconds(1))
            }
            var counted: Int64 = 0
            for frame in try await setup.frames {
                counted += frame.counts.received
                #expect(frame.counts.received == frame.counts.accounted + Int64(frame.itemCount), "seed \(seed)")
                #expect(IntakeSetup.items(frame).count == frame.itemCount)
            }
            #expect(counted == received, "seed \(seed)")
        }
    }

    /// A figure, printed: what one batch of 500 events costs from body to frame, in memory.
    @Test func throughput() async throws {
        var project = IntakeSetup.project
        project.eventsPerSecond = 100_000_000
        let setup = IntakeSetup()
        let service = IntakeService(
            stream: setup.stream, directory: OneProject(project), clock: setup.clock, identifiers: FixedIdentifiers(),
            telemetry: .none())
        let filler = ",\"attributes\":{\"note\":\"\(String(repeating: "n", count: 280))\",\"tier\":2,\"region\":\"eu\"}"
        let bodies = (0..<100).map { batch in
            (0..<500).map { IntakeSetup.event("e\(batch)-\($0)", more: filler) }.joined(separator: "\n")
        }.map { setup.request($0.utf8, type: "application/x-ndjson") }
        let took = try await ContinuousClock().measure {
            for body in bodies { _ = try await service.accept(body) }
        }
        print(
            "hot: intake \(took.milliseconds * 1000 / 50_000) µs an event of \(IntakeSetup.event("e1-1", more: filler).utf8.count) bytes"
        )
        #expect(setup.stream.status.head == StreamOffset(100))
    }
}

private struct OneProject: ProjectDirectory {
    let projects: [Project]
    init(_ project: Project) { projects = [project] }
    func project(_ id: ProjectID) -> Project? { projects[0] }
}

private struct FixedIdentifiers: Identifiers {
    func make(_ prefix: IdentifierPrefix, at time: Timestamp) -> String { prefix.rawValue + "_1" }
}
