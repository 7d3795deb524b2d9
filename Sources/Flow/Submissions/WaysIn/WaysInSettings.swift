package import Events
package import Ports
package import Telemetry

/// Who changes a setting, and from where: for the audit log.
package struct Author: Sendable {
    package var principal: Principal
    package var address: String?

    package init(principal: Principal, address: String?) {
        self.principal = principal
        self.address = address
    }
}

/// The settings of the ways in: forms and webhook secrets. Every change is one transaction with its audit row, and is
/// published before it is answered. The caller has checked the scope `admin`.
package struct WaysInSettings: Sendable {
    let ledger: any WaysInLedger
    package let published: PublishedWaysIn
    let projects: any ProjectDirectory
    let box: SecretBox
    let clock: any Clock
    let randomness: any Randomness
    let identifiers: any Identifiers
    let telemetry: Telemetry

    package init(
        ledger: any WaysInLedger, published: PublishedWaysIn, projects: any ProjectDirectory, box: SecretBox,
        clock: any Clock, randomness: any Randomness, identifiers: any Identifiers, telemetry: Telemetry
    ) {
        self.ledger = ledger
        self.published = published
        self.projects = projects
        self.box = box
        self.clock = clock
        self.randomness = randomness
        self.identifiers = identifiers
        self.telemetry = telemetry
    }

    /// Saves the last use of secrets from time to time, until the task is cancelled; then once more.
    package func run() async {
        var isRunning = true
        while isRunning {
            do { try await clock.sleep(for: WaysInLimits.flushInterval) } catch { isRunning = false }
            do { try await published.flush() } catch {
                if error == .closed { return }
                telemetry.emit(SecretUseNotSaved(error: error))
            }
        }
    }

    /// The name in an address, checked as a `source` is.
    package static func source(_ text: String) throws(Problem) -> String {
        guard FieldRules.isName(text) else {
            throw Problem(
                .parameterInvalid,
                "A source has 1 to \(Limits.sourceBytesMax) letters, digits or _ . : -, e.g. web_form.")
        }
        return text
    }

    // MARK: Forms

    package func forms(of project: ProjectID) -> [LeadForm] { published.forms(of: project) }

    package func form(of source: String, project: ProjectID) throws(Problem) -> LeadForm {
        guard let form = published.form(of: source, project) else {
            throw Problem(.notFound, "There is no form of the source \(source). Create it with PUT.")
        }
        return form
    }

    /// Creates or replaces the form.
    package func put(
        _ wanted: FormSettings, source: String, project: ProjectID, by author: Author
    ) async throws(Problem) -> LeadForm {
        let settings = try wanted.checked()
        let known = published.form(of: source, project)
        guard known != nil || published.forms(of: project).count < WaysInLimits.formsPerProjectMax else {
            throw Problem(
                .fieldTooMany,
                "A project may have at most \(WaysInLimits.formsPerProjectMax) forms. Delete one first.")
        }
        let now = clock.now
        let form = LeadForm(
            projectID: project, source: source, isEnabled: settings.isEnabled,
            redirectTargets: settings.redirectTargets, successRedirect: settings.successRedirect,
            failureRedirect: settings.failureRedirect, allowedOrigins: settings.allowedOrigins,
            honeypot: settings.honeypot, createdAt: known?.createdAt ?? now, updatedAt: now)
        var detail = JSONObjectWriter()
        detail.boolean("is_enabled", form.isEnabled)
        detail.texts("redirect_targets", form.redirectTargets)
        detail.text("success_redirect", form.successRedirect)
        detail.text("failure_redirect", form.failureRedirect)
        detail.texts("allowed_origins", form.allowedOrigins)
        detail.text("honeypot", form.honeypot)
        try await apply([
            .putForm(form),
            audit(
                known == nil ? "form.created" : "form.changed", "form:\(source)", project, author,
                detail: detail.finished),
        ])
        return form
    }

    package func removeForm(of source: String, project: ProjectID, by author: Author) async throws(Problem) {
        _ = try form(of: source, project: project)
        try await apply([
            .removeForm(source: source, project: project), audit("form.removed", "form:\(source)", project, author),
        ])
    }

    // MARK: Webhook secrets

    package func webhooks(of project: ProjectID) -> [(source: String, secrets: [WebhookSecret])] {
        published.secrets(of: project)
    }

    /// A secret that was created, with its text.
    package struct CreatedSecret: Sendable {
        package var secret: WebhookSecret
        package var text: String
        /// Whether an earlier request with the same key created it.
        package var isReplayed = false
    }

    /// Creates a secret for webhooks of the source. Those that are valid stay so, or end after `overlap` seconds. A repeated
    /// request with the same key gets the secret of the first one again, whatever became of it.
    package func createSecret(
        source: String, project: ProjectID, endingPreviousAfter overlap: Int?, key: SettingKey? = nil,
        by author: Author
    ) async throws(Problem) -> CreatedSecret {
        let now = clock.now
        if let earlier = try await earlierSecret(key, source, project, at: now) { return earlier }
        let valid = published.secrets(of: source, project).map(\.secret).filter { $0.isValid(at: now) }
        if let overlap, !(0...WaysInLimits.overlapSecondsMax).contains(overlap) {
            throw Problem(
                .fieldRange, "expires_previous_in_seconds must be from 0 to \(WaysInLimits.overlapSecondsMax).",
                fields: [
                    FieldProblem(
                        pointer: "/expires_previous_in_seconds", code: .fieldRange,
                        message: "From 0 to \(WaysInLimits.overlapSecondsMax) (30 days).")
                ])
        }
        guard valid.count < WaysInLimits.validSecretsMax else {
            throw Problem(
                .fieldTooMany,
                "A source may have at most \(WaysInLimits.validSecretsMax) valid secrets. Revoke one first.")
        }
        let isNew = published.secrets(of: source, project).isEmpty
        guard !isNew || published.secrets(of: project).count < WaysInLimits.webhookSourcesMax else {
            throw Problem(
                .fieldTooMany, "A project may have webhooks of at most \(WaysInLimits.webhookSourcesMax) sources.")
        }
        let bytes = randomness.bytes(WaysInLimits.secretBytes)
        let text = WebhookSignature.secretText(bytes)
        var secret = WebhookSecret(
            secretID: identifiers.make(.webhookSecret, at: now), projectID: project, source: source,
            prefix: String(text.prefix(WebhookSignature.secretPrefix.count + WaysInLimits.secretPrefixCharacters)),
            sealed: [], createdAt: now)
        guard let sealed = box.seal(bytes, for: PublishedWaysIn.owner(of: secret)) else {
            throw Problem(.internalError, "The secret could not be encrypted; nothing was created.")
        }
        secret.sealed = sealed
        var changes: [WaysInChange] = [.createSecret(secret)]
        if let overlap {
            changes += valid.map {
                .expireSecret(secretID: $0.secretID, project: project, at: now + .seconds(overlap))
            }
        }
        var detail = JSONObjectWriter()
        detail.text("source", source)
        if let overlap { detail.number("expires_previous_in_seconds", Int64(overlap)) }
        changes.append(audit("webhook_secret.created", secret.secretID, project, author, detail: detail.finished))
        guard let key else {
            try await apply(changes)
            return CreatedSecret(secret: secret, text: text)
        }
        changes.append(.remember(key.record(made: secret.secretID, at: now), project: project))
        do throws(Problem) { try await apply(changes) } catch {
            // A request with the same key may have been first.
            if let earlier = try await earlierSecret(key, source, project, at: now) { return earlier }
            throw error
        }
        return CreatedSecret(secret: secret, text: text)
    }

    private func earlierSecret(
        _ key: SettingKey?, _ source: String, _ project: ProjectID, at now: Timestamp
    ) async throws(Problem) -> CreatedSecret? {
        guard let key else { return nil }
        let record = try await key.earlier(in: ledger, project, at: now)
        guard let record else { return nil }
        if !published.secrets(of: source, project).contains(where: { $0.secret.secretID == record.attemptID }) {
            do { try await published.refresh() } catch { throw SubmissionRulesService.problem(for: error) }
        }
        let known = published.secrets(of: source, project).first { $0.secret.secretID == record.attemptID }
        guard let known, let bytes = known.bytes else {
            throw Problem(
                .internalError,
                "The secret \(record.attemptID) that this Idempotency-Key created cannot be decrypted. Create another one with a new key."
            )
        }
        return CreatedSecret(secret: known.secret, text: WebhookSignature.secretText(bytes), isReplayed: true)
    }

    /// Ends the secret at once. Revoking a revoked one changes nothing.
    package func revokeSecret(
        _ secretID: String, source: String, project: ProjectID, by author: Author
    ) async throws(Problem) {
        guard let known = published.secrets(of: source, project).first(where: { $0.secret.secretID == secretID })
        else {
            throw Problem(.notFound, "The source \(source) has no secret with that secret_id.")
        }
        guard known.secret.revokedAt == nil else { return }
        try await apply([
            .revokeSecret(secretID: secretID, project: project, at: clock.now),
            audit("webhook_secret.revoked", secretID, project, author),
        ])
    }

    // MARK: Shared

    private func audit(
        _ action: String, _ subject: String, _ project: ProjectID, _ author: Author, detail: String = "{}"
    ) -> WaysInChange {
        .audit(
            AuditEntry(
                organisationID: projects.project(project)?.organisationID, projectID: project,
                actor: author.principal.kind.actor, action: action, subject: subject, address: author.address,
                detail: detail, at: clock.now))
    }

    private func apply(_ changes: [WaysInChange]) async throws(Problem) {
        do throws(LedgerError) {
            try await ledger.applyWaysIn(changes)
            try await published.refresh()
        } catch {
            switch error {
            case .full:
                throw Problem(
                    .storageFull, "The disk is full; nothing was changed. Retry once there is space.",
                    retryAfterSeconds: 30)
            case .readOnly:
                throw Problem(.readOnly, "Settings cannot be changed at the moment.", retryAfterSeconds: 30)
            default:
                throw Problem(
                    .dependencyUnavailable, "Settings cannot be changed at the moment. Retry in a moment.",
                    retryAfterSeconds: 2)
            }
        }
    }
}
