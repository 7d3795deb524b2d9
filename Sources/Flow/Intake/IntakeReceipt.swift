package import Events

/// An item that was not accepted.
package struct RejectedItem: Hashable, Sendable {
    /// Its place in the batch, from 0.
    package var index: Int
    /// Nil when the item did not show one.
    package var eventID: String?
    package var code: ErrorCode
    package var message: String
    /// JSON Pointer into the item; empty for the whole item.
    package var pointer: String
}

/// How much of a quota is left, for the `RateLimit` and `RateLimit-Policy` fields (draft-ietf-httpapi-ratelimit-headers).
package struct QuotaState: Hashable, Sendable {
    /// `project` or `key`.
    package var name: String
    /// Events allowed in one window.
    package var quota: Int
    package var windowSeconds: Int
    package var remaining: Int
    /// Seconds until the whole quota is there again.
    package var resetSeconds: Int
}

/// What became of a batch whose accepted items are durable.
package struct IntakeReceipt: Hashable, Sendable {
    package var batchID: String
    package var accepted: Int
    /// Items that were known already: earlier in the batch, or recently seen.
    package var duplicates: Int
    package var rejected: [RejectedItem]

    /// `{"accepted":…,"duplicates":…,"rejected":[…],"batch_id":…}`
    package var json: [UInt8] {
        var out = [UInt8]("{\"accepted\":\(accepted),\"duplicates\":\(duplicates),\"rejected\":".utf8)
        Self.append(rejected, to: &out)
        out.append(contentsOf: ",\"batch_id\":".utf8)
        JSONText.appendString(batchID, to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }

    static func append(_ rejected: [RejectedItem], to out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        for (at, item) in rejected.enumerated() {
            if at > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: "{\"index\":\(item.index),\"event_id\":".utf8)
            if let eventID = item.eventID {
                JSONText.appendString(eventID, to: &out)
            } else {
                out.append(contentsOf: "null".utf8)
            }
            out.append(contentsOf: ",\"code\":\"\(item.code.rawValue)\",\"message\":".utf8)
            JSONText.appendString(item.message, to: &out)
            out.append(contentsOf: ",\"pointer\":".utf8)
            JSONText.appendString(item.pointer, to: &out)
            out.append(UInt8(ascii: "}"))
        }
        out.append(UInt8(ascii: "]"))
    }
}

/// What would become of a batch; nothing was stored.
package struct IntakeExplanation: Hashable, Sendable {
    package var accepted: Int
    package var duplicates: Int
    package var rejected: [RejectedItem]
    /// The first accepted events as compact JSON objects, with `project_id`, `received_at` and `logical_date` in front.
    package var wouldStore: [[UInt8]]

    /// `{"debug":true,"accepted":…,"duplicates":…,"rejected":[…],"would_store":[…]}`
    package var json: [UInt8] {
        var out = [UInt8]("{\"debug\":true,\"accepted\":\(accepted),\"duplicates\":\(duplicates),\"rejected\":".utf8)
        IntakeReceipt.append(rejected, to: &out)
        out.append(contentsOf: ",\"would_store\":[".utf8)
        for (at, event) in wouldStore.enumerated() {
            if at > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: event)
        }
        out.append(contentsOf: "]}".utf8)
        return out
    }
}

/// What became of quarantined items that were sent again.
package struct ReplayReceipt: Hashable, Sendable {
    package var replayed: Int
    /// Those that are still not valid events; nothing was stored for them.
    package var failed: [RejectedItem]
}
