#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes that JSON's structure is made of, and comparisons that allocate nothing.
enum Byte {
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let newline = UInt8(ascii: "\n")

    @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// The high bit of each byte of `word` that is zero (bits above the first hit may be set too).
    @inline(__always) static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    @inline(__always) static func equal(_ text: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        return memcmp(text.baseAddress!, name.utf8Start, text.count) == 0
    }

    @inline(__always)
    static func equal(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        guard a.count > 0 else { return true }
        return memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
    }

    /// The position of the first such byte, or the count.
    static func firstIndex(of byte: UInt8, in text: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = text.baseAddress, let found = memchr(base, Int32(byte), text.count) else { return text.count }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
}
