// Simulator: realistic traffic through the real HTTP endpoints.
//
// It has two halves. The plan (SimulationPlan, LiveFeed, Journey, AICalls) is pure: from a seed it decides who arrives when,
// how far they go, what they get wrong, and which AI calls follow. The run (LiveRun, Backfill, Driver) sends the plan and
// counts the answers as they come; it never assumes that a request succeeded.
//
// Constraints: equal seeds give equal plans; at most `requestsInFlight…` requests at a time; nothing is sent to anything but
// the named server; people are invented, their addresses reserved for documentation.
//
// Failure cases: wrong options are `usage` (exit status 2). A server that cannot be reached, refuses the key, or is silent
// for a minute is `failed` (exit status 1). Refused submissions and events are results, not failures: they are counted.

internal import Events
internal import Foundation
package import Ports
internal import ServerClient

package enum Simulator {
    /// Runs until the duration, the backfill, or the surrounding task ends, and returns what the server answered.
    /// Progress goes to standard error. Throws `SimulatorError`.
    package static func run(
        _ options: SimulateOptions, clock: any Clock
    ) async throws(SimulatorError) -> SimulationSummary {
        try options.validate()
        let began = clock.monotonic
        do {
            let inFlight = max(SimulatorLimits.requestsInFlightLive, SimulatorLimits.requestsInFlightBackfill)
            let client = try ServerClient(url: options.url, connectionsMax: inFlight, clock: clock)
            let driver = Driver(client: client, clock: clock)
            do {
                let count = try await drive(options, driver: driver)
                await client.close()
                var summary = driver.summary
                summary.projects = count
                summary.seconds = (clock.monotonic - began).milliseconds / 1000
                return summary
            } catch {
                await client.close()
                throw error
            }
        } catch let error as SimulatorError {
            throw error
        } catch let error as ServerClientError {
            if case .addressInvalid = error { throw .usage(error.description) }
            throw .failed(error.description)
        } catch {
            throw .failed(String(describing: error))
        }
    }

    /// The number of projects that took part.
    private static func drive(_ options: SimulateOptions, driver: Driver) async throws -> Int {
        try await driver.client.awaitReachable(seconds: 5)
        let roster = ProjectRoster(client: driver.client, options: options)
        // Asked before projects are created: a server that takes no history keeps none of them.
        if options.backfillDays != nil { try await Backfill.requireRight(of: try await roster.own(), driver) }
        let (projects, notes) = try await roster.assemble()
        tell(notes, options)
        let progress = ProgressLine(isQuiet: options.isQuiet)
        if let days = options.backfillDays {
            let backfill = Backfill(
                options: options, days: days, projects: projects, driver: driver, progress: progress)
            tell(try await backfill.run(), options)
        } else {
            try await LiveRun(options: options, projects: projects, driver: driver, progress: progress).run()
        }
        return projects.count
    }

    private static func tell(_ notes: [String], _ options: SimulateOptions) {
        guard !options.isQuiet else { return }
        for note in notes { FileHandle.standardError.write(Data("daybook: \(note)\n".utf8)) }
    }

    /// `NAME  what goes wrong`, a line each: what `--list-misconfigurations` prints.
    package static var misconfigurationList: String {
        let width = Misconfiguration.allCases.map(\.rawValue.count).max() ?? 0
        return Misconfiguration.allCases.map {
            $0.rawValue + String(repeating: " ", count: width - $0.rawValue.count + 2) + $0.summary
        }.joined(separator: "\n")
    }
}
