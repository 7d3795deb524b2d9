// DirectoryFiles: the files of jobs in folders on local disk.
//
// Constraints: blocking calls run on a queue of this module's own, never on Swift's pool. A folder belongs to one job and
// has its name.
//
// Failure cases: a full disk is told apart from everything else.

package import Events
internal import Foundation
package import Ports

/// `<root>/<job id>/`, mode 700.
package final class DirectoryJobWorkspaces: JobWorkspaces {
    private let root: String
    private let queue = FileQueue("daybook.workspaces")

    /// `root` is created when the first folder is.
    package init(root: String) { self.root = root }

    package func path(of jobID: String) -> String { root + "/" + jobID }

    package func prepare(_ jobID: String) async throws(FileStoreError) -> String {
        let path = path(of: jobID)
        return try await queue.perform("creating", path) {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return path
        }
    }

    package func remove(_ jobID: String) async throws(FileStoreError) {
        let path = path(of: jobID)
        try await queue.perform("removing", path) {
            guard FileManager.default.fileExists(atPath: path) else { return }
            try FileManager.default.removeItem(atPath: path)
        }
    }

    package func jobs(changedBefore time: Timestamp) async throws(FileStoreError) -> [String] {
        let root = root
        return try await queue.perform("listing", root) {
            guard FileManager.default.fileExists(atPath: root) else { return [] }
            let limit = Date(timeIntervalSince1970: Double(time.microseconds) / 1e6)
            return try FileManager.default.contentsOfDirectory(atPath: root).filter { name in
                let changed = try FileManager.default.attributesOfItem(atPath: root + "/" + name)[.modificationDate]
                return (changed as? Date).map { $0 < limit } ?? false
            }
        }
    }
}
