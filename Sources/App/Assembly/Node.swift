internal import Accounts
internal import Analysis
internal import AsyncHTTPClient
internal import Days
internal import DirectoryFiles
internal import DuckDBEventStore
internal import DuckDBTableFiles
internal import Events
internal import Exports
internal import Foundation
internal import HTTPServer
internal import Hummingbird
internal import Intake
internal import Jobs
internal import Logging
internal import NIOPosix
internal import OllamaLanguageModel
internal import OpenAILanguageModel
internal import Ports
internal import Processing
internal import SQLiteLedger
internal import SegmentLogStream
internal import ServiceLifecycle
package import Settings
internal import Submissions
internal import SystemPorts
package import Telemetry
internal import UnixSignals

/// One running Daybook with every role: stores, flow, edge.
package struct Node: Sendable {
    let settings: Settings
    let telemetry: Telemetry
    let clock: any Clock
    let randomness: any Randomness
    let identifiers: any Identifiers
    let startedAt: Timestamp
    let stores: Stores
    let published: PublishedAccounts
    let accounts: AccountService
    let intake: IntakeService
    let processor: Processor
    let submissions: SubmissionService
    let imports: ImportService
    let waysIn: WaysInSettings
    let relay: OutboxRelay
    let book: DayBook
    let closer: DayCloser
    let signer: SealSigner?
    let scheduler: DayScheduler
    let reports: ReportService
    let modelCheck: ModelCheck
    let jobs: JobService
    let jobRunner: JobRunner
    let exportFiles: DirectoryExportFiles
    let exportSweeper: ExportSweeper
    let modelClient: HTTPClient

    package static func open(_ settings: Settings, telemetry: Telemetry) async throws -> Node {
        let clock = SystemClock()
        let startedAt = clock.now
        let randomness = SystemRandomness()
        let identifiers = TimeOrderedIdentifiers(randomness: randomness)
        let stores = try await Stores.open(settings, clock: clock, telemetry: telemetry)
        let published = try await PublishedAccounts(ledger: stores.ledger, clock: clock)
        let directory = DirectoryWithCanary(published)
        let box = try secretBox(stores.folder, randomness: randomness)
        let accounts = AccountService(
            ledger: stores.ledger, published: published, hasher: PasswordHasher(randomness: randomness), clock: clock,
            randomness: randomness, identifiers: identifiers, sealing: box, telemetry: telemetry)

        var intakeLimits = IntakeLimits()
        intakeLimits.bytesInFlightMax = settings.intake.bytesInFlightMax
        var processing = ProcessingLimits()
        processing.batchRowsMax = settings.processor.batchRowsMax
        processing.batchInterval = .milliseconds(settings.processor.batchWaitMilliseconds)

        let facts = DayFacts(reader: stores.events, outbox: stores.ledger, stream: stores.stream)
        let book = DayBook(ledger: stores.ledger, facts: facts, clock: clock, telemetry: telemetry)
        let quiet = Duration.seconds(settings.days.closeGraceSeconds)
        let signer = try await stores.folder.sealSigner(
            settings, ledger: stores.ledger, clock: clock, randomness: randomness)
        let closer = DayCloser(
            ledger: stores.ledger, book: book, clock: clock, telemetry: telemetry, signer: signer, quiet: quiet)
        var modelConnection = HTTPClient.Configuration()
        // A report without a model should say so at once, not after ten seconds of trying to connect.
        modelConnection.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: modelConnection)
        let model = languageModel(settings, client: client, clock: clock)
        let exportFiles = DirectoryExportFiles(root: stores.folder.path + "/exports")
        let exports = ExportWriter(reader: stores.ledger, files: exportFiles, tables: DuckDBTableFiles())
        let reports = reportService(
            settings, stores: stores, book: book, model: model, clock: clock, identifiers: identifiers,
            telemetry: telemetry)
        let days = DayJobs(
            projects: published,
            verification: VerificationService(ledger: stores.ledger, facts: facts, clock: clock), reports: reports)
        let submissions = SubmissionService(
            ledger: stores.ledger, clock: clock, identifiers: identifiers, telemetry: telemetry)
        let imports = ImportService(
            submissions: submissions, projects: published, files: DirectoryWorkspaceFiles(), clock: clock)
        let jobs = JobService(
            ledger: stores.ledger, kinds: jobKinds(exports: exports, imports: imports, days: days, clock: clock),
            workspaces: DirectoryJobWorkspaces(root: stores.folder.path + "/jobs"),
            clock: clock, identifiers: identifiers, telemetry: telemetry)
        return Node(
            settings: settings, telemetry: telemetry, clock: clock, randomness: randomness, identifiers: identifiers,
            startedAt: startedAt, stores: stores, published: published, accounts: accounts,
            intake: IntakeService(
                stream: stores.stream, directory: published, clock: clock, identifiers: identifiers,
                telemetry: telemetry,
                limits: intakeLimits),
            processor: Processor(
                stream: stores.stream, store: stores.events, projects: directory, clock: clock, telemetry: telemetry,
                limits: processing),
            submissions: submissions, imports: imports,
            waysIn: try await waysIn(
                stores, projects: published, box: box, clock: clock, randomness: randomness, identifiers: identifiers,
                telemetry: telemetry),
            relay: OutboxRelay(
                outbox: stores.ledger, stream: stores.stream, clock: clock, telemetry: telemetry,
                pause: Submissions.Limits.relayPause),
            book: book, closer: closer, signer: signer,
            scheduler: DayScheduler(
                projects: published, book: book, closer: closer, clock: clock, telemetry: telemetry,
                refresh: .seconds(settings.days.refreshSeconds), quiet: quiet),
            reports: reports,
            modelCheck: ModelCheck(model: model, clock: clock),
            jobs: jobs,
            jobRunner: JobRunner(
                service: jobs, randomness: randomness, owner: identifiers.make(.process, at: startedAt)),
            exportFiles: exportFiles,
            exportSweeper: ExportSweeper(
                ledger: stores.ledger, files: exportFiles, clock: clock, telemetry: telemetry),
            modelClient: client)
    }

    private static func languageModel(
        _ settings: Settings, client: HTTPClient, clock: any Clock
    ) -> (any LanguageModel)? {
        switch settings.model.kind {
        case .none: nil
        case .ollama:
            OllamaLanguageModel(model: settings.model.name, address: settings.model.url, client: client, clock: clock)
        case .openai:
            OpenAILanguageModel(
                model: settings.model.name, address: settings.model.url,
                apiKey: settings.model.apiKey.isEmpty ? nil : settings.model.apiKey, client: client, clock: clock)
        }
    }

    private static func reportService(
        _ settings: Settings, stores: Stores, book: DayBook, model: (any LanguageModel)?, clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry
    ) -> ReportService {
        ReportService(
            reports: stores.ledger, book: book, model: model,
            setupHint: settings.model.kind == .openai
                ? OpenAILanguageModel.setupHint(model: settings.model.name, address: settings.model.url)
                : OllamaLanguageModel.setupHint(model: settings.model.name),
            deadline: .seconds(settings.model.timeoutSeconds), clock: clock, identifiers: identifiers,
            telemetry: telemetry)
    }

    /// Runs until SIGTERM or SIGINT. `onReady` gets the address once requests are answered.
    package func run(onReady: @escaping @Sendable (_ url: String) -> Void) async throws {
        let began = startedAt
        let (host, environment) = (settings.listen.host, settings.environment.rawValue)
        let executor = EdgeExecutor(loops: .singleton)
        let server = DaybookServer.application(
            areas: try routes(), host: host, port: settings.listen.port, authenticator: published, clock: clock,
            identifiers: identifiers, telemetry: telemetry, trustedProxies: settings.trustedProxies,
            start: executor.start,
            onListening: { [telemetry, clock] port in
                let name = host.contains(":") ? "[\(host)]" : host
                let url = "http://\(name):\(port)"
                telemetry.emit(
                    Started(
                        url: url, environment: environment, seconds: (clock.now - began).milliseconds / 1000))
                onReady(url)
            })
        // Stopped in reverse: first the edge, then the loops that feed the stores, the stores last.
        let services: [any Service] = [
            OpenResource(name: "stores", close: closeStores),
            OpenResource(name: "model client", close: { [modelClient] in try? await modelClient.shutdown() }),
            LoopService(name: "processor", loop: processor.run),
            LoopService(name: "outbox relay", loop: relay.run),
            LoopService(name: "accounts", loop: accounts.run),
            LoopService(name: "ways in", loop: waysIn.run),
            LoopService(name: "day scheduler", loop: scheduler.run),
            LoopService(
                name: "store maintenance",
                loop: StoreMaintenance(store: stores.events, clock: clock, telemetry: telemetry).run),
            LoopService(name: "jobs", loop: jobRunner.run),
            LoopService(name: "export sweeper", loop: exportSweeper.run),
            OnExecutor(executor: executor, service: server),
        ]
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: telemetry.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(8)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            throw StartFailure(Self.sentence(for: error, listen: "\(host):\(settings.listen.port)"))
        }
        telemetry.emit(Stopped())
    }

    private func closeStores() async {
        await stores.stream.close()
        await stores.events.close()
        do { try stores.ledger.close() } catch {
            telemetry.logger.error("Closing the ledger failed", metadata: ["error": "\(error)"])
        }
    }

    /// What stopped the group, in words.
    private static func sentence(for error: any Error, listen: String) -> String {
        let text = String(describing: error)
        if text.contains("errno: 98") || text.contains("Address already in use") {
            return "\(listen) is in use already. Stop what listens there, or choose another address with --listen."
        }
        if text.contains("errno: 13") {
            return "\(listen) may not be opened by this user. Choose a port above 1023 with --listen."
        }
        if text.contains("errno: 99") {
            return "\(listen) is not an address of this machine. Choose another with --listen."
        }
        return "Daybook stopped because a part of it failed: \(text)"
    }
}
