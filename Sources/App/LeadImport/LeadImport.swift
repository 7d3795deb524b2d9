// LeadImport: submits each row of a CSV file through `POST /v1/projects/{id}/leads`, the path that every lead takes.
//
// Constraints: the file (plain, gzip or zstd) is read a piece at a time and never held whole; at most `requestsInFlight` submissions wait for
// their answers. Each row carries an Idempotency-Key made from the file's name, the row's number and its cells: importing
// the same file again within a day adds nothing, and an interrupted import can simply be started again.
//
// Failure cases: a file that cannot be read, a mapping that names no column, a server that cannot be reached or refuses
// the key end the run. A row that is not CSV, has too few or too many cells, or is refused by the server is a failed row:
// counted by its code, named in the summary, and (when the server refused it) logged there as an attempt.
// Every row ends in exactly one of: lead, failure.

internal import Foundation
package import Ports
internal import ServerClient
internal import Wire

package struct LeadImportOptions: Sendable {
    /// The file's path.
    package var file: String
    package var url: String
    package var apiKey: String
    /// Nil means the key's own project.
    package var projectID: String?
    /// `TARGET=VALUE`, see `ColumnMap`, for columns that are not named like what they hold. Every other column maps itself.
    package var map: [String]
    /// Columns that are left out.
    package var skip: [String]
    /// The name of an `ImportPreset`; entries of `map` replace those of the preset.
    package var preset: String?
    /// What `CSVDelimiter` takes.
    package var delimiter: String
    package var isQuiet: Bool

    package init(
        file: String, url: String, apiKey: String, projectID: String? = nil, map: [String] = [],
        skip: [String] = [], preset: String? = nil, delimiter: String = ",", isQuiet: Bool = false
    ) {
        self.file = file
        self.url = url
        self.apiKey = apiKey
        self.projectID = projectID
        self.map = map
        self.skip = skip
        self.preset = preset
        self.delimiter = delimiter
        self.isQuiet = isQuiet
    }
}

package enum LeadImportError: Error, Sendable, CustomStringConvertible {
    /// Wrong use: exit status 2.
    case usage(String)
    /// The file or the server fails: exit status 1.
    case failed(String)

    package var description: String {
        switch self {
        case .usage(let text), .failed(let text): text
        }
    }
    package var isUsage: Bool { if case .usage = self { true } else { false } }
}

package enum LeadImport {
    /// Imports the whole file. Progress goes to standard error. Throws `LeadImportError`.
    package static func run(
        _ options: LeadImportOptions, clock: any Clock
    ) async throws(LeadImportError) -> LeadImportSummary {
        guard let delimiter = CSVDelimiter(options.delimiter) else {
            throw .usage("--delimiter \(CSVDelimiter.rule), not '\(options.delimiter)'.")
        }
        let file = try RowFile(path: options.file, delimiter: delimiter)
        let map: ColumnMap
        do {
            map = try ColumnMap(arguments: try arguments(options, columns: file.columns), columns: file.columns)
        } catch let error as LeadImportError {
            throw error
        } catch {
            throw .usage("--map: \(error)")
        }
        do {
            let client = try ServerClient(
                url: options.url, connectionsMax: LeadImportLimits.requestsInFlight, clock: clock)
            let result: Result<LeadImportSummary, any Error>
            do {
                try await client.awaitReachable(seconds: 5)
                let project = try await projectID(options, client: client)
                let run = ImportRun(options: options, client: client, clock: clock, projectID: project, map: map)
                result = .success(try await run.submit(file))
            } catch {
                result = .failure(error)
            }
            await client.close()
            return try result.get()
        } catch let error as LeadImportError {
            throw error
        } catch {
            throw .failed(String(describing: error))
        }
    }

    private static func arguments(_ options: LeadImportOptions, columns: [String]) throws(LeadImportError) -> [String] {
        let kept = columns.filter { !options.skip.contains($0) }
        if let unknown = options.skip.first(where: { !columns.contains($0) }) {
            throw .usage("--skip: the file has no column '\(unknown)'. It has: \(columns.joined(separator: ", ")).")
        }
        if let name = options.preset {
            guard let preset = ImportPreset.all.first(where: { $0.name == name }) else {
                throw .usage(
                    "--preset: there is no '\(name)'. There are: \(ImportPreset.all.map(\.name).joined(separator: ", "))."
                )
            }
            let replaced = Set(options.map.map { $0.prefix { $0 != "=" } })
            return preset.arguments.filter { !replaced.contains($0.prefix { $0 != "=" }) } + options.map
        }
        if options.map.isEmpty, let preset = ImportPreset.preset(for: kept) { return preset.arguments }
        do throws(ColumnMapError) { return try ImportPreset.arguments(for: kept, asked: options.map) } catch {
            throw .usage("--map: \(error)")
        }
    }

    private static func projectID(_ options: LeadImportOptions, client: ServerClient) async throws -> String {
        if let id = options.projectID { return id }
        let (projects, refusal) = try await client.projects(of: options.apiKey)
        guard let own = projects.first else {
            throw LeadImportError.failed("\(client.url) does not accept this API key (\(refusal ?? "no projects")).")
        }
        return own.project_id
    }
}
