import ArgumentParser
import Foundation
import LeadImport
import SystemPorts

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Submit the rows of a file.", subcommands: [Leads.self], defaultSubcommand: Leads.self)

    struct Leads: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit each row of a CSV file as a lead, through the same path as any other submission.",
            discussion: """
                Each row becomes one logged attempt: a lead, or a failure that names the field. Running the same file again \
                adds nothing (each row has its own Idempotency-Key).

                Columns named email, phone, name, external_id, source, channel, consent and session_id map themselves; every \
                other column becomes a field of its name.

                  daybook import leads leads.csv --map user.email=email --map fields.loan_amount=amount*1000 \
                --map source=@bulk_import
                  daybook import leads mortgage_applications.csv --preset mortgage-applications
                """)

        @Argument(
            help: "The CSV file (RFC 4180, UTF-8, first row names the columns), as it is or compressed by gzip or zstd."
        ) var file: String
        @OptionGroup var server: ServerOptions
        @Option(name: .customLong("project"), help: "The project; default: the key's own.") var project: String?
        @Option(
            help: ArgumentHelp(
                "Where a field comes from, when no column is named like it: a column, COLUMN*NUMBER, or @constant. Repeatable.",
                valueName: "field=column"))
        var map: [String] = []
        @Option(help: ArgumentHelp("A column to leave out. Repeatable.", valueName: "column")) var skip: [String] = []
        @Option(help: "A named map; --map entries replace its own.") var preset: String?
        @Option(help: "The character between columns, or the word tab.") var delimiter = ","
        @Flag(help: "Print the summary only.") var quiet = false
        @Flag(help: "Print the summary as JSON.") var json = false

        func run() async throws {
            let options = try LeadImportOptions(
                file: file, url: server.url, apiKey: server.key(), projectID: project, map: map, skip: skip,
                preset: preset, delimiter: delimiter, isQuiet: quiet)
            do {
                let summary = try await LeadImport.run(options, clock: SystemClock())
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys]
                    print(String(decoding: try encoder.encode(summary), as: UTF8.self))
                } else {
                    print(summary.text)
                }
                if !summary.isComplete { throw ExitCode.failure }
            } catch let error as LeadImportError {
                if error.isUsage { throw ValidationError(error.description) }
                throw error
            }
        }
    }
}
