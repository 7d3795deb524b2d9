import Events
import Processing
import Testing

@Suite struct ModelFingerprintTests {
    @Test(arguments: [
        ("openai/gpt-4o-2024-08-06", "gpt-4o"), ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("models/gemini-1.5-flash-latest", "gemini-1.5-flash"), ("Llama3.1:8B", "llama3.1:8b"), ("gpt-4-0613", "gpt-4"),
        ("gpt-4o-mini", "gpt-4o-mini"), ("o1-preview", "o1"), ("my-model", "my-model"), ("2024", "2024"),
    ])
    func spellingsBecomeOneKey(name: String, key: String) {
        #expect(ModelFingerprint.key(of: name) == key)
    }
}

@Suite struct PriceBookTests {
    private func date(_ text: String) -> LogicalDate { LogicalDate(text)! }

    @Test func thePriceOfTheDayIsUsed() throws {
        let book = PriceBook([
            "m": [
                ModelPrice(from: date("2025-01-01"), input: 2_000_000, cacheRead: 0, cacheWrite: 0, output: 0),
                ModelPrice(from: date("2026-01-01"), input: 1_000_000, cacheRead: 0, cacheWrite: 0, output: 0),
            ]
        ])
        #expect(book.price(of: "m", on: date("2025-12-31"))?.input == 2_000_000)
        #expect(book.price(of: "m", on: date("2026-01-01"))?.input == 1_000_000)
        #expect(book.price(of: "m", on: date("2020-01-01"))?.input == 2_000_000)
        #expect(book.price(of: "unknown", on: date("2026-01-01")) == nil)
    }

    @Test func bucketsAreDisjointAndRoundedOnce() throws {
        let price = try #require(PriceBook.standard.price(of: "gpt-4o-mini", on: date("2026-01-01")))
        // 1,000 input at 0.15, 2,000 cached at 0.075, 100 + 50 output at 0.60 dollars per million tokens.
        #expect(PriceBook.cost(price, input: 1000, cacheRead: 2000, cacheWrite: 0, output: 100, reasoning: 50) == 390)
        #expect(PriceBook.cost(price, input: 1, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0) == 0)
        #expect(PriceBook.cost(price, input: 4, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0) == 1)
    }
}
