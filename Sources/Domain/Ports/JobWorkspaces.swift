package import Events

/// A folder of files on local disk that could not be used.
package enum FileStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    case full(path: String, detail: String)
    case missing(path: String)
    case failed(operation: String, path: String, detail: String)

    package var description: String {
        switch self {
        case .full(let path, let detail): "the disk that holds \(path) is full (\(detail)); free some space"
        case .missing(let path): "\(path) does not exist"
        case .failed(let operation, let path, let detail): "\(operation) \(path) failed: \(detail)"
        }
    }

    /// What a client may know of it.
    package var problem: Problem {
        switch self {
        case .full: Problem(.storageFull, "The server's disk is full. Free some space, then try again.")
        case .missing, .failed:
            Problem(
                .dependencyUnavailable,
                "A file of this job cannot be read or written at the moment. Retry in a moment.",
                retryAfterSeconds: 5)
        }
    }
}

/// A folder for each job, for the files that it reads and writes. It is there from before the job's first try until the
/// job's kind lets it go, whatever happens to the process in between. Calls never block the caller's thread.
package protocol JobWorkspaces: Sendable {
    /// Where the job's folder is, whether it exists or not. The identifier is one of ours.
    func path(of jobID: String) -> String
    /// Creates the folder when it is missing; returns its path.
    func prepare(_ jobID: String) async throws(FileStoreError) -> String
    /// Removes the folder with everything in it. Repeating it changes nothing.
    func remove(_ jobID: String) async throws(FileStoreError)
    /// The jobs that have a folder last changed before `time`.
    func jobs(changedBefore time: Timestamp) async throws(FileStoreError) -> [String]
}
