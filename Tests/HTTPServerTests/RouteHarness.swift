import Accounts
import Analysis
import Days
import DirectoryFiles
import Events
import Foundation
import HTTPServer
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Intake
import Jobs
import NIOCore
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry
import Testing

/// The control plane's and the log's routes on a real ledger, without a socket.
final class RouteHarness: Sendable {
    let folder = NSTemporaryDirectory() + "daybook-routes-\(UUID().uuidString)"
    let ledger: SQLiteLedger
    let clock = ManualClock(now: Timestamp(rfc3339: "2026-03-10T15:00:00Z")!)
    let first: FirstSignIn
    let areas: [any RouteArea]
    let published: PublishedAccounts
    let waysIn: WaysInSettings
    let identifiers = TimeOrderedIdentifiers(randomness: SeededRandomness(seed: 3))

    init(environment: String = "dev") async throws {
        ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        published = try await PublishedAccounts(ledger: ledger, clock: clock)
        let randomness = SeededRandomness(seed: 5)
        let box = SecretBox(key: [UInt8](repeating: 9, count: 32), randomness: randomness)
        let accounts = AccountService(
            ledger: ledger, published: published, hasher: PasswordHasher(randomness: randomness), clock: clock,
            randomness: randomness, identifiers: identifiers, sealing: box, telemetry: .none())
        first = try await accounts.initialise(FirstAccount()!)!
        let submissions = SubmissionService(
            ledger: ledger, clock: clock, identifiers: identifiers, telemetry: .none())
        waysIn = WaysInSettings(
            ledger: ledger, published: try await PublishedWaysIn(ledger: ledger, box: box, telemetry: .none()),
            projects: published, box: box, clock: clock, randomness: randomness, identifiers: identifiers,
            telemetry: .none())
        let secret = [UInt8](repeating: 7, count: 32)
        let book = DayBook(ledger: ledger, facts: nil, clock: clock, telemetry: .none())
        let jobs = JobService(
            ledger: ledger,
            kinds: ["report", "verify", "export"].map { name in
                JobKind(name: name, unit: .steps) { _ in JobResult(json: "{}") }
            }, workspaces: DirectoryJobWorkspaces(root: folder + "/jobs"), clock: clock,
            identifiers: identifiers, telemetry: .none())
        areas = [
            DayRoutes(
                projects: published, ledger: ledger, book: book,
                closer: DayCloser(ledger: ledger, book: book, clock: clock, telemetry: .none()), jobs: jobs,
                clock: clock),
            SealRoutes(
                projects: published, ledger: ledger, proofs: ProofService(ledger: ledger), signingKeyID: nil,
                clock: clock),
            ReportRoutes(
                projects: published, book: book,
                reports: ReportService(
                    reports: ledger, book: book, model: nil, setupHint: "run: ollama pull llama3.1:8b", clock: clock,
                    identifiers: identifiers, telemetry: .none()), jobs: jobs, clock: clock),
            AccountRoutes(accounts: accounts, environment: environment),
            LeadRoutes(
                submissions: submissions, directory: published, clock: clock, environment: environment,
                admission: Admission(bytesMax: 256 << 20, retryAfterSeconds: 1)),
            FormRoutes(
                forms: FormService(
                    published: waysIn.published, submissions: submissions, clock: clock, telemetry: .none()),
                directory: published),
            WebhookRoutes(
                webhooks: WebhookService(
                    published: waysIn.published, submissions: submissions, clock: clock, telemetry: .none()),
                directory: published),
            WaysInSettingsRoutes(settings: waysIn, clock: clock),
            FieldSchemaRoutes(
                rules: SubmissionRulesService(ledger: ledger, clock: clock), directory: published, clock: clock),
            AttemptRoutes(reader: ledger, projects: published, clock: clock, cursorSecret: secret),
            SubmissionLimitRoutes(
                rules: SubmissionRulesService(ledger: ledger, clock: clock), directory: published, clock: clock),
            TrendRoutes(projects: published, ledger: ledger, book: book, clock: clock),
            JobRoutes(jobs: jobs, clock: clock, cursorSecret: secret),
            ExportRoutes(
                jobs: jobs, reader: ledger, files: DirectoryExportFiles(root: folder + "/exports"), projects: published,
                clock: clock, secret: secret),
        ]
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var leads: String { "/v1/projects/\(first.projectID)/leads" }

    /// Runs `body` with a client of the application.
    func run(_ body: @escaping @Sendable (Client) async throws -> Void) async throws {
        let application = DaybookServer.application(
            areas: areas, host: "127.0.0.1", port: 0, authenticator: published, clock: clock, identifiers: identifiers,
            telemetry: .none(), start: { _, work in Task(operation: work) }, onListening: { _ in })
        try await application.test(.router) { client in
            try await body(Client(client: client, token: self.first.apiKey))
        }
    }

    struct Client: Sendable {
        let client: any TestClientProtocol
        let token: String

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = nil,
            headers: [String: String] = [:]
        ) async throws -> Answer {
            var fields: HTTPFields = [.authorization: "Bearer \(token ?? self.token)"]
            if token == "" { fields[.authorization] = nil }
            if body != nil { fields[.contentType] = "application/json" }
            for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
            let response = try await client.execute(
                uri: path, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) })
            let bytes = Data(response.body.readableBytesView)
            let isJSON = !bytes.isEmpty && response.headers[.contentType]?.contains("json") == true
            let object = isJSON ? try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:] : [:]
            return Answer(
                status: response.status.code, headers: response.headers, json: object,
                body: String(decoding: bytes, as: UTF8.self))
        }
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var json: [String: Any]
        var body: String

        var bytes: [UInt8] { Array(body.utf8) }
        var code: String? { json["code"] as? String }
        func text(_ name: String) -> String? { json[name] as? String }
        func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
        func object(_ name: String) -> [String: Any] { json[name] as? [String: Any] ?? [:] }
        func header(_ name: String) -> String? { headers[HTTPField.Name(name)!] }
    }
}

func lead(_ email: String = "ada@example.com", amount: Int = 1000) -> String {
    #"{"user":{"email":"\#(email)"},"source":"web_form","channel":"organic","consent":true,"fields":{"loan_amount":\#(amount)}}"#
}
