import ArgumentParser
import Assembly
import Foundation
import ServerClient
import Settings
import SystemPorts

/// Not a measurement of a server: it writes to the ledger of a new folder directly.
struct BenchFillAttempts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-attempts",
        abstract:
            "Fill the ledger of a new folder with synthetic attempts, leads and users, and say how fast it took them.",
        discussion: "The folder must be fresh from `daybook init`, and no server may run on it.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "Attempts to write.") var rows = 2_000_000
    @Option(help: "Projects that share the attempts; the folder's own is one of them.") var projects = 20
    @Option(help: "Days that the attempts are spread over, ending now.") var days = 365
    @Option(help: "Attempts of one transaction.") var commitRows = 20_000
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print no progress.") var quiet = false

    func run() async throws {
        guard rows > 0, (1...1000).contains(projects), (1...3650).contains(days), (1...200_000).contains(commitRows)
        else {
            throw ValidationError(
                "--rows: at least 1; --projects: 1 to 1000; --days: 1 to 3650; --commit-rows: 1 to 200000.")
        }
        let settings = try options.settings()
        let clock = SystemClock()
        let line = ProgressLine(isQuiet: quiet)
        let total = rows
        let report = try await AttemptFill.run(
            settings, .init(rows: rows, projects: projects, days: days, commitRows: commitRows), clock: clock,
            telemetry: Process.telemetry(settings, quiet: true)
        ) { written, rate in
            line.show(at: clock.monotonic) {
                "\(ProgressLine.bar(written, of: total))  \(ProgressLine.grouped(written)) attempts  \(ProgressLine.grouped(Int(rate)))/s\(written == total ? "  sorting people" : "")"
            }
        }
        line.finish("\(ProgressLine.bar(1, of: 1))  done")
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(
                "\(ProgressLine.grouped(report.rows)) attempts, \(ProgressLine.grouped(report.leads)) leads and \(ProgressLine.grouped(report.users)) users in \(Int(report.seconds)) s: \(ProgressLine.grouped(Int(report.rowsPerSecond))) attempts/s, \(report.bytesOnDisk >> 20) MiB on disk; ask about \(report.projectID)"
            )
        }
    }
}
