internal import DirectoryFiles
internal import DuckDBTableFiles
package import Exports
internal import Foundation

/// What the command line does with downloaded exports.
package enum ExportCommands {
    /// `path` is the export's folder, its manifest, or one of its files. The manifest beside the files is `manifest.json`, or
    /// `job_…-manifest.json` as a download may call it.
    package static func verify(
        _ path: String, manifest: String?, progress: @escaping @Sendable (_ done: Int64, _ of: Int64) -> Void
    ) async throws -> ExportVerification {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let url = URL(filePath: path)
        let folder = isFolder.boolValue ? url.path : url.deletingLastPathComponent().path
        let isManifest = exists && !isFolder.boolValue && url.pathExtension == "json"
        let file = exists && !isFolder.boolValue ? url.lastPathComponent : nil
        let found = manifest ?? (isManifest ? url.path : folder + "/" + manifestName(in: folder, beside: file))
        let only = exists && !isFolder.boolValue && !isManifest ? url.lastPathComponent : nil
        return try await ExportVerifier(files: DirectoryWorkspaceFiles(), tables: ParquetRows()).verify(
            manifest: found, in: folder, only: only, progress: progress)
    }

    /// Of several downloaded manifests that of the file's own export; a folder has one, or one has to be named.
    private static func manifestName(in folder: String, beside file: String?) -> String {
        let plain = ExportWriter.manifestName
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let downloaded = names.filter { $0.hasSuffix("-" + plain) }
        if let file, let own = downloaded.first(where: { file.hasPrefix($0.dropLast(plain.utf8.count)) }) { return own }
        guard !names.contains(plain), downloaded.count == 1 else { return plain }
        return downloaded[0]
    }
}
