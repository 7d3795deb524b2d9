// DuckDBEventStore: processed events as columns in one DuckDB file, written and read in this process.
//
// Constraints: one process owns the file. One thread writes; a few others, each with a connection, read (DuckDB gives each
// transaction a snapshot). No call of DuckDB runs on Swift's cooperative pool.
//
// Stored format: `events.duckdb` and its write-ahead log in the store's folder; tables and their meaning in `Schema.swift`.
// A commit is one DuckDB transaction that holds rows, deltas, books and the stream offset: its log record is synced
// before `commit` returns, so a crash leaves all of it or nothing.
//
// Failure cases: `locked` when another process has the file; `unreadable` for a folder or file that cannot be written, or
// a damaged file; `schemaNewer` for a store of a newer Daybook (nothing is changed); `full` when the disk is full (the
// transaction is rolled back, a later commit may succeed); `timeout` for a question beyond its seconds.

internal import Events
internal import Foundation
package import Ports
internal import Synchronization
package import Telemetry

/// The embedded event store.
package final class DuckDBEventStore: EventStoreWriter, Sendable {
    private let database: Database
    private let writer: WorkerThreads
    private let core: WriterBox
    private let telemetry: Telemetry
    let readers: ReaderPool
    /// Numbers of projects that readers have met; a project keeps its number.
    let projectNumbers = Mutex<[String: Int32]>([:])

    /// The writer's state, reachable from the writer thread alone.
    private final class WriterBox: @unchecked Sendable {
        // SAFETY: `core` is set before the thread gets its first job, and from then on touched by jobs of that thread only.
        var core: WriterCore?
    }

    /// Opens or creates the store in `folder`, which is created when it is missing. Blocks while the write-ahead log of an
    /// unclean stop is replayed (bounded by `EventStoreLimits.checkpointMebibytes`).
    package init(
        folder: String, telemetry: Telemetry, memoryMebibytes: Int = EventStoreLimits.memoryMebibytes,
        threads: Int = EventStoreLimits.threads, duplicateKeysMax: Int = EventStoreLimits.duplicateKeysMax,
        questionSeconds: Int = EventStoreLimits.questionSeconds
    ) throws(EventStoreError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unreadable(path: folder, detail: "the folder cannot be created: \(error.localizedDescription)")
        }
        self.telemetry = telemetry
        database = try Database(folder: folder, memoryMebibytes: memoryMebibytes, threads: threads)
        let box = WriterBox()
        box.core = try WriterCore(database, duplicateKeysMax: duplicateKeysMax)
        core = box
        readers = try ReaderPool(
            database, count: EventStoreLimits.readers, waitingMax: EventStoreLimits.questionsWaiting,
            seconds: questionSeconds)
        writer = WorkerThreads(name: "store-writer", count: 1, waitingMax: 64) { _ in box.core = nil }
    }

    package func committedOffset() async throws(EventStoreError) -> StreamOffset {
        try await onWriter { core throws(EventStoreError) in core.committed }
    }

    package func commit(_ batch: EventStoreBatch) async throws(EventStoreError) -> EventStoreReceipt {
        try await onWriter { core throws(EventStoreError) in try core.commit(batch) }
    }

    /// Writes a checkpoint, so that the next start has nothing to replay, and releases the file. Later calls throw `closed`.
    package func close() async {
        _ = try? await onWriter { core throws(EventStoreError) in try core.connection.run("checkpoint", "CHECKPOINT") }
        await readers.close()
        await writer.close()
        database.close()
    }

    func onWriter<Answer: Sendable>(
        _ body: @escaping @Sendable (WriterCore) throws(EventStoreError) -> Answer
    ) async throws(EventStoreError) -> Answer {
        let result: Result<Answer, EventStoreError> = await withCheckedContinuation { continuation in
            let accepted = writer.enqueue { [core] _ in
                guard let core = core.core else { return continuation.resume(returning: .failure(.closed)) }
                do throws(EventStoreError) {
                    continuation.resume(returning: .success(try body(core)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !accepted { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }
}
