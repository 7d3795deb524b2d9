import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry
import Testing

/// The rules that depend on what was stored before.
@Suite struct StateRuleTests {
    // MARK: Rate limit

    @Test func theLimitHoldsAndSaysWhenItEnds() async throws {
        let harness = try SubmissionHarness(perMinute: 3)
        for n in 0..<3 { #expect(await harness.submit(validBody(amount: 1000 + n)).receipt != nil) }
        let problem = try #require(await harness.submit(validBody(amount: 9)).problem)
        #expect(problem.code == .rateLimitUser)
        #expect(problem.retryAfterSeconds == 20)
        let attempt = try #require(try await harness.attempts().last)
        #expect(attempt.failureCategory == .rateLimited)
        let limits = try #require(try object(attempt.context)["limits"] as? [[String: Any]])
        let limiter = try #require(limits.first)
        #expect(limits.count == 1)
        #expect(limiter["rule_id"] as? String == LimitRule.standard(perMinute: 3).id)
        #expect(limiter["subject"] as? String == attempt.userID)
        #expect(limiter["limit"] as? Int == 3)
        #expect(limiter["allowed"] as? Bool == false)
        #expect(limiter["passes_at"] as? String == "2026-03-10T15:00:20.000Z")
        #expect(problem.detail.contains("2026-03-10T15:00:20.000Z"))
        harness.clock.advance(by: .seconds(20))
        #expect(await harness.submit(validBody(amount: 9)).receipt != nil)
        #expect(
            await harness.submit(validBody("eve@example.com")).receipt != nil, "another user has a bucket of its own")
    }

