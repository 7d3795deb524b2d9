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
            let named = try context.parameter("source")
            guard let id = ProjectID(try context.parameter("project_id")), let project = directory.project(id) else {
                let source = try WaysInSettings.source(named)
                throw Problem(
                    .webhookSecretUnknown, "There is no valid secret for webhooks of the source \(source).")
            }
            let facts = RequestFacts(request, context, endpoint: "webhook")
            let source: String
            do throws(Problem) { source = try WaysInSettings.source(named) } catch {
                throw await webhooks.refuse(error, project: project, facts: facts)
            }
            let answer = await webhooks.submit(
                WebhookPost(
                    project: project, source: source, id: request.headers[Self.id],
                    timestamp: request.headers[Self.timestamp], signature: request.headers[Self.signature],
                    body: try await Self.body(request), facts: facts))
            return try LeadRoutes.response(answer, request, context)
        }
    }

    /// The body, or why it cannot be taken: either way the attempt is logged.
    private static func body(_ request: Request) async throws -> WebhookPost.Body {
        let bytes: [UInt8]
        do {
            bytes = Array(try await request.collectedBody(bytesMax: WaysInLimits.bodyBytesMax).readableBytesView)
        } catch let problem as Problem {
            return .unreadable(problem)
        }
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            return .unsupported(Problem(.encodingUnsupported, "Send a webhook uncompressed."), bytes)
        }
        if let type = request.headers[.contentType], LeadRoutes.mediaType(type) != "application/json" {
            return .unsupported(Problem(.mediaTypeUnsupported, "Send the webhook as application/json."), bytes)
        }
        return .json(bytes)
    }
}
