import Accounts
import ArgumentParser
import Assembly
import Events
import Foundation
import Settings
import Telemetry

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create the data folder with a first organisation, project, sign-in and API key.",
        discussion: """
            Prints the sign-in and the key once: they are stored as hashes and cannot be shown again. Run again, it changes \
            nothing and says what is there.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "Time zone of the first project: its days begin and end there.") var timeZone = "America/New_York"
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let settings = try options.settings()
        switch try await Initialise.run(
            settings, timeZone: timeZone, telemetry: Process.telemetry(settings, quiet: true))
        {
        case .created(let made):
            if json {
                print(
                    JSONLine([
                        ("organisation_id", made.organisationID), ("project_id", made.projectID.text),
                        ("api_key", made.apiKey), ("admin_email", made.adminEmail),
                        ("admin_password", made.adminPassword),
                    ]).text)
            } else {
                print(
                    """
                    Created project \(made.projectID) in \(settings.dataFolder).
                      sign in with   \(made.adminEmail)
                      password       \(made.adminPassword)
                      API key        \(made.apiKey)
                    They are not shown again. Next: daybook serve --data \(settings.dataFolder)
                    """)
            }
        case .alreadyThere(let projects):
            let first = projects.min { $0.createdAt < $1.createdAt }
            if json {
                print(
                    JSONLine([
                        ("organisation_id", first?.organisationID ?? ""), ("project_id", first?.id.text ?? ""),
                        ("already_initialised", "true"),
                    ]).text)
            } else {
                print(
                    "\(settings.dataFolder) is set up already, with \(projects.count) project(s). Nothing was changed.")
            }
        }
    }
}

/// One line of JSON with texts only.
struct JSONLine {
    var text: String
    init(_ members: [(String, String)]) {
        text = "{" + members.map { JSONText.quoted($0.0) + ":" + JSONText.quoted($0.1) }.joined(separator: ",") + "}"
    }
}
