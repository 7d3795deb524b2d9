internal import CXXHash

/// A 64-bit hash of bytes, for tables in memory: XXH3 (Collet, xxHash specification). Not cryptographic and the same in every
/// process: whoever finds an equal hash compares the bytes.
package enum ByteHash {
    package static func of(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64 = 0) -> UInt64 {
        XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, seed)
    }
}
