import Testing
import Wire

@Suite struct ItemSplitterTests {
    private func items(_ text: String, _ form: BatchForm = .json, max: Int = 100) -> Result<[String], SplitFailure> {
        PaddedBytes(text.utf8).withBytes { bytes in
            do throws(SplitFailure) {
                let ranges = try ItemSplitter.split(bytes, form: form, itemsMax: max)
                return .success(ranges.map { String(decoding: bytes[$0], as: UTF8.self) })
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func arraysAndEnvelopes() throws {
        #expect(try items("[]").get() == [])
        #expect(try items(" [ 1 , {\"a\":[1,2,\"]\"]} ,\"x,y\" ] \n").get() == ["1", "{\"a\":[1,2,\"]\"]}", "\"x,y\""])
        #expect(try items("{\"events\": [ {\"a\":\"\\\"}\"} , {} ] }").get() == ["{\"a\":\"\\\"}\"}", "{}"])
        #expect(try items("\u{FEFF}[{}]").get() == ["{}"])
    }

    @Test func linesSkipBlanksAndKeepBrokenOnes() throws {
        #expect(
            try items("{\"a\":1}\r\n\n  \n{broken\n{\"b\":2}", .lines).get() == ["{\"a\":1}", "{broken", "{\"b\":2}"])
    }

    @Test func aBrokenItemDoesNotHideItsNeighbours() throws {
        #expect(
            try items("[{\"a\":1},{\"b\":,},nope,{\"c\":3}]").get() == ["{\"a\":1}", "{\"b\":,}", "nope", "{\"c\":3}"])
        #expect(try items("[{},,{},]").get() == ["{}", "", "{}", ""])
    }

    @Test(arguments: [
        "[{}", "[{\"a\":1]", "[\"abc", "[{}] x", "[}", "{\"events\":[{}]", "{\"events\" [{}]}", "[{\"a\":\"\\", "{",
    ])
    func whatCannotBeDividedIsNotJSON(_ text: String) {
        guard case .failure(.notJSON) = items(text) else {
            Issue.record("expected notJSON for \(text), got \(items(text))")
            return
        }
    }

    @Test(arguments: ["17", "\"text\"", "{}", "{\"event_id\":\"a\"}", "{\"events\":{}}", "{\"events\":[],\"more\":1}"])
    func otherShapesAreNamed(_ text: String) {
        guard case .failure(.shape) = items(text) else {
            Issue.record("expected shape for \(text), got \(items(text))")
            return
        }
    }

    @Test func emptyAndTooMany() {
        #expect(items("  \n ") == .failure(.empty))
        #expect(items("", .lines) == .failure(.empty))
        #expect(items("[1,2,3]", max: 2) == .failure(.tooManyItems(limit: 2)))
        #expect(items("1\n2\n3", .lines, max: 2) == .failure(.tooManyItems(limit: 2)))
    }

    /// Dividing what was joined gives the same items, whatever characters their strings hold.
    @Test func joiningAndDividingAgree() throws {
        var seed: UInt64 = 3
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let pieces = ["{", "}", "[", "]", ",", "\\\"", "\\\\", " ", "é", "a", ":"]
        for _ in 0..<2000 {
            let made = (0..<next(6)).map { _ in
                "{\"k\":\"" + (0..<next(20)).map { _ in pieces[next(pieces.count)] }.joined() + "\",\"n\":[[1],{}]}"
            }
            #expect(try items("[" + made.joined(separator: " ,\n") + "]").get() == made)
            if !made.isEmpty { #expect(try items(made.joined(separator: "\n"), .lines).get() == made) }
        }
    }
}
