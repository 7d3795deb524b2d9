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
        let head = String(decoding: buffer[..<bodyStart], as: UTF8.self).lowercased()
        let keepsOpen = !head.contains("\r\nconnection: close")
        let length: Int
        if let field = Self.value(of: "content-length", in: head) {
            guard let number = Int(field) else { return .broken("content-length is '\(field)'") }
            length = number
        } else if Self.value(of: "transfer-encoding", in: head) == "chunked" {
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

    private static func value(of name: String, in head: String) -> String? {
        guard let start = head.range(of: "\r\n\(name):") else { return nil }
        let rest = head[start.upperBound...]
        return String(rest.prefix { $0 != "\r\n" && $0 != "\r" }).trimmed
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

extension String {
    fileprivate func range(of other: String) -> Range<String.Index>? { self.firstRange(of: other) }
    fileprivate var trimmed: String {
        var slice = self[...]
        while slice.first == " " || slice.first == "\t" { slice.removeFirst() }
        while slice.last == " " || slice.last == "\t" { slice.removeLast() }
        return String(slice)
    }
}
