import Events
import Testing
import Wire

struct BadEvent: CustomTestStringConvertible, Sendable {
    var text: String
    var code: ErrorCode
    var pointer: String
    init(_ text: String, _ code: ErrorCode, _ pointer: String) {
        self.text = text
        self.code = code
        self.pointer = pointer
    }
    var testDescription: String { "\(code.rawValue) \(pointer) \(text.prefix(60))" }
}

@Suite struct EventDecoderTests {
    @Test func aWholeEventIsReadInPlace() throws {
        let bytes = PaddedBytes(
            Samples.event(
                #""source":"s","channel":"c","user_id":"u","session_id":"se","lead_id":"l","#
                    + #""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","parent_span_id":"00f067aa0ba902b8","#
                    + #""outcome":"failure","error":{"category":"timeout","code":"slow","message":"too \"slow\"","context":{"a":[1]}},"#
                    + #""retry":{"attempt":2,"max":3},"duration_ms":12.5,"model":{"provider":"p","name":"m","parameters":{"t":0.5}},"#
                    + #""usage":{"input_tokens":10,"cache_read_tokens":4,"cache_write_tokens":1,"output_tokens":7,"reasoning_tokens":2},"#
                    + #""prompt":{"name":"pn","version":"3"},"input":[1,2],"output":"text","tool":{"name":"t","arguments":{},"result":null},"#
                    + #""funnel":{"name":"f","step":"visit","position":1},"attributes":{"k":"v","n":1.5,"b":true,"z":null}"#
            ).utf8)
        try bytes.withBytes { bytes throws(EventRejection) in
            try EventDecoder().decode(bytes, isPadded: true, receivedAt: Samples.receivedAt) { view in
                #expect(Samples.text(view.eventID) == "e1")
                #expect(Samples.text(view.type) == "span")
                #expect(view.time == Timestamp(rfc3339: "2026-03-08T11:00:00Z"))
                #expect(Samples.text(view.parentSpanID) == "00f067aa0ba902b8")
                #expect(view.outcome == .failure)
                #expect(view.errorCategory == .timeout)
                #expect(Samples.text(view.errorMessage) == #"too "slow""#)
                #expect(view.errorContext?.count == 1)
                #expect(view.retryAttempt == 2 && view.retryMax == 3)
                #expect(view.durationMilliseconds == 12.5)
                #expect(view.inputTokens == 10 && view.cacheReadTokens == 4 && view.cacheWriteTokens == 1)
                #expect(view.outputTokens == 7 && view.reasoningTokens == 2)
                #expect(Samples.text(view.promptVersion) == "3")
                #expect(view.input?.count == 2)
                #expect(view.output?.string == "text")
                #expect(view.toolArguments?.kind == .object && view.toolResult == nil)
                #expect(Samples.text(view.funnelStep) == "visit" && view.funnelPosition == 1)
                #expect(view.attributes?.count == 4)
            }
        }
    }

