/// A file operation that the system refused.
package struct FileFailure: Error, Hashable, Sendable {
    package var operation: String
    package var path: String
    package var errno: Int32

    package init(operation: String, path: String, errno: Int32) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }
}

/// The few file operations that the log needs, in one folder, by file name. The seam for tests that tear writes, fail
/// syncs and fill the disk. Calls may come from two threads, but never two at once for one file that is being removed.
package protocol SegmentFolder: Sendable {
    /// For messages.
    var path: String { get }
    func names() throws(FileFailure) -> [String]
    /// An empty file; one of that name is replaced.
    func create(_ name: String) throws(FileFailure)
    func size(_ name: String) throws(FileFailure) -> Int64
    /// Bytes from `position`: fewer than `count` only at the end of the file.
    func read(_ name: String, at position: Int64, count: Int) throws(FileFailure) -> [UInt8]
    func write(_ name: String, at position: Int64, _ bytes: [UInt8]) throws(FileFailure)
    func truncate(_ name: String, to size: Int64) throws(FileFailure)
    /// The file's bytes and size survive a loss of power once this returns. After a failure nothing is known about bytes
    /// written since the last success, even if a later call succeeds.
    func sync(_ name: String) throws(FileFailure)
    func remove(_ name: String) throws(FileFailure)
    /// Creations and removals survive a loss of power once this returns.
    func syncFolder() throws(FileFailure)
    /// Gives up the folder; nothing is called afterwards.
    func close()
}
