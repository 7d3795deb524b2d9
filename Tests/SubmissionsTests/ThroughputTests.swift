import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import SystemPorts
import Telemetry
import Testing

/// A measurement, not a check: `DAYBOOK_BENCH=1 swift test -c release --filter ThroughputTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["DAYBOOK_BENCH"] != nil, "DAYBOOK_BENCH is not set"))
struct ThroughputTests {
    @Test func durableSubmissionsPerSecond() async throws {
        let folder = NSTemporaryDirectory() + "daybook-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        let clock = SystemClock()
        let service = SubmissionService(
            ledger: ledger, clock: clock, identifiers: TimeOrderedIdentifiers(randomness: SystemRandomness()),
            telemetry: .none())
        let project = SubmissionHarness.project("prj_bench")
        let (submitters, each) = (64, 1000)
        let started = clock.monotonic
        let latencies = await withTaskGroup(of: [Double].self) { group in
            for submitter in 0..<submitters {
                group.addTask {
                    var latencies: [Double] = []
                    for n in 0..<each {
                        let body = validBody("user\(submitter).\(n)@example.com", amount: 100_000 + n)
                        let from = clock.monotonic
                        _ = await service.submit(SubmissionRequest(project: project, body: .json(Array(body.utf8))))
                        latencies.append((clock.monotonic - from).milliseconds)
                    }
                    return latencies
                }
            }
            return await group.reduce(into: []) { $0 += $1 }.sorted()
        }
        let seconds = (clock.monotonic - started).milliseconds / 1000
        let total = submitters * each
        print(
            "\(total) submissions, \(submitters) at a time: \(Int(Double(total) / seconds))/s durable,"
                + " p50 \(latencies[total / 2]) ms, p99 \(latencies[total * 99 / 100]) ms")
        #expect(try await ledger.tip(of: project.id)?.sequence == Int64(total))
    }
}
