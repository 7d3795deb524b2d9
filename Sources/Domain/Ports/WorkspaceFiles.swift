/// The files of a job: read and written in pieces, by path. Calls never block the caller's thread.
package protocol WorkspaceFiles: Sendable {
    /// Writes the bytes at that position; the file is created when it is missing, and grows. Durable after `sync`.
    func write(_ bytes: [UInt8], to path: String, at offset: Int64) async throws(FileStoreError)
    /// Returns once everything written to the file is on disk.
    func sync(_ path: String) async throws(FileStoreError)
    /// At most `count` bytes from that position; none at the end. Throws `missing` when there is no such file.
    func read(_ path: String, at offset: Int64, upTo count: Int) async throws(FileStoreError) -> [UInt8]
    /// The whole file, as it was after its last `replace`: never half of one. Nil when there is none.
    func contents(_ path: String) async throws(FileStoreError) -> [UInt8]?
    /// Puts these bytes in the place of the file, durable when this returns: the old ones or the new ones are there, whatever
    /// happens to the process.
    func replace(_ path: String, with bytes: [UInt8]) async throws(FileStoreError)
    /// Repeating it changes nothing.
    func remove(_ path: String) async throws(FileStoreError)
}
