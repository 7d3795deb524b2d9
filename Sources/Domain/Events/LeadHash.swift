internal import Crypto

/// The hash of a lead, as a sealed day's `leads_root` commits to it.
///
/// SHA-256 over the byte 0x01 and each field, encoded as in `AttemptHash`: lead_id, project_id, attempt_id, user_id, source,
/// channel, fields (the stored JSON text), created_at (microseconds).
package enum LeadHash {
    package static func encoding(of lead: Lead) -> [UInt8] {
        var out: [UInt8] = [1]
        for text in [
            lead.leadID, lead.projectID.text, lead.attemptID, lead.userID, lead.source, lead.channel, lead.fields,
        ] {
            CanonicalField.append(text, to: &out)
        }
        CanonicalField.append(lead.createdAt.microseconds, to: &out)
        return out
    }

    package static func hash(of lead: Lead) -> [UInt8] { Array(SHA256.hash(data: encoding(of: lead))) }
}

/// How one field stands in a canonical encoding: texts by length and bytes, numbers as 64 bits, big-endian; an absent text
/// as the length 0xFFFFFFFF alone.
package enum CanonicalField {
    @inline(__always)
    package static func append(_ number: Int64, to out: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { out.append(contentsOf: $0) }
    }

    @inline(__always)
    package static func append(_ text: UnsafeBufferPointer<UInt8>?, to out: inout [UInt8]) {
        guard let text else {
            withUnsafeBytes(of: UInt32.max.bigEndian) { out.append(contentsOf: $0) }
            return
        }
        withUnsafeBytes(of: UInt32(text.count).bigEndian) { out.append(contentsOf: $0) }
        out.append(contentsOf: text)
    }

    package static func append(_ text: String, to out: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { append($0, to: &out) }
    }
}
