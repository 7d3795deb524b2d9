/// Why a stream's folder could not be opened, with the way out.
package enum StreamOpenError: Error, Hashable, Sendable, CustomStringConvertible {
    case locked(path: String)
    case readOnly(path: String)
    case unusable(path: String, detail: String)
    case corrupt(path: String, position: Int64, reason: String)
    /// The stream was written by a newer Daybook.
    case formatNewer(path: String, found: Int, known: Int)

    package var description: String {
        switch self {
        case .locked(let path):
            "Another process uses the stream in \(path). Stop it, or give this one another data folder."
        case .readOnly(let path):
            "The folder \(path) cannot be written. Give this user the right to write there, or remount the disk writable."
        case .unusable(let path, let detail):
            "The stream's folder cannot be used: \(path): \(detail)."
        case .corrupt(let path, let position, let reason):
            "The stream is damaged at byte \(position) of \(path): \(reason). Nothing was changed. Restore the file from a "
                + "backup, or give up its frames by renaming it to \(path).damaged and starting again."
        case .formatNewer(let path, let found, let known):
            "\(path) has format \(found), this Daybook reads up to \(known). Start the newer Daybook again; nothing was changed."
        }
    }
}
