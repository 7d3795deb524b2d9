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
        #expect(rows("a\n\"never closed\nb\n").last?.first == "!")
    }

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
