internal import Events
internal import Ports

/// The logical date: the receipt's date in the project's zone. One date a frame.
struct DateStep: ProcessingStep {
    static let name = "date"

    mutating func run(on batch: inout ProcessingBatch) {
        for source in batch.sources {
            batch.columns.logicalDate.append(contentsOf: repeatElement(source.date, count: source.rows.count))
        }
    }
}

/// The key of the event's identity.
struct KeyStep: ProcessingStep {
    static let name = "key"

    mutating func run(on batch: inout ProcessingBatch) {
        let columns = batch.columns
        var keys = [UInt64]()
        keys.reserveCapacity(columns.count)
        for row in 0..<columns.count {
            let key = columns.projectID.withBytes(row) { project in
                columns.eventID.withBytes(row) { EventKey.key(project: project, event: $0, time: columns.time[row]) }
            }
            keys.append(key)
        }
        batch.columns.eventKey = keys
    }
}

/// How a retried operation ended, from its outcome and `retry`.
struct RetryStep: ProcessingStep {
    static let name = "retry"

    mutating func run(on batch: inout ProcessingBatch) {
        for row in 0..<batch.columns.count {
            let length = batch.columns.outcome.range(row).count
            guard length > 0 else {
                batch.columns.retryOutcome.appendEmpty()
                continue
            }
            // `success` and `failure` are the only outcomes, and both have seven letters: the first tells them apart.
            let isSuccess = batch.columns.outcome.withBytes(row) { $0[0] == UInt8(ascii: "s") }
            let outcome = RetryOutcome(
                outcome: isSuccess ? .success : .failure, attempt: Int(batch.columns.retryAttempt[row]),
                max: Int(batch.columns.retryMax[row]))
            batch.columns.retryOutcome.append(outcome.rawValue)
        }
    }
}

/// The model's key, remembered by name.
struct FingerprintStep: ProcessingStep {
    static let name = "fingerprint"
    private var known: [String: String] = [:]
    private let knownMax: Int

    init(knownMax: Int) { self.knownMax = knownMax }

    mutating func run(on batch: inout ProcessingBatch) {
        for row in 0..<batch.columns.count {
            guard !batch.columns.modelName.range(row).isEmpty else {
                batch.columns.modelKey.appendEmpty()
                continue
            }
            let name = batch.columns.modelName[row]
            if let key = known[name] {
                batch.columns.modelKey.append(key)
            } else {
                let key = ModelFingerprint.key(of: name)
                if known.count >= knownMax { known.removeAll(keepingCapacity: true) }
                known[name] = key
                batch.columns.modelKey.append(key)
            }
        }
    }
}

/// The cost of a model call by the price of its day. A model without a price costs 0 and is reported.
struct PriceStep: ProcessingStep {
    static let name = "price"
    private let prices: PriceBook

    init(prices: PriceBook) { self.prices = prices }

    mutating func run(on batch: inout ProcessingBatch) {
        let columns = batch.columns
        var costs = [Int64](repeating: 0, count: columns.count)
        for row in 0..<columns.count where !columns.modelKey.range(row).isEmpty {
            let key = columns.modelKey[row]
            let date = LogicalDate(dayNumber: Int32(floorDivide(columns.time[row].seconds, 86_400)))
            guard let price = prices.price(of: key, on: date) else {
                batch.unpricedCalls += 1
                continue
            }
            costs[row] = PriceBook.cost(
                price, input: columns.inputTokens[row], cacheRead: columns.cacheReadTokens[row],
                cacheWrite: columns.cacheWriteTokens[row], output: columns.outputTokens[row],
                reasoning: columns.reasoningTokens[row])
        }
        batch.columns.costMicroUSD = costs
    }
}

/// The books: what intake counted, and what became of each item here.
struct BooksStep: ProcessingStep {
    static let name = "books"

    mutating func run(on batch: inout ProcessingBatch) {
        for source in batch.sources {
            var delta = source.stored.frame.counts
            delta.stored = Int64(source.rows.count)
            delta.quarantined = source.quarantinedCodes
            // Written as it is: books that do not balance are the alarm, and hiding it would be worse than the fault.
            if !delta.isBalanced { batch.unbalanced.append(source.stored.offset) }
            let key = BooksKey(projectID: source.stored.frame.projectID, date: source.date)
            batch.books[key, default: BooksDelta()] += delta
        }
    }
}
