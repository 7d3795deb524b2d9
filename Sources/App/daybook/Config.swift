import ArgumentParser
import Events
import Foundation
import Settings

/// Options that every command with settings takes.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the embedded stores.", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A JSON file with settings; default: daybook.json in the data folder, if there.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("dev, stage or prod.", valueName: "name"))
    var environment: String?

    /// The checked tree; `extra` are flags of the command itself.
    func settings(_ extra: [String: String] = [:]) throws -> Settings {
        var sources = SettingsSources(flags: extra, environment: ProcessInfo.processInfo.environment)
        if let data { sources.flags["data"] = data }
        if let environment { sources.flags["environment"] = environment }
        let folder = data ?? sources.environment["DAYBOOK_DATA"] ?? "./data"
        if let config {
            sources.load(file: config)
        } else if FileManager.default.fileExists(atPath: folder + "/daybook.json") {
            sources.load(file: folder + "/daybook.json")
        }
        return try Settings(sources)
    }
}

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show, check and document the settings.",
        subcommands: [Show.self, Check.self, Docs.self, Errors.self], defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every setting in force and where it came from.")
        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let settings = try options.settings().effective
            if json {
                var out = [UInt8]()
                for (index, setting) in settings.enumerated() {
                    out.append(contentsOf: (index == 0 ? "{\n  " : ",\n  ").utf8)
                    JSONText.appendString(setting.definition.key, to: &out)
                    out.append(contentsOf: ": {\"value\": ".utf8)
                    JSONText.appendString(setting.shownValue, to: &out)
                    out.append(contentsOf: ", \"from\": ".utf8)
                    JSONText.appendString(setting.origin, to: &out)
                    out.append(UInt8(ascii: "}"))
                }
                print(String(decoding: out, as: UTF8.self) + "\n}")
                return
            }
            let width = settings.map(\.definition.key.count).max() ?? 0
            for setting in settings {
                let key = setting.definition.key.padding(toLength: width, withPad: " ", startingAt: 0)
                print(
                    "\(key)  \(setting.shownValue)\(setting.origin == "default" ? "" : "   (from \(setting.origin))")")
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Exit 0 when the settings can be used; otherwise say why not.")
        @OptionGroup var options: SettingsOptions

        func run() throws {
            _ = try options.settings()
            print("The settings can be used.")
        }
    }

    struct Docs: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the documentation of every setting (Markdown).")

        func run() throws {
            print("| setting | variable | default | allowed | what it is for |\n| --- | --- | --- | --- | --- |")
            for setting in Settings.definitions {
                let value = setting.defaultValue.isEmpty ? "" : "`\(setting.defaultValue)`"
                print(
                    "| `\(setting.key)` | `\(setting.variable)` | \(value) | \(setting.allowed) | \(setting.purpose) |")
            }
        }
    }

    struct Errors: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the catalogue of errors (contracts/errors.json).")

        func run() throws { print(ErrorCatalogue.json(), terminator: "") }
    }
}
