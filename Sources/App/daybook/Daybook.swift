import ArgumentParser
import Assembly

/// The command. Its names and flags are stable: people script them.
struct Daybook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daybook",
        abstract: "Records every attempt, closes each day, and lets every number be proven.",
        discussion: """
            Start here:
              daybook init --data ./data --json
              daybook serve --data ./data
              daybook simulate --url http://127.0.0.1:8080 --api-key dbk_…

            Exit status: 0 it worked, 1 it failed, 2 wrong use.
            """,
        version: DaybookVersion.text,
        subcommands: [
            Init.self, Serve.self, Simulate.self, Import.self, Verify.self, CloseDay.self, BenchCommand.self,
            Config.self,
        ])
}

enum DaybookVersion {
    static let text = Node.version
}
