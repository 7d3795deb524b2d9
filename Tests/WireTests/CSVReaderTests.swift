import Testing
import Wire

/// Feeds the text in pieces of the given size and gives the rows' cells; a bad row is its reason behind `!`.
private func rows(_ text: [UInt8], pieces: Int = .max) -> [[String]] {
    var reader = CSVReader()
    var out: [Result<CSVReader.Row, CSVReader.BadRow>] = []
    var at = 0
    while at < text.count {
        let end = pieces == .max ? text.count : min(text.count, at + pieces)
        out += reader.feed(text[at..<end])
        at = end
    }
    out += reader.finish()
    return out.map { result in
        switch result {
        case .success(let row): row.cells
        case .failure(let bad): ["!", "\(bad.line)", bad.reason]
        }
    }
}

private func rows(_ text: String, pieces: Int = .max) -> [[String]] { rows(Array(text.utf8), pieces: pieces) }

@Suite struct CSVReaderTests {
    @Test(arguments: [1, 2, 3, 5, Int.max])
    func everyFormOfTheStandardIsReadWhateverThePieces(pieces: Int) {
        let text = "a,b,c\r\n1,\"two, \"\"quoted\"\"\",3\r\n\"line\r\nbreak\",,\"\"\r\n\r\nlast,x,y"
        #expect(
            rows(text, pieces: pieces) == [
                ["a", "b", "c"], ["1", "two, \"quoted\"", "3"], ["line\r\nbreak", "", ""], ["last", "x", "y"],
            ])
    }

    @Test func lineEndsMayBeLFOrCR() {
        #expect(rows("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(rows("a,b\r1,2\r") == [["a", "b"], ["1", "2"]])
    }

    @Test(arguments: [1, 2, Int.max])
    func aByteOrderMarkIsNoPartOfTheFirstColumn(pieces: Int) {
        #expect(rows([0xEF, 0xBB, 0xBF] + Array("a,b\n".utf8), pieces: pieces) == [["a", "b"]])
        #expect(rows([0xEF, 0xBB], pieces: pieces).first?.first == "!")
    }

    @Test func aBadRowIsReportedWithItsLineAndTheNextOneIsRead() {
        #expect(rows("a,b\n1,x\"y\n2,3\n").map(\.first) == ["a", "!", "2"])
        #expect(rows("a,b\n\"1\"z,2\n3,4\n")[1][1] == "2")
        #expect(rows("a,b\n1,x\"y").map(\.first) == ["a", "!"], "the last row, without a line end")
    }

    /// The quote is in line 4. Whatever follows, the rows before it and the rows behind it are all there.
    @Test(
        arguments: [
            "", "p\"q", "\"p,1\r\n", "\"p\n\"q\"r,2\n", "3,\"z", "\"p\n\"\"q\"\"\n\"r,1\n\"s\nt,1",
        ], [1, 7, Int.max])
    func aQuoteThatIsNeverClosedTakesItsOwnLineAlone(tail: String, pieces: Int) {
        let before = "a,b\r\n\"two\r\nlines\",1\n"
        let rest = (0..<50).map { "row\($0),\($0)\n" }.joined()
        let read = rows("\(before)\"x,1\n\(rest)\(tail)", pieces: pieces)
        #expect(Array(read.prefix(2)) == [["a", "b"], ["two\r\nlines", "1"]])
        #expect(read[2].first == "!" && read[2][1] == "4")
        #expect(read[2][2].hasPrefix("a quote opens in line 4, cell 1, and "), "\(read[2])")
        #expect(read.dropFirst(3).prefix(50).map(\.first) == (0..<50).map { "row\($0)" })
    }

    @Test func aQuoteInALaterCellIsNamedByItsLine() {
        let read = rows("a,b\n\"one\ntwo\",\"x\n3,4\n")
        #expect(
            read == [["a", "b"], ["!", "2", "a quote opens in line 3, cell 2, and it is never closed"], ["3", "4"]])
    }

    /// Many such quotes do not make reading slow: each line is read a bounded number of times.
    @Test func manyOpenQuotesAreReadInOnePass() {
        let lines = (0..<20_000).map { $0 % 2 == 0 ? "\"open,\($0)" : "x,\"\($0)" }
        let read = rows("a,b\n" + lines.joined(separator: "\n"))
        #expect(read.dropFirst().allSatisfy { $0.first == "!" } && read.count == 20_001)
    }

    @Test func aRowThatGoesOnForLinesSaysSo() {
        var reader = CSVReader()
        let read = try? reader.feed(Array("\"a\nb\n\",c\nd,e\n".utf8)).map { try $0.get() }
        #expect(read?.map(\.line) == [1, 4] && read?.map(\.lastLine) == [3, 4])
        #expect(read?[0].miscounted(columns: 3).hasSuffix("and goes on to line 3: is a quote missing?") == true)
        #expect(read?[1].miscounted(columns: 3) == "it has 2 cells where the header has 3")
    }

    @Test(arguments: [(";", ";"), ("|", "|"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), (":", ":")])
    func aDelimiterIsOneCharacter(text: String, means: String) throws {
        let delimiter = try #require(CSVDelimiter(text))
        #expect(delimiter.text == means)
        var reader = CSVReader(delimiter: delimiter)
        let read = reader.feed(Array("a,b\(means)\"c\(means)d\"\n".utf8))
        #expect(try read.map { try $0.get().cells } == [["a,b", "c\(means)d"]])
    }

    @Test(arguments: ["", ";;", "a", "7", "\"", "\n", "\r", " ", "é", "\0", "tabs"])
    func whatIsNoDelimiterIsRefused(text: String) { #expect(CSVDelimiter(text) == nil) }

    @Test func anEmptyCellAtTheEndIsACell() {
        #expect(rows("a,b\n1,\n,\n") == [["a", "b"], ["1", ""], ["", ""]])
        #expect(rows("\"\"\n") == [[""]])
    }

    @Test func bytesThatAreNotUTF8AreABadRowAndItsNeighboursAreRead() {
        #expect(rows(Array("a\n".utf8) + [0xFF, 10] + Array("b\n".utf8)).map(\.first) == ["a", "!", "b"])
        #expect(rows(Array("a,c\n".utf8) + [0xFF, 44, 49, 10] + Array("b,d\n".utf8)).map(\.first) == ["a", "!", "b"])
    }

    @Test func aCellWithoutEndIsCutOffInsteadOfFillingMemory() {
        let text = "a\n\"" + String(repeating: "x", count: CSVLimits.cellBytesMax + 10) + "\nb\n"
        #expect(rows(text).map(\.first) == ["a", "!", "b"])
        // With line breaks in it, the lines behind the first one are rows.
        let lines = (0..<20_000).map { "row\($0)" }
        #expect(rows("a\n\"x\n" + lines.joined(separator: "\n")).map(\.first) == ["a", "!"] + lines)
    }
}

