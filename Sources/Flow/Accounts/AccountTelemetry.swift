internal import Logging
internal import Ports
internal import Telemetry

struct SignInRefused: TelemetryEvent {
    static let name = "sign_in_refused"
    static let refused = MetricName("daybook_sign_ins_refused_total", help: "Sign-ins refused.", labels: ["reason"])
    /// `wrong` or `throttled`.
    var reason: String
    var level: Logger.Level { .notice }
    var message: String { "A sign-in was refused" }
    var metadata: Logger.Metadata { ["reason": .string(reason)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.refused, [reason]) }
}

struct PasswordHashFailed: TelemetryEvent {
    static let name = "password_hash_failed"
    static let failures = MetricName(
        "daybook_password_hash_failures_total", help: "Passwords that could not be hashed.")
    var code: Int32
    var level: Logger.Level { .error }
    var message: String { "Argon2 failed; a stored password hash may be damaged, or memory is short" }
    var metadata: Logger.Metadata { ["argon2_code": .stringConvertible(code)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}

struct AccountFlushFailed: TelemetryEvent {
    static let name = "account_flush_failed"
    static let failures = MetricName(
        "daybook_account_flush_failures_total", help: "Times that key uses and session ends could not be written.")
    var error: LedgerError
    var level: Logger.Level { .warning }
    var message: String { "Key uses and session ends could not be written; they will be tried again: \(error)" }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}
