internal import Crypto

/// A person's address or number as a hash: enough to find the same person again, and not what a person could read.
///
/// `SHA-256("daybook contact v1|" + kind + "|" + project id + "|" + value)` over UTF-8, the value normalised (an address in
/// lower case, a number in E.164 form). The project is part of it, so that hashes of two projects cannot be compared.
package enum ContactHash {
    package enum Kind: String, Sendable, CaseIterable, Codable { case email, phone }

    /// 32 bytes.
    package static func hash(_ value: String, _ kind: Kind, of project: ProjectID) -> [UInt8] {
        Array(SHA256.hash(data: Array("daybook contact v1|\(kind.rawValue)|\(project.text)|\(value)".utf8)))
    }
}
