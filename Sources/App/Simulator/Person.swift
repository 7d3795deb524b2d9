/// Somebody who asks for a loan. Names are common ones in no relation to each other; addresses are under domains reserved
/// for documentation (RFC 2606); telephone numbers use the exchange 555.
struct Person: Sendable {
    /// Unique in the run; what events carry as `user_id`.
    var id: String
    var name: String
    var email: String
    /// E.164.
    var phone: String
    var state: String

    init(using random: inout SplitMix64) {
        let first = random.pick(Self.firstNames)
        let last = random.pick(Self.lastNames)
        let (state, areaCodes) = random.pick(Self.places)
        self.id = "psn_" + random.hex(12)
        self.name = "\(first) \(last)"
        self.email = "\(first.lowercased()).\(last.lowercased())\(random.hex(6))@\(random.pick(Self.domains))"
        let subscriber = random.int(1000...9999)
        self.phone = "+1\(random.pick(areaCodes))555\(subscriber)"
        self.state = state
    }

    static let firstNames = [
        "James", "Maria", "Wei", "Aisha", "Robert", "Linda", "Carlos", "Priya", "Daniel", "Emily", "Kenji", "Fatima",
        "Michael",
        "Sofia", "Andre", "Grace", "Thomas", "Olga", "Samuel", "Hannah", "Luis", "Nadia", "Peter", "Chloe", "Omar",
        "Ruth",
        "Victor", "Irene", "Paul", "Mei", "Kofi", "Laura", "Hugo", "Dana", "Ivan", "Nora", "Felix", "Tara", "Simon",
        "Leila",
    ]
    static let lastNames = [
        "Smith", "Garcia", "Nguyen", "Johnson", "Patel", "Brown", "Kim", "Martinez", "Davis", "Okafor", "Wilson",
        "Lopez", "Lee",
        "Anderson", "Khan", "Taylor", "Moore", "Silva", "Jackson", "White", "Harris", "Clark", "Novak", "Lewis",
        "Walker",
        "Young", "Rossi", "King", "Wright", "Hill", "Green", "Adams", "Baker", "Nelson", "Carter", "Reyes", "Murphy",
        "Diaz",
    ]
    static let domains = ["example.com", "example.net", "example.org", "mail.example", "post.example"]
    static let places: [(String, [String])] = [
        ("CA", ["213", "415", "619", "916"]), ("TX", ["214", "512", "713"]), ("FL", ["305", "407", "813"]),
        ("NY", ["212", "516", "718"]),
        ("PA", ["215", "412"]), ("IL", ["312", "630"]), ("OH", ["216", "614"]), ("GA", ["404", "770"]),
        ("NC", ["704", "919"]),
        ("MI", ["313", "616"]), ("NJ", ["201", "732"]), ("VA", ["703", "804"]), ("WA", ["206", "509"]),
        ("AZ", ["480", "602"]),
        ("MA", ["617", "508"]), ("TN", ["615", "901"]), ("CO", ["303", "719"]), ("MN", ["612", "651"]),
        ("OR", ["503", "541"]),
    ]
    static let stateNames = ["CA": "California", "TX": "Texas", "FL": "Florida", "NY": "New York", "WA": "Washington"]
}
