package import Days
internal import Events
package import Ports

extension StoredReport {
    /// The report as the API and the command line show it.
    package var json: CanonicalJSON { .object(["report": body]) }

    private var body: CanonicalJSON {
        func parsed(_ text: String?) -> CanonicalJSON { text.flatMap { CanonicalJSON(parsing: $0) } ?? .null }
        return .object([
            "report_id": .string(reportID), "version": .count(version), "status": .string(status.rawValue),
            "generated_at": .string((finishedAt ?? createdAt).rfc3339()), "model": .string(model),
            "prompt_version": .string(promptVersion), "snapshot_sha256": .string(snapshotSHA256),
            "sections": parsed(sections), "fallback": parsed(fallback), "timings_ms": parsed(timings),
            "grounding": parsed(grounding),
        ])
    }
}
