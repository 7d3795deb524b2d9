package import Days
internal import Events
package import Ports

extension StoredReport {
    /// The report as the API and the command line show it.
    package var json: CanonicalJSON { .object(["report": body]) }

    private func parsed(_ text: String?) -> CanonicalJSON { text.flatMap { CanonicalJSON(parsing: $0) } ?? .null }

    /// The version in a list: without its text.
    package var head: CanonicalJSON {
        var share = CanonicalJSON.null
        if case .object(let grounding) = parsed(grounding) { share = grounding["share"] ?? .null }
        return .object([
            "version": .count(version), "status": .string(status.rawValue), "model": .string(model),
            "prompt_version": .string(promptVersion), "created_at": .string(createdAt.rfc3339()),
            "finished_at": .optional(finishedAt?.rfc3339()), "snapshot_sha256": .string(snapshotSHA256),
            "snapshot_at": .optional(snapshotAt?.rfc3339()), "grounded_share": share, "fallback": parsed(fallback),
            "timings_ms": parsed(timings),
        ])
    }

    package var body: CanonicalJSON {
        return .object([
            "report_id": .string(reportID), "date": .string(date.description), "version": .count(version),
            "status": .string(status.rawValue),
            "generated_at": .string((finishedAt ?? createdAt).rfc3339()), "model": .string(model),
            "prompt_version": .string(promptVersion), "snapshot_sha256": .string(snapshotSHA256),
            "snapshot_at": .optional(snapshotAt?.rfc3339()), "sections": parsed(sections), "fallback": parsed(fallback),
            "timings_ms": parsed(timings),
            "grounding": parsed(grounding),
        ])
    }
}
