import Events
import Foundation
import Testing

@Suite struct LatencySketchTests {
    @Test func everyValueIsWithinOnePercentOfItsBucket() {
        var value = 0.0011
        while value < 5_000_000 {
            let estimate = LatencySketch.value(of: LatencySketch.bucket(of: value))
            #expect(abs(estimate - value) <= value * LatencySketch.relativeError * 1.000001)
            value *= 1.0037
        }
    }

    @Test func quantilesOfMergedHalvesEqualThoseOfTheWhole() throws {
        let values = (1...10_000).map { Double($0 * 7919 % 10_007) + 0.5 }
        func histogram(_ values: some Sequence<Double>) -> [Int16: Int64] {
            values.reduce(into: [:]) { $0[LatencySketch.bucket(of: $1), default: 0] += 1 }
        }
        let whole = histogram(values)
        let merged = histogram(values.prefix(3000)).merging(histogram(values.dropFirst(3000)), uniquingKeysWith: +)
        let sorted = values.sorted()
        for q in [0.01, 0.5, 0.95, 0.99, 1] {
            let fromWhole = try #require(LatencySketch.quantile(q, of: whole.map { ($0.key, $0.value) }))
            #expect(LatencySketch.quantile(q, of: merged.map { ($0.key, $0.value) }) == fromWhole)
            let exact = sorted[max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1)]
            #expect(abs(fromWhole - exact) <= exact * 0.0101)
        }
    }

    @Test func nothingHasNoQuantile() {
        #expect(LatencySketch.quantile(0.5, of: [(bucket: Int16, count: Int64)]()) == nil)
        #expect(LatencySketch.bucket(of: .nan) == LatencySketch.zeroBucket)
        #expect(LatencySketch.bucket(of: -3) == LatencySketch.zeroBucket)
    }
}

@Suite struct AttemptHashTests {
    private var attempt: Attempt {
        Attempt(
            attemptID: "att_1", projectID: ProjectID(trusted: "prj_a"), sequence: 1, userID: nil, source: "web_form",
            channel: "organic", receivedAt: Timestamp(seconds: 1_700_000_000),
            logicalDate: LogicalDate(dayNumber: 19_675),
            outcome: .failure, failureCategory: .validation, failureCode: "phone_invalid", failureMessage: "no",
            context: "{}", retryAttempt: 1, durationMilliseconds: 1.5, idempotencyKey: nil, leadID: nil,
            previousHash: AttemptHash.genesis, hash: [])
    }

    @Test func everyFieldIsPartOfTheHash() {
        let base = AttemptHash.hash(of: attempt)
        #expect(base.count == AttemptHash.length)
        let changes: [(inout Attempt) -> Void] = [
            { $0.attemptID = "att_2" }, { $0.projectID = ProjectID(trusted: "prj_b") }, { $0.sequence = 2 },
            { $0.userID = "" }, { $0.source = "x" }, { $0.channel = "x" }, { $0.receivedAt = Timestamp(seconds: 1) },
            { $0.logicalDate = LogicalDate(dayNumber: 1) }, { $0.outcome = .success }, { $0.failureCategory = nil },
            { $0.failureCode = nil }, { $0.failureMessage = "" }, { $0.context = "{ }" }, { $0.retryAttempt = 2 },
            { $0.durationMilliseconds = 1.25 }, { $0.idempotencyKey = "k" }, { $0.leadID = "l" },
            { $0.previousHash[31] = 1 },
        ]
        var seen: Set<[UInt8]> = [base]
        for change in changes {
            var copy = attempt
            change(&copy)
            #expect(seen.insert(AttemptHash.hash(of: copy)).inserted)
        }
    }

    /// Moving a byte from one field to its neighbour must change the encoding.
    @Test func fieldsCannotBeConfused() {
        var a = attempt
        a.source = "ab"
        a.channel = "c"
        var b = attempt
        b.source = "a"
        b.channel = "bc"
        #expect(AttemptHash.encoding(of: a) != AttemptHash.encoding(of: b))
    }
}

@Suite struct ErrorCatalogueTests {
    @Test func thePublishedCatalogueIsTheOneInTheCode() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../contracts/errors.json")
        let published = try String(contentsOf: url, encoding: .utf8)
        #expect(published == ErrorCatalogue.json(), "print it anew with: daybook config errors > contracts/errors.json")
    }

    @Test func everyCodeHasAClientStatusAndATitle() {
        for code in ErrorCode.allCases {
            #expect((400...599).contains(code.status))
            #expect(code.title.count > 8 && !code.title.hasSuffix("."))
        }
    }
}

@Suite struct BooksTests {
    @Test func theyBalanceExactlyWhenEveryItemIsAccountedFor() {
        var books = BooksDelta()
        books.received = 10
        books.stored = 4
        books.duplicate = 3
        books.rejected = ["field_type": 2]
        #expect(!books.isBalanced)
        var rest = BooksDelta()
        rest.quarantined = ["project_unknown": 1]
        books += rest
        #expect(books.isBalanced)
    }
}
