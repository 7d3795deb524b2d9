/// How a batch is written.
package enum BatchForm: Sendable {
    /// `[…]` or `{"events":[…]}`.
    case json
    /// One JSON text a line (NDJSON); blank lines count for nothing.
    case lines
}

package enum SplitFailure: Error, Hashable, Sendable {
    case empty
    /// The text cannot be divided into items: where (byte position) and why.
    case notJSON(position: Int, reason: String)
    /// JSON, but neither of the two forms.
    case shape(reason: String)
    case tooManyItems(limit: Int)
}

/// Divides a body into its items without parsing them: finds where each begins and ends by following strings and
/// brackets. An item that is broken inside its own brackets is delivered like any other, so it cannot hide its neighbours.
package struct ItemSplitter {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let itemsMax: Int
    private var at: Int

    private init(_ bytes: UnsafeBufferPointer<UInt8>, itemsMax: Int) {
        self.bytes = bytes
        self.itemsMax = itemsMax
        at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0  // RFC 8259 section 8.1: a byte order mark may be ignored
    }

    /// The range of each item, without surrounding white space, in order. `bytes` need 8 readable bytes behind them
    /// (`PaddedBytes` has them). An empty range is an item that is missing between two commas.
    package static func split(
        _ bytes: UnsafeBufferPointer<UInt8>, form: BatchForm, itemsMax: Int = WireLimits.batchItemsMax
    ) throws(SplitFailure) -> [Range<Int>] {
        var splitter = ItemSplitter(bytes, itemsMax: itemsMax)
        splitter.skipSpace()
        guard splitter.at < bytes.count else { throw .empty }
        switch form {
        case .lines: return try splitter.lines()
        case .json: return try splitter.batch()
        }
    }

    private mutating func lines() throws(SplitFailure) -> [Range<Int>] {
        var items: [Range<Int>] = []
        items.reserveCapacity(min(itemsMax, bytes.count / 256 + 1))
        while at < bytes.count {
            let end = nextLineEnd()
            let line = trimmed(at..<end)
            at = end + 1
            if line.isEmpty { continue }
            guard items.count < itemsMax else { throw .tooManyItems(limit: itemsMax) }
            items.append(line)
        }
        return items
    }

    private mutating func batch() throws(SplitFailure) -> [Range<Int>] {
        let items: [Range<Int>]
        switch bytes[at] {
        case Byte.openBracket: items = try elements()
        case Byte.openBrace: items = try envelope()
        default: throw .shape(reason: "The body is a single value; send an array of events, or {\"events\":[…]}.")
        }
        skipSpace()
        guard at == bytes.count else { throw .notJSON(position: at, reason: "text behind the end of the JSON value") }
        return items
    }

    /// `{"events":[…]}` and nothing else.
    private mutating func envelope() throws(SplitFailure) -> [Range<Int>] {
        at += 1
        skipSpace()
        guard at < bytes.count else { throw .notJSON(position: at, reason: "the object is not closed") }
        guard bytes[at] == Byte.quote else {
            throw bytes[at] == Byte.closeBrace
                ? .shape(reason: "The object has no member events; send {\"events\":[…]}.")
                : .notJSON(position: at, reason: "a member name is expected")
        }
        let start = at + 1
        try skipString()
        let name = UnsafeBufferPointer(rebasing: bytes[start..<at - 1])
        guard Byte.equal(name, "events") else {
            let shown = String(decoding: name.prefix(64), as: UTF8.self)
            throw .shape(
                reason: "The object's first member is '\(shown)', not events; send an array, or {\"events\":[…]}. "
                    + "A single event goes into an array.")
        }
        skipSpace()
        guard at < bytes.count, bytes[at] == Byte.colon else { throw .notJSON(position: at, reason: "':' is expected") }
        at += 1
        skipSpace()
        guard at < bytes.count else { throw .notJSON(position: at, reason: "the object is not closed") }
        guard bytes[at] == Byte.openBracket else { throw .shape(reason: "events must be an array.") }
        let items = try elements()
        skipSpace()
        guard at < bytes.count else { throw .notJSON(position: at, reason: "the object is not closed") }
        guard bytes[at] == Byte.closeBrace else {
            throw bytes[at] == Byte.comma
                ? .shape(reason: "The object may have the member events alone.")
                : .notJSON(position: at, reason: "'}' is expected")
        }
        at += 1
        return items
    }

    /// The elements of the array that begins here; leaves `at` behind its bracket.
    private mutating func elements() throws(SplitFailure) -> [Range<Int>] {
        var items: [Range<Int>] = []
        items.reserveCapacity(min(itemsMax, bytes.count / 256 + 1))
        at += 1
        skipSpace()
        if at < bytes.count, bytes[at] == Byte.closeBracket {
            at += 1
            return items
        }
        while true {
            let start = at
            try skipElement()
            guard at < bytes.count else {
                throw .notJSON(position: start, reason: "the item that begins here, or the array, is not closed")
            }
            guard items.count < itemsMax else { throw .tooManyItems(limit: itemsMax) }
            items.append(trimmed(start..<at))
            at += 1
            if bytes[at - 1] == Byte.closeBracket { return items }
        }
    }

    /// Moves to the comma or bracket that ends the element, or to the end of the bytes.
    private mutating func skipElement() throws(SplitFailure) {
        var depth = 0
        // One bit a level: set for an object. Deeper levels than it holds are only counted.
        var kinds: UInt64 = 0
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case Byte.quote:
                try skipString()
                continue
            case Byte.openBrace, Byte.openBracket:
                if depth < 64 {
                    let bit: UInt64 = 1 << UInt64(depth)
                    kinds = byte == Byte.openBrace ? kinds | bit : kinds & ~bit
                }
                depth += 1
            case Byte.closeBrace, Byte.closeBracket:
                if depth == 0 {
                    if byte == Byte.closeBracket { return }
                    throw .notJSON(position: at, reason: "'}' closes nothing")
                }
                depth -= 1
                if depth < 64, (kinds >> UInt64(depth) & 1 == 1) != (byte == Byte.closeBrace) {
                    throw .notJSON(position: at, reason: "a bracket closes another kind of bracket")
                }
            case Byte.comma where depth == 0: return
            default: break
            }
            at += 1
        }
    }

    /// From an opening quote to behind the closing one, eight bytes at a time.
    private mutating func skipString() throws(SplitFailure) {
        let start = at
        at += 1
        let base = UnsafeRawPointer(bytes.baseAddress!)
        while at < bytes.count {
            let word = base.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
            let hits = Byte.zeroBytes(word ^ 0x2222_2222_2222_2222) | Byte.zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
            if hits == 0 {
                at += 8
                continue
            }
            at += hits.trailingZeroBitCount / 8
            guard at < bytes.count else { break }
            if bytes[at] == Byte.quote {
                at += 1
                return
            }
            at += 2
        }
        throw .notJSON(position: start, reason: "the string that begins here is not closed")
    }

    private func nextLineEnd() -> Int {
        let rest = UnsafeBufferPointer(rebasing: bytes[at...])
        return at + Byte.firstIndex(of: Byte.newline, in: rest)
    }

    private mutating func skipSpace() {
        while at < bytes.count, Byte.isSpace(bytes[at]) { at += 1 }
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, Byte.isSpace(bytes[low]) { low += 1 }
        while high > low, Byte.isSpace(bytes[high - 1]) { high -= 1 }
        return low..<high
    }
}
