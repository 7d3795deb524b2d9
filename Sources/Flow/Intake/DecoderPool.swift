internal import Synchronization
internal import Wire

/// Decoders that keep their buffers from batch to batch. As many exist as batches are validated at once.
final class DecoderPool: Sendable {
    // SAFETY: a decoder is used by whoever took it out of the pool, and by nobody else until it is put back.
    private struct Slot: @unchecked Sendable { let decoder: EventDecoder }
    private let free = Mutex<[Slot]>([])

    func withDecoder<R>(_ body: (EventDecoder) -> R) -> R {
        let slot = free.withLock { $0.popLast() } ?? Slot(decoder: EventDecoder())
        defer { free.withLock { $0.append(slot) } }
        return body(slot.decoder)
    }
}
