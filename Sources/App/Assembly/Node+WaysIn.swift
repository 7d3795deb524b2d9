internal import DirectoryFiles
internal import Events
internal import HTTPServer
internal import Ports
internal import Submissions
internal import Telemetry

extension Node {
    /// The settings of forms and webhooks, read once. The key of their secrets lives beside the ledger, not in it.
    static func waysIn(
        _ stores: Stores, projects: any ProjectDirectory, clock: any Clock, randomness: any Randomness,
        identifiers: any Identifiers, telemetry: Telemetry
    ) async throws -> WaysInSettings {
        let key = try stores.folder.secret(
            "webhooks", count: 32,
            loss: "the webhook secrets of every project stop working and have to be created anew",
            make: randomness.bytes)
        let box = SecretBox(key: key, randomness: randomness)
        let published = try await PublishedWaysIn(ledger: stores.ledger, box: box, telemetry: telemetry)
        return WaysInSettings(
            ledger: stores.ledger, published: published, projects: projects, box: box, clock: clock,
            randomness: randomness, identifiers: identifiers, telemetry: telemetry)
    }

    /// The ways in beside the JSON API.
    func waysInRoutes() -> [any RouteArea] {
        [
            FormRoutes(
                forms: FormService(
                    published: waysIn.published, submissions: submissions, clock: clock, telemetry: telemetry),
                directory: published),
            WebhookRoutes(
                webhooks: WebhookService(
                    published: waysIn.published, submissions: submissions, clock: clock, telemetry: telemetry),
                directory: published),
            WaysInSettingsRoutes(settings: waysIn, clock: clock),
            ImportRoutes(imports: imports, jobs: jobs, files: DirectoryWorkspaceFiles()),
        ]
    }
}