@Suite struct ColumnMapTests {
    private func body(_ map: [String], _ row: [String: String]) throws -> String {
        let columns = row.keys.sorted()
        let map = try ColumnMap(arguments: map, columns: columns)
        return String(decoding: map.body(of: columns.map { row[$0, default: ""] }), as: UTF8.self)
    }

    @Test func cellsFactorsAndTextsBecomeASubmission() throws {
        let text = try body(
            [
                "user.external_id=@app-{row}", "source=@bulk_import", "consent=@true",
                "fields.loan_amount=thousands*1000", "fields.zip=zip",
            ],
            ["row": "7", "thousands": "89", "zip": "02139"])
        #expect(
            text
                == #"{"source":"bulk_import","consent":true,"user":{"external_id":"app-7"},"fields":{"loan_amount":89000,"zip":"02139"}}"#
        )
    }

    @Test func emptyCellsAreLeftOutUnlessRequired() throws {
        #expect(
            try body(["user.email=e", "fields.a=a", "fields.b=b!"], ["e": "x@example.com", "a": "", "b": ""]).contains(
                #""fields":{"b":null}"#))
    }

    @Test func aFactorOnTextSendsTheTextSoThatTheServerNamesTheField() throws {
        #expect(try body(["user.email=e", "fields.a=a*1000"], ["e": "x", "a": "many"]).contains(#""a":"many""#))
    }

    @Test(arguments: [
        (["nothing=a", "user.email=a"], "nothing"), (["user.email=b"], "'b'"), (["fields.a=a"], "user.external_id"),
        (["user.email=a", "user.email=a"], "twice"), (["user.email=@{a"], "}"),
        (["user.email=a", "fields.x=a*many"], "*"),
    ])
    func aWrongMapIsRefusedWithWhatIsWrong(map: [String], named: String) {
        #expect {
            _ = try ColumnMap(arguments: map, columns: ["a"])
        } throws: { error in
            (error as? ColumnMapError)?.description.contains(named) == true
        }
    }

    @Test func everyPresetMapsTheColumnsThatItNames() throws {
        for preset in ImportPreset.all {
            var columns: Set<String> = ["row"]
            for argument in preset.arguments {
                let value = argument.drop { $0 != "=" }.dropFirst()
                guard !value.hasPrefix("@") else { continue }
                columns.insert(String(value.prefix { $0 != "*" && $0 != "!" }))
            }
            _ = try ColumnMap(arguments: preset.arguments, columns: columns.sorted())
        }
    }
}
