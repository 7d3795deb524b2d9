internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ports

extension Request {
    /// The `Idempotency-Key`; nil without one. Throws `idempotency_key_invalid`.
    func idempotencyKey() throws(Problem) -> String? {
        guard let key = headers.value(LeadRoutes.idempotencyKey) else { return nil }
        guard IdempotencyLimits.isKey(key) else { throw IdempotencyLimits.notAKey }
        return key
    }
}
