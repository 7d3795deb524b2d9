package import Events

/// A position in the stream: the sequence number of a frame, from 0, without holes.
package struct StreamOffset: Hashable, Comparable, Sendable {
    package var value: Int64
    package init(_ value: Int64) { self.value = value }
    /// The offset before the first frame: nothing read yet.
    package static let start = StreamOffset(0)
    package static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    package var next: StreamOffset { StreamOffset(value + 1) }
}

/// What intake hands to the stream: the raw bytes of one project's valid items, received at one instant, and the counts
/// of what was not passed on. A frame may hold counts alone: rejections are as durable as events.
package struct StreamFrame: Hashable, Sendable {
    /// Who sent the items: a client, or the server's own outbox, which repeats itself after a crash.
    package enum Origin: UInt8, Hashable, Sendable { case client = 0, outbox = 1 }

    package var projectID: ProjectID
    package var receivedAt: Timestamp
    /// `received` counts every item of the request; `stored`, `sampled` and `quarantined` are zero here (the processor
    /// decides them); `duplicate` and `rejected` are final.
    package var counts: BooksDelta
    package var itemCount: Int
    /// `itemCount` items, each a 32-bit little-endian length and that many bytes of one JSON object.
    package var items: [UInt8]
    package var origin: Origin

    package init(
        projectID: ProjectID, receivedAt: Timestamp, counts: BooksDelta, itemCount: Int, items: [UInt8],
        origin: Origin = .client
    ) {
        self.origin = origin
        self.projectID = projectID
        self.receivedAt = receivedAt
        self.counts = counts
        self.itemCount = itemCount
        self.items = items
    }
}

/// A frame with its place in the stream.
package struct StoredFrame: Hashable, Sendable {
    package var offset: StreamOffset
    package var frame: StreamFrame
    package init(offset: StreamOffset, frame: StreamFrame) {
        self.offset = offset
        self.frame = frame
    }
}

package struct StreamStatus: Hashable, Sendable {
    /// The offset that the next appended frame will get.
    package var head: StreamOffset
    /// The first offset not yet committed by the processor.
    package var committed: StreamOffset
    /// The first offset still on disk.
    package var tail: StreamOffset
    package var bytesOnDisk: Int64
    package var bytesBudget: Int64
    /// When the first uncommitted frame was received; nil when there is none.
    package var oldestUncommitted: Timestamp?
    /// No uncommitted frame was received before this; nil when there is none. Earlier than `oldestUncommitted` when frames
    /// are not in the order of their receipts: a clock was set back, or receipts were assumed.
    package var earliestUncommitted: Timestamp?

    package init(
        head: StreamOffset, committed: StreamOffset, tail: StreamOffset, bytesOnDisk: Int64, bytesBudget: Int64,
        oldestUncommitted: Timestamp?, earliestUncommitted: Timestamp?
    ) {
        self.head = head
        self.committed = committed
        self.tail = tail
        self.bytesOnDisk = bytesOnDisk
        self.bytesBudget = bytesBudget
        self.oldestUncommitted = oldestUncommitted
        self.earliestUncommitted = earliestUncommitted
    }
}

package enum StreamError: Error, Hashable, Sendable {
    /// The disk or the stream's budget is full. Nothing was written; a later append may succeed.
    case full(used: Int64, budget: Int64)
    /// Too many bytes wait to be written. Nothing was written; retry after a moment.
    case overloaded(queuedBytes: Int)
    /// Writing or syncing failed; the frame is not durable and must not be acknowledged.
    case io(operation: String, path: String, errno: Int32)
    /// What is on disk cannot be what we wrote (checksum, sequence): says where, and what to do.
    case corrupt(path: String, position: Int64, reason: String)
    case offsetGone(requested: StreamOffset, tail: StreamOffset)
    case closed
}

/// The durable, ordered buffer between intake and processing.
///
/// - An append returns only when its frame is durable (fsync); many appends share one sync.
/// - Frames get dense offsets in the order of their durability; a crash loses no acknowledged frame, and may keep
///   unacknowledged ones.
/// - Frames below the committed offset may be deleted at any time.
package protocol EventStream: Sendable {
    func append(_ frame: StreamFrame) async throws(StreamError) -> StreamOffset
    /// Frames from `offset` in order, at least one if there is one, stopping after about `bytesMax` bytes. Empty at the head.
    func read(from offset: StreamOffset, bytesMax: Int) async throws(StreamError) -> [StoredFrame]
    /// Everything below `offset` is processed and need not be kept.
    func commit(_ offset: StreamOffset) async throws(StreamError)
    /// Returns when the head is beyond `offset`, or when the stream is closed, or the task cancelled.
    func waitForFrames(beyond offset: StreamOffset) async
    var status: StreamStatus { get }
    /// Makes the last appends durable and releases the files. Later calls throw `closed`.
    func close() async
}
