internal import Events
internal import Exports
internal import Foundation
internal import Jobs
internal import Ports

/// An export as it is shown.
struct ExportAnswer {
    private struct FileAnswer: Encodable {
        var name: String
        var bytes: Int64
        var rows: Int64
        var sha256: String
        var href: String
    }
    let view: JobView
    /// Every link carries it, so that a plain link downloads.
    let token: String
    let question: ExportQuestion
    let result: ExportResult?
    let isExpired: Bool

    init(_ view: JobView, token: String, now: Timestamp) throws {
        self.view = view
        self.token = token
        question = try JSONDecoder().decode(ExportQuestion.self, from: Data(view.job.input.utf8))
        result = try Self.result(of: view.job)
        isExpired = view.job.expiresAt.map { $0 <= now } ?? false
    }

    static func result(of job: StoredJob) throws -> ExportResult? {
        guard job.status == .succeeded, let json = job.result else { return nil }
        return try JSONDecoder().decode(ExportResult.self, from: Data(json.utf8))
    }

    /// The members behind `head`, and the closing brace.
    func json(behind head: [UInt8]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let base = "/v1/exports/\(view.job.jobID)/files/"
        let files = (isExpired ? nil : result)?.files.map { file in
            FileAnswer(
                name: file.name, bytes: file.bytes, rows: file.rows, sha256: file.sha256,
                href: base + file.name + "?token=" + token)
        }
        var out = head
        out.append(contentsOf: "\"job\":".utf8)
        out.append(contentsOf: try JobAnswer.json(view))
        ContractHead.member("of", JSONText.quoted(question.of.rawValue).utf8, to: &out)
        ContractHead.member("format", JSONText.quoted(question.format.rawValue).utf8, to: &out)
        ContractHead.member("rows", (result.map { String($0.rows) } ?? "null").utf8, to: &out)
        ContractHead.member("files", try encoder.encode(files ?? []), to: &out)
        let manifest = files == nil ? "null" : JSONText.quoted(base + ExportWriter.manifestName + "?token=" + token)
        ContractHead.member("manifest_href", manifest.utf8, to: &out)
        let expiry = view.job.expiresAt.map { JSONText.quoted($0.rfc3339()) } ?? "null"
        ContractHead.member("expires_at", expiry.utf8, to: &out)
        ContractHead.member("expired", (isExpired ? "true" : "false").utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }
}
