internal import Foundation

/// The typed tree of settings. Every value has been checked.
package struct Settings: Sendable {
    package enum Environment: String, CaseIterable, Sendable {
        /// Synthetic load, assumed receipt times, failure injection.
        case dev
        case stage
        case prod
    }
    package enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error }
    package enum LogFormat: String, CaseIterable, Sendable { case json, text }
    package enum Signing: String, CaseIterable, Sendable { case on, off }
    package enum ModelKind: String, CaseIterable, Sendable { case ollama, openai, none }

    package struct Listen: Sendable {
        package var host: String
        package var port: Int
    }
    package struct Log: Sendable {
        package var level: LogLevel
        package var format: LogFormat
    }
    package struct Intake: Sendable {
        package var bytesInFlightMax: Int
        package var queueBytesMax: Int
    }
    package struct Stream: Sendable {
        package var segmentBytes: Int
        package var budgetBytes: Int
    }
    package struct Processor: Sendable {
        package var batchRowsMax: Int
        package var batchWaitMilliseconds: Int
    }
    package struct Store: Sendable {
        package var memoryMebibytes: Int
        package var threads: Int
        package var readers: Int
        package var queryTimeoutSeconds: Int
    }
    package struct Days: Sendable {
        package var refreshSeconds: Int
        package var closeGraceSeconds: Int
        package var signing: Signing
    }
    package struct Model: Sendable {
        package var kind: ModelKind
        package var url: String
        package var name: String
        package var apiKey: String
        package var timeoutSeconds: Int
    }

    package var environment: Environment
    package var dataFolder: String
    package var listen: Listen
    /// Network addresses of reverse proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies: Set<String>
    package var consoleFolder: String
    package var log: Log
    package var intake: Intake
    package var stream: Stream
    package var processor: Processor
    package var store: Store
    package var days: Days
    package var model: Model

    /// Every setting with the value in force, in the order of the tree.
    package var effective: [EffectiveSetting]

    /// Variables that the scripts around the program use; not settings.
    static let variablesOfScripts: Set<String> = [
        "DAYBOOK_SCRATCH", "DAYBOOK_BIN", "DAYBOOK_LISTEN", "DAYBOOK_DATA", "DAYBOOK_RATE", "DAYBOOK_STRICT",
        "DAYBOOK_DATA_CSV",
        "DAYBOOK_API_KEY", "DAYBOOK_URL", "DAYBOOK_BINARY", "DAYBOOK_CONSOLE", "DAYBOOK_CHROMIUM",
    ]

    /// Reads and checks the whole tree.
    package init(_ sources: SettingsSources) throws(SettingsInvalid) {
        var reader = SettingsReader(sources)
        self.init(reading: &reader)
        let problems = sources.problems + reader.problems + reader.unknownKeys()
        guard problems.isEmpty else { throw SettingsInvalid(problems: problems) }
        effective = reader.definitions.map { definition in
            let (value, origin) = reader.values[definition.key] ?? (definition.defaultValue, "default")
            return EffectiveSetting(definition: definition, value: value, origin: origin)
        }
    }

    /// The definitions alone, for the documentation.
    package static var definitions: [SettingDefinition] {
        var reader = SettingsReader(SettingsSources())
        _ = Settings(reading: &reader)
        return reader.definitions
    }

    private init(reading reader: inout SettingsReader) {
        environment = reader.choice(
            "environment", default: .dev,
            "dev allows synthetic load with assumed receipt times and failure injection; stage and prod refuse both.")
        dataFolder = reader.text(
            "data", default: "./data", allowed: "a folder",
            "The folder that holds every embedded store. One process owns it.", where: { !$0.isEmpty })
        let address = reader.text(
            "listen", default: "127.0.0.1:8080", "HOST:PORT to answer on; port 0 takes a free one.")
        listen = Listen(host: "127.0.0.1", port: 8080)
        if let parsed = Self.parse(address: address) {
            listen = parsed
        } else {
            reader.report(
                SettingProblem(
                    key: "listen", reason: "'\(address)' is not HOST:PORT, e.g. 127.0.0.1:8080 or [::1]:8080."))
        }
        trustedProxies = Set(
            Self.list(
                reader.text(
                    "trusted_proxies", default: "",
                    allowed: "IP addresses, separated by commas (not networks or names)",
                    "Addresses of reverse proxies, separated by commas: of their requests, X-Forwarded-For names the caller.",
                    where: { Self.list($0).allSatisfy { Self.canonical(address: $0) != nil } })
            ).compactMap(Self.canonical(address:)))
        consoleFolder = reader.text("console.folder", default: "console/dist", "Where the built console is.")
        log = Log(
            level: reader.choice("log.level", default: .info, "The least severe level that is written."),
            format: reader.choice(
                "log.format", default: .json, "json: one object a line; text: for a person at a terminal."))
        intake = Intake(
            bytesInFlightMax: reader.integer(
                "intake.in_flight_mib", default: 192, in: 8...4096,
                "MiB of request bodies being worked on at once; beyond it intake answers 503.") << 20,
            queueBytesMax: reader.integer(
                "intake.queue_mib", default: 64, in: 1...1024,
                "MiB waiting to be written to the stream; beyond it intake answers 503.") << 20)
        stream = Stream(
            segmentBytes: reader.integer("stream.segment_mib", default: 64, in: 1...1024, "MiB of one segment file.")
                << 20,
            budgetBytes: reader.integer(
                "stream.budget_mib", default: 4096, in: 2...1_048_576,
                "MiB that unprocessed frames may take on disk; beyond it intake answers 507.") << 20)
        if stream.budgetBytes < 2 * stream.segmentBytes {
            // Processed frames go a segment at a time: with less, the segment that is written to could use up the budget.
            let least = 2 * stream.segmentBytes >> 20
            reader.report(
                SettingProblem(
                    key: "stream.budget_mib",
                    reason: "it must be at least \(least), twice stream.segment_mib. Raise it, or lower the other."))
        }
        processor = Processor(
            batchRowsMax: reader.integer(
                "processor.batch_rows", default: 20_000, in: 100...200_000, "Rows of one commit to the event store."),
            batchWaitMilliseconds: reader.integer(
                "processor.batch_wait_ms", default: 250, in: 0...10_000,
                "How long a commit waits for more rows, in milliseconds."))
        store = Store(
            memoryMebibytes: reader.integer(
                "store.memory_mib", default: 384, in: 64...1_048_576, "MiB that DuckDB may use."),
            threads: reader.integer("store.threads", default: 2, in: 1...256, "Threads of DuckDB for one query."),
            readers: reader.integer("store.readers", default: 3, in: 1...64, "Queries that run at the same time."),
            queryTimeoutSeconds: reader.integer(
                "store.query_timeout_s", default: 10, in: 1...600, "A query is stopped after this many seconds."))
        days = Days(
            refreshSeconds: reader.integer(
                "days.refresh_s", default: 60, in: 5...3600,
                "How often the open day's snapshot is refreshed, in seconds."),
            closeGraceSeconds: reader.integer(
                "days.close_grace_s", default: 30, in: 0...86_400,
                "How long after its end a day is closed, in seconds."),
            signing: reader.choice(
                "days.signing", default: .off,
                "on signs each day's seal with the Ed25519 key in the data folder (secrets/seal-key, made on first use)."
            ))
        let kind: ModelKind = reader.choice(
            "model.kind", default: .ollama,
            "Which protocol the language model's server speaks; none writes the deterministic report.")
        model = Model(
            kind: kind,
            url: reader.text(
                "model.url", default: "http://127.0.0.1:11434", allowed: "an http:// or https:// address",
                "The language model's server.", where: { kind == .none || Self.isWebAddress($0) }),
            name: reader.text(
                "model.name", default: "llama3.1:8b", allowed: "a name", "The model to ask.",
                where: { kind == .none || !$0.isEmpty }),
            apiKey: reader.text(
                "model.api_key", default: "", secret: true, "Bearer token of an OpenAI-compatible server."),
            timeoutSeconds: reader.integer(
                "model.timeout_s", default: 60, in: 1...3600, "How long one answer may take, in seconds."))
        effective = []
    }

    private static func list(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    /// An IP address as the system writes it; nil for anything else.
    private static func canonical(address: String) -> String? {
        for family in [AF_INET, AF_INET6] {
            var bytes = [UInt8](repeating: 0, count: 16)
            guard inet_pton(family, address, &bytes) == 1 else { continue }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { continue }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return nil
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), let host = parts.host else { return false }
        return ["http", "https"].contains(parts.scheme?.lowercased()) && !host.isEmpty
    }

    private static func parse(address: String) -> Listen? {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(address[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : Listen(host: host, port: port)
    }
}

/// A setting, the value in force, and where it came from.
package struct EffectiveSetting: Sendable {
    package var definition: SettingDefinition
    package var value: String
    package var origin: String

    /// The value as it may be shown: secrets are not.
    package var shownValue: String { definition.isSecret && !value.isEmpty ? "(set)" : value }
}
