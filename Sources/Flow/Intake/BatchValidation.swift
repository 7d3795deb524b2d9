internal import Events
internal import Wire

/// A batch's items after validation: each has its verdict, and nothing is written yet.
struct ValidatedBatch {
    var received = 0
    /// Positions in the body of the items to store, in order.
    var fresh: [Range<Int>] = []
    /// Of the items to store.
    var identities: [RecentIdentifiers.Identity] = []
    var duplicates = 0
    var rejected: [RejectedItem] = []

    /// The counts that go into the frame beside the items.
    var counts: BooksDelta {
        var counts = BooksDelta()
        counts.received = Int64(received)
        counts.duplicate = Int64(duplicates)
        for item in rejected { counts.rejected[item.code.rawValue, default: 0] += 1 }
        return counts
    }
}

/// The step between dividing a body and writing a frame: decode each item, then tell known ids from new ones.
struct BatchValidation {
    let decoders: DecoderPool
    let recent: RecentIdentifiers

    private struct Candidate {
        var index: Int
        var range: Range<Int>
        var identity: RecentIdentifiers.Identity
    }

    func validate(
        _ bytes: UnsafeBufferPointer<UInt8>, _ ranges: [Range<Int>], project: ProjectID, receivedAt: Timestamp
    ) -> ValidatedBatch {
        var batch = ValidatedBatch()
        batch.received = ranges.count
        let candidates = decode(bytes, ranges, project: project, receivedAt: receivedAt, into: &batch)
        let findings = recent.look(for: candidates.map(\.identity))
        batch.fresh.reserveCapacity(candidates.count)
        batch.identities.reserveCapacity(candidates.count)
        var inBatch = RecentIdentifiers.Table()
        for (candidate, finding) in zip(candidates, findings) {
            let identity = candidate.identity
            let earlier = inBatch[identity.key].map { $0 == identity.time }
            if finding == .sameTime || earlier == true {
                batch.duplicates += 1
            } else if finding == .otherTime || earlier == false {
                batch.rejected.append(conflict(candidate, bytes))
            } else {
                inBatch.insert(identity.key, identity.time)
                batch.fresh.append(candidate.range)
                batch.identities.append(identity)
            }
        }
        if batch.rejected.count > 1 { batch.rejected.sort { $0.index < $1.index } }
        return batch
    }

    private func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ ranges: [Range<Int>], project: ProjectID, receivedAt: Timestamp,
        into batch: inout ValidatedBatch
    ) -> [Candidate] {
        var projectText = project.text
        return projectText.withUTF8 { project in
            decoders.withDecoder { decoder in
                var candidates: [Candidate] = []
                candidates.reserveCapacity(ranges.count)
                for (index, range) in ranges.enumerated() {
                    do throws(EventRejection) {
                        let item = UnsafeBufferPointer(rebasing: bytes[range])
                        let identity = try decoder.decode(item, isPadded: true, receivedAt: receivedAt) { view in
                            RecentIdentifiers.Identity(
                                key: EventKey.identifierKey(project: project, event: view.eventID),
                                time: view.time.microseconds)
                        }
                        candidates.append(Candidate(index: index, range: range, identity: identity))
                    } catch {
                        batch.rejected.append(
                            RejectedItem(
                                index: index, eventID: decoder.lastEventID, code: error.code, message: error.message,
                                pointer: error.pointer))
                    }
                }
                return candidates
            }
        }
    }

    private func conflict(_ candidate: Candidate, _ bytes: UnsafeBufferPointer<UInt8>) -> RejectedItem {
        let eventID = decoders.withDecoder { decoder in
            let item = UnsafeBufferPointer(rebasing: bytes[candidate.range])
            let time = Timestamp(microseconds: candidate.identity.time)
            return try? decoder.decode(item, isPadded: true, receivedAt: time) { view in
                String(decoding: view.eventID, as: UTF8.self)
            }
        }
        return RejectedItem(
            index: candidate.index, eventID: eventID, code: .eventIDConflict,
            message:
                "This event_id was received before with another time. A retry repeats the whole event; a new event needs a new id.",
            pointer: "/event_id")
    }
}
