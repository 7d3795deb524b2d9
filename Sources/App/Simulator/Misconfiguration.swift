/// Something that somebody set up wrongly, by the name under which it is switched on.
package enum Misconfiguration: String, Sendable, CaseIterable {
    case partnerPhoneWithoutCountry = "partner_phone_without_country"
    case partnerStateSpelledOut = "partner_state_spelled_out"
    case webhookMalformedJSON = "webhook_malformed_json"
    case bulkImportDuplicates = "bulk_import_duplicates"
    case formConsentMissing = "form_consent_missing"
    case formDoubleSubmit = "form_double_submit"
    case sourceSilent = "source_silent"
    case modelTimeouts = "model_timeouts"
    case promptTooLong = "prompt_too_long"
    case creditBureauDown = "credit_bureau_down"

    /// What goes wrong, in one line.
    package var summary: String {
        switch self {
        case .partnerPhoneWithoutCountry: "partner_api sends phone numbers without their country code"
        case .partnerStateSpelledOut: "partner_api writes 'California' where two letters are expected"
        case .webhookMalformedJSON: "webhook bodies are cut short and are no longer JSON"
        case .bulkImportDuplicates: "bulk_import sends every row twice"
        case .formConsentMissing: "the web form no longer sends the consent box"
        case .formDoubleSubmit: "the web form's button submits twice"
        case .sourceSilent: "call_center sends nothing at all"
        case .modelTimeouts: "nearly half of all model calls time out"
        case .promptTooLong: "a new prompt version carries eight times the tokens"
        case .creditBureauDown: "the credit bureau tool fails for most calls"
        }
    }
}

/// A misconfiguration and when it is in effect: minutes of the local day.
package struct MisconfigurationSwitch: Hashable, Sendable {
    package var kind: Misconfiguration
    /// Half-open, within 0 to 1440.
    package var minutes: Range<Int>

    package init(_ kind: Misconfiguration, minutes: Range<Int> = 0..<1440) {
        self.kind = kind
        self.minutes = minutes
    }

    /// Parses `NAME` or `NAME@HH:MM` (in effect from then until midnight, in the project's time zone).
    package init(argument: String) throws(SimulatorError) {
        let parts = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = Misconfiguration(rawValue: String(parts[0])) else {
            throw .usage("--misconfiguration: there is no '\(parts[0])'. --list-misconfigurations names them all.")
        }
        guard parts.count == 2 else {
            self.init(kind)
            return
        }
        let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 2, clock.allSatisfy({ $0.count == 2 }), let hour = Int(clock[0]),
            let minute = Int(clock[1]),
            (0..<24).contains(hour), (0..<60).contains(minute)
        else {
            throw .usage("--misconfiguration: '\(argument)' needs a time of day like \(kind.rawValue)@14:00.")
        }
        self.init(kind, minutes: hour * 60 + minute..<1440)
    }
}

/// What is in effect at one moment.
struct ActiveMisconfigurations: Sendable {
    private var kinds: Set<Misconfiguration> = []

    init(_ switches: [MisconfigurationSwitch], minute: Int) {
        for item in switches where item.minutes.contains(minute) { kinds.insert(item.kind) }
    }

    func callAsFunction(_ kind: Misconfiguration) -> Bool { kinds.contains(kind) }
}
