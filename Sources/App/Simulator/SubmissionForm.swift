/// One application for a mortgage refinance, and the JSON bodies that carry it.
struct SubmissionForm: Sendable {
    var person: Person
    var source: TrafficSource
    var channel: String
    var sessionID: String?
    var propertyValue: Int
    var loanAmount: Int
    var annualIncome: Int
    var creditScore: Int
    var termMonths: Int
    var purpose: String
    var propertyType: String
    var occupancy: String

    init(person: Person, source: TrafficSource, channel: String, sessionID: String?, using random: inout SplitMix64) {
        self.person = person
        self.source = source
        self.channel = channel
        self.sessionID = sessionID
        let value = min(4_000_000, max(70_000, random.logNormal(median: 395_000, sigma: 0.42)))
        self.propertyValue = Int(value / 1000) * 1000
        self.loanAmount = Int(value * (0.45 + 0.5 * random.unit()) / 500) * 500
        self.annualIncome = Int(max(24_000, random.logNormal(median: 96_000, sigma: 0.45)) / 100) * 100
        self.creditScore = min(845, max(520, Int(702 + 58 * random.normal())))
        self.termMonths = random.pick(weighted: [(360, 62), (180, 22), (240, 10), (300, 6)])
        self.purpose = random.pick(weighted: [("lower_rate", 48), ("cash_out", 33), ("shorten_term", 19)])
        self.propertyType = random.pick(weighted: [("single_family", 68), ("condo", 19), ("multi_family", 13)])
        self.occupancy = random.pick(weighted: [("primary", 84), ("second_home", 6), ("investment", 10)])
    }

    /// The body of `POST …/leads` with the given mistakes in it.
    func body(attempt: Int, mistakes: Set<Mistake>) -> [UInt8] {
        var user = JSONMembers()
        if !mistakes.contains(.userMissing) {
            user.add("email", mistakes.contains(.emailTypo) ? person.email.replacing("@", with: "@@") : person.email)
            user.add("phone", phone(mistakes))
        }
        user.add("name", person.name)
        var root = JSONMembers()
        root.add("user", user)
        root.add("source", source.rawValue)
        root.add("channel", channel)
        root.add("fields", fields(mistakes))
        root.add("consent", !mistakes.contains(.consentMissing))
        if let sessionID { root.add("session_id", sessionID) }
        if attempt > 1 {
            var retry = JSONMembers()
            retry.add("attempt", attempt)
            root.add("retry", retry)
        }
        let whole = root.object
        return mistakes.contains(.malformed) ? Array(whole.prefix(whole.count * 3 / 4)) : whole
    }

    private func phone(_ mistakes: Set<Mistake>) -> String {
        if mistakes.contains(.phoneWithoutCountry) { return String(person.phone.dropFirst(2)) }
        if mistakes.contains(.phoneShort) { return String(person.phone.prefix(7)) }
        return person.phone
    }

    private func fields(_ mistakes: Set<Mistake>) -> JSONMembers {
        var fields = JSONMembers()
        if mistakes.contains(.loanAmountText) {
            fields.add("loan_amount", "\(loanAmount / 1000)k")
        } else {
            fields.add("loan_amount", mistakes.contains(.loanAmountZero) ? 0 : loanAmount)
        }
        fields.add("property_value", propertyValue)
        fields.add("annual_income", annualIncome)
        fields.add("credit_score", mistakes.contains(.creditScoreRange) ? creditScore * 10 : creditScore)
        fields.add("term_months", mistakes.contains(.termRange) ? termMonths / 60 : termMonths)
        fields.add("state", mistakes.contains(.stateName) ? Person.stateNames[person.state] ?? "Calif." : person.state)
        fields.add("purpose", purpose)
        fields.add("property_type", propertyType)
        fields.add("occupancy", occupancy)
        if source == .bulkImport { fields.add("meets_guidelines", mistakes.contains(.guidelinesRange) ? 666 : 1) }
        return fields
    }
}
