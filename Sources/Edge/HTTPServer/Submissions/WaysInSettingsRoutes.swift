internal import Events
internal import HTTPTypes
package import Hummingbird
package import Ports
package import Submissions

/// The settings of forms and webhooks: `/v1/projects/{project_id}/forms…` and `…/webhooks…`, scope `admin`.
package struct WaysInSettingsRoutes: RouteArea {
    private static let overlap = "expires_previous_in_seconds"
    private let settings: WaysInSettings
    private let clock: any Clock

    package init(settings: WaysInSettings, clock: any Clock) {
        self.settings = settings
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        let forms = "/v1/projects/{project_id}/forms"
        routes.on("\(forms)", contract: "forms") { request, context in
            let project = try request.pathProject(context, .admin)
            return try Response.json(
                FormList(
                    generated_at: clock.now, project_id: project.text,
                    forms: settings.forms(of: project).map { FormAnswerBody($0, request) }))
        }
        routes.get("\(forms)/{source}") { request, context in
            let project = try request.pathProject(context, .admin)
            return try Response.json(
                FormAnswerBody(try settings.form(of: try source(context), project: project), request))
        }
        routes.on("\(forms)/{source}", method: .put) { request, context in
            let project = try request.pathProject(context, .admin)
            let source = try source(context)
            let body = try await request.object(known: FormSettings.members, FormSettings.init).value
            return try Response.json(
                FormAnswerBody(
                    try await settings.put(body, source: source, project: project, by: try author(context)),
                    request))
        }
        routes.delete("\(forms)/{source}") { request, context in
            let project = try request.pathProject(context, .admin)
            try await settings.removeForm(of: try source(context), project: project, by: try author(context))
            return Response(status: .noContent)
        }
        addWebhooks(to: routes)
    }

    private func addWebhooks(to routes: Router<DaybookContext>) {
        let webhooks = "/v1/projects/{project_id}/webhooks"
        routes.on("\(webhooks)", contract: "webhooks") { request, context in
            let project = try request.pathProject(context, .admin)
            return try Response.json(
                WebhookList(
                    generated_at: clock.now, project_id: project.text,
                    webhooks: settings.webhooks(of: project).map { source, secrets in
                        WebhookList.Source(source: source, secrets: secrets.map { WebhookList.Secret($0) })
                    }))
        }
        routes.post("\(webhooks)/{source}/secrets") { request, context in
            let project = try request.pathProject(context, .admin)
            let source = try source(context)
            let (overlap, sent) = try await request.object(known: [Self.overlap], isOptional: true) { object in
                Optional.some(object.integer(Self.overlap, in: 0...WaysInLimits.overlapSecondsMax))
            }
            let created = try await settings.createSecret(
                source: source, project: project, endingPreviousAfter: overlap,
                key: try request.settingKey("webhook-secret \(source)", body: sent), by: try author(context))
            var response = try Response.json(NewSecret(created.secret, text: created.text), status: .created)
            if created.isReplayed { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
            return response
        }
        routes.delete("\(webhooks)/{source}/secrets/{secret_id}") { request, context in
            let project = try request.pathProject(context, .admin)
            try await settings.revokeSecret(
                try context.parameter("secret_id"), source: try source(context), project: project,
                by: try author(context))
            return Response(status: .noContent)
        }
    }

    private func source(_ context: DaybookContext) throws -> String {
        try WaysInSettings.source(try context.parameter("source"))
    }

    private func author(_ context: DaybookContext) throws -> Author {
        Author(principal: try context.requirePrincipal(), address: context.remoteAddress)
    }
}

private struct ContractName: Encodable {
    var name: String
    var version = 1
}

extension FormSettings {
    fileprivate static let members: Set<String> = [
        "is_enabled", "redirect_targets", "success_redirect", "failure_redirect", "allowed_origins", "honeypot",
    ]
    /// Addresses that are read at all; the settings say how many there may be.
    private static let addressesMax = 1000

    fileprivate init?(_ object: inout SettingObject) {
        let isEnabled = object.boolean("is_enabled", isRequired: true)
        let targets = object.strings("redirect_targets", countMax: Self.addressesMax)
        let success = object.string("success_redirect")
        let failure = object.string("failure_redirect")
        let origins = object.strings("allowed_origins", countMax: Self.addressesMax)
        let honeypot = object.string("honeypot")
        guard let isEnabled else { return nil }
        self.init(
            isEnabled: isEnabled, redirectTargets: targets ?? [], successRedirect: success, failureRedirect: failure,
            allowedOrigins: origins ?? [], honeypot: honeypot)
    }
}

private struct FormList: Encodable {
    var contract = ContractName(name: "forms")
    var generated_at: Timestamp
    var project_id: String
    var forms: [FormAnswerBody]
}

private struct FormAnswerBody: Encodable {
    var source: String
    var is_enabled: Bool
    var redirect_targets: [String]
    var success_redirect: OrNull<String>
    var failure_redirect: OrNull<String>
    var allowed_origins: [String]
    var honeypot: String
    var action: String
    var snippet: String
    var created_at: Timestamp
    var updated_at: Timestamp

    init(_ form: LeadForm, _ request: Request) {
        source = form.source
        is_enabled = form.isEnabled
        redirect_targets = form.redirectTargets
        success_redirect = OrNull(form.successRedirect)
        failure_redirect = OrNull(form.failureRedirect)
        allowed_origins = form.allowedOrigins
        honeypot = form.honeypot
        action = "\(request.publicOrigin)/v1/projects/\(form.projectID)/leads/form/\(WebAddress.encoded(form.source))"
        snippet = FormSnippet.html(action, honeypot: form.honeypot)
        created_at = form.createdAt
        updated_at = form.updatedAt
    }
}

private struct WebhookList: Encodable {
    struct Secret: Encodable {
        var secret_id: String
        var prefix: String
        var created_at: Timestamp
        var expires_at: OrNull<Timestamp>
        var revoked_at: OrNull<Timestamp>
        var last_used_at: OrNull<Timestamp>

        init(_ secret: WebhookSecret) {
            secret_id = secret.secretID
            prefix = secret.prefix
            created_at = secret.createdAt
            expires_at = OrNull(secret.expiresAt)
            revoked_at = OrNull(secret.revokedAt)
            last_used_at = OrNull(secret.lastUsedAt)
        }
    }
    struct Source: Encodable {
        var source: String
        var secrets: [Secret]
    }
    var contract = ContractName(name: "webhooks")
    var generated_at: Timestamp
    var project_id: String
    var webhooks: [Source]
}

private struct NewSecret: Encodable {
    var secret_id: String
    var source: String
    var secret: String
    var prefix: String
    var created_at: Timestamp

    init(_ made: WebhookSecret, text: String) {
        secret_id = made.secretID
        source = made.source
        secret = text
        prefix = made.prefix
        created_at = made.createdAt
    }
}

extension Request {
    private static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!

    /// Where the caller reached this server, for addresses that people copy: the `Host` of the request, and `https` when a
    /// proxy in front says so. Shown to the caller alone, never followed.
    fileprivate var publicOrigin: String {
        let scheme = headers[Self.forwardedProtocol]?.lowercased() == "https" ? "https" : "http"
        let host = head.authority ?? "localhost"
        let isPlain = host.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                || [45, 46, 58, 91, 93].contains($0)
        }
        return "\(scheme)://\(isPlain ? host : "localhost")"
    }
}
