internal import Events

/// Numbers as RFC 8259 section 6 writes them, in a text: `-? int frac? exp?`, and nothing that the platform could read besides.
package enum JSONNumber {
    /// Longest text that is read as a number, in bytes.
    static let bytesMax = 64

    /// Nil for anything that is not a JSON number, and for one that no double holds.
    package static func value(_ text: String) -> Double? {
        guard text.utf8.count <= bytesMax, isWellFormed(text.utf8), let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }

    static func isWellFormed(_ text: some Collection<UInt8>) -> Bool {
        var rest = text[...]
        func skip(_ bytes: String) -> Bool {
            guard let first = rest.first, bytes.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func digits() -> Int {
            let count = rest.prefix { (48...57).contains($0) }.count
            rest.removeFirst(count)
            return count
        }
        _ = skip("-")
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, whole == 1 || !startsWithZero else { return false }
        if skip("."), digits() == 0 { return false }
        if skip("eE") {
            _ = skip("+-")
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }

    /// Whether a well-formed number has a place in 64 bits: a whole one as an integer, any other as a double.
    static func isHeld(_ text: String) -> Bool {
        let isWhole = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (48...57).contains($0) }
        return isWhole ? Int64(text) != nil || UInt64(text) != nil : Double(text)?.isFinite == true
    }
}

/// A number of a JSON text that 64 bits do not hold, and where it stands.
package struct UnheldNumber: Hashable, Sendable {
    /// JSON Pointer (RFC 6901); names with escapes stand in it as they were sent.
    package var pointer: String
    /// As it was sent, cut.
    package var text: String
    /// Its bytes in the text.
    package var range: Range<Int>

    package var message: String {
        "The number \(text) is too large: whole numbers go to 64 bits (18446744073709551615), others to about 1.8e308. Send it as a text, in quotes."
    }

    private static let textBytesMax = 40
    private static let nameBytesMax = 64

    private enum Step {
        case member(Range<Int>)
        case element(Int)
    }

    /// The first such number, if it is the first thing that is wrong with the text: what stands before it has to be JSON.
    static func first(in json: UnsafeBufferPointer<UInt8>) -> UnheldNumber? {
        var path: [Step] = []
        var awaitsName = false
        var at = 0
        while at < json.count {
            let start = at
            at += 1
            switch json[start] {
            case UInt8(ascii: "{"):
                path.append(.member(0..<0))
                awaitsName = true
            case UInt8(ascii: "["):
                path.append(.element(0))
                awaitsName = false
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = path.popLast()
                awaitsName = false
            case UInt8(ascii: ","):
                if case .element(let index)? = path.last {
                    path[path.count - 1] = .element(index + 1)
                } else {
                    awaitsName = true
                }
            case UInt8(ascii: "\""):
                while at < json.count, json[at] != UInt8(ascii: "\"") {
                    at += json[at] == UInt8(ascii: "\\") ? 2 : 1
                }
                if awaitsName, !path.isEmpty { path[path.count - 1] = .member(start + 1..<min(at, json.count)) }
                awaitsName = false
                at += 1
            case UInt8(ascii: "-"), 48...57:
                while at < json.count, isNumberByte(json[at]) { at += 1 }
                let token = UnsafeBufferPointer(rebasing: json[start..<at])
                guard JSONNumber.isWellFormed(token) else { return nil }
                if !JSONNumber.isHeld(String(decoding: token, as: UTF8.self)) {
                    return UnheldNumber(
                        pointer: pointer(path, in: json), text: shown(token), range: start..<at)
                }
            default: break
            }
        }
        return nil
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private static func shown(_ token: UnsafeBufferPointer<UInt8>) -> String {
        let text = String(decoding: token.prefix(textBytesMax), as: UTF8.self)
        return token.count > textBytesMax ? text + "…" : text
    }

    private static func pointer(_ path: [Step], in json: UnsafeBufferPointer<UInt8>) -> String {
        path.map { step in
            switch step {
            case .element(let index): return "/\(index)"
            case .member(let range):
                let name = String(decoding: json[range].prefix(nameBytesMax), as: UTF8.self)
                return "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
            }
        }.joined()
    }
}
