internal import Crypto
internal import Events
internal import Ports

/// Secrets that are shown once and stored as a hash: API keys (`dbk_<project>_<random>`) and sessions (`dbs_<random>`).
///
/// The random part is 32 bytes in base 62. A plain SHA-256 is enough for them (unlike for passwords): there is nothing to
/// guess. A token is found by its hash; the comparison of hashes does not depend on where they differ.
enum Token {
    static let keyPrefix = "dbk_"
    static let sessionPrefix = "dbs_"

    static func newKey(project: ProjectID, randomness: any Randomness) -> String {
        "\(keyPrefix)\(project)_\(base62(randomness.bytes(Limits.tokenBytes)))"
    }
    static func newSession(randomness: any Randomness) -> String {
        sessionPrefix + base62(randomness.bytes(Limits.tokenBytes))
    }
    /// 22 characters, 128 bits.
    static func newPassword(randomness: any Randomness) -> String { base62(randomness.bytes(16)) }

    /// What is shown of a key afterwards: everything before the random part, and a few characters of it.
    static func shownPrefix(of key: String) -> String {
        guard let last = key.lastIndex(of: "_") else { return String(key.prefix(8)) }
        return String(key[...last]) + key[key.index(after: last)...].prefix(Limits.keyPrefixCharacters)
    }

    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for i in a.indices { difference |= a[i] ^ b[i] }
        return difference == 0
    }

    /// The bytes as one big-endian number in base 62, at full width: equal lengths give equal lengths.
    static func base62(_ bytes: [UInt8]) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        // 8 bits a byte over log2(62) = 5.954 bits a digit.
        let width = (bytes.count * 8 * 1000 + 5953) / 5954
        var number = bytes
        var digits = [UInt8](repeating: alphabet[0], count: width)
        for place in digits.indices.reversed() {
            var remainder = 0
            for i in number.indices {
                let value = remainder << 8 | Int(number[i])
                number[i] = UInt8(value / 62)
                remainder = value % 62
            }
            digits[place] = alphabet[remainder]
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
