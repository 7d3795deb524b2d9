internal import Crypto

/// What a seal says, as one text that anybody can write down again: version 1.
///
/// Lines `name=value`, each ended by a line feed, in the order below; hashes as lower-case hexadecimal, numbers in decimal,
/// an absent value as `none`. The first line is `daybook-seal-v1`. The **seal hash** is the SHA-256 of the text's UTF-8
/// bytes, and a signature is made over the same bytes. As each statement names the seal hash before it, the seals of a
/// project form a chain in the order in which its days were sealed.
package struct SealStatement: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    /// 1 for the project's first sealed day; dense.
    package var position: Int64
    /// RFC 6962 root over the hashes of the day's attempts, in the order of their sequence.
    package var merkleRoot: [UInt8]
    package var rowCount: Int64
    package var firstSequence: Int64?
    package var lastSequence: Int64?
    package var lastHash: [UInt8]?
    /// RFC 6962 root over `LeadHash` of the day's leads, in the order of their attempts' sequence; nil for days that were
    /// sealed before seals named it.
    package var leadsRoot: [UInt8]?
    package var snapshotSHA256: String
    package var sealedAt: Timestamp
    /// Zeroes for the first.
    package var previousSealHash: [UInt8]

    package static let genesis = [UInt8](repeating: 0, count: 32)

    package init(
        projectID: ProjectID, date: LogicalDate, position: Int64, merkleRoot: [UInt8], rowCount: Int64,
        firstSequence: Int64?, lastSequence: Int64?, lastHash: [UInt8]?, leadsRoot: [UInt8]?, snapshotSHA256: String,
        sealedAt: Timestamp, previousSealHash: [UInt8]
    ) {
        self.projectID = projectID
        self.date = date
        self.position = position
        self.merkleRoot = merkleRoot
        self.rowCount = rowCount
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.lastHash = lastHash
        self.leadsRoot = leadsRoot
        self.snapshotSHA256 = snapshotSHA256
        self.sealedAt = sealedAt
        self.previousSealHash = previousSealHash
    }

    package var text: String {
        func number(_ value: Int64?) -> String { value.map(String.init) ?? "none" }
        func hash(_ value: [UInt8]?) -> String { value.map { HexText.of($0) } ?? "none" }
        return """
            daybook-seal-v1
            project_id=\(projectID)
            date=\(date)
            position=\(position)
            tree_size=\(rowCount)
            merkle_root=\(hash(merkleRoot))
            first_sequence=\(number(firstSequence))
            last_sequence=\(number(lastSequence))
            last_hash=\(hash(lastHash))
            leads_root=\(hash(leadsRoot))
            snapshot_sha256=\(snapshotSHA256)
            sealed_at_us=\(sealedAt.microseconds)
            previous_seal_hash=\(hash(previousSealHash))

            """
    }

    package var bytes: [UInt8] { Array(text.utf8) }
    package var sealHash: [UInt8] { Array(SHA256.hash(data: bytes)) }
}

/// Bytes as lower-case hexadecimal, and back.
package enum HexText {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func of(_ bytes: some Sequence<UInt8>) -> String {
        var out = [UInt8]()
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil when the text has an odd length or another character than `0-9a-fA-F`.
    package static func bytes(_ text: String) -> [UInt8]? {
        let nibbles = text.utf8.map { byte -> UInt8? in
            switch byte {
            case 48...57: byte - 48
            case 97...102: byte - 87
            case 65...70: byte - 55
            default: nil
            }
        }
        guard nibbles.count % 2 == 0, !nibbles.contains(nil) else { return nil }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0]! << 4 | nibbles[$0 + 1]! }
    }
}
