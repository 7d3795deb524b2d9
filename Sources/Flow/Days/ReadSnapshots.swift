internal import Events
internal import Ports
internal import Synchronization

/// Snapshots that were read, by the SHA-256 of their text: each of them is compared with by seven later days.
///
/// One that lives as long as one pass over the log may also remember which of them is stored for a day (`remembersDays`), so
/// that each stored text is read and hashed once in the pass; later passes read everything anew.
final class ReadSnapshots: Sendable {
    private struct State {
        var bySHA256: [String: DaySnapshot] = [:]
        var ofDays: [DayKey: String] = [:]
        /// What is forgotten next begins at `oldest`.
        var inOrder: [(sha256: String, day: DayKey)] = []
        var oldest = 0
    }
    private let state = Mutex(State())
    private let remembersDays: Bool

    init(remembersDays: Bool = false) { self.remembersDays = remembersDays }

    /// Nil when the text is no snapshot of the date. `sha256` is that of the text, not the one stored beside it.
    func read(_ stored: StoredSnapshot, sha256: String) -> DaySnapshot? {
        if let known = state.withLock({ $0.bySHA256[sha256] }), known.date == stored.date { return known }
        guard let snapshot = try? DaySnapshot(canonicalJSON: stored.json, date: stored.date) else { return nil }
        let day = DayKey(project: stored.projectID, date: stored.date)
        state.withLock { state in
            guard state.bySHA256.updateValue(snapshot, forKey: sha256) == nil else { return }
            if remembersDays { state.ofDays[day] = sha256 }
            if state.inOrder.count < DayLimits.readSnapshotsMax {
                state.inOrder.append((sha256, day))
            } else {
                let forgotten = state.inOrder[state.oldest]
                state.bySHA256[forgotten.sha256] = nil
                if state.ofDays[forgotten.day] == forgotten.sha256 { state.ofDays[forgotten.day] = nil }
                state.inOrder[state.oldest] = (sha256, day)
                state.oldest = (state.oldest + 1) % DayLimits.readSnapshotsMax
            }
        }
        return snapshot
    }

    /// What is stored for the day and was read already, with the SHA-256 of its text; nil when it has to be read.
    func known(_ day: DayKey) -> TrailingDay? {
        guard remembersDays else { return nil }
        return state.withLock { state in
            guard let sha256 = state.ofDays[day], let snapshot = state.bySHA256[sha256], snapshot.date == day.date
            else {
                return nil
            }
            return TrailingDay(sha256: sha256, snapshot: snapshot)
        }
    }
}
