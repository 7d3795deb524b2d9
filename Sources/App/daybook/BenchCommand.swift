import ArgumentParser
import Bench
import Foundation
import SystemPorts

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a running server over HTTP.",
        discussion: """
            Each measurement prints what the server acknowledged, at which latency, and what was seen of the server meanwhile.
            Benchmarks/run starts servers and runs them all.

              daybook bench ingest --api-key dbk_… --seconds 60 --connections 8 --server-pid 4711
            """,
        subcommands: [
            Ingest.self, Small.self, Leads.self, Query.self, Attempts.self, BenchFill.self, BenchFillAttempts.self,
            BenchSignals.self,
        ])

    /// What every measurement takes.
    struct Options: ParsableArguments {
        @OptionGroup var server: ServerOptions
        @Option(help: "How long to measure, in seconds.") var seconds = 60.0
        @Option(help: ArgumentHelp("Items a second to keep to; default: as many as the server takes.", valueName: "n"))
        var rate: Double?
        @Option(help: "The server's process, for its memory and processor time.") var serverPid: Int32?
        @Option(name: .customLong("project"), help: "The project; default: the key's own.") var project: String?
        @Option(help: "Makes the identifiers of two runs different.") var seed: UInt64 = 1
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Print no progress.") var quiet = false

        func options(connections: Int) throws -> BenchOptions {
            try BenchOptions(
                url: server.url, apiKey: server.key(), projectID: project, seconds: seconds, connections: connections,
                rate: rate,
                serverPID: serverPid, seed: seed, isQuiet: quiet)
        }

        func report(_ measure: () async throws -> BenchReport) async throws {
            let report = try await translating { try await measure() }
            if json { try printJSON(report) } else { print(report.text) }
            if !report.isClean { throw ExitCode.failure }
        }
    }

    struct Ingest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "NDJSON batches of events of about 400 bytes.")
        @OptionGroup var options: Options
        @Option(help: "Connections at a time.") var connections = 8
        @Option(help: "Events of one batch.") var batch = 500

        func run() async throws {
            guard (1...10_000).contains(batch) else { throw ValidationError("--batch: 1 to 10000 events.") }
            let asked = try options.options(connections: connections)
            try await options.report { try await Bench.ingest(asked, batch: batch, clock: SystemClock()) }
        }
    }

    struct Small: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One event a request.")
        @OptionGroup var options: Options
        @Option(help: "Connections at a time.") var connections = 64

        func run() async throws {
            let asked = try options.options(connections: connections)
            try await options.report { try await Bench.small(asked, clock: SystemClock()) }
        }
    }

    struct Leads: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One submission a request, each by another person.")
        @OptionGroup var options: Options
        @Option(help: "Connections at a time.") var connections = 64

        func run() async throws {
            let asked = try options.options(connections: connections)
            try await options.report { try await Bench.leads(asked, clock: SystemClock()) }
        }
    }

    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Each query endpoint, asked first and asked again.")
        @OptionGroup var server: ServerOptions
        @Option(name: .customLong("project"), help: "The project; default: the key's own.") var project: String?
        @Option(help: "Questions per endpoint.") var questions = 40
        @Option(help: "Days that a question covers.") var windowDays = 7
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Print no progress.") var quiet = false

        func run() async throws {
            let asked = try BenchOptions(
                url: server.url, apiKey: server.key(), projectID: project, questions: questions, windowDays: windowDays,
                isQuiet: quiet)
            let reports = try await translating { try await Bench.query(asked, clock: SystemClock()) }
            if json { try printJSON(reports) } else { for report in reports { print(report.text) } }
            guard reports.allSatisfy({ $0.statuses.keys.allSatisfy { (200..<300).contains($0) } }) else {
                throw ExitCode.failure
            }
        }
    }
}

extension BenchCommand {
    struct Attempts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists, searches by each term, and single attempts, of a ledger filled with fill-attempts.")
        @OptionGroup var server: ServerOptions
        @Option(name: .customLong("project"), help: "The project; default: the key's own.") var project: String?
        @Option(help: "Questions of each kind.") var questions = 40
        @Option(help: "Days that the log covers.") var windowDays = 365
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Print no progress.") var quiet = false

        func run() async throws {
            let asked = try BenchOptions(
                url: server.url, apiKey: server.key(), projectID: project, questions: questions, windowDays: windowDays,
                isQuiet: quiet)
            let reports = try await translating { try await Bench.attempts(asked, clock: SystemClock()) }
            if json { try printJSON(reports) } else { for report in reports { print(report.text) } }
            guard reports.allSatisfy({ $0.statuses.keys.allSatisfy { (200..<300).contains($0) } }) else {
                throw ExitCode.failure
            }
        }
    }
}

/// Wrong use ends with status 2, whatever module says so.
private func translating<R>(_ body: () async throws -> R) async throws -> R {
    do { return try await body() } catch let error as BenchError {
        if error.isUsage { throw ValidationError(error.description) }
        throw error
    }
}

private func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
