package import Events

/// What a model's tokens cost from a date on, in micro-US-dollars per million tokens of each disjoint bucket.
package struct ModelPrice: Hashable, Sendable {
    package var from: LogicalDate
    package var input: Int64
    package var cacheRead: Int64
    package var cacheWrite: Int64
    package var output: Int64

    package init(from: LogicalDate, input: Int64, cacheRead: Int64, cacheWrite: Int64, output: Int64) {
        self.from = from
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
    }
}

/// Dated list prices by model key. A price is never changed: a new one is added with the date from which it holds, so that
/// past costs stay what they were.
package struct PriceBook: Sendable {
    /// By model key, newest first.
    private let prices: [String: [ModelPrice]]

    package init(_ prices: [String: [ModelPrice]]) {
        self.prices = prices.mapValues { $0.sorted { $0.from > $1.from } }
    }

    /// The price in force on the date; before the first known one, the first. Nil for an unknown model.
    package func price(of model: String, on date: LogicalDate) -> ModelPrice? {
        guard let known = prices[model] else { return nil }
        return known.first { $0.from <= date } ?? known.last
    }

    /// Cost in micro-US-dollars, rounded half up once over all buckets. Reasoning tokens cost what output tokens cost.
    package static func cost(
        _ price: ModelPrice, input: Int64, cacheRead: Int64, cacheWrite: Int64, output: Int64, reasoning: Int64
    ) -> Int64 {
        let micro =
            input * price.input + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite
            + (output + reasoning) * price.output
        return (micro + 500_000) / 1_000_000
    }

    /// List prices as published on the providers' price pages (openai.com/api/pricing, anthropic.com/pricing,
    /// ai.google.dev/pricing), US dollars, without volume discounts. Models that run on one's own machine cost nothing here.
    package static let standard = PriceBook([
        "gpt-4o": [dollars("2024-10-01", 2.50, 1.25, 2.50, 10)],
        "gpt-4o-mini": [dollars("2024-07-18", 0.15, 0.075, 0.15, 0.60)],
        "gpt-4.1": [dollars("2025-04-14", 2, 0.50, 2, 8)],
        "gpt-4.1-mini": [dollars("2025-04-14", 0.40, 0.10, 0.40, 1.60)],
        "gpt-4.1-nano": [dollars("2025-04-14", 0.10, 0.025, 0.10, 0.40)],
        "o3-mini": [dollars("2025-01-31", 1.10, 0.55, 1.10, 4.40)],
        "claude-3-5-sonnet": [dollars("2024-06-20", 3, 0.30, 3.75, 15)],
        "claude-3-5-haiku": [dollars("2024-12-03", 0.80, 0.08, 1, 4)],
        "claude-sonnet-4": [dollars("2025-05-22", 3, 0.30, 3.75, 15)],
        "claude-haiku-4-5": [dollars("2025-10-15", 1, 0.10, 1.25, 5)],
        "gemini-1.5-flash": [dollars("2024-08-12", 0.075, 0.01875, 0.075, 0.30)],
        "gemini-2.0-flash": [dollars("2025-02-05", 0.10, 0.025, 0.10, 0.40)],
        "text-embedding-3-small": [dollars("2024-01-25", 0.02, 0.02, 0.02, 0)],
        "llama3.1:8b": [dollars("2024-07-23", 0, 0, 0, 0)],
        "llama3.2:3b": [dollars("2024-09-25", 0, 0, 0, 0)],
    ])

    private static func dollars(
        _ from: String, _ input: Double, _ cacheRead: Double, _ cacheWrite: Double, _ output: Double
    ) -> ModelPrice {
        guard let date = LogicalDate(from) else { preconditionFailure("\(from) is no date") }
        let micro = { (value: Double) in Int64((value * 1_000_000).rounded()) }
        return ModelPrice(
            from: date, input: micro(input), cacheRead: micro(cacheRead), cacheWrite: micro(cacheWrite),
            output: micro(output))
    }
}
