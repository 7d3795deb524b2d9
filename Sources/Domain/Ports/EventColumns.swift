package import Events

/// One text column of a batch: all texts in one arena. An absent text is the empty text; it is stored as such.
package struct TextColumn: Sendable {
    package private(set) var bytes: [UInt8] = []
    package private(set) var ends: [UInt32] = []

    package init() {}

    package var count: Int { ends.count }

    @inlinable package static func emptyText() -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: nil, count: 0)
    }

    package mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        guard !text.isEmpty else { return appendEmpty() }
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
    }
    package mutating func append(_ text: some StringProtocol) {
        bytes.append(contentsOf: text.utf8)
        ends.append(UInt32(bytes.count))
    }
    /// Appends what `write` writes at the end of the arena.
    package mutating func append(writing write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(UInt32(bytes.count))
    }
    package mutating func appendEmpty() { ends.append(UInt32(bytes.count)) }

    package func range(_ row: Int) -> Range<Int> { (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row]) }
    package subscript(_ row: Int) -> String { String(decoding: bytes[range(row)], as: UTF8.self) }

    package func withBytes<R>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        let range = range(row)
        return try bytes.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
    }
    package mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
        ends.removeAll(keepingCapacity: keepingCapacity)
    }
}

/// Decoded events as columns: what the processor's steps work on and what an EventStore writes. All columns have `count` rows.
/// Texts that are absent are empty; `durationMilliseconds` is NaN when absent (stored as NULL); numbers that are absent are 0.
package struct EventColumns: Sendable {
    package var count = 0
    // Envelope
    package var projectID = TextColumn()
    package var eventID = TextColumn()
    package var eventKey: [UInt64] = []
    package var type = TextColumn()
    package var time: [Timestamp] = []
    package var receivedAt: [Timestamp] = []
    package var logicalDate: [LogicalDate] = []
    package var streamOffset: [StreamOffset] = []
    package var source = TextColumn()
    package var channel = TextColumn()
    package var userID = TextColumn()
    package var sessionID = TextColumn()
    package var leadID = TextColumn()
    package var traceID = TextColumn()
    package var spanID = TextColumn()
    package var parentSpanID = TextColumn()
    /// `success`, `failure` or empty.
    package var outcome = TextColumn()
    package var errorCategory = TextColumn()
    package var errorCode = TextColumn()
    package var errorMessage = TextColumn()
    /// JSON object or empty.
    package var errorContext = TextColumn()
    package var retryAttempt: [Int32] = []
    package var retryMax: [Int32] = []
    /// `RetryOutcome`'s raw value, or empty for an event without an outcome.
    package var retryOutcome = TextColumn()
    package var durationMilliseconds: [Double] = []
    package var modelProvider = TextColumn()
    package var modelName = TextColumn()
    /// The model's name in the form that prices and breakdowns use (`gpt-4o-2024-08-06` → `gpt-4o`).
    package var modelKey = TextColumn()
    // Token buckets are disjoint: input without cached, output without reasoning.
    package var inputTokens: [Int64] = []
    package var cacheReadTokens: [Int64] = []
    package var cacheWriteTokens: [Int64] = []
    package var outputTokens: [Int64] = []
    package var reasoningTokens: [Int64] = []
    package var costMicroUSD: [Int64] = []
    package var promptName = TextColumn()
    package var promptVersion = TextColumn()
    package var toolName = TextColumn()
    package var funnelName = TextColumn()
    package var funnelStep = TextColumn()
    package var funnelPosition: [Int32] = []
    /// JSON object or empty.
    package var attributes = TextColumn()
    // Payloads: stored apart, read by detail views only. JSON text or empty.
    package var input = TextColumn()
    package var output = TextColumn()
    package var toolArguments = TextColumn()
    package var toolResult = TextColumn()
    package var modelParameters = TextColumn()

    package init() {}
}

/// An item that could not be processed: kept whole, with the reason, so that it can be replayed.
package struct QuarantinedItem: Hashable, Sendable {
    package var projectID: ProjectID
    package var receivedAt: Timestamp
    package var logicalDate: LogicalDate
    package var streamOffset: StreamOffset
    package var itemIndex: Int
    package var code: String
    package var message: String
    package var bytes: [UInt8]

    package init(
        projectID: ProjectID, receivedAt: Timestamp, logicalDate: LogicalDate, streamOffset: StreamOffset,
        itemIndex: Int, code: String, message: String, bytes: [UInt8]
    ) {
        self.projectID = projectID
        self.receivedAt = receivedAt
        self.logicalDate = logicalDate
        self.streamOffset = streamOffset
        self.itemIndex = itemIndex
        self.code = code
        self.message = message
        self.bytes = bytes
    }
}

/// The key of a books row.
package struct BooksKey: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    package init(projectID: ProjectID, date: LogicalDate) {
        self.projectID = projectID
        self.date = date
    }
}
