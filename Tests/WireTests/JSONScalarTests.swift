import Testing
import Wire

@Suite struct JSONScalarTests {
    @Test(arguments: ["0", "-0", "7", "12", "1.5", "-1.50e3", "1E+2", "0.0", "2e-7", "true", "false"])
    func isOne(text: String) { #expect(ColumnMap.isJSONScalar(text)) }

    @Test(
        arguments: [
            "", "-", "01", "02139", "1.", "1e", "1e+", "e1", ".5", "1 ", " 1", "+1", "0x1", "--1", "1.e2", "1,000",
            "NaN",
            "True", "١", "1234567890123456789012345",
        ])
    func isNone(text: String) { #expect(!ColumnMap.isJSONScalar(text)) }
}
