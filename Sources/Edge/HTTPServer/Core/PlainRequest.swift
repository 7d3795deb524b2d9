package import NIOCore

/// A request as nearly every client of the busiest routes sends it, read from its bytes: `POST /v1/projects/{project_id}/events`
/// or `…/leads` in HTTP/1.1 (RFC 9112), with a short head of ordinary fields and a `Content-Length`, all of it there.
///
/// What is not plain is not wrong: it is left to the HTTP codec, which knows the whole protocol. So the reader is strict
/// where the protocol is lenient, and gives up at the first thing that could be understood in two ways: a field name with
/// other characters than letters, digits and `-`, a value outside visible ASCII, a lone line feed, a folded line, a repeated
/// field that means something here, a transfer coding, an expectation, an upgrade.
package struct PlainRequest: Sendable {
    /// The fields whose values a route or the scope of a request reads.
    package enum Field: Int, CaseIterable, Sendable {
        case host, contentLength, contentType, contentEncoding, authorization, userAgent, requestID, traceparent,
            idempotencyKey
        case forwardedFor

        fileprivate var name: StaticString {
            switch self {
            case .host: "host"
            case .contentLength: "content-length"
            case .contentType: "content-type"
            case .contentEncoding: "content-encoding"
            case .authorization: "authorization"
            case .userAgent: "user-agent"
            case .requestID: "x-request-id"
            case .traceparent: "traceparent"
            case .idempotencyKey: "idempotency-key"
            case .forwardedFor: "x-forwarded-for"
            }
        }
    }

    /// Which of the two routes.
    package enum Target: Sendable { case events, leads }

    package enum Reading: Sendable {
        /// So far plain; the rest has not arrived.
        case incomplete
        case notPlain
        /// A whole request, and how many bytes it takes.
        case request(PlainRequest, bytes: Int)
    }

    package let target: Target
    private let bytes: ByteBuffer
    private let projectPart: Range<Int>
    private let pathPart: Range<Int>
    private let values: [Range<Int>?]
    private let bodyPart: Range<Int>

    package var path: String { text(pathPart) }
    /// The part of the path that names the project, as it stands there.
    package var projectText: String { text(projectPart) }

    /// The value of a field without the white space around it; nil when it is not there.
    package func value(_ field: Field) -> String? { values[field.rawValue].map(text) }

    /// The body; the pointer must not leave `read`.
    package func withBody<R, E: Error>(_ read: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        var result: Result<R, E>?
        bytes.withUnsafeReadableBytes { all in
            let body = UnsafeRawBufferPointer(rebasing: all[bodyPart])
            do throws(E) { result = .success(try read(body)) } catch { result = .failure(error) }
        }
        return try result!.get()
    }

    private func text(_ part: Range<Int>) -> String {
        bytes.withUnsafeReadableBytes {
            String(decoding: UnsafeRawBufferPointer(rebasing: $0[part]), as: UTF8.self)
        }
    }

    // MARK: Reading

    /// What stands at the beginning of `bytes`.
    package static func read(_ bytes: ByteBuffer) -> Reading {
        let head: Head
        switch bytes.withUnsafeReadableBytes({ Head.read($0) }) {
        case .incomplete: return .incomplete
        case .notPlain: return .notPlain
        case .head(let found): head = found
        }
        let end = head.length + head.bodyLength
        guard bytes.readableBytes >= end, let own = bytes.getSlice(at: bytes.readerIndex, length: end) else {
            return .incomplete
        }
        return .request(
            PlainRequest(
                target: head.target, bytes: own, projectPart: head.projectPart, pathPart: head.pathPart,
                values: head.values, bodyPart: head.length..<end), bytes: end)
    }

    /// The head alone; positions count from its first byte.
    private struct Head {
        enum Reading {
            case incomplete, notPlain
            case head(Head)
        }

        var target: Target
        var projectPart: Range<Int>
        var pathPart: Range<Int>
        var values: [Range<Int>?]
        /// With the empty line.
        var length: Int
        var bodyLength: Int

        private static let start: StaticString = "POST /v1/projects/"
        private static let version: StaticString = " HTTP/1.1\r\n"
        private static let endings: [(StaticString, Target)] = [("/events", .events), ("/leads", .leads)]
        /// Fields that make a request one for the codec.
        private static let unusual: [StaticString] = [
            "transfer-encoding", "expect", "upgrade", "te", "trailer", "daybook-received-at",
        ]

        static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
            guard agrees(bytes, 0, start) else { return .notPlain }
            var at = start.utf8CodeUnitCount
            let project = at
            while at < bytes.count, isIdentifier(bytes[at]) { at += 1 }
            guard at - project <= HTTPLimits.plainProjectBytesMax else { return .notPlain }
            guard at < bytes.count else { return .incomplete }
            // The two endings differ in their second character.
            guard at + 1 < bytes.count else { return bytes[at] == slash ? .incomplete : .notPlain }
            let (ending, target) = endings[bytes[at + 1] == UInt8(ascii: "l") ? 1 : 0]
            guard at > project, agrees(bytes, at, ending) else { return .notPlain }
            let projectPart = project..<at
            at += ending.utf8CodeUnitCount
            guard agrees(bytes, min(at, bytes.count), version) else { return .notPlain }
            let pathPart = 5..<at
            at += version.utf8CodeUnitCount
            guard at < bytes.count else { return .incomplete }
            return fields(bytes, from: at, target, projectPart, pathPart)
        }

        private static func fields(
            _ bytes: UnsafeRawBufferPointer, from start: Int, _ target: Target, _ projectPart: Range<Int>,
            _ pathPart: Range<Int>
        ) -> Reading {
            var values = [Range<Int>?](repeating: nil, count: Field.allCases.count)
            let end = min(bytes.count, HTTPLimits.plainHeadBytesMax)
            let outOfBytes = end < bytes.count ? Reading.notPlain : .incomplete
            var at = start
            while true {
                guard at + 1 < end else { return outOfBytes }
                if bytes[at] == carriageReturn {
                    guard bytes[at + 1] == lineFeed else { return .notPlain }
                    break
                }
                let name = at
                while at < end, isFieldName(bytes[at]) { at += 1 }
                guard at < end else { return outOfBytes }
                guard at > name, bytes[at] == UInt8(ascii: ":") else { return .notPlain }
                let nameEnd = at
                at += 1
                let line = at
                while at < end, isFieldValue(bytes[at]) { at += 1 }
                guard at + 1 < end else { return outOfBytes }
                guard bytes[at] == carriageReturn, bytes[at + 1] == lineFeed else { return .notPlain }
                let value = trimmed(bytes, line..<at)
                guard note(bytes, name..<nameEnd, value, in: &values) else { return .notPlain }
                at += 2
            }
            guard let host = values[Field.host.rawValue], !host.isEmpty,
                let length = values[Field.contentLength.rawValue].flatMap({ number(bytes, $0) }),
                length <= HTTPLimits.plainBodyBytesMax
            else { return .notPlain }
            return .head(
                Head(
                    target: target, projectPart: projectPart, pathPart: pathPart, values: values, length: at + 2,
                    bodyLength: length))
        }

        /// False for a field that is not plain.
        private static func note(
            _ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ value: Range<Int>, in values: inout [Range<Int>?]
        ) -> Bool {
            for field in Field.allCases where isName(bytes, name, field.name) {
                guard values[field.rawValue] == nil else { return false }
                values[field.rawValue] = value
                return true
            }
            if isName(bytes, name, "connection") { return isName(bytes, value, "keep-alive") }
            return !unusual.contains { isName(bytes, name, $0) }
        }

        /// Decimal digits, few enough for every length that is plain.
        private static func number(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>) -> Int? {
            guard (1...6).contains(part.count) else { return nil }
            var number = 0
            for byte in bytes[part] {
                guard (48...57).contains(byte) else { return nil }
                number = number * 10 + Int(byte - 48)
            }
            return number
        }

        /// Whether the bytes from `at`, as far as they are there, are those of `text`.
        private static func agrees(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ text: StaticString) -> Bool {
            let length = min(text.utf8CodeUnitCount, bytes.count - at)
            for place in 0..<length where bytes[at + place] != text.utf8Start[place] { return false }
            return true
        }

        /// Whether a part is `text`, which is in lower case, in any case.
        private static func isName(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>, _ text: StaticString) -> Bool {
            guard part.count == text.utf8CodeUnitCount else { return false }
            for place in 0..<part.count {
                let byte = bytes[part.lowerBound + place]
                let lower = (65...90).contains(byte) ? byte | 32 : byte
                if lower != text.utf8Start[place] { return false }
            }
            return true
        }

        private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>) -> Range<Int> {
            var (start, end) = (part.lowerBound, part.upperBound)
            while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
            while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
            return start..<end
        }

        private static let carriageReturn = UInt8(ascii: "\r")
        private static let lineFeed = UInt8(ascii: "\n")
        private static let slash = UInt8(ascii: "/")

        private static func isFieldName(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122, 45: true
            default: false
            }
        }
        private static func isIdentifier(_ byte: UInt8) -> Bool { isFieldName(byte) || byte == 95 }
        private static func isFieldValue(_ byte: UInt8) -> Bool { (32...126).contains(byte) || byte == 9 }
    }
}
