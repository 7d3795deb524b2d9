internal import Events
internal import Foundation
internal import Ports

/// The columns of each kind of export, and its records as cells. The columns and their order are a published contract
/// (docs/exports.md): new ones are added at the end.
enum ExportTable {
    static func columns(of subject: ExportSubject) -> [TableColumn] {
        switch subject {
        case .attempts: attempts
        case .leads: leads
        case .days: days
        case .reports: reports
        }
    }

    private static let attempts: [TableColumn] = [
        TableColumn("attempt_id", .text), TableColumn("sequence", .integer), TableColumn("received_at", .time),
        TableColumn("logical_date", .date), TableColumn("source", .text), TableColumn("channel", .text),
        TableColumn("outcome", .text), TableColumn("failure_category", .text), TableColumn("failure_code", .text),
        TableColumn("failure_message", .text), TableColumn("user_id", .text), TableColumn("lead_id", .text),
        TableColumn("retry_attempt", .integer), TableColumn("duration_ms", .number),
        TableColumn("idempotency_key", .text), TableColumn("context", .json), TableColumn("previous_hash", .text),
        TableColumn("hash", .text),
    ]

    static func row(_ a: Attempt) -> [TableValue] {
        [
            .text(a.attemptID), .integer(a.sequence), .time(a.receivedAt), .date(a.logicalDate), .text(a.source),
            .text(a.channel), .text(a.outcome.rawValue), .text(orNull: a.failureCategory?.rawValue),
            .text(orNull: a.failureCode),
            .text(orNull: a.failureMessage), .text(orNull: a.userID), .text(orNull: a.leadID),
            .integer(Int64(a.retryAttempt)),
            .number(a.durationMilliseconds), .text(orNull: a.idempotencyKey), .json(a.context),
            .text(hex(a.previousHash)),
            .text(hex(a.hash)),
        ]
    }

    private static let leads: [TableColumn] = [
        TableColumn("lead_id", .text), TableColumn("attempt_id", .text), TableColumn("sequence", .integer),
        TableColumn("created_at", .time), TableColumn("logical_date", .date), TableColumn("user_id", .text),
        TableColumn("source", .text), TableColumn("channel", .text), TableColumn("fields", .json),
    ]

    static func row(_ l: ExportedLead) -> [TableValue] {
        [
            .text(l.lead.leadID), .text(l.lead.attemptID), .integer(l.sequence), .time(l.lead.createdAt),
            .date(l.logicalDate), .text(l.lead.userID), .text(l.lead.source), .text(l.lead.channel),
            .json(l.lead.fields),
        ]
    }

    private static let days: [TableColumn] = [
        TableColumn("date", .date), TableColumn("state", .text), TableColumn("attempts", .integer),
        TableColumn("leads", .integer), TableColumn("failures", .integer), TableColumn("failure_share", .number),
        TableColumn("balanced", .boolean), TableColumn("snapshot_sha256", .text), TableColumn("merkle_root", .text),
        TableColumn("sealed_rows", .integer), TableColumn("sealed_at", .time), TableColumn("refreshed_at", .time),
        TableColumn("snapshot", .json), TableColumn("seal_statement", .text), TableColumn("seal_hash", .text),
        TableColumn("seal_signature", .text), TableColumn("seal_key_id", .text),
    ]

    static func row(_ d: ExportedDay) -> [TableValue] {
        let (s, seal, link) = (d.snapshot, d.seal?.seal, d.seal?.link)
        return [
            .date(s.date), .text(s.closedAt == nil ? "open" : "closed"), .integer(s.attempts), .integer(s.leads),
            .integer(s.failures), s.attempts > 0 ? .number(Double(s.failures) / Double(s.attempts)) : .null,
            s.isBalanced.map { .boolean($0) } ?? .null, .text(s.sha256),
            .text(orNull: seal.map { hex($0.merkleRoot) }),
            .integer(orNull: seal?.rowCount), .time(orNull: seal?.sealedAt), .time(s.refreshedAt), .json(s.json),
            .text(orNull: d.seal?.statement?.text), .text(orNull: link.map { hex($0.sealHash) }),
            .text(orNull: link?.signature.map(hex)), .text(orNull: link?.keyID),
        ]
    }

    private static let reports: [TableColumn] = [
        TableColumn("report_id", .text), TableColumn("date", .date), TableColumn("version", .integer),
        TableColumn("status", .text), TableColumn("model", .text), TableColumn("prompt_version", .text),
        TableColumn("snapshot_sha256", .text), TableColumn("created_at", .time), TableColumn("finished_at", .time),
        TableColumn("sections", .json), TableColumn("fallback", .json), TableColumn("grounding", .json),
        TableColumn("timings", .json),
    ]

    static func row(_ r: ExportedReport) -> [TableValue] {
        [
            .text(r.reportID), .date(r.date), .integer(Int64(r.version)), .text(r.status), .text(r.model),
            .text(r.promptVersion), .text(r.snapshotSHA256), .time(r.createdAt), .time(orNull: r.finishedAt),
            .json(r.sections), .json(orNull: r.fallback), .json(orNull: r.grounding), .json(r.timings),
        ]
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
