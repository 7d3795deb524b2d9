import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry
import Testing

/// Limits of a project: which rules are asked, what a refusal costs, and that the log alone explains every state.
@Suite struct LimitTests {
    static func rules(_ json: String) throws -> LimitRequest {
        try LimitRequest.read(Array("{\"rules\":[\(json)]}".utf8))
    }

    static let perKey = #"{"applies_to":"key","algorithm":"token_bucket","limit":3,"window_seconds":60}"#
    static let perSource =
        #"{"applies_to":"source","source":"web_form","algorithm":"sliding_window","limit":5,"window_seconds":60}"#
    static let perUser = #"{"applies_to":"user","algorithm":"token_bucket","limit":2,"window_seconds":60,"burst":1}"#

    static func harness(_ rules: String) async throws -> SubmissionHarness {
        let harness = try SubmissionHarness()
        _ = try await harness.rules.setLimits(self.rules(rules), project: harness.project, by: harness.admin)
        return harness
    }

    static func key(_ id: String) -> RequestFacts { RequestFacts(submitter: id) }

    static func limits(_ attempt: Attempt?) throws -> [[String: Any]] {
        let context = try #require(attempt).context
        return try #require(try object(context)["limits"] as? [[String: Any]])
    }

    static func verify(_ harness: SubmissionHarness) async throws -> LimitReplayReport {
        try await LimitVerifier(reader: harness.ledger, rules: harness.ledger).verify(harness.project.id)
    }

    // MARK: Which rules, and what they cost

