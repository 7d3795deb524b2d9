import ArgumentParser
import Foundation
import ServerClient
import Simulator
import SystemPorts

/// A server and a key, for commands that drive one over HTTP.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's address.") var url = "http://127.0.0.1:8080"
    @Option(help: ArgumentHelp("A key of the project (or DAYBOOK_API_KEY).", valueName: "dbk_…")) var apiKey: String?

    func key() throws -> String {
        guard let key = apiKey ?? ProcessInfo.processInfo.environment["DAYBOOK_API_KEY"], !key.isEmpty else {
            throw ValidationError("--api-key is needed; `daybook init` prints the first one.")
        }
        return key
    }
}

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drive a server with realistic, seeded traffic over HTTP.",
        discussion: """
            Live: funnel steps, submissions and AI calls at --rate for --duration. History: --backfill 30d (a server in `dev`, \
            a key with scope admin). Equal seeds give equal traffic.

              daybook simulate --url http://127.0.0.1:8080 --api-key dbk_… --rate 20 --duration 60s --seed 7
              daybook simulate --api-key dbk_… --misconfiguration partner_phone_without_country@14:00
            """)

    @OptionGroup var server: ServerOptions
    @Option(help: "Events and submissions a second.") var rate = 5.0
    @Option(help: "How long: 60s, 15m, 2h; 0 runs until interrupted.") var duration = "60s"
    @Option(help: "Equal seeds give equal traffic.") var seed: UInt64 = 1
    @Option(help: "Fill this much history instead: 7d, 30d.") var backfill: String?
    @Option(help: "How many projects take part; missing ones are created.") var projects = SimulatorLimits.projectsMax
    @Option(
        help: ArgumentHelp(
            "Something set up wrongly, by name, from a time of day on. Repeatable.", valueName: "name[@HH:MM]"))
    var misconfiguration: [String] = []
    @Flag(help: "Print the names of misconfigurations and stop.") var listMisconfigurations = false
    @Option(help: "Factor on the volume of history.") var scale = 1.0
    @Option(help: "A file that keeps the keys of created projects for the next run.") var keysFile: String?
    @Flag(help: "Print the summary only.") var quiet = false

    func run() async throws {
        if listMisconfigurations { return print(Simulator.misconfigurationList) }
        guard let seconds = DurationArgument.seconds(duration) else {
            throw ValidationError("--duration: '\(duration)' is not a duration such as 60s, 15m or 2h.")
        }
        var days: Int?
        if let backfill {
            guard let span = DurationArgument.seconds(backfill), span >= 86_400 || span == 0 else {
                throw ValidationError("--backfill: '\(backfill)' is not a number of days such as 30d.")
            }
            days = Int(span / 86_400)
        }
        let options = try SimulateOptions(
            url: server.url, apiKey: server.key(), rate: rate, durationSeconds: seconds, seed: seed, backfillDays: days,
            projects: projects, misconfigurations: misconfiguration.map(parse), scale: scale, keysFile: keysFile,
            isQuiet: quiet)
        do {
            let task = Task { try await Simulator.run(options, clock: SystemClock()) }
            let signals = Interruption { task.cancel() }
            let summary = try await task.value
            signals.stop()
            print(summary.text)
        } catch let error as SimulatorError {
            if error.isUsage { throw ValidationError(error.description) }
            throw error
        }
    }

    private func parse(_ text: String) throws -> MisconfigurationSwitch {
        do { return try MisconfigurationSwitch(argument: text) } catch {
            throw ValidationError(error.description)
        }
    }
}

/// Calls `body` at SIGINT or SIGTERM, so that a run ends with its summary.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    init(_ body: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { body() }
            source.resume()
            return source
        }
    }

    func stop() { for source in sources { source.cancel() } }
}
