internal import Events
internal import Foundation
internal import Ports
internal import ServerClient

/// Asks for pages of attempts, for searches by each term, and for the pages of single attempts, of a ledger that was filled
/// beforehand. Every question is another one: what it names is drawn from the log itself.
struct AttemptRun: Sendable {
    let options: BenchOptions
    let target: Bench.Target
    let client: ServerClient
    let clock: any Clock

    private struct Page: Decodable {
        var attempts: [Row]
        var page: Next
        struct Next: Decodable { var next_cursor: String? }
    }
    struct Row: Decodable {
        var attempt_id: String
        var user_id: String?
        var lead_id: String?
        var failure_code: String?
        var source: String
        var received_at: String
        var logical_date: String
        var sequence: Int64
    }

    func run() async throws(BenchError) -> [QueryReport] {
        let progress = ProgressLine(isQuiet: options.isQuiet)
        let samples = try await samples()
        guard !samples.isEmpty else {
            throw .failed("the project has no attempts: fill its folder with `daybook bench fill-attempts` first")
        }
        var reports: [QueryReport] = []
        let questions = questions(samples)
        for (index, question) in questions.enumerated() {
            progress.show(at: clock.monotonic) {
                "attempts  \(ProgressLine.bar(index, of: questions.count))  \(question.name)"
            }
            var report = QueryReport(endpoint: question.name, statuses: [:], answerBytes: 0)
            var times: [UInt32] = []
            for path in question.paths { times.append(try await ask(path, &report)) }
            report.cold = BenchLatency(microseconds: times)
            reports.append(report)
        }
        progress.finish("attempts  done")
        return reports
    }

    private var base: String { "project_id=\(target.projectID)" }

    /// Rows from moments spread over the whole log.
    private func samples() async throws(BenchError) -> [Row] {
        let days = Int64(options.windowDays)
        var found: [Row] = []
        for number in 0..<options.questions {
            let back = days * 86_400 * Int64(number) / Int64(options.questions)
            let to = clock.now - .seconds(back)
            let answer = try await send(
                "/v1/attempts?\(base)&limit=20&from=\((to - .seconds(86_400)).rfc3339())&to=\(to.rfc3339())")
            found += answer.decoded(Page.self)?.attempts ?? []
        }
        return found
    }

    /// Each kind of question with `options.questions` different ones.
    private func questions(_ samples: [Row]) -> [(name: String, paths: [String])] {
        let count = options.questions
        func each(_ values: [String], _ path: (String) -> String) -> [String] {
            values.isEmpty ? [] : (0..<count).map { path(values[$0 * max(1, values.count / count) % values.count]) }
        }
        func q(_ text: String) -> String {
            let allowed = CharacterSet.alphanumerics
            return "/v1/attempts?\(base)&q=\(text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }
        let dates = Array(Set(samples.map(\.logical_date))).sorted()
        let codes = Array(Set(samples.compactMap(\.failure_code))).sorted()
        let sources = Array(Set(samples.map(\.source))).sorted()
        let people = (0..<count).map { "person\($0 * 37 % 1000)@bench.example" }
        return [
            ("list, newest", (0..<count).map { "/v1/attempts?\(base)&limit=\(50 + $0 % 3)" }),
            ("list, failures", (0..<count).map { "/v1/attempts?\(base)&outcome=failure&limit=\(50 + $0 % 3)" }),
            ("list, a date", each(dates) { "/v1/attempts?\(base)&date=\($0)" }),
            ("list, source and code", each(codes) { "/v1/attempts?\(base)&source=\(sources[0])&error_code=\($0)" }),
            ("list, old range", each(samples.map(\.received_at)) { "/v1/attempts?\(base)&to=\($0)" }),
            ("q attempt", each(samples.map(\.attempt_id)) { q("attempt:\($0)") }),
            ("q lead", each(samples.compactMap(\.lead_id)) { q("lead:\($0)") }),
            ("q user", each(samples.compactMap(\.user_id)) { q("user:\($0)") }),
            ("q email", each(people) { q("email:\($0)") }),
            ("q email hash", each(people) { q("email:sha256:" + hash($0)) }),
            ("q code", each(codes) { q("code:\($0)") }),
            ("q category", (0..<count).map { q("category:\(["validation", "duplicate", "timeout"][$0 % 3])") }),
            ("q source and date", each(dates) { q("source:\(sources[sources.count - 1]) date:\($0)") }),
            (
                "q frequent words",
                (0..<count).map { q(["address like", "E.164 form", "letters of a US state"][$0 % 3]) }
            ),
            ("q rare words", (0..<count).map { q(["credit bureau", "bureau answer", "timeout bureau"][$0 % 3]) }),
            ("q beginning of a word", (0..<count).map { q(["addre", "consen", "burea"][$0 % 3]) }),
            ("q no such word", (0..<count).map { q("nowhere\($0)") }),
            ("attempt page", each(samples.map(\.attempt_id)) { "/v1/attempts/\($0)?\(base)" }),
        ].filter { !$0.paths.isEmpty }
    }

    private func hash(_ email: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = ContactHash.hash(email, .email, of: ProjectID(trusted: target.projectID)).prefix(8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private func send(_ path: String) async throws(BenchError) -> ServerAnswer {
        do { return try await client.send(ServerRequest("GET", path, apiKey: options.apiKey)) } catch {
            throw .failed(error.description)
        }
    }

    private func ask(_ path: String, _ report: inout QueryReport) async throws(BenchError) -> UInt32 {
        let answer = try await send(path)
        report.statuses[answer.status, default: 0] += 1
        report.answerBytes = max(report.answerBytes, answer.body.count)
        return UInt32(clamping: answer.elapsed.microseconds)
    }
}
