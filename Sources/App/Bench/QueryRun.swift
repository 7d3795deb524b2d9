internal import Events
internal import Ports
internal import ServerClient

/// Asks each endpoint questions that nobody asked before, then the same again.
struct QueryRun: Sendable {
    let options: BenchOptions
    let target: Bench.Target
    let client: ServerClient
    let clock: any Clock

    /// What is asked, and whether its answers are cached (aggregates) or not (rows).
    static let endpoints: [(name: String, path: String, isCached: Bool)] = [
        ("funnel-metrics", "/v1/analytics/funnel-metrics?", true),
        ("failures", "/v1/analytics/failures?", true),
        (
            "timeseries",
            "/v1/analytics/timeseries?metric=attempts&metric=failures&metric=p95_latency&granularity=hour&", true
        ),
        ("timeseries by source", "/v1/analytics/timeseries?metric=events&granularity=hour&group_by=source&", true),
        ("breakdown by source", "/v1/analytics/breakdown?by=source&", true),
        ("breakdown by model", "/v1/analytics/breakdown?by=model&", true),
        ("facets", "/v1/analytics/facets?", true),
        ("latency", "/v1/analytics/latency?", true),
        ("cost", "/v1/analytics/cost?", true),
        ("events", "/v1/events?limit=50&", false),
        ("events, failures only", "/v1/events?limit=50&outcome=failure&", false),
    ]

    func run() async throws(BenchError) -> [QueryReport] {
        let progress = ProgressLine(isQuiet: options.isQuiet)
        var reports: [QueryReport] = []
        let end = clock.now
        for (index, endpoint) in Self.endpoints.enumerated() {
            progress.show(at: clock.monotonic) {
                "query  \(ProgressLine.bar(index, of: Self.endpoints.count))  \(endpoint.name)"
            }
            // Each question ends a second earlier than the one before: no cache has seen it.
            let paths = (0..<options.questions).map { number in
                let to = end - .seconds(number + 1 + index)
                let from = to - .seconds(options.windowDays * 86_400)
                return "\(endpoint.path)project_id=\(target.projectID)&from=\(from)&to=\(to)"
            }
            var report = QueryReport(endpoint: endpoint.name, statuses: [:], answerBytes: 0)
            report.cold = BenchLatency(microseconds: try await ask(paths, &report))
            if endpoint.isCached {
                // The last answers are the ones that a cache with a lifetime of seconds still holds.
                report.cached = BenchLatency(
                    microseconds: try await ask(paths.suffix(8).flatMap { [$0, $0, $0, $0] }, &report))
            }
            reports.append(report)
        }
        progress.finish("query  done")
        return reports
    }

    private func ask(_ paths: [String], _ report: inout QueryReport) async throws(BenchError) -> [UInt32] {
        var times: [UInt32] = []
        for path in paths {
            do throws(ServerClientError) {
                let answer = try await client.send(ServerRequest("GET", path, apiKey: options.apiKey))
                times.append(UInt32(clamping: answer.elapsed.microseconds))
                report.statuses[answer.status, default: 0] += 1
                report.answerBytes = max(report.answerBytes, answer.body.count)
            } catch {
                throw .failed(error.description)
            }
        }
        return times
    }
}
