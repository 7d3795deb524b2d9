import Events
import Wire

/// A batch's usual event: about 400 bytes, as an application's language-model call would send it.
enum Samples {
    static let receivedAt = Timestamp(rfc3339: "2026-03-08T12:00:00Z")!

    static func call(_ id: String = "evt-1") -> String {
        """
        {"event_id":"\(id)","type":"llm.call","time":"2026-03-08T11:59:58.123Z","source":"web_form","channel":"organic",\
        "user_id":"u-1042","session_id":"s-77","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",\
        "outcome":"success","duration_ms":812.5,"model":{"provider":"openai","name":"gpt-4o-2024-08-06"},\
        "usage":{"input_tokens":1200,"cache_read_tokens":200,"output_tokens":310},"attributes":{"region":"eu","tier":2}}
        """
    }

    /// The smallest valid event with more members.
    static func event(_ more: String) -> String {
        #"{"event_id":"e1","type":"span","time":"2026-03-08T11:00:00Z"\#(more.isEmpty ? "" : "," + more)}"#
    }

    /// What the decoder says about the text.
    static func rejection(_ text: String, receivedAt: Timestamp = receivedAt) -> EventRejection? {
        rejection(Array(text.utf8), receivedAt: receivedAt)
    }

    static func rejection(_ bytes: [UInt8], receivedAt: Timestamp = receivedAt) -> EventRejection? {
        PaddedBytes(bytes).withBytes { bytes in
            do throws(EventRejection) {
                try EventDecoder().decode(bytes, isPadded: true, receivedAt: receivedAt) { _ in }
                return nil
            } catch {
                return error
            }
        }
    }

    static func text(_ view: EventView.Text) -> String { String(decoding: view, as: UTF8.self) }
}
