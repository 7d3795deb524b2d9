internal import Events
internal import Ports
internal import Telemetry

/// A segment as the stream knows it.
struct Segment: Sendable {
    struct IndexEntry: Sendable {
        var offset: Int64
        var position: Int64
        var receivedAt: Timestamp
        /// The earliest receipt of this record and those up to the next entry: receipts need not be in order.
        var earliest: Timestamp

        init(offset: Int64, position: Int64, receivedAt: Timestamp) {
            self.offset = offset
            self.position = position
            self.receivedAt = receivedAt
            earliest = receivedAt
        }
    }
    /// The offset of its first frame, and part of its name.
    var base: Int64
    /// Behind its last frame that counts.
    var end: Int64
    /// Behind the last durable byte that counts. For older segments, the file's size.
    var bytes: Int64
    var index: [IndexEntry] = []
    /// Frames from the base on that the index knows about. A segment of an earlier run is indexed as it is read.
    private var indexedCount: Int64 = 0

    init(base: Int64, end: Int64, bytes: Int64) {
        self.base = base
        self.end = end
        self.bytes = bytes
    }

    var name: String { SegmentFormat.name(base: base) }

    /// Remembers a record if it stands far enough, in bytes or time, from the last one remembered.
    mutating func note(offset: Int64, position: Int64, receivedAt: Timestamp, _ limits: StreamLimits) {
        if offset == base + indexedCount { indexedCount += 1 }
        if let last = index.last {
            guard offset > last.offset else { return }
            guard position - last.position >= limits.indexBytes || receivedAt - last.receivedAt >= limits.indexInterval
            else {
                index[index.count - 1].earliest = min(last.earliest, receivedAt)
                return
            }
        }
        index.append(IndexEntry(offset: offset, position: position, receivedAt: receivedAt))
    }

    /// No frame at or behind `offset` was received before this; as early as can be where the index does not say.
    func earliestReceipt(from offset: Int64) -> Timestamp? {
        guard offset < end else { return nil }
        guard base + indexedCount >= end else { return Timestamp(microseconds: .min) }
        return index[max(0, place(before: offset) - 1)...].lazy.map(\.earliest).min()
    }

    /// The last remembered record at or before `offset`.
    func entry(before offset: Int64) -> IndexEntry? {
        let place = place(before: offset)
        return place == 0 ? nil : index[place - 1]
    }

