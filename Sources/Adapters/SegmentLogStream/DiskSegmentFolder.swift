internal import Foundation
internal import Synchronization

/// A folder of the file system, owned by one process at a time (`flock` on its file `lock`).
package final class DiskSegmentFolder: SegmentFolder {
    package let path: String
    private struct State {
        var descriptors: [String: Int32] = [:]
        var lock: Int32 = -1
    }
    private let state: Mutex<State>

    /// Creates the folder when it is missing and takes its lock.
    package init(path: String) throws(StreamOpenError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .unusable(path: path, detail: "\(error.localizedDescription)")
        }
        let lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            let code = errno
            throw code == EACCES || code == EROFS
                ? .readOnly(path: path) : .unusable(path: path, detail: String(cString: strerror(code)))
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Foundation.close(lock)
            throw code == EWOULDBLOCK
                ? .locked(path: path) : .unusable(path: path, detail: String(cString: strerror(code)))
        }
        state = Mutex(State(lock: lock))
    }

    deinit { close() }

    package func close() {
        state.withLock { state in
            for descriptor in state.descriptors.values { Foundation.close(descriptor) }
            state.descriptors = [:]
            if state.lock >= 0 { Foundation.close(state.lock) }
            state.lock = -1
        }
    }

    package func names() throws(FileFailure) -> [String] {
        guard let handle = opendir(path) else { throw failure("list", "") }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    package func create(_ name: String) throws(FileFailure) {
        // A new inode: a file whose sync failed once is not written again.
        try remove(name)
        let descriptor = open(path + "/" + name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", name) }
        state.withLock { $0.descriptors[name] = descriptor }
    }

    package func size(_ name: String) throws(FileFailure) -> Int64 {
        var status = stat()
        guard fstat(try descriptor(name), &status) == 0 else { throw failure("stat", name) }
        return Int64(status.st_size)
    }

    package func read(_ name: String, at position: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        let descriptor = try descriptor(name)
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(position) + filled)
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw FileFailure(operation: "read", path: path + "/" + name, errno: code) }
        return bytes
    }

    package func write(_ name: String, at position: Int64, _ bytes: [UInt8]) throws(FileFailure) {
        let descriptor = try descriptor(name)
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let put = pwrite(
                    descriptor, buffer.baseAddress! + written, buffer.count - written, off_t(position) + written)
                if put > 0 {
                    written += put
                } else if put == 0 {
                    return EIO
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw FileFailure(operation: "write", path: path + "/" + name, errno: code) }
    }

    package func truncate(_ name: String, to size: Int64) throws(FileFailure) {
        guard ftruncate(try descriptor(name), off_t(size)) == 0 else { throw failure("truncate", name) }
    }

    package func sync(_ name: String) throws(FileFailure) {
        let descriptor = try descriptor(name)
        #if os(Linux)
            let result = fdatasync(descriptor)
        #else
            // fsync on Darwin leaves the bytes in the drive's cache; F_FULLFSYNC does not (fcntl(2)).
            let result = fcntl(descriptor, F_FULLFSYNC)
        #endif
        guard result == 0 else { throw failure("sync", name) }
    }

    package func remove(_ name: String) throws(FileFailure) {
        forget(name)
        guard unlink(path + "/" + name) == 0 || errno == ENOENT else { throw failure("remove", name) }
    }

    package func syncFolder() throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", "") }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", "") }
    }

    private func descriptor(_ name: String) throws(FileFailure) -> Int32 {
        if let known = state.withLock({ $0.descriptors[name] }) { return known }
        let descriptor = open(path + "/" + name, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", name) }
        let other = state.withLock { state in
            let other = state.descriptors[name]
            if other == nil { state.descriptors[name] = descriptor }
            return other
        }
        guard let other else { return descriptor }
        Foundation.close(descriptor)
        return other
    }

    private func forget(_ name: String) {
        if let descriptor = state.withLock({ $0.descriptors.removeValue(forKey: name) }) {
            Foundation.close(descriptor)
        }
    }

    private func failure(_ operation: String, _ name: String) -> FileFailure {
        FileFailure(operation: operation, path: name.isEmpty ? path : path + "/" + name, errno: errno)
    }
}
