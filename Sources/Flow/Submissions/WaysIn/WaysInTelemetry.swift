internal import Events
internal import Logging
internal import Ports
internal import Telemetry

struct RefusalNotLogged: TelemetryEvent {
    static let name = "refusal_not_logged"
    static let refusals = MetricName(
        "daybook_refusals_unlogged_total",
        help: "Posts without valid credentials that were refused and, over the budget, not logged as attempts.",
        labels: ["endpoint", "code"])

    var endpoint: String
    var code: ErrorCode

    var level: Logger.Level { .debug }
    var message: String { "A post was refused and not logged: too many of them" }
    func record(in metrics: MetricRegistry) { metrics.add(Self.refusals, [endpoint, code.rawValue]) }
}

struct WebhookSecretUnreadable: TelemetryEvent {
    static let name = "webhook_secret_unreadable"
    static let failures = MetricName(
        "daybook_webhook_secrets_unreadable_total", help: "Webhook secrets that could not be decrypted.")

    var secretID: String

    var level: Logger.Level { .error }
    var message: String {
        "A webhook secret cannot be decrypted: secrets/webhooks is not the key file that sealed it. Restore the file, or create a new secret"
    }
    var metadata: Logger.Metadata { ["secret_id": .string(secretID)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}

struct SecretUseNotSaved: TelemetryEvent {
    static let name = "webhook_secret_use_not_saved"
    var error: LedgerError
    var level: Logger.Level { .warning }
    var message: String { "The last use of webhook secrets could not be saved; it is tried again" }
    var metadata: Logger.Metadata { ["error": .string("\(error)")] }
}
