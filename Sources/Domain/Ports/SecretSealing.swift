/// Encrypts secrets that have to be read again. What a secret belongs to is authenticated with it.
package protocol SecretSealing: Sendable {
    /// Nil when encryption failed.
    func seal(_ secret: [UInt8], for owner: String) -> [UInt8]?
    /// Nil when the key or the owner is another one, or a byte has changed.
    func open(_ sealed: [UInt8], for owner: String) -> [UInt8]?
}
