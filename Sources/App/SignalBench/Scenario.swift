internal import Analysis
internal import Events
internal import Simulator

/// Something that is set up wrongly on a day of the measurement, what shows it, and whether thresholds were chosen on it.
enum Scenario: Hashable, Sendable {
    /// One of the simulator's own: the thresholds were chosen on these.
    case tuning(Misconfiguration)
    /// Made for the measurement alone, and never looked at while thresholds were chosen.
    case heldOut(HeldOut)

    enum HeldOut: String, CaseIterable, Sendable {
        /// webhook posts its template instead of the address.
        case webhookTemplateEmail = "webhook_template_email"
        /// The web form writes the amount as a text.
        case formAmountAsText = "form_amount_as_text"
        /// partner_api stops at an hour of the working day.
        case partnerStops = "partner_stops"
        /// call_center's client sends everything twice.
        case callCenterResends = "call_center_resends"
        /// bulk_import loses the consent column.
        case bulkConsentLost = "bulk_consent_lost"
        /// call_center multiplies credit scores by ten.
        case callCenterScoreTimesTen = "call_center_score_times_ten"
        /// One test account submits all day.
        case testAccount = "test_account"
        /// Three of four visitors never arrive.
        case trafficLost = "traffic_lost"
        /// Everything is answered six times as slowly.
        case latencyStep = "latency_step"
    }

    static let allTuning = Misconfiguration.allCases.map(Scenario.tuning)
    static let allHeldOut = HeldOut.allCases.map(Scenario.heldOut)

    var name: String {
        switch self {
        case .tuning(let kind): kind.rawValue
        case .heldOut(let kind): kind.rawValue
        }
    }

    /// The detectors that name it.
    var detectors: Set<DaySignal.Detector> {
        switch self {
        case .tuning(let kind):
            switch kind {
            case .partnerPhoneWithoutCountry, .partnerStateSpelledOut, .webhookMalformedJSON, .formConsentMissing:
                [.codeAboveBaseline, .fieldFailing]
            case .bulkImportDuplicates, .formDoubleSubmit: [.duplicateStorm]
            case .sourceSilent: [.suddenStop]
            case .modelTimeouts, .creditBureauDown: [.eventFailures]
            case .promptTooLong: [.tokensPerCall]
            }
        case .heldOut(let kind):
            switch kind {
            case .webhookTemplateEmail, .formAmountAsText, .bulkConsentLost, .callCenterScoreTimesTen:
                [.codeAboveBaseline, .fieldFailing]
            case .partnerStops: [.suddenStop]
            case .callCenterResends: [.duplicateStorm]
            case .testAccount: [.userConcentration, .rateLimited]
            case .trafficLost: [.successWithoutVolume]
            case .latencyStep: [.latencyStep]
            }
        }
    }

    /// The source, or type of event, that it is about; nil when it is about all of them.
    var subject: String? {
        switch self {
        case .tuning(let kind):
            switch kind {
            case .partnerPhoneWithoutCountry, .partnerStateSpelledOut: TrafficSource.partnerAPI.rawValue
            // A body that cannot be read names no source.
            case .webhookMalformedJSON: Signals.unknownSource
            case .bulkImportDuplicates: TrafficSource.bulkImport.rawValue
            case .formConsentMissing, .formDoubleSubmit: TrafficSource.webForm.rawValue
            case .sourceSilent: TrafficSource.callCenter.rawValue
            case .modelTimeouts, .promptTooLong: EventType.llmCall
            case .creditBureauDown: EventType.toolCall
            }
        case .heldOut(let kind):
            switch kind {
            case .webhookTemplateEmail: TrafficSource.webhook.rawValue
            case .formAmountAsText: TrafficSource.webForm.rawValue
            case .partnerStops: TrafficSource.partnerAPI.rawValue
            case .callCenterResends, .callCenterScoreTimesTen: TrafficSource.callCenter.rawValue
            case .bulkConsentLost: TrafficSource.bulkImport.rawValue
            case .testAccount, .trafficLost, .latencyStep: nil
            }
        }
    }

    /// Whether a signal is about this: it names what is wrong, or another effect of it on the same source.
    func explains(_ signal: DaySignal) -> Bool {
        if self == .tuning(.webhookMalformedJSON), signal.subject == TrafficSource.webhook.rawValue { return true }
        return subject == nil ? detectors.contains(signal.detector) : signal.subject == subject
    }

    /// Whether the signal is the one that was to be found.
    func isNamed(by signal: DaySignal) -> Bool {
        detectors.contains(signal.detector) && (subject == nil || signal.subject == subject)
    }
}

/// A scenario and the minutes of the local day in which it is in effect.
struct ActiveScenario: Hashable, Sendable {
    var scenario: Scenario
    var minutes: Range<Int>

    /// A scenario with hours of its own choosing: from 90 minutes to the whole day.
    static func drawn(_ scenario: Scenario, using random: inout SplitMix64) -> ActiveScenario {
        switch scenario {
        case .heldOut(.testAccount), .heldOut(.trafficLost), .heldOut(.latencyStep):
            return ActiveScenario(scenario: scenario, minutes: 0..<1440)
        case .heldOut(.partnerStops):
            let start = 540 + Int(random.next() % 300)
            return ActiveScenario(scenario: scenario, minutes: start..<1440)
        default:
            guard random.next() % 3 > 0 else { return ActiveScenario(scenario: scenario, minutes: 0..<1440) }
            let start = 480 + Int(random.next() % 540)
            return ActiveScenario(scenario: scenario, minutes: start..<min(1440, start + 90 + Int(random.next() % 360)))
        }
    }
}
