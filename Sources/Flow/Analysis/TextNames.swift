/// The words of a text that are names, not quantities: addresses, identifiers, and names that are known beforehand. Digits
/// in them (`http://127.0.0.1:11434`, a port, a version in a model's name) say nothing about a day.
///
/// What counts as a name by its form alone is kept narrow, so that no quantity passes for one: `12,000`, `leads:12000`,
/// `leads=12000`, `12000/day` and `leads-12000` stay figures.
///
/// - a URL: `scheme://…`;
/// - a network address: four octets, with or without port and path; `localhost` or a host of several labels, whose last has
///   letters alone, with a port or a path; an IPv6 address with `::`;
/// - a path: `/` and a letter;
/// - an e-mail address;
/// - a UUID, or 16 and more hexadecimal digits of which some are letters.
struct TextNames {
    /// Names of the text's own world: sources, codes, the model. Without white space, and with at least one letter.
    let known: Set<String>

    init(known: some Sequence<String>) {
        self.known = Set(
            known.filter { name in name.contains(where: \.isLetter) && !name.contains(where: \.isWhitespace) })
    }

    /// Where the names stand: byte offsets in UTF-8, in order.
    func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.split { Self.ends(bytes[$0]) }.compactMap { word in
            var (low, high) = (word.startIndex, word.endIndex)
            while low < high, Self.isTrimmed(bytes[high - 1]) { high -= 1 }
            guard low < high else { return nil }
            // A square bracket belongs to an address, else to the sentence.
            if bytes[low] == UInt8(ascii: "["), !bytes[low..<high].contains(UInt8(ascii: "]")) { low += 1 }
            let text = String(decoding: bytes[low..<high], as: UTF8.self)
            return isName(text) ? low..<high : nil
        }
    }

    /// White space, quotes and what else stands around words; not what stands inside of addresses.
    private static func ends(_ byte: UInt8) -> Bool {
        byte <= 32 || "\"'`()<>{},;|=".utf8.contains(byte)
    }
    private static func isTrimmed(_ byte: UInt8) -> Bool { ".:!?".utf8.contains(byte) }

    private func isName(_ text: String) -> Bool {
        known.contains(text) || Self.isURL(text) || Self.isPath(text) || Self.isEmail(text) || Self.isHexadecimal(text)
            || isNetworkAddress(text)
    }

    private static func isURL(_ text: String) -> Bool {
        let halves = text.split(separator: ":", maxSplits: 1)
        guard halves.count == 2, halves[1].hasPrefix("//"), halves[1].utf8.count > 2 else { return false }
        return halves[0].utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
            && halves[0].utf8.first.map(isLetter) == true
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.dropFirst().first.map(isLetter) == true
    }

    private static func isEmail(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        return halves.count == 2 && !halves[0].isEmpty && isHost(halves[1])
    }

    private static func isHexadecimal(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isAll = groups.allSatisfy { $0.utf8.allSatisfy(isHexDigit) }
        guard isAll else { return false }
        if groups.map(\.utf8.count) == [8, 4, 4, 4, 12] { return true }
        return groups.count == 1 && text.utf8.count >= 16 && text.utf8.contains(where: isLetter)
    }

    private func isNetworkAddress(_ text: String) -> Bool {
        let end = text.firstIndex(of: "/") ?? text.endIndex
        let (authority, path) = (text[..<end], text[end...])
        if authority.contains("::") {
            return authority.utf8.allSatisfy { Self.isHexDigit($0) || "[]:.%".utf8.contains($0) }
        }
        let halves = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count <= 2, let host = halves.first else { return false }
        let hasPort = halves.count == 2
        if hasPort {
            guard (1...5).contains(halves[1].utf8.count), halves[1].utf8.allSatisfy(Self.isDigit) else { return false }
        }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        if octets.count == 4, octets.allSatisfy({ UInt8($0) != nil }) { return true }
        // A source's name before a count is no host before a port.
        guard !known.contains(String(host)) else { return false }
        return (hasPort || path.utf8.count > 1) && (host == "localhost" || Self.isHost(host))
    }

    /// Several labels, the first with a letter, the last of letters alone.
    private static func isHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let first = labels.first, let last = labels.last, last.utf8.count >= 2 else {
            return false
        }
        return first.utf8.contains(where: isLetter) && last.utf8.allSatisfy(isLetter)
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 97 < 6 }
}
