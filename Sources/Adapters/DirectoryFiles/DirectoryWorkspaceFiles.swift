internal import Foundation
package import Ports

/// Files on local disk, by path, mode 600.
package final class DirectoryWorkspaceFiles: WorkspaceFiles {
    private let queue = DispatchQueue(label: "daybook.workspace-files", attributes: .concurrent)

    package init() {}

    package func write(_ bytes: [UInt8], to path: String, at offset: Int64) async throws(FileStoreError) {
        try await perform("writing", path) { () throws(Failure) in
            try Self.withFile(path, O_WRONLY | O_CREAT) { descriptor throws(Failure) in
                try Self.writeAll(bytes, to: descriptor, at: offset)
            }
        }
    }

    package func sync(_ path: String) async throws(FileStoreError) {
        try await perform("syncing", path) { () throws(Failure) in
            try Self.withFile(path, O_RDONLY) { descriptor throws(Failure) in
                guard fsync(descriptor) == 0 else { throw Failure(errno) }
            }
        }
    }

    package func read(
        _ path: String, at offset: Int64, upTo count: Int
    ) async throws(FileStoreError) -> [UInt8] {
        try await perform("reading", path) { () throws(Failure) in
            try Self.withFile(path, O_RDONLY) { descriptor throws(Failure) in
                try Self.readAll(descriptor, at: offset, upTo: count)
            }
        }
    }

    package func contents(_ path: String) async throws(FileStoreError) -> [UInt8]? {
        do { return try await read(path, at: 0, upTo: Self.contentsBytesMax) } catch {
            guard case .missing = error else { throw error }
            return nil
        }
    }
    /// Largest file that `contents` gives whole.
    private static let contentsBytesMax = 1 << 20

    package func replace(_ path: String, with bytes: [UInt8]) async throws(FileStoreError) {
        try await perform("replacing", path) { () throws(Failure) in
            let aside = path + ".new"
            try Self.withFile(aside, O_WRONLY | O_CREAT | O_TRUNC) { descriptor throws(Failure) in
                try Self.writeAll(bytes, to: descriptor, at: 0)
                guard fsync(descriptor) == 0 else { throw Failure(errno) }
            }
            guard rename(aside, path) == 0 else { throw Failure(errno) }
            try Self.withFile((path as NSString).deletingLastPathComponent, O_RDONLY) { descriptor throws(Failure) in
                guard fsync(descriptor) == 0 else { throw Failure(errno) }
            }
        }
    }

    package func remove(_ path: String) async throws(FileStoreError) {
        try await perform("removing", path) { () throws(Failure) in
            guard unlink(path) == 0 || errno == ENOENT else { throw Failure(errno) }
        }
    }

    // MARK: Blocking

    private struct Failure: Error {
        var number: Int32
        init(_ number: Int32) { self.number = number }
    }

    private static func withFile<Value>(
        _ path: String, _ flags: Int32, _ body: (Int32) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(errno) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            }
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw Failure(written == 0 ? ENOSPC : errno)
            }
        }
    }

    private static func readAll(_ descriptor: Int32, at offset: Int64, upTo count: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset) + off_t(done))
            }
            if got == 0 { break }
            if got > 0 { done += got } else if errno != EINTR { throw Failure(errno) }
        }
        bytes.removeSubrange(done...)
        return bytes
    }

    private func perform<Value: Sendable>(
        _ operation: String, _ path: String, _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(FileStoreError) -> Value {
        let result: Result<Value, FileStoreError> = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<Value, FileStoreError>
                do throws(Failure) { result = .success(try body()) } catch {
                    let detail = String(cString: strerror(error.number))
                    switch error.number {
                    case ENOENT: result = .failure(.missing(path: path))
                    case ENOSPC, EDQUOT: result = .failure(.full(path: path, detail: detail))
                    default: result = .failure(.failed(operation: operation, path: path, detail: detail))
                    }
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
