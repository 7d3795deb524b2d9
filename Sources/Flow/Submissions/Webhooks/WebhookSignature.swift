internal import Crypto
internal import Events
internal import Foundation
internal import Ports

/// Signatures of the Standard Webhooks specification (standardwebhooks.com, "Webhook scheme"): HMAC-SHA256 over
/// `id.timestamp.body`, in base64 behind `v1,`; several of them separated by spaces while a secret is being changed.
enum WebhookSignature {
    static let secretPrefix = "whsec_"

    static func secretText(_ bytes: [UInt8]) -> String { secretPrefix + Data(bytes).base64EncodedString() }

    private static func message(_ id: String, _ timestamp: String, _ body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }

    /// The first of the secrets that made one of the signatures. Each comparison takes the same time wherever the two differ.
    static func signer(
        _ header: String, id: String, timestamp: String, body: [UInt8], secrets: [PublishedWaysIn.KnownSecret]
    ) -> WebhookSecret? {
        let signatures = header.split(separator: " ").prefix(WaysInLimits.webhookSignaturesMax).compactMap {
            $0.hasPrefix("v1,") ? Data(base64Encoded: String($0.dropFirst(3))) : nil
        }
        let message = message(id, timestamp, body)
        for known in secrets {
            guard let bytes = known.bytes else { continue }
            let key = SymmetricKey(data: bytes)
            for signature in signatures
            where HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message, using: key) {
                return known.secret
            }
        }
        return nil
    }
}

func sha256Hex(_ text: String) -> String { hex(SHA256.hash(data: Array(text.utf8))) }
