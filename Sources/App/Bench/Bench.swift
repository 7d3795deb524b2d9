// Bench: measures a running server over HTTP, from the same machine.
//
// The load comes from one thread over plain sockets (LoadLoop), with bodies that are written once and changed in place
// (RequestTemplate), because generator and server share the processor and only the server is to be measured. The server is
// watched beside it (ServerSampler): lag through its API, memory and processor time through `/proc`.
//
// What counts as an item is what the server acknowledged with a 2xx; everything else is reported by status and makes the
// report unclean. Latency is from the first byte sent to the last byte received, exact quantiles over every request.
//
// Failure cases: wrong options are `usage` (exit status 2); a server that cannot be reached, stops answering, or breaks one
// connection after the other is `failed` (exit status 1).

internal import Foundation
internal import Events
package import Ports
internal import ServerClient

package enum Bench {
    /// NDJSON batches of `batch` events of about 400 bytes.
    package static func ingest(
        _ options: BenchOptions, batch: Int = 500, clock: any Clock
    ) async throws(BenchError) -> BenchReport {
        let run = "b\(options.seed)x\(clock.now.seconds)"
        return try await load(options, name: batch == 1 ? "small" : "ingest", clock: clock) { target, connection in
            RequestTemplate(
                path: "/v1/projects/\(target.projectID)/events", host: target.authority, apiKey: options.apiKey,
                contentType: "application/x-ndjson", body: BenchBody.events(batch, run: "\(run)c\(connection)"),
                items: batch)
        }
    }

    /// One event a request.
    package static func small(_ options: BenchOptions, clock: any Clock) async throws(BenchError) -> BenchReport {
        try await ingest(options, batch: 1, clock: clock)
    }

    /// One submission a request, each by another person.
    package static func leads(_ options: BenchOptions, clock: any Clock) async throws(BenchError) -> BenchReport {
        let run = "b\(options.seed)x\(clock.now.seconds)"
        return try await load(options, name: "leads", clock: clock) { target, connection in
            RequestTemplate(
                path: "/v1/projects/\(target.projectID)/leads", host: target.authority, apiKey: options.apiKey,
                contentType: "application/json", body: BenchBody.lead(run: "\(run)c\(connection)"), items: 1)
        }
    }

    /// Each query endpoint: questions asked for the first time, then the same ones again.
    package static func query(_ options: BenchOptions, clock: any Clock) async throws(BenchError) -> [QueryReport] {
        try await withTarget(options, clock: clock) { target, client throws(BenchError) in
            try await QueryRun(options: options, target: target, client: client, clock: clock).run()
        }
    }

    /// Pages, searches and single attempts of a filled ledger, over `windowDays`.
    package static func attempts(_ options: BenchOptions, clock: any Clock) async throws(BenchError) -> [QueryReport] {
        try await withTarget(options, clock: clock) { target, client throws(BenchError) in
            try await AttemptRun(options: options, target: target, client: client, clock: clock).run()
        }
    }

    // MARK: Load

    /// Where the load goes.
    struct Target: Sendable {
        var host: String
        var port: UInt16
        var projectID: String
        var authority: String { "\(host):\(port)" }
    }

    private static func load(
        _ options: BenchOptions, name: String, clock: any Clock, template: (Target, Int) -> RequestTemplate
    ) async throws(BenchError) -> BenchReport {
        return try await withTarget(options, clock: clock) { target, client throws(BenchError) in
            let sampler = ServerSampler(
                client: client, apiKey: options.apiKey, projectID: target.projectID, pid: options.serverPID)
            let before = await sampler.booksTotal(around: clock.now)
            let cpuBefore = sampler.processorSeconds()
            let made = (0..<options.connections).map { template(target, $0) }
            let items = made[0].items
            let result = await drive(
                options, name: name, target: target, templates: made, sampler: sampler, clock: clock)
            let cpuAfter = sampler.processorSeconds()
            if let failure = result.failure { throw .failed(failure) }
            let drain = await drained(sampler, clock: clock)
            let wanted = before.map { $0 + result.acknowledged * items }
            let after = await booksTotal(sampler, reaching: wanted, clock: clock)
            var server = BenchServer(
                lagSecondsMax: sampler.lagMax, residentMegabytesMax: sampler.residentMax, drainSeconds: drain)
            if let cpuBefore, let cpuAfter { server.coresUsed = (cpuAfter - cpuBefore) / max(0.001, result.seconds) }
            if let before, let after { server.storedByBooks = after - before }
            return BenchReport(
                name: name, seconds: result.seconds, connections: options.connections, rateAsked: options.rate,
                requests: result.microseconds.count, items: result.acknowledged * items, itemBytes: made[0].itemBytes,
                itemsPerSecond: Double(result.acknowledged * items) / max(0.001, result.seconds),
                requestsPerSecond: Double(result.acknowledged) / max(0.001, result.seconds),
                latency: BenchLatency(microseconds: result.microseconds), statuses: result.statuses,
                brokenConnections: result.broken, series: result.series.map { $0 * items }, server: server)
        }
    }

    /// Runs the loop on a thread of its own and looks at the server once a second meanwhile.
    private static func drive(
        _ options: BenchOptions, name: String, target: Target, templates: [RequestTemplate], sampler: ServerSampler,
        clock: any Clock
    ) async -> LoadResult {
        let progress = ProgressLine(isQuiet: options.isQuiet)
        let items = templates[0].items
        let began = clock.monotonic
        let loop = LoadLoop(
            host: target.host, port: target.port, templates: templates, seconds: options.seconds,
            rate: options.rate.map { $0 / Double(items) }, firstNumber: 1,
            onSecond: { acknowledged in
                let seconds = max(0.001, (clock.monotonic - began).milliseconds / 1000)
                progress.show(at: clock.monotonic) {
                    "\(name)  \(ProgressLine.bar(Int(seconds), of: Int(options.seconds)))  \(ProgressLine.grouped(Int(Double(acknowledged * items) / seconds))) items/s"
                }
                return true
            })
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    await sampler.look()
                    do { try await clock.sleep(for: .seconds(1)) } catch { return }
                }
            }
            let result = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: loop.run()) }
            }
            group.cancelAll()
            progress.finish("\(name)  done")
            return result
        }
    }

    /// Seconds until the processor has caught up; nil when it does not within the bound, or nobody can tell.
    private static func drained(_ sampler: ServerSampler, clock: any Clock) async -> Double? {
        let began = clock.monotonic
        while clock.monotonic - began < .seconds(Int64(BenchLimits.drainSecondsMax)) {
            guard let isDone = await sampler.look() else { return nil }
            if isDone { return (clock.monotonic - began).milliseconds / 1000 }
            do { try await clock.sleep(for: .milliseconds(100)) } catch { return nil }
        }
        return nil
    }

    /// The books once they have what was acknowledged; after the bound, what they have. A submission's event waits in the outbox
    /// for a moment, where the stream's lag does not show it.
    private static func booksTotal(_ sampler: ServerSampler, reaching wanted: Int?, clock: any Clock) async -> Int? {
        let began = clock.monotonic
        while true {
            let found = await sampler.booksTotal(around: clock.now)
            guard let found, let wanted, found < wanted,
                clock.monotonic - began < .seconds(Int64(BenchLimits.booksSecondsMax))
            else { return found }
            do { try await clock.sleep(for: .milliseconds(100)) } catch { return found }
        }
    }

    private static func withTarget<R: Sendable>(
        _ options: BenchOptions, clock: any Clock, _ body: (Target, ServerClient) async throws(BenchError) -> R
    ) async throws(BenchError) -> R {
        try options.validate()
        let client: ServerClient
        do throws(ServerClientError) {
            client = try ServerClient(url: options.url, connectionsMax: BenchLimits.samplerConnections, clock: clock)
        } catch {
            throw .usage(error.description)
        }
        let result: Result<R, BenchError>
        do throws(BenchError) {
            result = .success(try await body(try await target(options, client: client), client))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return try result.get()
    }

    private static func target(_ options: BenchOptions, client: ServerClient) async throws(BenchError) -> Target {
        guard let url = URL(string: client.url), url.scheme == "http", let host = url.host(),
            let port = UInt16(exactly: url.port ?? 80)
        else {
            throw .usage("--url: a load needs an address like http://127.0.0.1:8080 (without TLS).")
        }
        do throws(ServerClientError) {
            try await client.awaitReachable(seconds: 5)
            if let projectID = options.projectID { return Target(host: host, port: port, projectID: projectID) }
            let (projects, refusal) = try await client.projects(of: options.apiKey)
            guard let own = projects.first else {
                throw ServerClientError.unreachable(url: client.url, detail: refusal ?? "the key names no project")
            }
            return Target(host: host, port: port, projectID: own.project_id)
        } catch {
            throw .failed(error.description)
        }
    }
}
