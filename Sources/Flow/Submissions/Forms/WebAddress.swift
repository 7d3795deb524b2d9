/// An absolute `http` or `https` address (RFC 3986), read strictly: whatever two parsers might read differently is refused.
/// That is what keeps a redirect to a listed address from becoming a redirect anywhere.
///
/// Refused: credentials (`user@`), backslashes, spaces, control and non-ASCII characters, dot segments in any spelling
/// (`..`, `%2e%2e`), encoded slashes and backslashes, hosts with other characters than letters, digits, `-`, `.` (an IPv6
/// address in brackets is accepted), plain `http` to anything but this machine.
package struct WebAddress: Hashable, Sendable {
    package var scheme: String
    /// In lower case.
    package var host: String
    package var port: Int
    /// Begins with `/`.
    package var path: String
    /// Without its `?`.
    package var query: String?
    /// Without its `#`.
    package var fragment: String?

    /// Longest address, in bytes.
    package static let bytesMax = 2000

    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }) else {
            return nil
        }
        guard let colon = text.firstRange(of: "://") else { return nil }
        scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        var rest = text[colon.upperBound...]
        fragment = Self.cut(&rest, at: "#")
        query = Self.cut(&rest, at: "?")
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<slash], scheme: scheme) else { return nil }
        self.host = host
        self.port = port
        path = slash == rest.endIndex ? "/" : String(rest[slash...])
        guard Self.isPlainPath(path), scheme == "https" || Self.isThisMachine(host) else { return nil }
        guard [query, fragment].allSatisfy({ $0.map(Self.isPlainTail) ?? true }) else { return nil }
    }

    /// The part behind the first `mark`, which is taken off.
    private static func cut(_ text: inout Substring, at mark: Character) -> String? {
        guard let at = text.firstIndex(of: mark) else { return nil }
        defer { text = text[..<at] }
        return String(text[text.index(after: at)...])
    }

    private static func authority(_ text: Substring, scheme: String) -> (host: String, port: Int)? {
        var host = text[...]
        var port = scheme == "https" ? 443 : 80
        let hostEnd = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":")
        if let hostEnd, hostEnd < text.endIndex {
            host = text[..<hostEnd]
            let digits = text[hostEnd...].dropFirst()
            guard text[hostEnd] == ":", digits.count <= 5, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
        }
        let name = host.lowercased()
        guard isHost(name) else { return nil }
        return (name, port)
    }

    private static func isHost(_ name: String) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") {
            let inner = name.dropFirst().dropLast()
            return !inner.isEmpty
                && inner.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == 58 }
        }
        guard (1...253).contains(name.utf8.count) else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
        }
    }

    package static func isThisMachine(_ host: String) -> Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }

    private static func isPlainPath(_ path: String) -> Bool {
        let lower = path.lowercased()
        guard !lower.contains("//"), !lower.contains("%2f"), !lower.contains("%5c"), isPlainTail(path) else {
            return false
        }
        return lower.replacing("%2e", with: ".").split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            $0 != "." && $0 != ".."
        }
    }

    /// The characters of RFC 3986 sections 3.3 to 3.5, escapes whole.
    private static func isPlainTail(_ text: String) -> Bool {
        let marks = Set("-._~!$&'()*+,;=:@/?".utf8)
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case 48...57, 65...90, 97...122: continue
            case UInt8(ascii: "%"):
                guard let high = bytes.next(), let low = bytes.next(), [high, low].allSatisfy(isHex) else {
                    return false
                }
            default: guard marks.contains(byte) else { return false }
            }
        }
        return true
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...70, 97...102: true
        default: false
        }
    }

    /// `https://example.com`, with the port when it is not the scheme's own: what browsers send as `Origin`.
    package var origin: String {
        "\(scheme)://\(host)" + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    }

    package var text: String {
        origin + path + (query.map { "?\($0)" } ?? "") + (fragment.map { "#\($0)" } ?? "")
    }

    /// Whether this address is the target or lies below it: same scheme, host and port; the target's path is the same or
    /// ends where a segment of this one does. A target with a query or fragment allows itself alone.
    package func isWithin(_ target: WebAddress) -> Bool {
        guard origin == target.origin else { return false }
        guard target.query == nil, target.fragment == nil else { return self == target }
        return path == target.path
            || path.hasPrefix(target.path.hasSuffix("/") ? target.path : target.path + "/")
    }

    /// The address with further query parameters; values are percent-encoded.
    package func adding(_ parameters: [(name: String, value: String)]) -> WebAddress {
        var copy = self
        let added = parameters.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        copy.query = [query, added].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "&")
        return copy
    }

    /// Everything but the unreserved characters of RFC 3986 section 2.3 escaped.
    package static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }
}
