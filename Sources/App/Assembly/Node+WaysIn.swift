internal import DirectoryFiles
internal import Events
internal import HTTPServer
internal import Ports
internal import Submissions
internal import Telemetry

extension Node {
    /// The settings of forms and webhooks, read once.
    static func waysIn(
        _ stores: Stores, projects: any ProjectDirectory, box: SecretBox, clock: any Clock, randomness: any Randomness,
        identifiers: any Identifiers, telemetry: Telemetry
    ) async throws -> WaysInSettings {
        let published = try await PublishedWaysIn(ledger: stores.ledger, box: box, telemetry: telemetry)
        return WaysInSettings(
            ledger: stores.ledger, published: published, projects: projects, box: box, clock: clock,
            randomness: randomness, identifiers: identifiers, telemetry: telemetry)
    }

    /// Encrypts what has to be read again. Its key lives beside the ledger, not in it; it is named after the first secrets
    /// that it was made for.
    static func secretBox(_ folder: DataFolder, randomness: any Randomness) throws -> SecretBox {
        let key = try folder.secret(
            "webhooks", count: 32,
            loss: "the webhook secrets of every project stop working and have to be created anew",
            make: randomness.bytes)
        return SecretBox(key: key, randomness: randomness)
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
