/// What the stream remembers besides its frames: the committed offset, and a head that was durable once.
///
/// File `checkpoint`: two slots of 64 bytes, written in turn, so that a torn write leaves the other one. A slot is
/// `DAYBCKP`, format version 1, then little-endian: a 64-bit counter, the committed offset, the head, 28 zero bytes, and
/// the CRC-32C of the 60 bytes before. The valid slot with the larger counter counts.
struct Checkpoint: Equatable {
    static let name = "checkpoint"
    static let slotBytes = 64
    private static let magic = Array("DAYBCKP".utf8) + [1]

    var counter: Int64 = 0
    var committed: Int64 = 0
    var head: Int64 = 0

    /// Whether every frame it knows of was processed: then none that is missing is missed.
    var isProcessed: Bool { committed >= head }

    var position: Int64 { counter % 2 * Int64(Self.slotBytes) }

    var slot: [UInt8] {
        var out = Self.magic
        SegmentFormat.append(counter, to: &out)
        SegmentFormat.append(committed, to: &out)
        SegmentFormat.append(head, to: &out)
        out.append(contentsOf: [UInt8](repeating: 0, count: 28))
        SegmentFormat.append(out.withUnsafeBytes { SegmentFormat.crc($0) }, to: &out)
        return out
    }

    /// The newest valid slot; nil when there is none.
    init?(_ bytes: [UInt8]) {
        var newest: Checkpoint?
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, through: raw.count - Self.slotBytes, by: Self.slotBytes) {
                let slot = UnsafeRawBufferPointer(rebasing: raw[start..<start + Self.slotBytes])
                guard slot.starts(with: Self.magic),
                    SegmentFormat.crc(UnsafeRawBufferPointer(rebasing: slot[0..<60])) == SegmentFormat.load32(slot, 60)
                else { continue }
                let found = Checkpoint(
                    counter: SegmentFormat.load64(slot, 8), committed: SegmentFormat.load64(slot, 16),
                    head: SegmentFormat.load64(slot, 24))
                if found.counter > newest?.counter ?? -1 { newest = found }
            }
        }
        guard let newest else { return nil }
        self = newest
    }

    init(counter: Int64, committed: Int64, head: Int64) {
        self.counter = counter
        self.committed = committed
        self.head = head
    }
}
