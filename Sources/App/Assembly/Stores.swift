internal import DuckDBEventStore
internal import Events
internal import Ports
internal import SQLiteLedger
internal import SegmentLogStream
internal import Settings
internal import Telemetry

/// The embedded stores of one data folder, opened in the order of their dependence: ledger, event store, stream.
struct Stores: Sendable {
    let folder: DataFolder
    let ledger: SQLiteLedger
    let events: DuckDBEventStore
    let stream: SegmentLogStream

    static func open(_ settings: Settings, clock: any Clock, telemetry: Telemetry) async throws -> Stores {
        let folder = try DataFolder(path: settings.dataFolder, access: .own)
        let ledger = try Initialise.openLedger(folder, telemetry: telemetry)
        let events = try openEvents(folder, settings, telemetry: telemetry)
        var limits = StreamLimits()
        limits.segmentBytes = Int64(settings.stream.segmentBytes)
        limits.bytesBudget = Int64(settings.stream.budgetBytes)
        limits.queueBytesMax = settings.intake.queueBytesMax
        do {
            let first: StreamOffset
            do { first = try await events.committedOffset() } catch { throw StartFailure(Self.sentence(for: error)) }
            let files = try DiskSegmentFolder(path: folder.streamPath)
            let stream = try SegmentLogStream(
                folder: files, firstOffset: first, limits: limits, clock: clock, telemetry: telemetry)
            let head = stream.status.head
            guard head >= first else {
                throw StartFailure(
                    "The event store has committed \(first.value) frames, but the stream in \(folder.streamPath) ends at \(head.value): "
                        + "they are not of the same time. Restore both from one backup, or move the stream's folder away to begin "
                        + "a new one behind the store. Nothing was changed.")
            }
            return Stores(folder: folder, ledger: ledger, events: events, stream: stream)
        } catch let error as StreamOpenError {
            throw StartFailure(error.description)
        }
    }

    static func openEvents(
        _ folder: DataFolder, _ settings: Settings, telemetry: Telemetry
    ) throws(StartFailure) -> DuckDBEventStore {
        do {
            return try DuckDBEventStore(
                folder: folder.path, telemetry: telemetry, memoryMebibytes: settings.store.memoryMebibytes,
                threads: settings.store.threads)
        } catch {
            throw StartFailure(sentence(for: error))
        }
    }

    /// What is wrong with the event store, and the way out.
    static func sentence(for error: EventStoreError) -> String {
        switch error {
        case .locked(let path, let detail):
            "The event store \(path) is in use by another process (\(detail)). Stop it, or use another folder with --data."
        case .unreadable(let path, let detail):
            "The event store \(path) cannot be opened: \(detail). Check its permissions, or restore it from a backup. Nothing was changed."
        case .schemaNewer(let found, let known):
            "The event store was written by a newer Daybook (schema \(found), this one knows \(known)). Run that version. Nothing was changed."
        case .full(let path, let detail):
            "The disk that holds \(path) is full: \(detail). Free some space; nothing acknowledged is lost."
        case .failed(let operation, let detail): "The event store failed at \(operation): \(detail)."
        case .cancelled(let operation): "Whoever asked the event store for \(operation) gave it up."
        case .timeout(let operation, let seconds): "The event store did not finish \(operation) within \(seconds) s."
        case .closed: "The event store is closed."
        }
    }
}
