import Events
import Submissions
import Testing

@Suite struct ConcurrentKeyTests {
    /// Fifty at once with one key: the first decides, the others get its answer, whatever it is.
    @Test(arguments: [validBody(), validBody("broken")])
    func oneKeyIsDecidedOnceHoweverManyAskAtOnce(_ body: String) async throws {
        let harness = try SubmissionHarness()
        let answers = await withTaskGroup(of: SubmissionAnswer.self) { group in
            for _ in 0..<50 { group.addTask { await harness.submit(body, key: "one") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count(where: { !$0.isReplayed }) == 1)
        #expect(Set(answers.map { $0.receipt?.attemptID ?? $0.problem?.attemptID }).count == 1)
        #expect(try await harness.attempts().count == 1)
        #expect(try harness.count("leads") <= 1)
    }

    @Test func differentBodiesOfOneKeyAreRefusedAndLogged() async throws {
        let harness = try SubmissionHarness()
        let answers = await withTaskGroup(of: SubmissionAnswer.self) { group in
            for n in 0..<10 { group.addTask { await harness.submit(validBody("u\(n)@example.com"), key: "one") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count(where: { $0.receipt != nil }) == 1)
        #expect(answers.count(where: { $0.problem?.code == .idempotencyKeyReused }) == 9)
        #expect(try harness.count("leads") == 1)
    }
}
