/// Where submissions come from.
package enum TrafficSource: String, Sendable, CaseIterable {
    case webForm = "web_form"
    case partnerAPI = "partner_api"
    case bulkImport = "bulk_import"
    case callCenter = "call_center"
    case webhook

    /// Sessions (web) or submissions (others) on an ordinary working day at scale 1.
    var dailyVolume: Double {
        switch self {
        case .webForm: 900
        case .partnerAPI: 120
        case .bulkImport: 70
        case .callCenter: 60
        case .webhook: 55
        }
    }

    /// The share of an ordinary day's volume on each weekday, Monday first.
    var weekdayFactors: [Double] {
        switch self {
        case .webForm: [1.08, 1.10, 1.05, 1.0, 0.88, 0.62, 0.70]
        case .partnerAPI: [1.1, 1.1, 1.05, 1.0, 0.95, 0.35, 0.25]
        case .bulkImport: [1.2, 1.0, 1.0, 1.0, 1.3, 0.2, 0.1]
        case .callCenter: [1.2, 1.1, 1.0, 1.0, 0.9, 0.25, 0]
        case .webhook: [1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.75]
        }
    }

    /// How much of the day falls in each local hour; the numbers are relative.
    var hourWeights: [Double] {
        switch self {
        case .webForm: [2, 1, 1, 1, 1, 2, 4, 6, 9, 11, 12, 12, 11, 10, 10, 10, 9, 9, 11, 13, 13, 10, 7, 4]
        case .partnerAPI: [1, 1, 1, 1, 1, 1, 2, 5, 10, 12, 12, 11, 8, 10, 12, 12, 10, 7, 3, 2, 1, 1, 1, 1]
        case .bulkImport: [0, 0, 10, 24, 12, 2, 0, 0, 1, 3, 2, 1, 0, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0]
        case .callCenter: [0, 0, 0, 0, 0, 0, 0, 0, 4, 10, 12, 12, 7, 9, 12, 12, 10, 6, 2, 0, 0, 0, 0, 0]
        case .webhook: [3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 3]
        }
    }

    /// The marketing channels of this source's visitors, with their weights.
    var channels: [(String, Double)] {
        switch self {
        case .webForm:
            [("organic", 34), ("paid_search", 27), ("email", 11), ("social", 12), ("affiliate", 6), ("direct", 10)]
        case .partnerAPI: [("affiliate", 88), ("paid_search", 12)]
        case .bulkImport: [("email", 55), ("affiliate", 45)]
        case .callCenter: [("direct", 70), ("organic", 30)]
        case .webhook: [("social", 58), ("affiliate", 42)]
        }
    }

    /// The share of first attempts that somebody got wrong.
    var dirtShare: Double {
        switch self {
        case .webForm: 0.07
        case .partnerAPI: 0.08
        case .bulkImport: 0.15
        case .callCenter: 0.035
        case .webhook: 0.09
        }
    }

    /// The mistakes of this source, with their weights.
    var mistakes: [(Mistake, Double)] {
        switch self {
        case .webForm:
            [
                (.emailTypo, 30), (.phoneShort, 20), (.consentMissing, 18), (.creditScoreRange, 12),
                (.loanAmountText, 10), (.loanAmountZero, 10),
            ]
        case .partnerAPI:
            [
                (.phoneWithoutCountry, 42), (.stateName, 24), (.userMissing, 12), (.creditScoreRange, 12),
                (.loanAmountText, 10),
            ]
        case .bulkImport:
            [
                (.termRange, 28), (.guidelinesRange, 14), (.stateName, 16), (.phoneWithoutCountry, 18),
                (.loanAmountZero, 14), (.userMissing, 10),
            ]
        case .callCenter: [(.emailTypo, 40), (.consentMissing, 40), (.phoneShort, 20)]
        case .webhook: [(.malformed, 40), (.emailTypo, 30), (.loanAmountText, 30)]
        }
    }

    /// Whether a person sits at the other end who corrects a mistake and tries again.
    var correctionShare: Double {
        switch self {
        case .webForm: 0.68
        case .callCenter: 0.85
        case .partnerAPI: 0.25
        case .webhook: 0.15
        case .bulkImport: 0
        }
    }

    /// Half of a web visitor's steps take less; other sources show no steps.
    var stepMedianMilliseconds: Double { self == .callCenter ? 2600 : 420 }
}

/// What can be wrong with one submission.
enum Mistake: Sendable {
    case emailTypo, phoneShort, phoneWithoutCountry, stateName, creditScoreRange, loanAmountText, loanAmountZero
    case termRange, guidelinesRange, consentMissing, userMissing, malformed
}

/// A project of the simulation: its place, its size.
package struct ProjectProfile: Sendable {
    package var name: String
    package var timeZone: String
    package var region: String
    /// Factor on the volumes.
    package var size: Double

    /// The first is the API key's own project; its name and zone are what the server says.
    package static let all = [
        ProjectProfile(name: "Demo", timeZone: "America/New_York", region: "us", size: 1),
        ProjectProfile(name: "Westline Lending", timeZone: "America/Los_Angeles", region: "us", size: 0.7),
        ProjectProfile(name: "Prairie Mortgage", timeZone: "America/Chicago", region: "us", size: 0.55),
    ]
}

/// The web funnel: how many go on from each step.
enum FunnelModel {
    /// The share of visitors who go on to the step, from the one before; `submitted` and `accepted` follow the submission.
    static let goesOn: [String: Double] = [
        "start": 0.63, "contact": 0.75, "property": 0.83, "loan": 0.87, "consent": 0.91, "submitted": 0.94,
    ]
    /// Factor on `goesOn` of the first step, by channel: bought clicks are worth less than visitors who came by themselves.
    static let channelQuality: [String: Double] = [
        "organic": 1.05, "paid_search": 0.96, "affiliate": 0.88, "email": 1.15, "social": 0.78, "direct": 1.12,
    ]
    /// Seconds that a visitor thinks on a step; half take less.
    static let thinkSecondsMedian: [String: Double] = [
        "visit": 14, "start": 22, "contact": 48, "property": 41, "loan": 36, "consent": 17, "submitted": 2,
    ]
}
