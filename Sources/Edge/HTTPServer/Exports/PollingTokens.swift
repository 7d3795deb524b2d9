internal import Crypto
internal import Events
internal import Foundation

/// Polling tokens: `dbx_<project>_<64 hexadecimal digits>`. Whoever has one may ask for that export and nothing else, so
/// that it can be handed to a program that downloads, or stand in a link.
///
/// The digits are an HMAC-SHA-256 by the server's own random secret over project and job: nobody else can make them, and
/// the server can make them again for whoever may see the export. What a request brings is compared with the SHA-256 that
/// was stored with the job.
struct PollingTokens: Sendable {
    static let prefix = "dbx_"
    private static let bytesMax = 200
    private let secret: SymmetricKey

    init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    func make(_ project: ProjectID, jobID: String) -> String {
        let text = "daybook polling token v1\u{1}\(project)\u{1}\(jobID)"
        let bytes = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: secret)
        let digits = Array("0123456789abcdef".utf8)
        let hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        return "\(Self.prefix)\(project)_\(hex)"
    }

    /// The project that a token belongs to, if it is one. Says nothing about whether it is right.
    static func project(of token: String) -> ProjectID? {
        guard token.hasPrefix(prefix), token.utf8.count <= bytesMax, let last = token.lastIndex(of: "_") else {
            return nil
        }
        let start = token.index(token.startIndex, offsetBy: prefix.count)
        guard start < last else { return nil }
        return ProjectID(String(token[start..<last]))
    }
}
