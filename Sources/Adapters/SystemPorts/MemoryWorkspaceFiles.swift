package import Ports
internal import Synchronization

/// Files in memory, which forget what was not synced when told that the machine stopped.
package final class MemoryWorkspaceFiles: WorkspaceFiles {
    private struct State {
        var files: [String: [UInt8]] = [:]
        var durable: [String: [UInt8]] = [:]
        var changesLeft: Int?
    }
    private let state = Mutex(State())

    package init() {}

    /// After so many further changes every call fails, as if the process had been killed; nil lets all pass.
    package func stop(afterChanges count: Int?) { state.withLock { $0.changesLeft = count } }

    /// What is on disk after the machine stopped.
    package func restart() {
        state.withLock { state in
            state.changesLeft = nil
            state.files = state.durable
        }
    }

    private func change(_ path: String, _ body: (inout State) -> Void) throws(FileStoreError) {
        let isStopped = state.withLock { state in
            if let left = state.changesLeft {
                guard left > 0 else { return true }
                state.changesLeft = left - 1
            }
            body(&state)
            return false
        }
        if isStopped { throw .failed(operation: "writing", path: path, detail: "stopped") }
    }

    package func write(_ bytes: [UInt8], to path: String, at offset: Int64) async throws(FileStoreError) {
        try change(path) { state in
            var file = state.files[path] ?? []
            if file.count < Int(offset) + bytes.count {
                file += [UInt8](repeating: 0, count: Int(offset) + bytes.count - file.count)
            }
            file.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
            state.files[path] = file
        }
    }

    package func sync(_ path: String) async throws(FileStoreError) {
        try change(path) { $0.durable[path] = $0.files[path] }
    }

    package func read(
        _ path: String, at offset: Int64, upTo count: Int
    ) async throws(FileStoreError) -> [UInt8] {
        guard let file = state.withLock({ $0.files[path] }) else { throw .missing(path: path) }
        return Array(file.dropFirst(Int(offset)).prefix(count))
    }

    package func contents(_ path: String) async throws(FileStoreError) -> [UInt8]? {
        state.withLock { $0.files[path] }
    }

    package func replace(_ path: String, with bytes: [UInt8]) async throws(FileStoreError) {
        try change(path) { state in
            state.files[path] = bytes
            state.durable[path] = bytes
        }
    }

    package func remove(_ path: String) async throws(FileStoreError) {
        try change(path) { state in
            state.files[path] = nil
            state.durable[path] = nil
        }
    }
}
