internal import Analytics
internal import Days
internal import DuckDBEventStore
internal import Events
internal import HTTPServer
internal import Intake
internal import Jobs
internal import Ports
internal import SQLiteLedger
internal import SegmentLogStream
internal import Settings
internal import Submissions
internal import Telemetry

extension Node {
    /// The program's version, as it tells clients.
    package static let version = "0.1.0"

    static let lagSeconds = MetricName(
        "daybook_stream_lag_seconds", help: "Age of the oldest frame that is not processed.")
    static let lagFrames = MetricName("daybook_stream_lag_frames", help: "Frames that are not processed.")
    static let streamBytes = MetricName("daybook_stream_bytes", help: "Bytes of the stream on disk.")
    static let upSeconds = MetricName("daybook_uptime_seconds", help: "Seconds since the process started.")

    /// Every area of the API, and the console.
    func routes() throws -> [any RouteArea] {
        let environment = settings.environment.rawValue
        let secret = try stores.folder.secret("cursors", count: 32, make: randomness.bytes)
        let analytics = AnalyticsService(
            reader: stores.events, remover: stores.events, stream: stores.stream, projects: published, clock: clock,
            cursorKey: secret, telemetry: telemetry)
        collectGauges()
        let rules = SubmissionRulesService(ledger: stores.ledger, clock: clock)
        return [
            IntakeRoutes(
                intake: intake, days: stores.ledger, clock: clock, allowsBackfill: settings.environment == .dev),
            LeadRoutes(
                submissions: submissions, directory: published, clock: clock, environment: environment,
                admission: intake.admission),
            FieldSchemaRoutes(rules: rules, directory: published, clock: clock),
            SubmissionLimitRoutes(rules: rules, directory: published, clock: clock),
            AnalyticsRoutes(service: analytics),
            AttemptRoutes(
                reader: stores.ledger, projects: published, clock: clock, cursorSecret: secret,
                events: { lead, sessions, range, limit in
                    let found = try await analytics.timelineEvents(
                        ofLead: lead.leadID, sessions: sessions, in: range, project: lead.projectID, limit: limit)
                    return (found.events.map { TimelineEvent(time: $0.time, json: $0.json) }, found.isCut)
                }),
            AccountRoutes(accounts: accounts, environment: environment),
            DayRoutes(
                projects: published, ledger: stores.ledger, book: book, closer: closer, jobs: jobs, clock: clock),
            ReportRoutes(projects: published, book: book, reports: reports, jobs: jobs, clock: clock),
            SealRoutes(
                projects: published, ledger: stores.ledger, proofs: ProofService(ledger: stores.ledger),
                signingKeyID: signer?.keyID, clock: clock),
            TrendRoutes(projects: published, ledger: stores.ledger, book: book, clock: clock),
            JobRoutes(jobs: jobs, clock: clock, cursorSecret: secret),
            ExportRoutes(
                jobs: jobs, reader: stores.ledger, files: exportFiles, projects: published, clock: clock,
                secret: secret),
            OperationsRoutes(checks: readinessChecks(), facts: { await facts() }, telemetry: telemetry, clock: clock),
            ConsoleFiles(folder: settings.consoleFolder),
        ] + waysInRoutes()
    }

    /// Seconds since the oldest unprocessed frame was received.
    func lag() -> Double {
        guard let oldest = stores.stream.status.oldestUncommitted else { return 0 }
        return max(0, (clock.now - oldest).milliseconds / 1000)
    }

    private func collectGauges() {
        let (stream, clock, startedAt) = (stores.stream, clock, startedAt)
        telemetry.metrics.collect { metrics in
            let status = stream.status
            let lag = status.oldestUncommitted.map { max(0, (clock.now - $0).milliseconds / 1000) } ?? 0
            metrics.set(Self.lagSeconds, to: lag)
            metrics.set(Self.lagFrames, to: Double(status.head.value - status.committed.value))
            metrics.set(Self.streamBytes, to: Double(status.bytesOnDisk))
            metrics.set(Self.upSeconds, to: ((clock.now - startedAt).milliseconds / 1000).rounded())
        }
    }

    private func readinessChecks() -> [ReadinessCheck] {
        let canary = Canary(stream: stores.stream, reader: stores.events, clock: clock, identifiers: identifiers)
        let stores = stores
        return [
            ReadinessCheck(name: "canary") { try await canary.check() },
            ReadinessCheck(name: "stream") {
                let status = stores.stream.status
                guard status.bytesOnDisk < status.bytesBudget else {
                    throw Problem(
                        .storageFull,
                        "The stream has used its \(status.bytesBudget >> 20) MiB. Let the processor catch up, or raise stream.budget_mib."
                    )
                }
                return
                    "lag \(status.head.value - status.committed.value) frames, \(lag()) s; \(status.bytesOnDisk >> 20) of \(status.bytesBudget >> 20) MiB"
            },
            ReadinessCheck(name: "ledger") {
                _ = try await stores.ledger.accountRecords()
                return "answers"
            },
            ReadinessCheck(name: "event_store") {
                "committed offset \(try await stores.events.committedOffset().value)"
            },
        ]
    }

    private func facts() async -> SystemFacts {
        var events = SystemFacts.Part(ok: true, detail: "")
        do { events.detail = "committed offset \(try await stores.events.committedOffset().value)" } catch {
            events = SystemFacts.Part(ok: false, detail: Stores.sentence(for: error))
        }
        var ledger = SystemFacts.Part(ok: true, detail: "")
        do {
            _ = try await stores.ledger.accountRecords()
            ledger.detail = "answers"
        } catch {
            ledger = SystemFacts.Part(ok: false, detail: error.description)
        }
        return SystemFacts(
            version: Self.version, environment: settings.environment.rawValue, started_at: startedAt, clock: clock.now,
            roles: ["intake", "processor", "query", "scheduler"],
            stream: SystemFacts.Stream(status: stores.stream.status, lagSeconds: lag()), event_store: events,
            ledger: ledger,
            model: await modelCheck.part())
    }
}
