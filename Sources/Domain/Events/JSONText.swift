/// Writing JSON text (RFC 8259) into a byte buffer, without intermediate objects.
package enum JSONText {
    private static let hex = Array("0123456789abcdef".utf8)

    package static func appendString(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        out.append(34)
        var clean = 0
        for at in text.indices {
            let byte = text[at]
            if byte >= 0x20 && byte != 34 && byte != 92 { continue }
            out.append(contentsOf: text[clean..<at])
            clean = at + 1
            out.append(92)
            switch byte {
            case 34, 92: out.append(byte)
            case 0x08: out.append(UInt8(ascii: "b"))
            case 0x09: out.append(UInt8(ascii: "t"))
            case 0x0A: out.append(UInt8(ascii: "n"))
            case 0x0C: out.append(UInt8(ascii: "f"))
            case 0x0D: out.append(UInt8(ascii: "r"))
            default:
                out.append(contentsOf: "u00".utf8)
                out.append(hex[Int(byte >> 4)])
                out.append(hex[Int(byte & 15)])
            }
        }
        out.append(contentsOf: text[clean...])
        out.append(34)
    }

    package static func appendString(_ text: String, to out: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { appendString($0, to: &out) }
    }

    /// The shortest form that reads back as the same number; whole numbers without a fraction; not a number and infinity
    /// as `null`.
    package static func appendNumber(_ value: Double, to out: inout [UInt8]) {
        guard value.isFinite else { return out.append(contentsOf: "null".utf8) }
        if value == value.rounded(), abs(value) < 9e15 {
            out.append(contentsOf: String(Int64(value)).utf8)
        } else {
            out.append(contentsOf: String(value).utf8)
        }
    }

    /// The text as a JSON string literal, quotes included.
    package static func quoted(_ text: String) -> String {
        var out = [UInt8]()
        appendString(text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
