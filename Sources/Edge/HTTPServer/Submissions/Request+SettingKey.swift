internal import Crypto
internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ports

extension Request {
    /// The `Idempotency-Key` of a request that changes settings; nil without one. `operation` names what it changes.
    func settingKey(_ operation: String, body: [UInt8]) throws(Problem) -> SettingKey? {
        guard let key = headers[LeadRoutes.idempotencyKey] else { return nil }
        return try SettingKey(key, operation: operation, bodyDigest: Array(SHA256.hash(data: body)))
    }
}