    @Test func everyLimiterStateFollowsFromTheLogAlone() async throws {
        let harness = try SubmissionHarness(perMinute: 4)
        var seed: UInt64 = 42
        for n in 0..<300 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            harness.clock.advance(by: .milliseconds(Int64(seed >> 33) % 5000))
            let email = ["a@b.co", "c@d.co", "not an address"][Int(seed >> 60) % 3]
            _ = await harness.submit(validBody(email, amount: n % 7 == 0 ? -1 : 1000 + n))
        }
        let report = try await LimitVerifier(reader: harness.ledger, rules: harness.ledger).verify(harness.project.id)
        #expect(report.isOK, "\(report.differences)")
        #expect(report.attempts == 300)
        #expect(report.rules.count == 1)
        #expect(try #require(report.rules.first).refused > 10, "the sequence has to meet the limit")
        #expect(try harness.count("user_rate_limits") == report.rules.first?.subjects)
    }

    // MARK: Duplicates

    @Test func theSameFieldsAreOneLeadForADay() async throws {
        let harness = try SubmissionHarness()
        let first = try #require(await harness.submit(validBody()).receipt)
        harness.clock.advance(by: .seconds(24 * 3600 - 1))
        let problem = try #require(await harness.submit(validBody()).problem)
        #expect(problem.code == .duplicateLead)
        #expect(problem.detail.contains(first.leadID))
        #expect(
            try object(try #require(await harness.attempts().last?.context))["duplicate_of"] as? String == first.leadID)
        #expect(await harness.submit(validBody(source: "partner_api")).receipt != nil)
        #expect(await harness.submit(validBody(amount: 5)).receipt != nil)
        harness.clock.advance(by: .seconds(2))
        #expect(await harness.submit(validBody()).receipt != nil)
        #expect(try harness.count("leads") == 4)
        #expect(try harness.count("attempts") == 5)
    }

    // MARK: Idempotency

    @Test func fiftyIdenticalRequestsAreOneAttempt() async throws {
        let harness = try SubmissionHarness()
        let answers = await withTaskGroup(of: SubmissionAnswer.self) { group in
            for _ in 0..<50 { group.addTask { await harness.submit(validBody(), key: "k-1") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 50)
        #expect(Set(answers.map { $0.receipt?.attemptID }).count == 1)
        #expect(answers.filter { !$0.isReplayed }.count == 1)
        #expect(try harness.count("attempts") == 1)
        #expect(try harness.count("leads") == 1)
        #expect(try harness.count("outbox") == 1)
    }

    @Test func aKeyAnswersTheSameAgainForADay() async throws {
        let harness = try SubmissionHarness(perMinute: 1)
        let failed = await harness.submit(validBody("broken"), key: "k-1")
        let again = await harness.submit(validBody("broken"), key: "k-1")
        #expect(again.isReplayed)
        #expect(again.problem?.attemptID == failed.problem?.attemptID)
        #expect(again.problem?.fields == failed.problem?.fields)
        let other = await harness.submit(validBody(), key: "k-1")
        #expect(other.problem?.code == .idempotencyKeyReused)
        #expect(try await harness.attempts().map(\.failureCode) == ["email_invalid", "idempotency_key_reused"])
        let foreign = SubmissionHarness.project("prj_two")
        #expect(
            await harness.submit(validBody(), project: foreign, key: "k-1").receipt != nil, "keys belong to projects")
        harness.clock.advance(by: .seconds(24 * 3600 + 1))
        #expect(await harness.submit(validBody(), key: "k-1").receipt != nil)
    }

    @Test func aRateLimitIsNotRememberedUnderTheKey() async throws {
        let harness = try SubmissionHarness(perMinute: 1)
        #expect(await harness.submit(validBody(amount: 1), key: "k-1").receipt != nil)
        #expect(await harness.submit(validBody(amount: 2), key: "k-2").problem?.code == .rateLimitUser)
        harness.clock.advance(by: .seconds(60))
        #expect(await harness.submit(validBody(amount: 2), key: "k-2").receipt != nil)
    }

    @Test(arguments: ["", "two words", "ключ", String(repeating: "k", count: 256)])
    func aBadKeyIsRefusedAndLogged(_ key: String) async throws {
        let harness = try SubmissionHarness()
        #expect(await harness.submit(validBody(), key: key).problem?.code == .idempotencyKeyInvalid)
        let attempt = try #require(try await harness.attempts().first)
        #expect(attempt.failureCode == "idempotency_key_invalid")
        #expect(attempt.idempotencyKey == nil)
    }

    // MARK: Days

    @Test func aClosedDayTakesNoBackfillAndLiveTrafficMovesOn() async throws {
        let harness = try SubmissionHarness()
        try harness.execute(
            "INSERT INTO closed_days (project_id, logical_date, closed_at, created_at) VALUES (?, '2026-03-10', 1, 1)",
            [harness.project.id.text])
        let backfilled = await harness.submit(validBody(), at: Timestamp(rfc3339: "2026-03-10T12:00:00Z")!)
        #expect(backfilled.problem?.code == .dayClosed)
        #expect(backfilled.problem?.attemptID == nil)
        #expect(try harness.count("attempts") == 0)
        let live = try #require(await harness.submit(validBody()).receipt)
        #expect(live.receivedAt == Timestamp(rfc3339: "2026-03-11T04:00:00Z")!)
        let day = LogicalDate("2026-03-11")!
        // It is in the late lane of the day that took it.
        let late = try await harness.ledger.lateAttempts(harness.project.id, LogicalDate("2026-03-11")!, limit: 10)
        #expect(late.map(\.attemptID) == [live.attemptID])
        #expect(late[0].context.hasSuffix(#","late":{"date":"2026-03-10","received_at":"2026-03-10T15:00:00.000Z"}}"#))
        #expect(try await harness.ledger.lateCounts(harness.project.id, in: day...day) == [day: 1])
        #expect(
            await harness.submit(validBody(amount: 2), at: Timestamp(rfc3339: "2026-03-09T12:00:00Z")!).receipt != nil)
    }

    @Test func liveReceiptTimesNeverGoBack() async throws {
        let harness = try SubmissionHarness()
        _ = await harness.submit(validBody(), at: SubmissionHarness.start + .seconds(5))
        let live = try #require(await harness.submit(validBody(amount: 2)).receipt)
        #expect(live.receivedAt == SubmissionHarness.start + .seconds(5))
    }
}
