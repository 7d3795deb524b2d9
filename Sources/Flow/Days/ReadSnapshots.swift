internal import Events
internal import Ports
internal import Synchronization

/// Snapshots that were read, by the SHA-256 of their text: each of them is compared with by seven later days, and reading one
/// takes longer than counting its day.
final class ReadSnapshots: Sendable {
    private struct State {
        var bySHA256: [String: DaySnapshot] = [:]
        var inOrder: [String] = []
        var oldest = 0
    }
    private let state = Mutex(State())

    /// Nil when the text is no snapshot of the date. `sha256` is that of the text, not the one stored beside it.
    func read(_ stored: StoredSnapshot, sha256: String) -> DaySnapshot? {
        if let known = state.withLock({ $0.bySHA256[sha256] }), known.date == stored.date { return known }
        guard let snapshot = try? DaySnapshot(canonicalJSON: stored.json, date: stored.date) else { return nil }
        state.withLock { state in
            guard state.bySHA256.updateValue(snapshot, forKey: sha256) == nil else { return }
            if state.inOrder.count < DayLimits.readSnapshotsMax {
                state.inOrder.append(sha256)
            } else {
                state.bySHA256[state.inOrder[state.oldest]] = nil
                state.inOrder[state.oldest] = sha256
                state.oldest = (state.oldest + 1) % DayLimits.readSnapshotsMax
            }
        }
        return snapshot
    }
}
