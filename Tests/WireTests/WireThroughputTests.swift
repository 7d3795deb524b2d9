import Events
import Testing
import Wire

/// Not a proof but a figure: how long one event takes on this machine, printed. The bound only catches a disaster.
@Suite(.serialized) struct WireThroughputTests {
    @Test func dividingAndDecoding() throws {
        let one = (0..<500).map { Samples.call("evt-\($0)") }
        for (form, text) in [
            (BatchForm.lines, one.joined(separator: "\n")), (.json, "[" + one.joined(separator: ",") + "]"),
        ] {
            let body = PaddedBytes(text.utf8)
            let decoder = EventDecoder()
            let clock = ContinuousClock()
            var events = 0
            let rounds = 200
            let took = try clock.measure {
                for _ in 0..<rounds {
                    try body.withBytes { bytes throws(any Error) in
                        for range in try ItemSplitter.split(bytes, form: form) {
                            let item = UnsafeBufferPointer(rebasing: bytes[range])
                            events += try decoder.decode(item, isPadded: true, receivedAt: Samples.receivedAt) { view in
                                view.inputTokens > 0 ? 1 : 0
                            }
                        }
                    }
                }
            }
            #expect(events == rounds * 500)
            let microseconds = took / events
            print("wire: \(form): \(one[0].utf8.count) bytes, \(microseconds) an event")
            #expect(microseconds < .microseconds(100))
        }
    }
}
