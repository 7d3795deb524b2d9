internal import DirectoryFiles
internal import DuckDBTableFiles
package import Exports
internal import Foundation

/// What the command line does with downloaded exports.
package enum ExportCommands {
    /// `path` is the export's folder, its manifest, or one of its files.
    package static func verify(
        _ path: String, manifest: String?, progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws -> ExportVerification {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let url = URL(filePath: path)
        let folder = isFolder.boolValue ? url.path : url.deletingLastPathComponent().path
        let isManifest = exists && !isFolder.boolValue && url.pathExtension == "json"
        let found = manifest ?? (isManifest ? url.path : folder + "/" + ExportWriter.manifestName)
        let only = exists && !isFolder.boolValue && !isManifest ? url.lastPathComponent : nil
        return try await ExportVerifier(files: DirectoryWorkspaceFiles(), tables: ParquetRows()).verify(
            manifest: found, in: folder, only: only, progress: progress)
    }
}
