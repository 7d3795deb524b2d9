internal import Events
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import Ports
package import Submissions

/// `POST /v1/projects/{project_id}/leads/webhook/{source}`: a signed webhook (Standard Webhooks specification).
package struct WebhookRoutes: RouteArea {
    private let webhooks: WebhookService
    private let directory: any ProjectDirectory

    private static let id = HTTPField.Name("webhook-id")!
    private static let timestamp = HTTPField.Name("webhook-timestamp")!
    private static let signature = HTTPField.Name("webhook-signature")!

    package init(webhooks: WebhookService, directory: any ProjectDirectory) {
        self.webhooks = webhooks
        self.directory = directory
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("/v1/projects/{project_id}/leads/webhook/{source}") { request, context in
            let source = try WaysInSettings.source(try context.parameter("source"))
            guard let id = ProjectID(try context.parameter("project_id")), let project = directory.project(id) else {
                throw Problem(
                    .webhookSecretUnknown, "There is no valid secret for webhooks of the source \(source).")
            }
            if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
                throw Problem(.encodingUnsupported, "Send a webhook uncompressed.")
            }
            if let type = request.headers[.contentType], LeadRoutes.mediaType(type) != "application/json" {
                throw Problem(.mediaTypeUnsupported, "Send the webhook as application/json.")
            }
            let body = try await request.collectedBody(bytesMax: WaysInLimits.bodyBytesMax)
            let answer = await webhooks.submit(
                WebhookPost(
                    project: project, source: source, id: request.headers[Self.id],
                    timestamp: request.headers[Self.timestamp], signature: request.headers[Self.signature],
                    body: Array(body.readableBytesView), facts: RequestFacts(request, context, endpoint: "webhook")))
            return try LeadRoutes.response(answer, request, context)
        }
    }
}
