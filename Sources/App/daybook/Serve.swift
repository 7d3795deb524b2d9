import ArgumentParser
import Assembly
import Foundation
import Settings

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run Daybook.",
        discussion: """
            Prints one JSON line, {"event":"ready","url":…}, when requests are answered; everything else goes to standard \
            error as JSON log lines. SIGTERM or Ctrl-C stops it: requests under way are answered, then the stores are closed.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port")) var listen: String?

    func run() async throws {
        var flags: [String: String] = [:]
        if let listen { flags["listen"] = listen }
        let settings = try options.settings(flags)
        let node = try await Node.open(settings, telemetry: Process.telemetry(settings))
        try await node.run { url in
            Process.say(JSONLine([("event", "ready"), ("url", url)]).text)
        }
    }
}