    @Test func absentAndNullAreTheSame() throws {
        for more in ["", #""source":null,"error":null,"usage":null,"attributes":null,"duration_ms":null,"input":null"#]
        {
            #expect(Samples.rejection(Samples.event(more)) == nil)
        }
    }

    @Test(arguments: [
        "lead.submission", "funnel.step", "llm.call", "tool.call", "retrieval", "agent.step", "span", "evaluation",
        "log",
        "custom.refund.Issued-1",
    ])
    func everyTypeOfTheSchemaIsAccepted(_ type: String) {
        #expect(Samples.rejection(#"{"event_id":"e","type":"\#(type)","time":"2026-03-08T11:00:00+01:00"}"#) == nil)
    }

    static let long = String(repeating: "x", count: 5000)
    static let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    static let manyAttributes = (0...64).map { "\"k\($0)\":1" }.joined(separator: ",")

    static let bad: [BadEvent] = [
        BadEvent("", .eventNotJSON, ""),
        BadEvent("{", .eventNotJSON, ""),
        BadEvent(#"{"a":1,}"#, .eventNotJSON, ""),
        BadEvent("[1]", .eventNotObject, ""),
        BadEvent("17", .eventNotObject, ""),
        BadEvent("null", .eventNotObject, ""),
        BadEvent(Samples.event(#""duration_ms":NaN"#), .eventNotJSON, ""),
        BadEvent(Samples.event(#""duration_ms":Infinity"#), .eventNotJSON, ""),
        BadEvent(Samples.event(#""source":"\ud800""#), .eventNotJSON, ""),
        BadEvent(Samples.event(#""input":\#(deep)"#), .eventTooDeep, ""),
        BadEvent(Samples.event(#""input":"\#(String(repeating: "y", count: 1 << 20))""#), .eventTooLarge, ""),
        BadEvent("{}", .fieldMissing, "/event_id"),
        BadEvent(#"{"event_id":"e","time":"2026-03-08T11:00:00Z"}"#, .fieldMissing, "/type"),
        BadEvent(#"{"event_id":"e","type":"span"}"#, .fieldMissing, "/time"),
        BadEvent(#"{"event_id":null}"#, .fieldType, "/event_id"),
        BadEvent(#"{"event_id":7}"#, .fieldType, "/event_id"),
        BadEvent(#"{"event_id":""}"#, .fieldPattern, "/event_id"),
        BadEvent(#"{"event_id":"a b"}"#, .fieldPattern, "/event_id"),
        BadEvent(#"{"event_id":"a@b"}"#, .fieldPattern, "/event_id"),
        BadEvent(#"{"event_id":"a[b"}"#, .fieldPattern, "/event_id"),
        BadEvent(#"{"event_id":"\#(String(repeating: "e", count: 65))"}"#, .fieldTooLong, "/event_id"),
        BadEvent(#"{"type":"llm.cal"}"#, .fieldValue, "/type"),
        BadEvent(#"{"type":"custom."}"#, .fieldValue, "/type"),
        BadEvent(#"{"type":"custom.a b"}"#, .fieldValue, "/type"),
        BadEvent(#"{"time":"2026-03-08T11:00:00"}"#, .timeInvalid, "/time"),
        BadEvent(#"{"time":"yesterday"}"#, .timeInvalid, "/time"),
        BadEvent(#"{"time":1741431600}"#, .fieldType, "/time"),
        BadEvent(#"{"event_id":"e","type":"span","time":"1970-01-01T00:00:00Z"}"#, .timeTooOld, "/time"),
        BadEvent(#"{"event_id":"e","type":"span","time":"2090-01-01T00:00:00Z"}"#, .timeTooNew, "/time"),
        BadEvent(Samples.event(#""colour":"red""#), .fieldUnknown, "/colour"),
        BadEvent(Samples.event(#""a/b~c":1"#), .fieldUnknown, "/a~1b~0c"),
        BadEvent(Samples.event(#""event_id":"e2""#), .fieldDuplicate, "/event_id"),
        BadEvent(Samples.event(#""source":"a","source":"b""#), .fieldDuplicate, "/source"),
        BadEvent(Samples.event(#""source":5"#), .fieldType, "/source"),
        BadEvent(Samples.event(#""source":"\#(long)""#), .fieldTooLong, "/source"),
        BadEvent(Samples.event(#""user_id":"a\u0000b""#), .fieldValue, "/user_id"),
        BadEvent(Samples.event(#""trace_id":"4bf9""#), .fieldPattern, "/trace_id"),
        BadEvent(Samples.event(#""trace_id":"4BF92F3577B34DA6A3CE929D0E0E4736""#), .fieldPattern, "/trace_id"),
        BadEvent(Samples.event(#""trace_id":"00000000000000000000000000000000""#), .fieldPattern, "/trace_id"),
        BadEvent(Samples.event(#""span_id":"00f067aa0ba902bg""#), .fieldPattern, "/span_id"),
        BadEvent(Samples.event(#""outcome":"maybe""#), .fieldValue, "/outcome"),
        BadEvent(Samples.event(#""outcome":true"#), .fieldType, "/outcome"),
        BadEvent(Samples.event(#""outcome":"failure""#), .fieldMissing, "/error"),
        BadEvent(Samples.event(#""outcome":"success","error":{"category":"tool"}"#), .fieldValue, "/error"),
        BadEvent(Samples.event(#""error":{}"#), .fieldMissing, "/error/category"),
        BadEvent(Samples.event(#""error":"boom""#), .fieldType, "/error"),
        BadEvent(Samples.event(#""error":{"category":"weird"}"#), .fieldValue, "/error/category"),
        BadEvent(Samples.event(#""error":{"category":"tool","category":"tool"}"#), .fieldDuplicate, "/error/category"),
        BadEvent(Samples.event(#""error":{"category":"tool","stack":""}"#), .fieldUnknown, "/error/stack"),
        BadEvent(Samples.event(#""error":{"category":"tool","message":"\#(long)"}"#), .fieldTooLong, "/error/message"),
        BadEvent(Samples.event(#""error":{"category":"tool","context":[]}"#), .fieldType, "/error/context"),
        BadEvent(Samples.event(#""retry":{"attempt":0}"#), .fieldRange, "/retry/attempt"),
        BadEvent(Samples.event(#""retry":{"attempt":1.5}"#), .fieldType, "/retry/attempt"),
        BadEvent(Samples.event(#""retry":{"attempt":4,"max":3}"#), .fieldRange, "/retry/attempt"),
        BadEvent(Samples.event(#""retry":{"max":3}"#), .fieldMissing, "/retry/attempt"),
        BadEvent(Samples.event(#""duration_ms":-1"#), .fieldRange, "/duration_ms"),
        BadEvent(Samples.event(#""duration_ms":1e300"#), .fieldRange, "/duration_ms"),
        BadEvent(Samples.event(#""duration_ms":"12""#), .fieldType, "/duration_ms"),
        BadEvent(Samples.event(#""model":{"provider":"p"}"#), .fieldMissing, "/model/name"),
        BadEvent(Samples.event(#""model":{"name":""}"#), .fieldValue, "/model/name"),
        BadEvent(Samples.event(#""usage":{"input_tokens":-1}"#), .fieldRange, "/usage/input_tokens"),
        BadEvent(Samples.event(#""usage":{"input_tokens":99999999999}"#), .fieldRange, "/usage/input_tokens"),
        BadEvent(
            Samples.event(#""usage":{"input_tokens":5,"cache_read_tokens":6}"#), .fieldRange, "/usage/input_tokens"),
        BadEvent(
            Samples.event(#""usage":{"output_tokens":5,"reasoning_tokens":6}"#), .fieldRange, "/usage/output_tokens"),
        BadEvent(Samples.event(#""usage":{"tokens":5}"#), .fieldUnknown, "/usage/tokens"),
        BadEvent(Samples.event(#""prompt":{"version":"1"}"#), .fieldMissing, "/prompt/name"),
        BadEvent(Samples.event(#""tool":{"arguments":1}"#), .fieldMissing, "/tool/name"),
        BadEvent(Samples.event(#""funnel":{"name":"f"}"#), .fieldMissing, "/funnel/step"),
        BadEvent(Samples.event(#""funnel":{"name":"f","step":"s","position":0}"#), .fieldRange, "/funnel/position"),
        BadEvent(Samples.event(#""attributes":[]"#), .fieldType, "/attributes"),
        BadEvent(Samples.event(#""attributes":{"a":{}}"#), .fieldType, "/attributes/a"),
        BadEvent(Samples.event(#""attributes":{"a":1,"b":2,"a":3}"#), .fieldDuplicate, "/attributes/a"),
        BadEvent(Samples.event(#""attributes":{"":1}"#), .fieldTooLong, "/attributes/"),
        BadEvent(Samples.event(#""attributes":{"a":"\#(long)\#(long)"}"#), .fieldTooLong, "/attributes/a"),
        BadEvent(Samples.event(#""attributes":{"a":"x\u0000"}"#), .fieldValue, "/attributes/a"),
        BadEvent(Samples.event(#""attributes":{\#(manyAttributes)}"#), .fieldTooMany, "/attributes"),
    ]

    @Test(arguments: bad)
    func badInputIsNamedWithItsPlace(_ bad: BadEvent) {
        let rejection = Samples.rejection(bad.text)
        #expect(rejection?.code == bad.code)
        #expect(rejection?.pointer == bad.pointer)
        #expect(rejection?.message.isEmpty == false)
    }

    @Test func invalidUTF8IsRefused() {
        var bytes = Array(Samples.event(#""source":"?""#).utf8)
        bytes[bytes.lastIndex(of: UInt8(ascii: "?"))!] = 0xFF
        #expect(Samples.rejection(bytes)?.code == .eventNotJSON)
    }

    @Test func timeLimitsAreExact() {
        let at = Samples.receivedAt
        func code(_ time: Timestamp) -> ErrorCode? {
            Samples.rejection(#"{"event_id":"e","type":"span","time":"\#(time)"}"#)?.code
        }
        #expect(code(at + EventLimits.timeAheadMax) == nil)
        #expect(code(at + EventLimits.timeAheadMax + .milliseconds(1)) == .timeTooNew)
        #expect(code(at - EventLimits.timeBehindMax) == nil)
        #expect(code(at - EventLimits.timeBehindMax - .milliseconds(1)) == .timeTooOld)
    }

    @Test func aRejectedItemIsStillNamed() {
        let decoder = EventDecoder()
        PaddedBytes(#"{"event_id":"known","type":"nope"}"#.utf8).withBytes { bytes in
            try? decoder.decode(bytes, isPadded: true, receivedAt: Samples.receivedAt) { _ in }
        }
        #expect(decoder.lastEventID == "known")
        PaddedBytes("{".utf8).withBytes { bytes in
            try? decoder.decode(bytes, isPadded: true, receivedAt: Samples.receivedAt) { _ in }
        }
        #expect(decoder.lastEventID == nil)
    }

    /// Any damage to one byte gives a verdict, never a crash, and a good event afterwards is still good.
    @Test func randomDamageNeverCrashes() {
        var seed: UInt64 = 7
        func next() -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33)
        }
        let good = Array(Samples.call().utf8)
        let decoder = EventDecoder()
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...(next() % 3) { bytes[next() % bytes.count] = UInt8(truncatingIfNeeded: next()) }
            if next() % 4 == 0 { bytes.removeLast(next() % bytes.count) }
            PaddedBytes(bytes).withBytes { bytes in
                try? decoder.decode(bytes, isPadded: true, receivedAt: Samples.receivedAt) { _ in }
            }
        }
        PaddedBytes(good).withBytes { bytes in
            #expect(throws: Never.self) {
                try decoder.decode(bytes, isPadded: true, receivedAt: Samples.receivedAt) { _ in }
            }
        }
    }
}
