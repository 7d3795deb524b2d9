internal import Events

/// The fields that every funnel of mortgage leads shares, with their rules.
package enum KnownField: String, CaseIterable, Sendable {
    case state
    case loanAmount = "loan_amount"
    case propertyValue = "property_value"
    case annualIncome = "annual_income"
    case termMonths = "term_months"
    case creditScore = "credit_score"
    case meetsGuidelines = "meets_guidelines"

    /// The accepted numbers, and whether they have to be whole; nil for `state`.
    var range: (bounds: ClosedRange<Double>, isWhole: Bool)? {
        switch self {
        case .state: nil
        case .loanAmount: (Limits.loanAmount, false)
        case .propertyValue: (Limits.propertyValue, false)
        case .annualIncome: (Limits.annualIncome, false)
        case .termMonths: (Limits.termMonths, true)
        case .creditScore: (Limits.creditScore, true)
        case .meetsGuidelines: (0...1, true)
        }
    }
}

enum FieldRules {
    /// USPS codes of the states, the District of Columbia and the territories.
    static let states: Set<String> = [
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
        "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK",
        "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC", "AS", "GU", "MP",
        "PR", "VI",
    ]

    /// 1 to `Limits.sourceBytesMax` bytes of `[A-Za-z0-9_.:-]`.
    static func isName(_ text: String) -> Bool {
        (1...Limits.sourceBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 95, 46, 58, 45: true
        default: false
        }
    }

    /// Whether a text is free of control characters (which include NUL).
    static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    /// Whether a text has only the control characters that people write: tab, line feed, carriage return.
    static func isWritten(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
    static let notWritten = "Without control characters other than tabs and line ends."

    private static let special = Set(".!#$%&'*+/=?^_`{|}~-".utf8)

    /// The address in lower case; nil when it is not one. The form is that of the HTML standard (4.10.5.1.5), with at
    /// least one dot in the domain.
    static func email(_ text: String) -> String? {
        let lower = trimmed(text).lowercased()
        let halves = lower.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard lower.utf8.count <= Limits.emailBytesMax, halves.count == 2, (1...64).contains(halves[0].count) else {
            return nil
        }
        guard halves[0].allSatisfy({ (48...57).contains($0) || (97...122).contains($0) || special.contains($0) }),
            halves[0].first != UInt8(ascii: "."), halves[0].last != UInt8(ascii: ".")
        else { return nil }
        let labels = halves[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2,
            labels.allSatisfy({ label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
            })
        else { return nil }
        return lower
    }

    enum Phone: Equatable {
        case valid(String)
        /// Ten digits without `+`: a national number whose country is anyone's guess.
        case countryMissing
        case invalid
    }

    private static let phoneMarks = Set(" -().".utf8)

    /// E.164 after removing the spaces and marks people write: `+1 (212) 555-0123` → `+12125550123`.
    static func phone(_ text: String) -> Phone {
        let digits = text.utf8.filter { !phoneMarks.contains($0) }
        let hasPlus = digits.first == UInt8(ascii: "+")
        let number = hasPlus ? digits.dropFirst() : digits[...]
        guard number.allSatisfy({ (48...57).contains($0) }) else { return .invalid }
        guard hasPlus else { return number.count == 10 ? .countryMissing : .invalid }
        guard Limits.phoneDigits.contains(number.count), number.first != UInt8(ascii: "0") else { return .invalid }
        return .valid(String(decoding: digits, as: UTF8.self))
    }

    static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while slice.first?.isWhitespace == true { slice.removeFirst() }
        while slice.last?.isWhitespace == true { slice.removeLast() }
        return String(slice)
    }
}
