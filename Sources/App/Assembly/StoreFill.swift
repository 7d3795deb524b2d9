internal import DuckDBEventStore
package import Events
internal import Foundation
package import Ports
package import Settings
package import Telemetry

/// Fills the event store of a new data folder with synthetic rows, without a server: what the query measurements ask
/// about, and the ceiling that ingest is compared with (rows appended to the store directly).
package enum StoreFill {
    package struct Options: Sendable {
        package var rows: Int
        package var projects: Int
        /// The time that the rows are spread over, ending now.
        package var days: Int
        /// The project that can be asked about later; it gets its share of the rows.
        package var ownProject: ProjectID?
        /// Rows of one commit.
        package var commitRows: Int

        package init(rows: Int, projects: Int, days: Int, ownProject: ProjectID?, commitRows: Int) {
            self.rows = rows
            self.projects = projects
            self.days = days
            self.ownProject = ownProject
            self.commitRows = commitRows
        }
    }

    package struct Report: Sendable, Codable {
        package var rows: Int
        package var commits: Int
        /// Seconds within commits alone; making the rows is not counted.
        package var commitSeconds: Double
        package var rowsPerSecond: Double
        package var compactionSeconds: Double
        package var bytesOnDisk: Int64
    }

    /// Throws `StartFailure`, also when the folder's stream has begun: rows written past it would contradict it.
    package static func run(
        _ settings: Settings, _ options: Options, clock: any Clock, telemetry: Telemetry,
        progress: @Sendable (_ rows: Int, _ rowsPerSecond: Double) -> Void
    ) async throws -> Report {
        let folder = try DataFolder(path: settings.dataFolder, access: .own)
        let segments = (try? FileManager.default.contentsOfDirectory(atPath: folder.streamPath)) ?? []
        guard segments.isEmpty else {
            throw StartFailure(
                "The stream in \(folder.streamPath) has begun. Fill a folder that only `daybook init` has touched; nothing was changed."
            )
        }
        let store = try Stores.openEvents(folder, settings, telemetry: telemetry)
        do {
            let report = try await fill(store, folder, options, clock: clock, progress: progress)
            await store.close()
            return report
        } catch {
            await store.close()
            guard let failure = error as? EventStoreError else { throw error }
            throw StartFailure(Stores.sentence(for: failure))
        }
    }

    private static func fill(
        _ store: DuckDBEventStore, _ folder: DataFolder, _ options: Options, clock: any Clock,
        progress: @Sendable (Int, Double) -> Void
    ) async throws -> Report {
        let seconds = Double(options.days) * 86_400
        let now = clock.now
        var batches = BenchmarkBatches(
            seed: 1, projects: options.projects, start: now - .seconds(Int64(seconds)),
            eventsPerSecond: Double(options.rows) / seconds, firstOffset: try await store.committedOffset(),
            ownProject: options.ownProject)
        var written = 0
        var commits = 0
        var spent = Duration.zero
        while written < options.rows {
            let batch = batches.next(rows: min(options.commitRows, options.rows - written))
            let began = clock.monotonic
            written += try await store.commit(batch).stored
            spent += clock.monotonic - began
            commits += 1
            progress(written, Double(written) / max(0.001, spent.milliseconds / 1000))
        }
        let began = clock.monotonic
        while try await !store.compactRollups(closedBefore: now.hourStart).isNothing {}
        let compaction = clock.monotonic - began
        let size =
            (try? FileManager.default.attributesOfItem(atPath: folder.path + "/events.duckdb")[.size]) as? NSNumber
        return Report(
            rows: written, commits: commits, commitSeconds: spent.milliseconds / 1000,
            rowsPerSecond: Double(written) / max(0.001, spent.milliseconds / 1000),
            compactionSeconds: compaction.milliseconds / 1000, bytesOnDisk: size?.int64Value ?? 0)
    }
}
