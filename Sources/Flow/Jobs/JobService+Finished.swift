package import Events
package import Ports

extension JobService {
    /// The job once it has finished; nil when it has not within that time, or the server stops. Throws `overloaded` when too
    /// many wait already.
    package func finished(
        _ jobID: String, in project: ProjectID, within time: Duration
    ) async throws(Problem) -> StoredJob? {
        // Watched before it is read, so that no change falls between.
        guard let watch = board.watch(jobID) else {
            throw Problem(
                .overloaded, "Too many requests wait for jobs at the moment. Ask for the job instead.",
                retryAfterSeconds: 10)
        }
        watch.tick()
        let found: Result<StoredJob?, Problem> = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await clock.sleep(for: time) } catch { return }
                watch.end()
            }
            defer {
                watch.end()
                group.cancelAll()
            }
            for await _ in watch.signals {
                do throws(Problem) {
                    guard let view = try await job(jobID, in: project) else { return .success(nil) }
                    if view.job.status.isFinished { return .success(view.job) }
                } catch { return .failure(error) }
            }
            return .success(nil)
        }
        return try found.get()
    }
}
