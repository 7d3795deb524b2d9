// Events: the vocabulary of Daybook as value types. No I/O, no clocks, no randomness: everything here is a pure function
// of its inputs, so every other module (and every test) can rely on it without set-up.

/// The tenant's identifier: `prj_` and lower-case letters or digits. The first part of every key and the first
/// predicate of every query; never optional.
package struct ProjectID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// The longest accepted identifier, in bytes.
    package static let lengthMax = 40

    /// Nil when the text is not 1 to 40 bytes of `[a-z0-9_]`.
    package init?(_ text: String) {
        guard (1...Self.lengthMax).contains(text.utf8.count),
            text.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
        else { return nil }
        self.text = text
    }

    /// For identifiers that we made or stored ourselves.
    package init(trusted text: String) { self.text = text }

    package init(from decoder: any Decoder) throws {
        self.text = try decoder.singleValueContainer().decode(String.self)
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    package var description: String { text }
}

/// The prefixes of the identifiers that Daybook creates, so that a person sees what an identifier names.
package enum IdentifierPrefix: String, Sendable, CaseIterable {
    case organisation = "org"
    case project = "prj"
    case member = "mem"
    case apiKey = "key"
    case session = "ses"
    case user = "usr"
    case attempt = "att"
    case lead = "led"
    case batch = "bat"
    case report = "rep"
    case job = "job"
    case request = "req"
    case process = "prc"
    case webhookSecret = "whk"
}
