/// Reads HTTP/1.1 answers (RFC 9112) as far as a load generator needs: the status, and where the answer ends.
package struct ResponseReader {
    package enum Progress: Equatable {
        case incomplete
        /// `keepsOpen` is false when the server closes the connection after this answer.
        case complete(status: Int, bytes: Int, keepsOpen: Bool)
        case broken(String)
    }

    private var buffer: [UInt8] = []
    private var searchedTo = 0

    package init() {}

    /// Takes what arrived; one request is under way at a time, so nothing follows a complete answer.
    package mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Progress {
        buffer.append(contentsOf: bytes)
        guard buffer.count <= BenchLimits.answerBytesMax else { return .broken("an answer is too long") }
        guard let bodyStart = headEnd() else { return .incomplete }
        guard buffer.count >= 12, let status = Int(String(decoding: buffer[9..<12], as: UTF8.self)) else {
            return .broken("an answer does not begin with a status line")
        }
        let keepsOpen = field("connection", before: bodyStart).map { !Self.equal(buffer[$0], "close") } ?? true
        let length: Int
        if let field = field("content-length", before: bodyStart) {
            let text = String(decoding: buffer[field], as: UTF8.self)
            guard let number = Int(text) else { return .broken("content-length is '\(text)'") }
            length = number
        } else if let field = field("transfer-encoding", before: bodyStart), Self.equal(buffer[field], "chunked") {
            guard let end = chunkedEnd(from: bodyStart) else { return .incomplete }
            length = end - bodyStart
        } else {
            length = 0
        }
        guard buffer.count >= bodyStart + length else { return .incomplete }
        let total = bodyStart + length
        buffer.removeAll(keepingCapacity: true)
        searchedTo = 0
        return .complete(status: status, bytes: total, keepsOpen: keepsOpen)
    }

    mutating func reset() {
        buffer.removeAll(keepingCapacity: true)
        searchedTo = 0
    }

    /// The index behind the empty line.
    private mutating func headEnd() -> Int? {
        var at = max(0, searchedTo - 3)
        while at + 4 <= buffer.count {
            if buffer[at] == 13, buffer[at + 1] == 10, buffer[at + 2] == 13, buffer[at + 3] == 10 { return at + 4 }
            at += 1
        }
        searchedTo = buffer.count
        return nil
    }

    /// Where the value of the head's field lies; `name` in lower case. Works on bytes: as text, looking for three fields
    /// cost the generator more than sending and receiving.
    private func field(_ name: StaticString, before bodyStart: Int) -> Range<Int>? {
        var at = 0
        while let end = lineEnd(from: at), end + 2 < bodyStart {
            at = end + 2
            let colon = at + name.utf8CodeUnitCount
            guard colon < bodyStart, buffer[colon] == 0x3A, Self.equal(buffer[at..<colon], name) else { continue }
            var value = colon + 1..<(lineEnd(from: colon) ?? bodyStart)
            while let first = value.first, buffer[first] == 0x20 || buffer[first] == 0x09 { value.removeFirst() }
            while let last = value.last, buffer[last] == 0x20 || buffer[last] == 0x09 { value.removeLast() }
            return value
        }
        return nil
    }

    /// Compares with a text in lower case.
    private static func equal(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for (byte, one) in zip(bytes, wanted) where byte != one && !(0x41...0x5A ~= byte && byte | 0x20 == one) {
                return false
            }
            return true
        }
    }

    /// Walks the chunks; the index behind the last one, nil while it is missing.
    private func chunkedEnd(from start: Int) -> Int? {
        var at = start
        while true {
            guard let lineEnd = lineEnd(from: at) else { return nil }
            let digits = String(decoding: buffer[at..<lineEnd], as: UTF8.self).prefix { $0 != ";" }
            guard let size = Int(digits, radix: 16) else { return nil }
            at = lineEnd + 2 + size + 2
            guard at <= buffer.count else { return nil }
            if size == 0 { return at }
        }
    }

    private func lineEnd(from start: Int) -> Int? {
        var at = start
        while at + 1 < buffer.count {
            if buffer[at] == 13, buffer[at + 1] == 10 { return at }
            at += 1
        }
        return nil
    }
}
