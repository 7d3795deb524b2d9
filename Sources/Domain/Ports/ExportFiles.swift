/// A plain file that is being written. One caller at a time.
package protocol FileAppender: Sendable {
    func append(_ bytes: [UInt8]) async throws(FileStoreError)
    /// Durable when this returns.
    func finish() async throws(FileStoreError)
    func abandon() async
}

/// The finished files of exports: a folder for each, which appears whole or not at all. Calls never block the caller's
/// thread.
package protocol ExportFiles: Sendable {
    /// Begins a plain file at an absolute path, replacing what is there.
    func create(_ path: String) async throws(FileStoreError) -> any FileAppender
    /// Creates a folder that is empty, at an absolute path.
    func makeEmptyFolder(_ path: String) async throws(FileStoreError)
    /// Size in bytes and SHA-256 of the file at an absolute path, read in pieces.
    func digest(_ path: String) async throws(FileStoreError) -> (bytes: Int64, sha256: [UInt8])

    /// Makes the folder at `path` the export's, in one step. What is in it has to be durable already.
    func publish(_ path: String, as exportID: String) async throws(FileStoreError)
    /// The whole content of a small file of a published export; nil when there is no such export or file.
    func contents(_ exportID: String, _ name: String) async throws(FileStoreError) -> [UInt8]?
    /// `count` bytes from `offset` of a published file. Throws `missing` when it is gone.
    func read(_ exportID: String, _ name: String, at offset: Int64, count: Int) async throws(FileStoreError) -> [UInt8]
    /// Every published export.
    func published() async throws(FileStoreError) -> [String]
    func remove(_ exportID: String) async throws(FileStoreError)
}
