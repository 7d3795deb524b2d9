// Settings: one typed tree, read once at start from flags, environment and file (in that order of precedence), checked as a
// whole, printable, and the source of its own documentation.
//
// Failure cases: every wrong value is reported with its key, where it came from, and what is allowed; all of them at once.

internal import Configuration
internal import Foundation
internal import Wire

/// What one setting is: its key, its default, what it allows, what it is for.
package struct SettingDefinition: Hashable, Sendable {
    package var key: String
    package var defaultValue: String
    /// `integer, 1 to 64`, `one of dev, stage, prod`, `text`…
    package var allowed: String
    package var purpose: String
    package var isSecret: Bool

    /// The environment variable that sets it.
    package var variable: String { "DAYBOOK_" + key.uppercased().replacing(".", with: "_") }
}

/// A setting whose value cannot be used.
package struct SettingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var key: String
    package var reason: String
    package var description: String { "\(key): \(reason)" }
}

/// All the problems of one reading.
package struct SettingsInvalid: Error, CustomStringConvertible {
    package var problems: [SettingProblem]
    package var description: String {
        "The settings cannot be used:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
            + "\nSee all settings with: daybook config docs"
    }
}

/// Where settings come from. Keys are dotted (`stream.budget_mib`).
package struct SettingsSources: Sendable {
    package var flags: [String: String]
    package var environment: [String: String]
    /// The flattened content of the file, and its path for messages.
    package var file: [String: String]
    package var filePath: String?
    /// What is wrong with the file itself; said with everything else that is wrong.
    package private(set) var problems: [SettingProblem] = []

    package init(
        flags: [String: String] = [:], environment: [String: String] = [:], file: [String: String] = [:],
        filePath: String? = nil
    ) {
        self.flags = flags
        self.environment = environment
        self.file = file
        self.filePath = filePath
    }

    /// Reads a JSON file of nested objects (`{"stream":{"budget_mib":2048}}`).
    package mutating func load(file path: String) {
        filePath = path
        guard let data = FileManager.default.contents(atPath: path) else {
            return problems.append(
                SettingProblem(
                    key: path, reason: "the settings file cannot be read. Check the path and its permissions."))
        }
        let parser = JSONParser()
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(data.dropFirst(3)) : Array(data)
        bytes.withUnsafeBufferPointer { text in
            guard let root = try? parser.root(of: text), root.kind == .object else {
                return problems.append(
                    SettingProblem(
                        key: path,
                        reason: "the settings file is not a JSON object, e.g. {\"log\":{\"level\":\"debug\"}}."))
            }
            take(root, prefix: "", of: path)
        }
    }

    /// Takes the texts and numbers of an object and of those in it.
    private mutating func take(_ object: JSONValue, prefix: String, of path: String) {
        object.forEachMember { name, value in
            let key = prefix + String(decoding: name, as: UTF8.self)
            switch value.kind {
            case .object: take(value, prefix: key + ".", of: path)
            case .string, .integer, .unsigned, .double:
                if file.updateValue(value.string ?? Self.text(of: value), forKey: key) != nil {
                    problems.append(
                        SettingProblem(key: key, reason: "it stands twice in \(path). Keep one of them."))
                }
            case .array, .true, .false, .null:
                problems.append(
                    SettingProblem(
                        key: key, reason: "\(Self.text(of: value)) (from \(path)) is neither a text nor a number."))
            }
            return true
        }
    }

    private static func text(of value: JSONValue) -> String {
        var json: [UInt8] = []
        value.write(to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}

/// Reads settings one by one, remembering each definition and each problem.
struct SettingsReader {
    private let config: ConfigReader
    private let sources: SettingsSources
    private(set) var definitions: [SettingDefinition] = []
    private(set) var problems: [SettingProblem] = []
    private(set) var values: [String: (value: String, origin: String)] = [:]

    init(_ sources: SettingsSources) {
        self.sources = sources
        func memory(_ name: String, _ values: [String: String]) -> InMemoryProvider {
            InMemoryProvider(
                name: name,
                values: Dictionary(
                    uniqueKeysWithValues: values.map { key, value in
                        (
                            AbsoluteConfigKey(["daybook"] + key.split(separator: ".").map(String.init)),
                            ConfigValue(.string(value), isSecret: false)
                        )
                    }))
        }
        config = ConfigReader(providers: [
            memory("flags", sources.flags),
            EnvironmentVariablesProvider(environmentVariables: sources.environment),
            memory("file", sources.file),
        ])
    }

    private func origin(_ definition: SettingDefinition) -> String {
        if sources.flags[definition.key] != nil { return "flag" }
        if sources.environment[definition.variable] != nil { return definition.variable }
        if sources.file[definition.key] != nil { return sources.filePath ?? "file" }
        return "default"
    }

    private mutating func raw(_ definition: SettingDefinition) -> String {
        definitions.append(definition)
        let value =
            config.string(
                forKey: ConfigKey("daybook." + definition.key), isSecret: definition.isSecret)
            ?? definition.defaultValue
        values[definition.key] = (value, origin(definition))
        return value
    }

    /// A text that passes `isAllowed`; `allowed` says in words which do.
    mutating func text(
        _ key: String, default value: String, secret: Bool = false, allowed: String = "text", _ purpose: String,
        where isAllowed: (String) -> Bool = { _ in true }
    ) -> String {
        let definition = SettingDefinition(
            key: key, defaultValue: value, allowed: allowed, purpose: purpose, isSecret: secret)
        let text = raw(definition)
        if !isAllowed(text) { refuse(text, definition) }
        return text
    }

    private mutating func refuse(_ text: String, _ definition: SettingDefinition) {
        problems.append(
            SettingProblem(
                key: definition.key,
                reason: "'\(text)' (from \(origin(definition))) is not allowed: \(definition.allowed)."))
    }

    mutating func integer(_ key: String, default value: Int, in range: ClosedRange<Int>, _ purpose: String) -> Int {
        let definition = SettingDefinition(
            key: key, defaultValue: String(value), allowed: "integer, \(range.lowerBound) to \(range.upperBound)",
            purpose: purpose, isSecret: false)
        let text = raw(definition)
        guard let number = Int(text), range.contains(number) else {
            refuse(text, definition)
            return value
        }
        return number
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default value: Choice, _ purpose: String
    ) -> Choice {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        let definition = SettingDefinition(
            key: key, defaultValue: value.rawValue, allowed: "one of \(names)", purpose: purpose, isSecret: false)
        let text = raw(definition)
        guard let choice = Choice(rawValue: text) else {
            refuse(text, definition)
            return value
        }
        return choice
    }

    mutating func report(_ problem: SettingProblem) { problems.append(problem) }

    /// Keys that were given but that nothing reads, with the nearest known one.
    func unknownKeys() -> [SettingProblem] {
        let known = Set(definitions.map(\.key))
        let variables = Set(definitions.map(\.variable))
        let fromFile = sources.file.keys.filter { !known.contains($0) }
        let fromEnvironment = sources.environment.keys.filter {
            $0.hasPrefix("DAYBOOK_") && !variables.contains($0) && !Settings.variablesOfScripts.contains($0)
        }
        return fromFile.sorted().map { key in
            SettingProblem(key: key, reason: "no such setting. Did you mean \(nearest(to: key, among: known))?")
        }
            + fromEnvironment.sorted().map { key in
                SettingProblem(key: key, reason: "no such setting. Did you mean \(nearest(to: key, among: variables))?")
            }
    }

    private func nearest(to key: String, among known: Set<String>) -> String {
        known.min { (distance(key, $0), $0) < (distance(key, $1), $1) } ?? ""
    }

    /// Levenshtein's edit distance.
    private func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, x) in a.utf8.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = previous + (x == y ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, previous + 1)
            }
        }
        return row[b.count]
    }
}
