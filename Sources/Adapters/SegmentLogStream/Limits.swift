/// The bounds of one segment log. All sizes are bytes.
package struct StreamLimits: Hashable, Sendable {
    /// A segment is closed once it has reached this size; a larger frame gets a segment of its own.
    package var segmentBytes: Int64 = 64 << 20
    /// What the folder may hold in all before appends are refused with `full`.
    package var bytesBudget: Int64 = 20 << 30
    /// What may wait for the writer before appends are refused with `overloaded`. One frame is always let in.
    package var queueBytesMax = 96 << 20
    /// What one write and one sync carry.
    package var groupBytesMax = 8 << 20
    /// Distance between index entries of a segment.
    package var indexBytes: Int64 = 64 << 10
    /// Longest time between the receipts of two index entries: how exact `oldestUncommitted` is.
    package var indexInterval: Duration = .milliseconds(250)

    package init() {}
}
