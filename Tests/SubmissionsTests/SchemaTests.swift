import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import Telemetry
import Testing

/// Schemas of fields: what they check, which one judges, and what is kept of them.
@Suite struct SchemaTests {
    static func body(_ fields: String, source: String = "web_form", email: String = "ada@example.com") -> String {
        #"{"user":{"email":"\#(email)"},"source":"\#(source)","consent":true,"fields":\#(fields)}"#
    }

    static func schema(
        _ fields: String, unknown: String = "allow", note: String = "", activate: Bool = true
    ) throws
        -> SchemaRequest
    {
        try SchemaRequest.read(
            Array(
                #"{"fields":\#(fields),"unknown_fields":"\#(unknown)","note":"\#(note)","activate":\#(activate)}"#.utf8)
        )
    }

    static func harness(_ fields: String, unknown: String = "allow") async throws -> SubmissionHarness {
        let harness = try SubmissionHarness()
        _ = try await harness.rules.write(
            schema(fields, unknown: unknown), project: harness.project, source: "web_form", by: harness.admin)
        return harness
    }

    /// The source and the version that judged the newest attempt.
    static func stamp(_ harness: SubmissionHarness) async throws -> [String] {
        let attempt = try #require(try await harness.attempts().last)
        let schema = try #require(try object(attempt.context)["schema"] as? [String: Any])
        return ["source", "version"].map { "\(schema[$0] ?? "none")" }
    }

    // MARK: What it checks

    struct Check: Sendable, CustomTestStringConvertible {
        var field: String
        var value: String
        var code: ErrorCode?
        var stored: String?
        var testDescription: String { "\(field) \(value)" }
        init(_ field: String, _ value: String, _ code: ErrorCode?, stored: String? = nil) {
            self.field = field
            self.value = value
            self.code = code
            self.stored = stored
        }
    }

    static let checks: [Check] = [
        Check(#""type":"text""#, #""x""#, nil, stored: #""x""#),
        Check(#""type":"text""#, "7", .fieldType),
        Check(#""type":"text","min_length":2"#, #""é""#, .fieldTooShort),
        Check(#""type":"text","max_length":2"#, #""ééé""#, .fieldTooLong),
        Check(#""type":"text","max_length":2"#, #""éé""#, nil),
        Check(#""type":"text","pattern":"[A-Z]{2}[0-9]{4}""#, #""AB1234""#, nil),
        Check(#""type":"text","pattern":"[A-Z]{2}[0-9]{4}""#, #""AB12345""#, .fieldPattern),
        Check(#""type":"number","min":1,"max":10"#, "10", nil, stored: "10"),
        Check(#""type":"number","min":1,"max":10"#, "10.5", .fieldRange),
        Check(#""type":"number","min":1"#, "0", .fieldRange),
        Check(#""type":"number""#, #""10""#, .fieldType),
        Check(#""type":"integer""#, "3.0", nil),
        Check(#""type":"integer""#, "3.5", .fieldType),
        Check(#""type":"boolean""#, "false", nil, stored: "false"),
        Check(#""type":"boolean""#, #""false""#, .fieldType),
        Check(#""type":"email""#, #""Bob@Example.com""#, nil, stored: #""bob@example.com""#),
        Check(#""type":"email""#, #""bob""#, .emailInvalid),
        Check(#""type":"phone_e164""#, #""+1 212 555 0123""#, nil, stored: #""+12125550123""#),
        Check(#""type":"phone_e164""#, #""2125550123""#, .phoneCountryMissing),
        Check(#""type":"phone_e164""#, #""+1""#, .phoneInvalid),
        Check(#""type":"us_state""#, #""ca""#, nil, stored: #""CA""#),
        Check(#""type":"us_state""#, #""XX""#, .stateInvalid),
        Check(#""type":"date""#, #""2026-02-28""#, nil),
        Check(#""type":"date""#, #""2026-02-30""#, .fieldDate),
        Check(#""type":"enum","values":["gold","silver"]"#, #""gold""#, nil),
        Check(#""type":"enum","values":["gold","silver"]"#, #""Gold""#, .fieldValue),
    ]

    @Test(arguments: checks) func aTypeChecksItsValue(_ check: Check) async throws {
        let harness = try await Self.harness(#"[{"name":"x",\#(check.field)}]"#)
        let answer = await harness.submit(Self.body(#"{"x":\#(check.value)}"#))
        #expect(answer.problem?.code == check.code)
        guard let code = check.code else {
            let receipt = try #require(answer.receipt)
            let lead = try #require(try await harness.ledger.lead(receipt.leadID, project: harness.project.id))
            if let stored = check.stored { #expect(lead.fields == #"{"x":\#(stored)}"#) }
            return
        }
        let field = try #require(answer.problem?.fields.first)
        #expect(field.pointer == "/fields/x")
        #expect(field.code == code)
        #expect(!field.message.isEmpty)
    }

    @Test func everyFailingFieldIsReported() async throws {
        let harness = try await Self.harness(
            #"""
            [{"name":"plan","type":"enum","values":["a","b"],"required":true},
             {"name":"age","type":"integer","min":18,"required":true},
             {"name":"zip","type":"text","pattern":"[0-9]{5}","description":"The five digits of a ZIP code"},
             {"name":"user.phone","type":"phone_e164","required":true}]
            """#, unknown: "refuse")
        let answer = await harness.submit(Self.body(#"{"age":17,"zip":"123","extra":1}"#))
        let problem = try #require(answer.problem)
        #expect(
            Set(problem.fields.map { "\($0.pointer) \($0.code.rawValue)" }) == [
                "/user/phone field_missing", "/fields/plan field_missing", "/fields/age field_range",
                "/fields/zip field_pattern", "/fields/extra field_unknown",
            ])
        #expect(problem.fields.contains { $0.message.contains("The five digits of a ZIP code") })
        #expect(try await Self.stamp(harness) == ["web_form", "1"])
        let attempt = try #require(try await harness.attempts().last)
        #expect((try object(attempt.context)["errors"] as? [Any])?.count == 5)
    }

    @Test func textsOfAFormBecomeNumbersAndBooleans() async throws {
        let harness = try await Self.harness(
            #"[{"name":"amount","type":"number"},{"name":"agrees","type":"boolean"},{"name":"n","type":"integer"}]"#)
        let facts = RequestFacts(endpoint: "form", valuesAreText: true)
        let answer = await harness.submit(
            Self.body(#"{"amount":"1500.50","agrees":"TRUE","n":" 7 "}"#), facts: facts)
        let receipt = try #require(answer.receipt)
        let lead = try #require(try await harness.ledger.lead(receipt.leadID, project: harness.project.id))
        #expect(lead.fields == #"{"agrees":true,"amount":1500.50,"n":7}"#)
        for bad in ["0x10", "1,000", "", "NaN", "01", "1."] {
            let answer = await harness.submit(Self.body(#"{"amount":"\#(bad)"}"#), facts: facts)
            #expect(answer.problem?.fields.first?.code == .fieldType, "\(bad)")
        }
    }

    // MARK: Which one judges

    @Test func withoutASchemaNothingChanges() async throws {
        let harness = try await Self.harness(#"[{"name":"code","type":"text","required":true}]"#)
        #expect(await harness.submit(Self.body(#"{"state":"XX"}"#, source: "partner")).problem?.code == .stateInvalid)
        #expect(try await Self.stamp(harness) == ["partner", "builtin"])
        #expect(await harness.submit(Self.body(#"{"state":"XX"}"#)).problem?.code == .fieldMissing)
        #expect(
            await harness.submit(Self.body(#"{"code":"1","state":"XX"}"#)).receipt != nil,
            "a schema stands in the place of the built-in rules")
        try await harness.rules.activate(nil, project: harness.project, source: "web_form", by: harness.admin)
        #expect(await harness.submit(Self.body(#"{"state":"XX"}"#)).problem?.code == .stateInvalid)
        #expect(try await Self.stamp(harness) == ["web_form", "builtin"])
    }

    @Test func theSchemaOfTheMomentOfDecisionJudges() async throws {
        let between = Between()
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { (_) throws(LedgerError) in await between.run() }
        }
        // The request is read, then the schema is switched on, then the decision is made.
        between.set {
            _ = try? await harness.rules.write(
                Self.schema(#"[{"name":"code","type":"text","required":true}]"#), project: harness.project,
                source: "web_form", by: harness.admin)
        }
        #expect(await harness.submit(Self.body("{}")).problem?.code == .fieldMissing)
        #expect(try await Self.stamp(harness)[1] == "1")
        between.set {
            _ = try? await harness.rules.activate(
                nil, project: harness.project, source: "web_form", by: harness.admin)
        }
        #expect(await harness.submit(Self.body("{}")).receipt != nil)
        #expect(try await Self.stamp(harness)[1] == "builtin")
    }

    @Test func aSchemaOutlivesARestart() async throws {
        let harness = try await Self.harness(#"[{"name":"code","type":"text","required":true}]"#)
        try harness.ledger.close()
        let again = try SQLiteLedger(folder: harness.folder, telemetry: .none())
        let service = SubmissionService(
            ledger: again, clock: harness.clock, identifiers: harness.identifiers, telemetry: .none())
        let answer = await service.submit(
            SubmissionRequest(project: harness.project, body: .json(Array(Self.body("{}").utf8))))
        #expect(answer.problem?.code == .fieldMissing)
    }

    // MARK: What is kept

    @Test func versionsAreKeptAndNeverChange() async throws {
        let harness = try SubmissionHarness()
        let (project, admin) = (harness.project, harness.admin)
        let first = try Self.schema(#"[{"name":"a","type":"text"}]"#, activate: false)
        #expect(try await harness.rules.write(first, project: project, source: "s", by: admin).version.version == 1)
        let again = try await harness.rules.write(first, project: project, source: "s", by: admin)
        #expect(again.version.version == 1 && !again.isNew, "a repeated request is one version")
        let second = try Self.schema(#"[{"name":"b","type":"text"}]"#)
        #expect(try await harness.rules.write(second, project: project, source: "s", by: admin).version.version == 2)
        try await harness.rules.activate(1, project: project, source: "s", by: admin)
        let kept = try await harness.rules.schemas(of: project.id, source: "s")
        #expect(kept.active == 1)
        #expect(kept.versions.map(\.version) == [1, 2])
        #expect(kept.versions.allSatisfy { $0.activatedAt != nil && $0.createdBy == "member:mem_1" })
        await #expect(throws: Problem.self) {
            try await harness.rules.activate(3, project: project, source: "s", by: admin)
        }
        for statement in [
            "UPDATE field_schemas SET note = 'x'", "DELETE FROM field_schemas",
            "INSERT OR REPLACE INTO field_schemas SELECT * FROM field_schemas WHERE version = 1",
            "UPDATE field_schema_activations SET version = 2", "DELETE FROM field_schema_activations",
            "INSERT OR REPLACE INTO field_schema_activations SELECT * FROM field_schema_activations",
            "INSERT INTO field_schema_activations (project_id, source, version, after_sequence, activated_by, created_at) VALUES ('prj_one', 's', 9, 0, 'x', 0)",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try harness.execute(statement) }
        }
        let audit = try await harness.ledger.audit(organisation: "org_1", limit: 10)
        #expect(audit.map(\.action) == ["schema.activated", "schema.created", "schema.created"])
    }

    @Test func anotherProjectKnowsNothingOfIt() async throws {
        let harness = try await Self.harness(#"[{"name":"code","type":"text","required":true}]"#)
        let other = SubmissionHarness.project("prj_two")
        #expect(await harness.submit(Self.body("{}"), project: other).receipt != nil)
        #expect(try await harness.rules.schemas(of: other.id).isEmpty)
    }
}

/// Something that is done once, between a reading and its decision.
private final class Between: Sendable {
    private let pending = Mutex<(@Sendable () async -> Void)?>(nil)

    func set(_ body: @escaping @Sendable () async -> Void) { pending.withLock { $0 = body } }

    func run() async {
        let body = pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
        await body?()
    }
}
