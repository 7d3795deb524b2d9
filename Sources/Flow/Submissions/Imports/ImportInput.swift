internal import Events
internal import Foundation

/// What an import was asked to do: the input of its job, as JSON. Members are only ever added.
package struct ImportInput: Hashable, Sendable, Codable {
    /// The kind of the jobs that import.
    package static let jobKind = "import"

    /// The file's name, for people.
    package var name: String?
    package var options: LeadRowOptions
    /// Of the file, in bytes.
    package var bytes: Int64
    /// SHA-256 of the file, in hexadecimal.
    package var sha256: String
    /// The API key or member that asked.
    package var submitter: String?

    package init(name: String?, options: LeadRowOptions, bytes: Int64, sha256: String, submitter: String?) {
        self.name = name
        self.options = options
        self.bytes = bytes
        self.sha256 = sha256
        self.submitter = submitter
    }

    /// What the import is about, for lists: the file's name, and what its rows are given when they say nothing.
    package var about: String {
        get throws {
            var members: [String: String] = [:]
            members["file"] = name
            members["source"] = options.source ?? LeadRowOptions.defaultSource
            members["channel"] = options.channel
            return try ImportJSON.text(members)
        }
    }

    /// Keys are sorted: the same request gives the same text.
    package var json: String {
        get throws { try ImportJSON.text(self) }
    }

    init(json: String) throws(Problem) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) } catch {
            throw Problem(.internalError, "The import's input cannot be read.")
        }
    }
}

/// The files of an import, in its job's folder.
package enum ImportFiles {
    package static func input(in folder: String) -> String { folder + "/input.csv" }
    /// The rows that failed, as CSV. Only its first `ImportProgress.errorBytes` bytes count.
    package static func errors(in folder: String) -> String { folder + "/errors.csv" }
    static func progress(in folder: String) -> String { folder + "/progress.json" }
    /// What a cancelled run left: its progress with the rows that the log did not take counted as failures.
    static func interrupted(in folder: String) -> String { folder + "/interrupted.json" }
}

/// The rows that are finished, in the file's order: `rows = leads + failures`.
package struct ImportProgress: Hashable, Sendable, Codable {
    package var rows = 0
    package var leads = 0
    package var byCode: [String: Int] = [:]
    package var errorBytes: Int64 = 0
    /// Rows of the file, once they were counted.
    package var total: Int?

    package var failures: Int { byCode.values.reduce(0, +) }
    package init() {}
}

enum ImportJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

package enum ImportLimits {
    /// Largest file, in bytes: 256 MiB.
    package static let fileBytesMax: Int64 = 256 << 20
    /// Files that are received at the same time.
    package static let uploadsMax = 4
    /// Longest name of a file, in bytes.
    package static let nameBytesMax = 200
    /// Bytes received, or written to a download, at a time.
    package static let pieceBytes = 1 << 20
    /// Bytes of the file that are turned into rows at a time: a cancelled import ends after the rows of one such piece.
    static let readBytes = 64 << 10
    /// Rows submitted together: those in flight at one moment, and between two saved positions.
    static let rowsInFlight = 128
    /// Tries to submit rows while the ledger is overloaded, before the job itself is put back.
    static let overloadTriesMax = 8
    static let overloadPauseFirst = Duration.milliseconds(100)
    static let overloadPauseMax = Duration.seconds(5)
    /// How long the answer of a row is remembered: an import that lay still for so long adds nothing twice.
    static let answerLifetime = Duration.seconds(30 * 86_400)
    /// How long the rows that failed can be downloaded.
    package static let errorsKept = Duration.seconds(7 * 86_400)
}
