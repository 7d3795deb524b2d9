import ArgumentParser
import Assembly
import Days
import Events
import Foundation
import Settings

private func calendarDate(_ text: String) throws -> LogicalDate {
    guard let date = LogicalDate(text) else {
        throw ValidationError("--date: '\(text)' is not a calendar date such as 2026-03-08.")
    }
    return date
}

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recompute days from raw rows and compare every number and hash.",
        discussion: """
            Hash chain row by row, sequence without holes, Merkle root, snapshot, leads, and (with no server running on the \
            folder) the event store's rollups and books against its rows. Exit status 1 names the first wrong row.

            With --rate-limits, instead: replay the log and compare every verdict and state of every limit with what was \
            recorded.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "One project; default: all.") var project: String?
    @Option(help: "One date, YYYY-MM-DD; default: all.") var date: String?
    @Flag(help: "Replay the log and compare every limit's verdicts and states.") var rateLimits = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if rateLimits, date != nil {
            throw ValidationError("--rate-limits replays the whole log: leave --date out.")
        }
    }

    func run() async throws {
        let wanted = try date.map(calendarDate)
        let settings = try options.settings()
        let commands = try await DayCommands.open(settings, telemetry: Process.telemetry(settings, quiet: true))
        if rateLimits { return try await verifyRateLimits(commands) }
        let bar = ProgressBar(isShown: !json)
        let results: [ProjectVerification]
        do {
            results = try await commands.verify(project: project, date: wanted) { bar.show($0, $1, $2) }
            await commands.finish()
        } catch {
            await commands.finish()
            throw error
        }
        bar.clear()
        let isOK = results.allSatisfy(\.isOK)
        if json {
            print(String(decoding: document(results, isOK: isOK), as: UTF8.self))
        } else {
            for result in results { print(describe(result)) }
            print(isOK ? "Everything agrees." : "Something does not agree: see above.")
        }
        if !isOK { throw ExitCode.failure }
    }

    private func document(_ results: [ProjectVerification], isOK: Bool) -> [UInt8] {
        var out = [UInt8]()
        CanonicalJSON.object([
            "ok": .boolean(isOK),
            "projects": .array(
                results.map { result in
                    .object([
                        "project_id": .string(result.project.id.text), "ok": .boolean(result.isOK),
                        "log_rows_expected": .string(result.density.expected),
                        "log_rows_found": .string(result.density.actual), "days": .array(result.days.map(\.json)),
                    ])
                }),
        ]).write(to: &out)
        return out
    }

    private func describe(_ result: ProjectVerification) -> String {
        var lines: [String] = []
        if !result.density.isOK {
            lines.append(
                "\(result.project.id): the log has \(result.density.actual) rows where its sequence says \(result.density.expected)."
            )
        }
        for day in result.days {
            let state = day.isClosed ? "closed" : "open"
            let verdict = day.isOK ? "ok" : "WRONG"
            lines.append("\(result.project.id)  \(day.date)  \(state)  \(day.attempts) attempts  \(verdict)")
            if let row = day.firstWrongRow {
                lines.append("    first wrong row: sequence \(row.sequence) (\(row.attemptID)): \(row.reason)")
            }
            for failure in day.failures {
                lines.append("    \(failure.name): stored \(failure.expected), recomputed \(failure.actual)")
            }
            for skipped in day.skipped { lines.append("    not verified: \(skipped)") }
        }
        if result.days.isEmpty { lines.append("\(result.project.id)  nothing logged yet") }
        return lines.joined(separator: "\n")
    }
}

struct CloseDay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Close a day that is over: freeze its snapshot and seal it.",
        discussion: "Closes every earlier open day too. A running server does this on its own after midnight.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "One project; default: all.") var project: String?
    @Option(help: "The date, YYYY-MM-DD.") var date: String

    func run() async throws {
        let wanted = try calendarDate(date)
        let settings = try options.settings()
        let commands = try await DayCommands.open(settings, telemetry: Process.telemetry(settings, quiet: true))
        do {
            for (project, sha256) in try await commands.close(project: project, date: wanted) {
                print("\(project.id)  \(wanted)  closed  snapshot sha256 \(sha256)")
            }
            await commands.finish()
        } catch {
            await commands.finish()
            throw error
        }
    }
}

/// One line on standard error that is rewritten: only on a terminal.
final class ProgressBar: Sendable {
    private let isShown: Bool
    init(isShown: Bool) { self.isShown = isShown && isatty(2) == 1 }

    func show(_ label: String, _ done: Int64, _ total: Int64) {
        guard isShown else { return }
        let share = total > 0 ? Double(done) / Double(total) : 1
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        FileHandle.standardError.write(Data("\r\u{1B}[K\(label)  \(bar)  \(done)/\(total)".utf8))
    }

    func clear() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
