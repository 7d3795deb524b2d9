/// The character between the cells of a CSV file.
package struct CSVDelimiter: Hashable, Sendable {
    package let byte: UInt8

    package static let comma = CSVDelimiter(byte: UInt8(ascii: ","))
    /// What a delimiter has to be, for whoever named another.
    package static let rule =
        "must be one ASCII character that is no letter, digit, quote or space, e.g. ; or |, or the word tab"

    private init(byte: UInt8) { self.byte = byte }

    /// See `rule`; a tab itself is taken, too.
    package init?(_ text: String) {
        if text == "tab" || text == "\\t" {
            byte = 9
            return
        }
        guard text.utf8.count == 1, let first = text.utf8.first, first == 9 || (0x21...0x7E).contains(first),
            first != 34
        else { return nil }
        switch first {
        case 48...57, 65...90, 97...122: return nil
        default: byte = first
        }
    }

    /// The character itself.
    package var text: String { String(UnicodeScalar(byte)) }
}
