internal import Logging
internal import Telemetry

enum StreamMetrics {
    static let frames = MetricName("daybook_stream_frames_total", help: "Frames made durable.")
    static let bytes = MetricName("daybook_stream_bytes_total", help: "Bytes of frames made durable.")
    static let groups = MetricName("daybook_stream_syncs_total", help: "Groups of frames that shared one sync.")
    static let groupSeconds = MetricName("daybook_stream_group_seconds", help: "Time to write and sync one group.")
    static let failures = MetricName(
        "daybook_stream_failures_total", help: "Failed file operations, by operation.", labels: ["operation"])
    static let torn = MetricName(
        "daybook_stream_torn_bytes_total", help: "Bytes of unfinished frames cut off at start.")
    static let segmentsRemoved = MetricName(
        "daybook_stream_segments_removed_total", help: "Segments deleted after commit.")
}

struct StreamOpened: TelemetryEvent {
    static let name = "stream_opened"
    var path: String
    var head: Int64
    var committed: Int64
    var segments: Int
    var message: String { "The stream in \(path) is open: \(head - committed) frames wait to be processed." }
    var metadata: Logger.Metadata {
        ["path": "\(path)", "head": "\(head)", "committed": "\(committed)", "segments": "\(segments)"]
    }
}

struct TornTailTruncated: TelemetryEvent {
    static let name = "stream_torn_tail_truncated"
    var path: String
    var position: Int64
    var bytes: Int64
    var level: Logger.Level { .warning }
    var message: String {
        "An unfinished write of \(bytes) bytes was cut off at byte \(position) of \(path): it was never acknowledged."
    }
    var metadata: Logger.Metadata { ["path": "\(path)", "position": "\(position)", "bytes": "\(bytes)"] }
    func record(in metrics: MetricRegistry) { metrics.add(StreamMetrics.torn, by: Double(bytes)) }
}

struct StreamGapAccepted: TelemetryEvent {
    static let name = "stream_gap_accepted"
    var path: String
    var from: Int64
    var to: Int64
    var level: Logger.Level { .error }
    var message: String {
        "Frames \(from) to \(to - 1) are skipped, because \(path) was set aside as damaged. Keep that file until it is salvaged."
    }
    var metadata: Logger.Metadata { ["path": "\(path)", "from": "\(from)", "to": "\(to)"] }
}

struct GroupCommitted: TelemetryEvent {
    static let name = "stream_group_committed"
    var frames: Int
    var bytes: Int
    var seconds: Double
    var level: Logger.Level { .trace }
    var message: String { "\(frames) frames became durable with one sync." }
    var metadata: Logger.Metadata { ["frames": "\(frames)", "bytes": "\(bytes)", "seconds": "\(seconds)"] }
    func record(in metrics: MetricRegistry) {
        metrics.add(StreamMetrics.frames, by: Double(frames))
        metrics.add(StreamMetrics.bytes, by: Double(bytes))
        metrics.add(StreamMetrics.groups)
        metrics.observe(StreamMetrics.groupSeconds, seconds: seconds)
    }
}

struct StreamFileFailed: TelemetryEvent {
    static let name = "stream_file_failed"
    var failure: FileFailure
    var consequence: String
    var level: Logger.Level { .error }
    var message: String {
        "\(failure.operation) failed with error number \(failure.errno) on \(failure.path); \(consequence)"
    }
    var metadata: Logger.Metadata {
        ["operation": "\(failure.operation)", "path": "\(failure.path)", "errno": "\(failure.errno)"]
    }
    func record(in metrics: MetricRegistry) { metrics.add(StreamMetrics.failures, [failure.operation]) }
}

struct SegmentsRemoved: TelemetryEvent {
    static let name = "stream_segments_removed"
    var count: Int
    var tail: Int64
    var level: Logger.Level { .debug }
    var message: String { "\(count) processed segments were deleted; the stream begins at \(tail)." }
    var metadata: Logger.Metadata { ["count": "\(count)", "tail": "\(tail)"] }
    func record(in metrics: MetricRegistry) { metrics.add(StreamMetrics.segmentsRemoved, by: Double(count)) }
}
