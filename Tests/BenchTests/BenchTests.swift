import Bench
import Events
import Testing

@Suite struct BenchLatencyTests {
    @Test func quantilesAreTheNearestRanks() throws {
        let latency = try #require(BenchLatency(microseconds: Array((1...100).map { UInt32($0 * 1000) }.reversed())))
        #expect(latency.p50 == 50)
        #expect(latency.p95 == 95)
        #expect(latency.p99 == 99)
        #expect(latency.max == 100)
        #expect(BenchLatency(microseconds: []) == nil)
    }
}

@Suite struct RequestTemplateTests {
    @Test func aCopyDiffersOnlyInItsNumberAndTime() {
        let body = Array(
            "{\"id\":\"x-##########\",\"time\":\"2000-01-01T00:00:00.000Z\",\"again\":\"##########\"}".utf8)
        var template = RequestTemplate(
            path: "/p", host: "h:1", apiKey: "k", contentType: "application/json", body: body, items: 1)
        let length = template.bytes.count
        template.become(number: 42, at: Timestamp(seconds: 1_700_000_000))
        let text = String(decoding: template.bytes, as: UTF8.self)
        #expect(template.bytes.count == length)
        #expect(text.hasSuffix(#"{"id":"x-0000000042","time":"2023-11-14T22:13:20.000Z","again":"0000000042"}"#))
        #expect(text.contains("Content-Length: \(body.count)\r\n\r\n"))
    }

    @Test func aBatchHasItsSizeAndEveryEventANameOfItsOwn() {
        let batch = BenchBody.events(500, run: "r")
        let lines = batch.split(separator: 10)
        #expect(lines.count == 500)
        #expect((330...450).contains(batch.count / 500), "an event has \(batch.count / 500) bytes")
        let names = Set(lines.map { String(decoding: $0.prefix(40), as: UTF8.self) })
        #expect(names.count == 500)
    }
}

@Suite struct ResponseReaderTests {
    private func read(_ text: String, pieces: Int) -> [ResponseReader.Progress] {
        var reader = ResponseReader()
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: pieces).map { at in
            Array(bytes[at..<min(bytes.count, at + pieces)]).withUnsafeBufferPointer { reader.take($0) }
        }
    }

    @Test(arguments: [1, 3, 7, 1000])
    func anAnswerEndsWhereItsLengthSays(pieces: Int) {
        let text = "HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"
        let progress = read(text, pieces: pieces)
        #expect(progress.last == .complete(status: 202, bytes: text.utf8.count, keepsOpen: true))
        #expect(progress.dropLast().allSatisfy { $0 == .incomplete })
    }

    @Test(arguments: [1, 4, 1000])
    func anAnswerInChunksEndsWithItsEmptyChunk(pieces: Int) {
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n1f\r\n\(String(repeating: "z", count: 31))\r\n0\r\n\r\n"
        let progress = read(text, pieces: pieces)
        #expect(progress.last == .complete(status: 200, bytes: text.utf8.count, keepsOpen: false))
        #expect(progress.dropLast().allSatisfy { $0 == .incomplete })
    }

    @Test func anAnswerWithoutBodyEndsWithItsHead() {
        #expect(
            read("HTTP/1.1 204 No Content\r\n\r\n", pieces: 100).last
                == .complete(status: 204, bytes: 27, keepsOpen: true))
    }

    @Test func whatIsNotHTTPIsBroken() {
        guard case .broken = read("HTTP/1.1 abc\r\n\r\n", pieces: 100).last else {
            Issue.record("a status that is no number was read")
            return
        }
    }
}
