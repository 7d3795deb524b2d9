import ArgumentParser
import Assembly
import Days
import Events
import ServerClient
import Settings
import Synchronization
import SystemPorts

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
            folder) the event store's totals and books against its rows. Exit status 1 names the first wrong row.

            With --rate-limits, instead: replay the log and compare every verdict and state of every limit with what was \
            recorded.

            With --export, instead: check a downloaded export against its manifest (size, SHA-256 and rows of each file), and \
            of attempts each row's hash and the chain. Needs no data folder and no server. Given twice, with one of attempts and \
            one of days: both, and each closed day's counts and last hash against its attempts.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "One project; default: all.") var project: String?
    @Option(help: "One date, YYYY-MM-DD; default: all.") var date: String?
    @Flag(help: "Replay the log and compare every limit's verdicts and states.") var rateLimits = false
    @Option(help: "A downloaded export: its folder, its manifest, or one of its files beside the manifest.")
    var export: [String] = []
    @Option(help: "The manifest of --export, where it is not manifest.json (or job_…-manifest.json) beside the files.")
    var manifest: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if !export.isEmpty, rateLimits || date != nil || project != nil {
            throw ValidationError("--export looks at files alone: leave --rate-limits, --project and --date out.")
        }
        if manifest != nil, export.count != 1 {
            throw ValidationError("--manifest says where the manifest of --export is: name the one export, too.")
        }
        if export.count > 2 {
            throw ValidationError("--export: one, or one of attempts and one of days.")
        }
        if rateLimits, date != nil {
            throw ValidationError("--rate-limits replays the whole log: leave --date out.")
        }
    }

    func run() async throws {
        if !export.isEmpty { return try await verifyExports() }
        let wanted = try date.map(calendarDate)
        let settings = try options.settings()
        let commands = try await DayCommands.open(settings, telemetry: Process.telemetry(settings, quiet: true))
        if rateLimits { return try await verifyRateLimits(commands) }
        let progress = VerifyProgress(isQuiet: json)
        let results: [ProjectVerification]
        do {
            results = try await commands.verify(project: project, date: wanted) { progress.show($0, of: $1) }
            await commands.finish()
        } catch {
            await commands.finish()
            if let nothing = error as? NothingOfDate { throw ValidationError("--date: \(nothing).") }
            throw error
        }
        let speed = progress.finish()
        let isOK = results.allSatisfy(\.isOK)
        if json {
            print(String(decoding: document(results, isOK: isOK, speed: speed), as: UTF8.self))
        } else {
            for result in results { print(describe(result)) }
            if results.isEmpty { print("There is no project yet: run daybook init.") }
            let events = results.flatMap(\.days).compactMap(\.events)
            let counted = events.isEmpty ? "" : ", \(ProgressLine.grouped(Int(events.reduce(0, +)))) events"
            print("\(speed.text)\(counted). " + (isOK ? "Everything agrees." : "Something does not agree: see above."))
        }
        if !isOK { throw ExitCode.failure }
    }

    private func document(_ results: [ProjectVerification], isOK: Bool, speed: VerifyProgress.Speed) -> [UInt8] {
        let projects: [CanonicalJSON] = results.map(Self.json)
        let first = results.lazy.compactMap(\.firstWrong).first?.json ?? .null
        let members: [String: CanonicalJSON] = [
            "ok": .boolean(isOK), "rows": .integer(speed.rows), "seconds": .decimal(speed.secondsText),
            "rows_per_second": .integer(speed.rowsPerSecond),
            "first_wrong_row": first, "projects": .array(projects),
        ]
        return CanonicalJSON.object(members).bytes
    }

    private static func json(_ result: ProjectVerification) -> CanonicalJSON {
        let log: [CanonicalJSON] = result.log.comparisons.map { one in
            .object([
                "name": .string(one.name), "expected": .string(one.expected), "actual": .string(one.actual),
                "ok": .boolean(one.isOK),
            ])
        }
        return .object([
            "project_id": .string(result.project.id.text), "ok": .boolean(result.isOK), "log": .array(log),
            "first_wrong_row": result.firstWrong?.json ?? .null,
            "days": .array(result.days.map(\.json)),
        ])
    }

    private func describe(_ result: ProjectVerification) -> String {
        var lines = result.log.comparisons.filter { !$0.isOK }.map {
            "\(result.project.id)  \($0.name): expected \($0.expected), found \($0.actual)"
        }
        if let wrong = result.log.firstWrong {
            let place = wrong.date.map { " on \($0)" } ?? ""
            lines.append("    first wrong row: \(wrong.row.name)\(place): \(wrong.row.reason)")
        }
        for day in result.days {
            let state = day.isClosed ? "closed" : "open"
            let verdict = day.isOK ? "ok" : "WRONG"
            let events = day.events.map { "  \($0) events" } ?? ""
            lines.append("\(result.project.id)  \(day.date)  \(state)  \(day.attempts) attempts\(events)  \(verdict)")
            if let row = day.firstWrongRow {
                lines.append("    first wrong row: \(row.name) on \(day.date): \(row.reason)")
            }
            for failure in day.failures {
                lines.append("    \(failure.name): stored \(failure.expected), recomputed \(failure.actual)")
            }
            for skipped in day.skipped { lines.append("    not verified: \(skipped)") }
        }
        if result.days.isEmpty {
            let events = result.eventsMissing.map { "no attempt logged yet, events not verified: \($0)" }
            lines.append("\(result.project.id)  \(events ?? "nothing received yet")")
        }
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

/// How far a verification is: a bar with rows, rows a second and the time left on a terminal, else a line now and then.
final class VerifyProgress: Sendable {
    struct Speed {
        var rows: Int64
        var seconds: Double
        var rowsPerSecond: Int64 { seconds > 0 ? Int64((Double(rows) / seconds).rounded()) : rows }
        var secondsText: String { Decimal.milliseconds(seconds) }
        var text: String {
            "\(ProgressLine.grouped(Int(rows))) rows in \(secondsText) s (\(ProgressLine.grouped(Int(rowsPerSecond))) rows/s)"
        }
    }

    private let line: ProgressLine
    private let clock = SystemClock()
    private let began: Duration
    private let rows = Mutex<(done: Int64, total: Int64)>((0, 0))

    init(isQuiet: Bool) {
        line = ProgressLine(isQuiet: isQuiet)
        began = clock.monotonic
    }

    func show(_ done: Int64, of total: Int64) {
        rows.withLock { $0 = (done, total) }
        let now = clock.monotonic
        line.show(at: now) { Self.text(done, total, seconds: (now - began).milliseconds / 1000) }
    }

    /// Ends the line, and says how fast it went.
    func finish() -> Speed {
        let (done, total) = rows.withLock { $0 }
        let seconds = (clock.monotonic - began).milliseconds / 1000
        if done > 0 { line.finish(Self.text(done, total, seconds: seconds)) }
        return Speed(rows: done, seconds: seconds)
    }

    private static func text(_ done: Int64, _ total: Int64, seconds: Double) -> String {
        let speed = seconds > 0 ? Double(done) / seconds : 0
        let left = speed > 0 ? Double(total - done) / speed : 0
        return
            "verify \(ProgressLine.bar(Int(done), of: Int(total)))  \(ProgressLine.grouped(Int(done))) of \(ProgressLine.grouped(Int(total))) rows  \(ProgressLine.grouped(Int(speed))) rows/s  \(ProgressLine.duration(left)) left"
    }
}
