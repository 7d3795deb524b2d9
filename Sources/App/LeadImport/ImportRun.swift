internal import Events
internal import Ports
internal import ServerClient
internal import Wire

/// One import under way.
struct ImportRun: Sendable {
    let options: LeadImportOptions
    let client: ServerClient
    let clock: any Clock
    let projectID: String
    let map: ColumnMap

    private enum Answer: Sendable {
        case answered(ServerAnswer)
        case silent(String)
    }

    func submit(_ opened: RowFile) async throws -> LeadImportSummary {
        var file = opened
        var summary = LeadImportSummary(projectID: projectID)
        let progress = ProgressLine(isQuiet: options.isQuiet)
        let began = clock.monotonic
        var number = 0
        var refusal: String?
        try await withThrowingTaskGroup(of: (line: Int, answer: Answer).self) { group in
            var inFlight = 0
            while refusal == nil, let rows = try file.next() {
                for result in rows {
                    number += 1
                    guard case .success(let row) = result else {
                        if case .failure(let bad) = result { summary.countBad(bad) }
                        continue
                    }
                    if inFlight >= LeadImportLimits.requestsInFlight, let done = try await group.next() {
                        inFlight -= 1
                        refusal = refusal ?? Self.count(done, in: &summary)
                    }
                    let key = key(row, number: number, file: file.name)
                    group.addTask { (row.line, await self.submit(row, key: key)) }
                    inFlight += 1
                    if refusal != nil { break }
                }
                progress.show(at: clock.monotonic) { line(file, summary) }
            }
            for try await done in group { refusal = refusal ?? Self.count(done, in: &summary) }
        }
        summary.seconds = (clock.monotonic - began).milliseconds / 1000
        progress.finish(line(file, summary))
        if let refusal { throw LeadImportError.failed("the import stopped after \(summary.rows) rows: \(refusal)") }
        return summary
    }

    private func submit(_ row: CSVReader.Row, key: String) async -> Answer {
        let request = ServerRequest(
            "POST", "/v1/projects/\(projectID)/leads", apiKey: options.apiKey, contentType: "application/json",
            headers: [(name: "idempotency-key", value: key)], body: map.body(of: row.cells))
        do throws(ServerClientError) {
            return .answered(try await client.sendPatiently(request))
        } catch {
            return .silent(error.description)
        }
    }

    /// Counts an answer; a text when it means that no later row can fare better.
    private static func count(_ done: (line: Int, answer: Answer), in summary: inout LeadImportSummary) -> String? {
        switch done.answer {
        case .silent(let reason):
            summary.countNoAnswer(line: done.line, reason: reason)
            return reason
        case .answered(let answer):
            summary.count(line: done.line, answer)
            let isHopeless =
                answer.status == 403 || answer.status == 404
                || (answer.status == 401 && answer.problemCode != "user_unknown")
            return isHopeless ? answer.refusal : nil
        }
    }

    /// The same for the same row of the same file, and for no other: FNV-1a (Fowler, Noll, Vo), 64 bits.
    private func key(_ row: CSVReader.Row, number: Int, file: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        mix(file)
        for cell in row.cells { mix(cell) }
        return "import-\(number)-\(String(hash, radix: 16))"
    }

    private func line(_ file: RowFile, _ summary: LeadImportSummary) -> String {
        "\(ProgressLine.bar(file.bytesRead, of: file.bytes))  rows \(ProgressLine.grouped(summary.rows))  leads \(ProgressLine.grouped(summary.leads))  failures \(ProgressLine.grouped(summary.failed))"
    }
}
