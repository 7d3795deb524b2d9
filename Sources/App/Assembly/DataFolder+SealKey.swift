internal import Days
internal import Ports
internal import Settings

extension DataFolder {
    /// The signer of seals when signing is switched on: its key is read from `secrets/seal-key`, or made, and its public
    /// key recorded in the ledger before anything is signed with it.
    func sealSigner(
        _ settings: Settings, ledger: any SealLedger, clock: any Clock, randomness: any Randomness
    ) async throws -> SealSigner? {
        guard settings.days.signing == .on else { return nil }
        let seed = try secret("seal-key", count: 32, make: randomness.bytes)
        guard let signer = SealSigner(seed: seed) else {
            throw StartFailure(
                "\(path)/secrets/seal-key is not an Ed25519 key. Restore it from a backup, or delete it: a new one is made, and seals that are signed already stay verifiable with the old public key."
            )
        }
        do {
            try await ledger.record(
                SealKey(keyID: signer.keyID, publicKey: signer.publicKey, createdAt: clock.now))
        } catch {
            throw StartFailure("The public key of seals cannot be recorded: \(error)")
        }
        return signer
    }
}