    @Test func eachKeyAndEachSourceHasItsOwnBudget() async throws {
        let harness = try await Self.harness("\(Self.perKey),\(Self.perSource)")
        for n in 0..<3 {
            #expect(await harness.submit(validBody(amount: 1000 + n), facts: Self.key("key_a")).receipt != nil)
        }
        let refused = await harness.submit(validBody(amount: 1), facts: Self.key("key_a"))
        #expect(refused.problem?.code == .rateLimitKey)
        #expect(refused.problem?.retryAfterSeconds == 20)
        #expect(await harness.submit(validBody(amount: 2), facts: Self.key("key_b")).receipt != nil)
        #expect(await harness.submit(validBody(amount: 3), facts: Self.key("key_b")).receipt != nil)
        let full = await harness.submit(validBody(amount: 4), facts: Self.key("key_b"))
        #expect(full.problem?.code == .rateLimitSource, "five of the source have passed")
        #expect(
            await harness.submit(validBody(source: "partner"), facts: Self.key("key_b")).receipt != nil,
            "the rule is for one source alone")
        #expect(try await Self.verify(harness).isOK)
    }

    @Test func aRefusalCostsNobodysBudget() async throws {
        let harness = try await Self.harness("\(Self.perUser),\(Self.perSource)")
        #expect(await harness.submit(validBody(amount: 1)).receipt != nil)
        for n in 0..<10 {
            let answer = await harness.submit(validBody(amount: 100 + n))
            #expect(answer.problem?.code == .rateLimitUser)
            let source = try #require(answer.quotas.last)
            #expect(source.remaining == 4, "the source's four are still there")
        }
        let limits = try Self.limits(try await harness.attempts().last)
        #expect(limits.map { $0["allowed"] as? Bool } == [false, true])
        #expect(limits[1]["remaining"] as? Int == 4)
        #expect(limits[1]["before"] as? Int == 4 && limits[1]["after"] as? Int == 4, "what it had is left")
        #expect((limits[1]["state_before"] as? [String: Int]) == (limits[1]["state_after"] as? [String: Int]))
        for n in 0..<4 { #expect(await harness.submit(validBody("p\(n)@example.com")).receipt != nil) }
        #expect(await harness.submit(validBody("p5@example.com")).problem?.code == .rateLimitSource)
        #expect(try await Self.verify(harness).isOK)
    }

    @Test func aKeyIsLimitedWhateverItSends() async throws {
        let harness = try await Self.harness(Self.perKey)
        for _ in 0..<3 {
            #expect(await harness.submit("{", facts: Self.key("key_a")).problem?.code == .bodyNotJSON)
        }
        #expect(await harness.submit("{", facts: Self.key("key_a")).problem?.code == .rateLimitKey)
        #expect(await harness.submit(validBody(), facts: Self.key("key_a")).problem?.code == .rateLimitKey)
        #expect(await harness.submit("{").problem?.code == .bodyNotJSON, "nobody's key is nobody's limit")
        #expect(try await Self.verify(harness).isOK)
    }

    @Test func anEmptyListMeansNoLimits() async throws {
        let harness = try SubmissionHarness(perMinute: 1)
        #expect(await harness.submit(validBody(amount: 1)).receipt != nil)
        #expect(await harness.submit(validBody(amount: 2)).problem?.code == .rateLimitUser)
        _ = try await harness.rules.setLimits(Self.rules(""), project: harness.project, by: harness.admin)
        for n in 0..<20 { #expect(await harness.submit(validBody(amount: 10 + n)).receipt != nil) }
        let attempt = try #require(try await harness.attempts().last)
        #expect(try object(attempt.context)["limits"] == nil)
        #expect(try await Self.verify(harness).isOK)
    }

    @Test func aRuleThatComesBackRemembers() async throws {
        let harness = try await Self.harness(Self.perUser)
        #expect(await harness.submit(validBody(amount: 1)).receipt != nil)
        _ = try await harness.rules.setLimits(Self.rules(Self.perSource), project: harness.project, by: harness.admin)
        #expect(await harness.submit(validBody(amount: 2)).receipt != nil)
        _ = try await harness.rules.setLimits(Self.rules(Self.perUser), project: harness.project, by: harness.admin)
        #expect(await harness.submit(validBody(amount: 3)).problem?.code == .rateLimitUser)
        let versions = try await harness.ledger.limitVersions(of: harness.project.id)
        #expect(versions.map(\.version) == [1, 2, 3])
        #expect(versions.map(\.afterSequence) == [0, 1, 2])
        #expect(try await Self.verify(harness).isOK)
    }

    @Test func repliesSayWhatIsLeft() async throws {
        let harness = try await Self.harness("\(Self.perKey),\(Self.perSource)")
        let answer = await harness.submit(validBody(), key: "k", facts: Self.key("key_a"))
        #expect(answer.quotas.map(\.remaining) == [2, 4])
        #expect(answer.quotas.map(\.quota) == [3, 5])
        #expect(answer.quotas[0].resetSeconds == 20)
        let replayed = await harness.submit(validBody(), key: "k", facts: Self.key("key_a"))
        #expect(replayed.isReplayed && replayed.quotas.isEmpty)
    }

    // MARK: Reading rules

    @Test(arguments: [
        (#"{"applies_to":"team","algorithm":"token_bucket","limit":1,"window_seconds":1}"#, "/rules/0/applies_to"),
        (#"{"applies_to":"user","algorithm":"leaky","limit":1,"window_seconds":1}"#, "/rules/0/algorithm"),
        (#"{"applies_to":"user","algorithm":"token_bucket","limit":0,"window_seconds":1}"#, "/rules/0/limit"),
        (#"{"applies_to":"user","algorithm":"token_bucket","limit":1.5,"window_seconds":1}"#, "/rules/0/limit"),
        (#"{"applies_to":"user","algorithm":"token_bucket","limit":1}"#, "/rules/0/window_seconds"),
        (
            #"{"applies_to":"user","algorithm":"token_bucket","limit":1,"window_seconds":2678401}"#,
            "/rules/0/window_seconds"
        ),
        (
            #"{"applies_to":"user","algorithm":"sliding_window","limit":1,"window_seconds":1,"burst":2}"#,
            "/rules/0/burst"
        ),
        (
            #"{"applies_to":"user","source":"a b","algorithm":"token_bucket","limit":1,"window_seconds":1}"#,
            "/rules/0/source"
        ),
        (#"{"applies_to":"user","algorithm":"token_bucket","limit":1,"window_seconds":1,"x":1}"#, "/rules/0/x"),
        ("7", "/rules/0"),
    ])
    func aWrongRuleIsNamed(_ json: String, _ pointer: String) {
        #expect {
            try Self.rules(json)
        } throws: { error in
            (error as? Problem)?.fields.map(\.pointer) == [pointer]
        }
    }

    // MARK: Replay

    /// Many people, keys and sources, rules that change on the way, bodies of every kind, backfills.
    @Test(arguments: [1, 2, 3] as [UInt64]) func randomHistoriesFollowFromTheLog(_ seed: UInt64) async throws {
        let harness = try SubmissionHarness(perMinute: 4)
        var random = LimitStepTests.Random(seed: seed &* 7919)
        let sets = [
            Self.perKey, "\(Self.perUser),\(Self.perSource)", "", "\(Self.perSource),\(Self.perKey),\(Self.perUser)",
            #"{"applies_to":"user","source":"partner","algorithm":"sliding_window","limit":2,"window_seconds":13}"#,
        ]
        for n in 0..<600 {
            harness.clock.advance(by: .milliseconds(random.next(4000)))
            if n % 60 == 59 {
                let set = sets[Int(random.next(Int64(sets.count)))]
                _ = try await harness.rules.setLimits(Self.rules(set), project: harness.project, by: harness.admin)
            }
            let email = ["a@b.co", "c@d.co", "not an address"][Int(random.next(3))]
            let body =
                random.next(12) == 0
                ? "{" : validBody(email, source: random.next(2) == 0 ? "web_form" : "partner", amount: 1000 + n % 400)
            let at = random.next(15) == 0 ? SubmissionHarness.start - .seconds(random.next(600)) : nil
            let key = random.next(20) == 0 ? "k\(random.next(5))" : nil
            _ = await harness.submit(body, key: key, at: at, facts: Self.key("key_\(random.next(2))"))
        }
        let report = try await Self.verify(harness)
        #expect(report.isOK, "\(report.differences)")
        #expect(report.rules.count > 2)
        #expect(report.rules.reduce(0) { $0 + $1.refused } > 20)
        #expect(report.statesCompared == Int64(try harness.count("submission_rate_limits")))
    }

    @Test func aWrongStateIsNamedWithTheAttemptThatLeftIt() async throws {
        let harness = try await Self.harness("\(Self.perUser),\(Self.perSource)")
        for n in 0..<4 { _ = await harness.submit(validBody("p\(n)@example.com")) }
        try harness.execute(
            "UPDATE submission_rate_limits SET current = current - 1 WHERE rule_id LIKE 'source-%'")
        let report = try await Self.verify(harness)
        let difference = try #require(report.differences.first)
        #expect(report.differences.count == 1)
        #expect(difference.what == "stored_state")
        #expect(difference.subject == "web_form")
        #expect(difference.sequence == 4)
        try harness.execute("DELETE FROM submission_rate_limits WHERE rule_id LIKE 'user-%'")
        #expect(try await Self.verify(harness).differences.count == 5)
    }

    @Test func aWrongVerdictIsNamedWithItsAttempt() async throws {
        let harness = try await Self.harness("\(Self.perUser),\(Self.perSource)")
        for n in 0..<4 { _ = await harness.submit(validBody(amount: n + 1)) }
        // As only someone who takes the triggers away can.
        try harness.execute("DROP TRIGGER attempts_no_update")
        try harness.execute(
            #"UPDATE attempts SET context = replace(context, '"allowed":false', '"allowed":true') WHERE sequence = 3"#)
        let report = try await Self.verify(harness)
        let difference = try #require(report.differences.first)
        #expect(report.differences.count == 1)
        #expect(difference.sequence == 3)
        #expect(difference.what == "verdict")
        #expect(difference.recorded == "allowed" && difference.replayed == "refused")
        #expect(difference.ruleID.hasPrefix("user-"))
    }

    @Test func versionsOfRulesNeverChange() async throws {
        let harness = try await Self.harness(Self.perKey)
        for statement in [
            "UPDATE submission_limit_versions SET rules = '[]'", "DELETE FROM submission_limit_versions",
            "INSERT OR REPLACE INTO submission_limit_versions SELECT * FROM submission_limit_versions",
            "INSERT INTO submission_limit_versions VALUES ('prj_one', 3, '[]', 0, 'x', 0)",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try harness.execute(statement) }
        }
    }

    // MARK: The step from one limiter to rules

    @Test func statesOfTheFirstLimiterAreKept() async throws {
        let harness = try SubmissionHarness(perMinute: 3)
        for n in 0..<3 { #expect(await harness.submit(validBody(amount: n + 1)).receipt != nil) }
        let user = try #require(try await harness.attempts().last?.userID)
        try harness.ledger.close()
        // The ledger as the version before left it: its own table, its own form of context.
        try await DatabaseQueue(path: harness.folder + "/ledger.sqlite").write { db in
            let at = try Int64.fetchOne(db, sql: "SELECT at_us FROM submission_rate_limits")!
            try db.execute(
                sql: """
                    DROP VIEW user_rate_limits;
                    DROP TABLE submission_rate_limits;
                    DROP TABLE submission_limit_versions;
                    DROP TABLE field_schema_activations;
                    DROP TABLE field_schemas;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '003%';
                    CREATE TABLE user_rate_limits (
                        project_id TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users (user_id),
                        next_free_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (project_id, user_id)
                    ) STRICT, WITHOUT ROWID;
                    INSERT INTO organisations VALUES ('org_1', 'One', 0);
                    INSERT INTO projects VALUES ('prj_one', 'org_1', 'One', 'America/New_York', 'local', 1000, 3, 0);
                    """)
            try db.execute(
                sql: "INSERT INTO user_rate_limits VALUES ('prj_one', ?, ?, 0)", arguments: [user, at])
            try db.execute(
                sql: """
                    DROP TRIGGER attempts_no_update;
                    UPDATE attempts SET context = json_object('limiter', json_object('limit_per_minute', 3,
                        'interval_us', 20000000, 'allowed', json('true'),
                        'state_before_us', context ->> '$.limits[0].state_before.at_us',
                        'state_after_us', context ->> '$.limits[0].state_after.at_us',
                        'remaining', context ->> '$.limits[0].remaining', 'passes_at', 'then'));
                    """)
        }
        let ledger = try SQLiteLedger(folder: harness.folder, telemetry: .none())
        let service = SubmissionService(
            ledger: ledger, clock: harness.clock, identifiers: harness.identifiers, telemetry: .none())
        let answer = await service.submit(
            SubmissionRequest(project: harness.project, body: .json(Array(validBody(amount: 9).utf8))))
        #expect(answer.problem?.code == .rateLimitUser, "the bucket is still empty")
        let report = try await LimitVerifier(reader: ledger, rules: ledger).verify(harness.project.id)
        #expect(report.isOK, "\(report.differences)")
        #expect(try harness.count("user_rate_limits") == 1)
    }
}
