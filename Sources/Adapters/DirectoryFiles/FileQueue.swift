internal import Foundation
internal import Ports

/// Runs blocking file calls on a queue of its own and turns their errors into ours.
struct FileQueue: Sendable {
    private let queue: DispatchQueue

    init(_ label: String, isConcurrent: Bool = false) {
        queue = DispatchQueue(label: label, attributes: isConcurrent ? .concurrent : [])
    }

    func perform<Value: Sendable>(
        _ operation: String, _ path: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws(FileStoreError) -> Value {
        let result: Result<Value, FileStoreError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result { try body() }.mapError { Self.fileError($0, operation: operation, path: path) })
            }
        }
        return try result.get()
    }

    private static func fileError(_ error: any Error, operation: String, path: String) -> FileStoreError {
        if let known = error as? FileStoreError { return known }
        let detail = error.localizedDescription
        if (error as? CocoaError)?.code == .fileWriteOutOfSpace { return .full(path: path, detail: detail) }
        return .failed(operation: operation, path: path, detail: detail)
    }

    /// What a system call left in `errno`.
    static func systemError(_ operation: String, _ path: String) -> FileStoreError {
        let code = errno
        let detail = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT: return .full(path: path, detail: detail)
        case ENOENT: return .missing(path: path)
        default: return .failed(operation: operation, path: path, detail: detail)
        }
    }
}
