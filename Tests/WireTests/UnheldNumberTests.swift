import Testing
import Wire

/// Numbers that 64 bits do not hold are told apart from texts that are no JSON, by the place where they stand.
@Suite struct UnheldNumberTests {
    private func failure(_ text: String) -> JSONParser.Failure? {
        let parser = JSONParser()
        return Array(text.utf8).withUnsafeBufferPointer { bytes in
            do throws(JSONParser.Failure) {
                _ = try parser.root(of: bytes)
                return nil
            } catch { return error }
        }
    }

    @Test(arguments: [
        (#"{"a":1,"b":123456789012345678901234567890}"#, "/b", "123456789012345678901234567890"),
        (#"{"a":[{"x":"1e999"},{"y":[0, 1e999]}]}"#, "/a/1/y/1", "1e999"),
        (#"[1,-9223372036854775809]"#, "/1", "-9223372036854775809"),
        (#"{"a\"b,{":{"~/":-1e400}}"#, #"/a\"b,{/~0~1"#, "-1e400"),
        ("18446744073709551616", "", "18446744073709551616"),
        (#"{"a":{"b":1},"c":{},"d":[],"e":1e999,"f":1e999}"#, "/e", "1e999"),
        ("\u{FEFF}{\"a\":1e999}", "/a", "1e999"),
        (#"{"a":\#(String(repeating: "9", count: 60))}"#, "/a", String(repeating: "9", count: 40) + "…"),
    ])
    func isNamed(_ json: String, _ pointer: String, _ number: String) throws {
        guard case .unheldNumber(let found)? = failure(json) else {
            Issue.record("\(json): \(String(describing: failure(json)))")
            return
        }
        #expect(found.pointer == pointer && found.text == number)
        #expect(found.message.contains(number))
    }

    @Test(arguments: [
        #"{"a":01}"#, #"{"a":-}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":NaN}"#, #"{"a":1e999"#, #"{"a":01,"b":1e999}"#,
        "{\"a\":\"\u{1}\",\"b\":1e999}",
    ])
    func whatIsNoJSONStaysSo(_ json: String) {
        guard case .invalid? = failure(json) else {
            Issue.record("\(json): \(String(describing: failure(json)))")
            return
        }
    }

    @Test(arguments: [
        "18446744073709551615", "-9223372036854775808", "1e308", "-0", "123456789012345678901234567890.0", "1e-999",
        "\u{FEFF}{}",
    ])
    func whatHasAPlaceIsRead(_ json: String) { #expect(failure(json) == nil) }
}