    /// How many remembered records stand at or before `offset`.
    private func place(before offset: Int64) -> Int {
        var low = 0
        var high = index.count
        while low < high {
            let middle = (low + high) / 2
            if index[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Brings a folder back to a state that can be appended to: what the module's header calls recovery.
struct Recovery {
    let folder: any SegmentFolder
    let limits: StreamLimits
    let telemetry: Telemetry
    /// The offset of the first frame of a folder that is empty.
    let firstOffset: Int64

    struct Result {
        var segments: [Segment]
        var committed: Int64
        var checkpoint: Checkpoint
    }

    private struct Listing {
        var bases: [Int64] = []
        var damaged: [Int64] = []
    }

    func run() throws(StreamOpenError) -> Result {
        do {
            return try recovered()
        } catch let error as StreamOpenError {
            throw error
        } catch let error as FileFailure {
            throw error.errno == 13 || error.errno == 30  // EACCES, EROFS
                ? .readOnly(path: folder.path)
                : .unusable(path: error.path, detail: "\(error.operation) failed with error number \(error.errno)")
        } catch {
            throw .unusable(path: folder.path, detail: "\(error)")
        }
    }

    private func recovered() throws -> Result {
        var listing = try list()
        let checkpoint = try savedCheckpoint() ?? Checkpoint(counter: 0, committed: 0, head: 0)
        if listing.bases.isEmpty, listing.damaged.isEmpty {
            // A crash may take the newest segment's entry before it holds anything durable. When all that was known has been
            // processed, nothing is missing and the log goes on behind it.
            if checkpoint.head > 0, checkpoint.isProcessed {
                let next = max(checkpoint.head, firstOffset)
                return Result(segments: [try begin(at: next)], committed: next, checkpoint: checkpoint)
            }
            if checkpoint.head > 0 {
                throw StreamOpenError.corrupt(
                    path: folder.path, position: 0,
                    reason: "the checkpoint knows \(checkpoint.head) frames, but no segment file is there")
            }
            return Result(segments: [try begin(at: firstOffset)], committed: firstOffset, checkpoint: checkpoint)
        }
        let abandoned = try dropUnfinishedSegment(&listing)
        var segments = try listing.bases.map { base in
            Segment(base: base, end: base, bytes: try folder.size(SegmentFormat.name(base: base)))
        }
        try closeRanges(&segments, listing)
        if let last = segments.indices.last { try scanTail(&segments[last], checkpoint, listing) }
        try appendSegmentIfNeeded(&segments, listing, abandoned, checkpoint)
        // The last process may have failed to make its newest file's entry durable.
        try folder.syncFolder()
        return try dropProcessed(segments, checkpoint)
    }

    private func list() throws(FileFailure) -> Listing {
        var listing = Listing()
        for name in try folder.names() {
            if let base = SegmentFormat.base(of: name) {
                listing.bases.append(base)
            } else if name.hasSuffix(".damaged"), let base = SegmentFormat.base(of: String(name.dropLast(8))) {
                listing.damaged.append(base)
            }
        }
        listing.bases.sort()
        listing.damaged.sort()
        return listing
    }

    private func savedCheckpoint() throws(FileFailure) -> Checkpoint? {
        guard try folder.names().contains(Checkpoint.name) else { return nil }
        return Checkpoint(try folder.read(Checkpoint.name, at: 0, count: 2 * Checkpoint.slotBytes))
    }

    private func begin(at base: Int64) throws(FileFailure) -> Segment {
        let segment = Segment(base: base, end: base, bytes: Int64(SegmentFormat.segmentHeaderBytes))
        try folder.create(segment.name)
        try folder.write(segment.name, at: 0, SegmentFormat.segmentHeader(base: base))
        try folder.sync(segment.name)
        try folder.syncFolder()
        return segment
    }

    /// A crash while a segment was being created leaves a last file without a whole header and without records.
    private func dropUnfinishedSegment(_ listing: inout Listing) throws -> Int64? {
        for (at, base) in listing.bases.enumerated() {
            let name = SegmentFormat.name(base: base)
            let path = folder.path + "/" + name
            switch SegmentFormat.readSegmentHeader(
                try folder.read(name, at: 0, count: SegmentFormat.segmentHeaderBytes))
            {
            case .valid(base): continue
            case .valid(let other):
                throw StreamOpenError.corrupt(
                    path: path, position: 0, reason: "its header says that it begins at \(other)")
            case .newer(let found):
                throw StreamOpenError.formatNewer(path: path, found: found, known: SegmentFormat.version)
            case .invalid:
                let bytes = try folder.read(name, at: 0, count: Int(try folder.size(name)))
                let records = bytes.withUnsafeBytes { intactRecord(in: $0, from: 0) { _ in true } }
                guard at == listing.bases.count - 1, records == nil else {
                    throw StreamOpenError.corrupt(path: path, position: 0, reason: "its header is damaged")
                }
                try folder.remove(name)
                listing.bases.removeLast()
                return base
            }
        }
        return nil
    }

    /// Each older segment ends where the next one begins, or where one that was set aside as damaged begins.
    private func closeRanges(_ segments: inout [Segment], _ listing: Listing) throws {
        for at in segments.indices.dropLast() {
            let next = segments[at + 1].base
            let damaged = listing.damaged.first { $0 > segments[at].base && $0 < next }
            segments[at].end = damaged ?? next
            if let damaged {
                telemetry.emit(StreamGapAccepted(path: damagedPath(damaged), from: damaged, to: next))
            }
        }
    }

    /// Walks the last segment, checks every record, and cuts off what a crash left unfinished.
    private func scanTail(_ segment: inout Segment, _ checkpoint: Checkpoint, _ listing: Listing) throws {
        let path = folder.path + "/" + segment.name
        let bytes = try folder.read(segment.name, at: 0, count: Int(segment.bytes))
        var at = SegmentFormat.segmentHeaderBytes
        var lastGroup = at
        bytes.withUnsafeBytes { raw in
            while let header = SegmentFormat.readRecordHeader(raw, at: at), header.offset == segment.end,
                SegmentFormat.isIntact(raw, at: at, header)
            {
                if let receivedAt = SegmentFormat.receivedAt(raw, at: at) {
                    segment.note(offset: header.offset, position: Int64(at), receivedAt: receivedAt, limits)
                }
                if header.offset == header.durable { lastGroup = at }
                at += SegmentFormat.recordHeaderBytes + header.bodyBytes
                segment.end += 1
            }
        }
        let expected = segment.end
        // A later record that was written when `expected` was already durable proves damage; without one, it is a torn tail.
        let proof = bytes.withUnsafeBytes { intactRecord(in: $0, from: at) { $0.durable > expected } }
        let isLast = !listing.damaged.contains { $0 >= expected }
        guard proof == nil, !(isLast && checkpoint.head > expected && !checkpoint.isProcessed) else {
            throw StreamOpenError.corrupt(
                path: path, position: Int64(at), reason: "frame \(expected) was acknowledged and cannot be read")
        }
        let torn = Int64(bytes.count - at)
        if torn > 0 {
            try folder.truncate(segment.name, to: Int64(at))
            telemetry.emit(TornTailTruncated(path: path, position: Int64(at), bytes: torn))
        }
        // Nobody knows whether the last group was synced: after a kill it may be in the page cache alone, after a failed
        // sync even as pages that count as clean. Writing it again makes it what it is taken for from now on: durable.
        // The same holds for the header of a segment that has no earlier group.
        let rewritten = lastGroup == SegmentFormat.segmentHeaderBytes ? 0 : lastGroup
        if at > rewritten { try folder.write(segment.name, at: Int64(rewritten), Array(bytes[rewritten..<at])) }
        try folder.sync(segment.name)
        segment.bytes = Int64(at)
    }

    /// The last segment may be gone (unfinished, or set aside as damaged): appends then go to a new one.
    private func appendSegmentIfNeeded(
        _ segments: inout [Segment], _ listing: Listing, _ abandoned: Int64?, _ checkpoint: Checkpoint
    ) throws {
        var head = max(segments.last?.end ?? 0, checkpoint.head)
        let damaged = listing.damaged.last { $0 >= segments.last?.end ?? 0 }
        if let damaged { head = max(head, try behindLastRecord(ofDamaged: damaged)) }
        if let abandoned { head = max(head, abandoned) }
        if let last = segments.last, damaged == nil, last.end == head { return }
        if let damaged, damaged < head {
            telemetry.emit(StreamGapAccepted(path: damagedPath(damaged), from: damaged, to: head))
        } else if let last = segments.last, last.end < head, !(checkpoint.isProcessed && head <= checkpoint.head) {
            // (A processed segment whose deletion was not durable may come back without those that followed it.)
            throw StreamOpenError.corrupt(
                path: folder.path + "/" + last.name, position: last.bytes,
                reason: "frames \(last.end) to \(head - 1) were acknowledged and cannot be read")
        }
        segments.append(try begin(at: head))
    }

    private func dropProcessed(_ segments: [Segment], _ checkpoint: Checkpoint) throws(FileFailure) -> Result {
        var kept = segments
        while kept.count > 1, kept[1].base <= checkpoint.committed { try folder.remove(kept.removeFirst().name) }
        let committed = max(checkpoint.committed, kept[0].base)
        return Result(segments: kept, committed: committed, checkpoint: checkpoint)
    }

    private func damagedPath(_ base: Int64) -> String {
        folder.path + "/" + SegmentFormat.name(base: base) + ".damaged"
    }

    private func behindLastRecord(ofDamaged base: Int64) throws(FileFailure) -> Int64 {
        let name = SegmentFormat.name(base: base) + ".damaged"
        let bytes = try folder.read(name, at: 0, count: Int(try folder.size(name)))
        var behind = base
        bytes.withUnsafeBytes { raw in
            _ = intactRecord(in: raw, from: 0) { header in
                behind = max(behind, header.offset + 1)
                return false
            }
        }
        return behind
    }

    /// The first whole, intact record at or behind `start` that `matches`, found by its magic number.
    private func intactRecord(
        in bytes: UnsafeRawBufferPointer, from start: Int, matches: (SegmentFormat.RecordHeader) -> Bool
    ) -> Int? {
        var at = start
        let first = UInt8(truncatingIfNeeded: SegmentFormat.recordMagic)
        while at + SegmentFormat.recordHeaderBytes <= bytes.count {
            if bytes[at] == first, let header = SegmentFormat.readRecordHeader(bytes, at: at),
                SegmentFormat.isIntact(bytes, at: at, header)
            {
                if matches(header) { return at }
                at += SegmentFormat.recordHeaderBytes + header.bodyBytes
            } else {
                at += 1
            }
        }
        return nil
    }
}
