import ArgumentParser
import Assembly
import Events
import Foundation
import ServerClient
import Settings
import SystemPorts

/// Not a measurement of a server: it writes to the store of a new folder directly.
struct BenchFill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill",
        abstract: "Fill the event store of a new folder with synthetic rows, and say how fast the store took them.",
        discussion: "The folder must be fresh from `daybook init`, and no server may run on it.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "Rows to write.") var rows = 1_000_000
    @Option(help: "Projects that share the rows.") var projects = 200
    @Option(help: "Days that the rows are spread over, ending now.") var days = 7
    @Option(name: .customLong("project"), help: "A project of the folder that is one of them.") var project: String?
    @Option(help: "Rows of one commit.") var commitRows = 50_000
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print no progress.") var quiet = false

    func run() async throws {
        guard rows > 0, projects > 0, (1...395).contains(days), (1...200_000).contains(commitRows) else {
            throw ValidationError("--rows and --projects: at least 1; --days: 1 to 395; --commit-rows: 1 to 200000.")
        }
        var own: ProjectID?
        if let project {
            guard let id = ProjectID(project) else {
                throw ValidationError("--project: '\(project)' is no project id.")
            }
            own = id
        }
        let settings = try options.settings()
        let clock = SystemClock()
        let line = ProgressLine(isQuiet: quiet)
        let total = rows
        let report = try await StoreFill.run(
            settings, .init(rows: rows, projects: projects, days: days, ownProject: own, commitRows: commitRows),
            clock: clock,
            telemetry: Process.telemetry(settings, quiet: true)
        ) { written, rate in
            line.show(at: clock.monotonic) {
                "\(ProgressLine.bar(written, of: total))  \(ProgressLine.grouped(written)) rows  \(ProgressLine.grouped(Int(rate))) rows/s"
            }
        }
        line.finish("\(ProgressLine.bar(1, of: 1))  done")
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(
                "\(ProgressLine.grouped(report.rows)) rows in \(report.commits) commits: \(ProgressLine.grouped(Int(report.rowsPerSecond))) rows/s, \(report.bytesOnDisk >> 20) MiB on disk; rollups compacted in \(report.compactionSeconds) s"
            )
        }
    }
}
