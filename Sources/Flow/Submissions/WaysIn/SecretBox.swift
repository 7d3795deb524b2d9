internal import Crypto
internal import Foundation
package import Ports

/// Secrets that have to be read again, encrypted at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. What a
/// secret belongs to is authenticated with it, so that a row cannot be moved to another project.
///
/// Stored form: nonce (12 bytes), ciphertext, tag (16 bytes).
package struct SecretBox: SecretSealing {
    private let key: SymmetricKey
    private let randomness: any Randomness

    /// `key` has 32 bytes and is kept outside of the ledger.
    package init(key: [UInt8], randomness: any Randomness) {
        precondition(key.count == 32, "AES-256 needs 32 bytes")
        self.key = SymmetricKey(data: key)
        self.randomness = randomness
    }

    package func seal(_ secret: [UInt8], for owner: String) -> [UInt8]? {
        guard let nonce = try? AES.GCM.Nonce(data: randomness.bytes(12)),
            let box = try? AES.GCM.seal(secret, using: key, nonce: nonce, authenticating: Array(owner.utf8)),
            let whole = box.combined
        else { return nil }
        return Array(whole)
    }

    package func open(_ sealed: [UInt8], for owner: String) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key, authenticating: Array(owner.utf8))
        else { return nil }
        return Array(secret)
    }
}
