internal import Crypto
internal import Foundation
package import Ports

/// Exports as folders below one root, mode 700. A name that is not one of ours never becomes a path.
package final class DirectoryExportFiles: ExportFiles {
    private let root: String
    /// Reads of several downloads go on side by side.
    private let reading = FileQueue("daybook.exports.reading", isConcurrent: true)
    private let writing = FileQueue("daybook.exports.writing")
    private static let digestPiece = 1 << 20

    /// `root` is created with the first export.
    package init(root: String) { self.root = root }

    package func create(_ path: String) async throws(FileStoreError) -> any FileAppender {
        try await writing.perform("creating", path) { try PlainFile(path: path) }
    }

    package func makeEmptyFolder(_ path: String) async throws(FileStoreError) {
        try await writing.perform("emptying", path) {
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    package func digest(_ path: String) async throws(FileStoreError) -> (bytes: Int64, sha256: [UInt8]) {
        try await reading.perform("reading", path) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileQueue.systemError("opening", path) }
            defer { close(descriptor) }
            var hasher = SHA256()
            var total: Int64 = 0
            var piece = [UInt8](repeating: 0, count: Self.digestPiece)
            while true {
                let count = Foundation.read(descriptor, &piece, piece.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileQueue.systemError("reading", path)
                }
                guard count > 0 else { break }
                hasher.update(data: piece[..<count])
                total += Int64(count)
            }
            return (total, Array(hasher.finalize()))
        }
    }

    package func publish(_ path: String, as exportID: String) async throws(FileStoreError) {
        let target = try place(exportID)
        let root = root
        try await writing.perform("publishing", target) {
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Self.synchronise(path)
            // Nobody has read from a folder that is there already: its job has not finished.
            if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
            guard rename(path, target) == 0 else { throw FileQueue.systemError("renaming", target) }
            try Self.synchronise(root)
        }
    }

    package func contents(_ exportID: String, _ name: String) async throws(FileStoreError) -> [UInt8]? {
        let path = try place(exportID, name)
        return try await reading.perform("reading", path) {
            FileManager.default.contents(atPath: path).map { Array($0) }
        }
    }

    package func read(
        _ exportID: String, _ name: String, at offset: Int64, count: Int
    ) async throws(FileStoreError) -> [UInt8] {
        let path = try place(exportID, name)
        return try await reading.perform("reading", path) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileQueue.systemError("opening", path) }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                let got = bytes.withUnsafeMutableBytes {
                    pread(descriptor, $0.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
                }
                if got < 0 {
                    if errno == EINTR { continue }
                    throw FileQueue.systemError("reading", path)
                }
                guard got > 0 else {
                    throw FileStoreError.failed(
                        operation: "reading", path: path, detail: "the file is shorter than it was")
                }
                filled += got
            }
            return bytes
        }
    }

    package func published() async throws(FileStoreError) -> [String] {
        let root = root
        return try await reading.perform("listing", root) {
            guard FileManager.default.fileExists(atPath: root) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: root).filter(Self.isName).sorted()
        }
    }

    package func remove(_ exportID: String) async throws(FileStoreError) {
        let path = try place(exportID)
        try await writing.perform("removing", path) {
            guard FileManager.default.fileExists(atPath: path) else { return }
            try FileManager.default.removeItem(atPath: path)
        }
    }

    private func place(_ exportID: String, _ name: String? = nil) throws(FileStoreError) -> String {
        guard Self.isName(exportID), name.map(Self.isName) ?? true else { throw .missing(path: "an export's file") }
        return root + "/" + exportID + (name.map { "/" + $0 } ?? "")
    }

    /// Letters, digits, `_`, `-` and single points inside.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.count <= 100, !text.contains("..")
        else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 95, 45, 46: true
            default: false
            }
        }
    }

    /// Makes a folder's entries durable.
    private static func synchronise(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileQueue.systemError("opening", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileQueue.systemError("synchronising", folder) }
    }
}

/// One file that is being written, on a queue of its own.
final class PlainFile: FileAppender, @unchecked Sendable {
    // SAFETY: `descriptor` is touched on `queue`'s one thread only, after `init`.
    private var descriptor: Int32
    private let path: String
    private let queue = FileQueue("daybook.exports.file")

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileQueue.systemError("creating", path) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) async throws(FileStoreError) {
        try await queue.perform("writing", path) { [self] in
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileQueue.systemError("writing", path)
                }
                done += count
            }
        }
    }

    func finish() async throws(FileStoreError) {
        try await queue.perform("synchronising", path) { [self] in
            guard fsync(descriptor) == 0 else { throw FileQueue.systemError("synchronising", path) }
            shut()
        }
    }

    func abandon() async {
        // Closing cannot fail in a way that matters for a file that nobody will read.
        _ = try? await queue.perform("closing", path) { [self] in shut() }
    }

    private func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
