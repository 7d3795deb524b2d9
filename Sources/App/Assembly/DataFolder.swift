// Assembly: the only place that knows every module and every role. It opens the stores, builds the services around them,
// mounts the routes, and runs all of it as one service group.
//
// Data folder: `daybook.lock` (the owning process), `stream/` (segments), `ledger.sqlite`, `events.duckdb`, `jobs/` (files of
// running jobs), `exports/` (finished exports), `secrets/` (the key that signs cursors and polling tokens, the key that
// encrypts webhook secrets). One process owns the folder at a time.

internal import Foundation

/// Why Daybook cannot start, in words for the person at the terminal.
package struct StartFailure: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// A project was asked for that is not there: wrong use, with the projects that are.
package struct ProjectUnknown: Error, CustomStringConvertible {
    package var description: String
}

/// The folder of the embedded stores, owned by this process until it ends. The kernel releases the lock however it ends.
package final class DataFolder: Sendable {
    package let path: String
    private let descriptor: Int32

    package enum Access: Sendable {
        /// Creates the folder if it is missing, and owns it.
        case own
        /// Reads beside a running server, or alone.
        case read
    }

    package init(path: String, access: Access) throws(StartFailure) {
        let absolute = URL(filePath: path).standardizedFileURL.path
        self.path = absolute
        try Self.refuseLossOfLedger(absolute)
        guard access == .own else {
            guard FileManager.default.fileExists(atPath: absolute + "/ledger.sqlite") else {
                throw StartFailure(
                    "There is no Daybook in \(absolute). Name its folder with --data, or create one: daybook init --data \(path)"
                )
            }
            descriptor = -1
            return
        }
        do {
            try FileManager.default.createDirectory(
                atPath: absolute, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StartFailure(
                "The data folder \(absolute) cannot be created: \(error.localizedDescription) Choose another with --data, or fix its permissions."
            )
        }
        let lockPath = absolute + "/daybook.lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StartFailure(
                "The data folder \(absolute) cannot be written: \(reason). Give this user write permission, or choose another folder with --data. Nothing was changed."
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &buffer, buffer.count, 0)
            close(descriptor)
            let owner =
                count > 0
                ? String(decoding: buffer[0..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                : "unknown"
            throw StartFailure(
                "Another Daybook (process \(owner)) owns \(absolute). Stop it first, or use another folder with --data. Nothing was changed."
            )
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.utf8CString.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, text.utf8.count, 0) }
        self.descriptor = descriptor
    }

    /// A ledger is never begun beside what others have written: it is made first, and neither accounts, attempts nor seals can
    /// be had from elsewhere. Secrets say nothing: a first start that was cut short leaves some.
    private static func refuseLossOfLedger(_ folder: String) throws(StartFailure) {
        let files = FileManager.default
        var found = stat()
        let exists = stat(folder + "/ledger.sqlite", &found) == 0
        guard !exists || found.st_size == 0 else { return }
        let segments = (try? files.contentsOfDirectory(atPath: folder + "/stream")) ?? []
        let left =
            files.fileExists(atPath: folder + "/events.duckdb")
            ? "events.duckdb" : segments.contains { $0.hasPrefix("segment-") } ? "stream" : nil
        guard let left else { return }
        throw StartFailure(
            "\(folder) holds \(left), and its ledger.sqlite is \(exists ? "empty" : "missing"): accounts, attempts and seals would begin anew. "
                + "Restore ledger.sqlite from the backup that has \(left), or name another folder with --data. Nothing was changed."
        )
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    package var ledgerPath: String { path + "/ledger.sqlite" }
    package var eventsPath: String { path + "/events.duckdb" }
    package var streamPath: String { path + "/stream" }

    /// A secret of `count` random bytes that lives as long as the folder: read, or created with mode 600 on first use.
    /// `loss` says what is lost with it.
    package func secret(
        _ name: String, count: Int, loss: String = "open cursors become invalid, nothing else is lost",
        make: (Int) -> [UInt8]
    ) throws(StartFailure) -> [UInt8] {
        let folder = path + "/secrets"
        let file = folder + "/" + name
        if let data = FileManager.default.contents(atPath: file) {
            guard data.count == count else {
                throw StartFailure(
                    "\(file) is damaged (\(data.count) bytes instead of \(count)). Restore it from a backup, or delete it: \(loss)."
                )
            }
            return Array(data)
        }
        let secret = make(count)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let temporary = file + ".new"
            guard
                FileManager.default.createFile(
                    atPath: temporary, contents: Data(secret), attributes: [.posixPermissions: 0o600])
            else {
                throw CocoaError(.fileWriteUnknown)
            }
            guard rename(temporary, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw StartFailure("\(file) cannot be written: \(error.localizedDescription)")
        }
        return secret
    }
}
