import CDigest
import Crypto
import Foundation
import Testing

/// The hash without an object gives what `Crypto` gives, and FIPS 180-4's own examples.
struct DigestTests {
    private func digest(_ bytes: some ContiguousBytes) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        bytes.withUnsafeBytes { daybook_sha256($0.baseAddress, $0.count, &digest) }
        return digest
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    @Test func examplesOfTheStandard() {
        #expect(
            hexadecimal(digest(Data("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(digest(Data("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hexadecimal(digest(Data()))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// Around every end of a block, and over many blocks.
    @Test func everyLengthIsLikeCrypto() {
        let bytes = (0..<1_500).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        for length in 0...bytes.count {
            let part = Data(bytes[..<length])
            #expect(digest(part) == Array(SHA256.hash(data: part)), "\(length) bytes")
        }
    }
}
