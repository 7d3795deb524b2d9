import Events
import Testing

@Suite struct TraceContextTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parentID = "00f067aa0ba902b7"

    @Test(arguments: [
        "00-\(traceID)-\(parentID)-01", "00-\(traceID)-\(parentID)-00", "cc-\(traceID)-\(parentID)-01-what",
    ])
    func readsWhatNamesATrace(text: String) throws {
        let trace = try #require(TraceContext(traceparent: text))
        #expect(trace.traceID == Self.traceID)
        #expect(trace.parentID == Self.parentID)
    }

    @Test(arguments: [
        "", "00", "00-\(traceID)-\(parentID)", "00-\(traceID)-\(parentID)-0", "00-\(traceID)-\(parentID)-01-more",
        "00-\(traceID)-\(parentID)-01 ", "cc-\(traceID)-\(parentID)-01more", "ff-\(traceID)-\(parentID)-01",
        "00-\(traceID.uppercased())-\(parentID)-01", "00-\(String(repeating: "0", count: 32))-\(parentID)-01",
        "00-\(traceID)-\(String(repeating: "0", count: 16))-01", "0g-\(traceID)-\(parentID)-01",
        "00-\(traceID)-\(parentID)-0g", "00_\(traceID)-\(parentID)-01", "00-\(traceID)_\(parentID)-01",
        "00-\(traceID.dropLast())é-\(parentID)-01",
    ])
    func ignoresWhatTheSpecificationIgnores(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }
}
