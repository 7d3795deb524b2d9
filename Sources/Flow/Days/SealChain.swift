internal import Crypto
package import Events
package import Ports

/// Signs the statements of seals with Ed25519 (RFC 8032). The private key never leaves this type.
package struct SealSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let publicKey: [UInt8]
    /// `ed25519-` and the first 16 hexadecimal digits of the public key's SHA-256.
    package let keyID: String

    /// `seed` is the private key: 32 bytes.
    package init?(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
        self.key = key
        publicKey = Array(key.publicKey.rawRepresentation)
        keyID = Self.keyID(of: publicKey)
    }

    package static func keyID(of publicKey: [UInt8]) -> String {
        "ed25519-" + HexText.of(SHA256.hash(data: publicKey).prefix(8))
    }

    func signature(of statement: SealStatement) -> [UInt8]? {
        // Fails only when the library has no randomness for its blinding.
        (try? key.signature(for: statement.bytes)).map { Array($0) }
    }

    /// Whether the signature over the statement was made with the public key.
    package static func isValid(_ signature: [UInt8], of statement: SealStatement, publicKey: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: statement.bytes)
    }
}

/// Where a project's chain of seals first breaks.
package struct ChainBreak: Hashable, Sendable {
    package var position: Int64
    package var date: LogicalDate
    package var reason: String

    package var json: CanonicalJSON {
        .object([
            "position": .integer(position), "date": .string(date.description), "reason": .string(reason),
        ])
    }
}

/// Follows the chain of seals: each seal's hash is that of its statement, and each names the hash before it.
package struct SealChain: Sendable {
    let ledger: any DayLedger & SealLedger

    package init(ledger: any DayLedger & SealLedger) { self.ledger = ledger }

    /// The first break of the project's whole chain; nil when it holds.
    package func firstBreak(of project: ProjectID) async throws(LedgerError) -> ChainBreak? {
        let keys = try await publicKeys()
        let everything = LogicalDate(dayNumber: -719_162)...LogicalDate(dayNumber: 2_932_896)
        let sealed = try await ledger.seals(project, in: everything, limit: .max)
        let byDate = Dictionary(sealed.map { ($0.seal.date, $0.seal) }) { first, _ in first }
        var previous: DaySealLink?
        while true {
            let page = try await ledger.sealLinks(project, after: previous?.position ?? 0, limit: DayLimits.linkPage)
            for link in page {
                if let reason = Self.fault(of: link, seal: byDate[link.date], after: previous, keys: keys) {
                    return ChainBreak(position: link.position, date: link.date, reason: reason)
                }
                previous = link
            }
            if page.count < DayLimits.linkPage { break }
        }
        // Seals that the chain does not name.
        guard let stray = sealed.first(where: { $0.link == nil }) else { return nil }
        return ChainBreak(position: 0, date: stray.seal.date, reason: "the seal has no place in the chain")
    }

    func publicKeys() async throws(LedgerError) -> [String: [UInt8]] {
        Dictionary(try await ledger.sealKeys().map { ($0.keyID, $0.publicKey) }) { first, _ in first }
    }

    /// What is wrong with a link, in words; nil when nothing is. `previous` is the link before it in the chain.
    static func fault(
        of link: DaySealLink, seal: DaySeal?, after previous: DaySealLink?, keys: [String: [UInt8]]
    ) -> String? {
        guard let seal else { return "the seal of \(link.date) is missing" }
        let statement = seal.statement(link)
        if link.position != (previous?.position ?? 0) + 1 {
            return "the link before it (position \(link.position - 1)) is missing"
        }
        if link.previousSealHash != previous?.sealHash ?? SealStatement.genesis {
            return "its previous_seal_hash is not the hash of the seal before it"
        }
        if link.sealHash != statement.sealHash {
            return "its seal_hash is not the hash of its statement: the seal was changed"
        }
        guard let signature = link.signature, let keyID = link.keyID else { return nil }
        guard let key = keys[keyID], SealSigner.keyID(of: key) == keyID else {
            return "it is signed with the key \(keyID), which is not known here"
        }
        return SealSigner.isValid(signature, of: statement, publicKey: key)
            ? nil : "its signature does not belong to its statement"
    }
}
