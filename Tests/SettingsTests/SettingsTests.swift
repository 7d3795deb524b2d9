import Foundation
import Settings
import Testing

@Suite struct SettingsTests {
    @Test func flagsComeBeforeEnvironmentBeforeFile() throws {
        var sources = SettingsSources(
            flags: ["data": "/flag"], environment: ["DAYBOOK_DATA": "/variable", "DAYBOOK_LOG_LEVEL": "debug"],
            file: ["data": "/file", "log.level": "error", "model.name": "qwen3:4b"])
        sources.filePath = "daybook.json"
        let settings = try Settings(sources)
        #expect(settings.dataFolder == "/flag")
        #expect(settings.log.level == .debug)
        #expect(settings.model.name == "qwen3:4b")
        #expect(settings.effective.first { $0.definition.key == "model.name" }?.origin == "daybook.json")
    }

    @Test func everyWrongValueIsNamedWithWhatIsAllowed() {
        let sources = SettingsSources(
            environment: [
                "DAYBOOK_STORE_THREADS": "0", "DAYBOOK_ENVIRONMENT": "production", "DAYBOOK_STREEM_BUDGET_MIB": "5",
            ],
            file: ["listen": "nowhere"])
        let error = #expect(throws: SettingsInvalid.self) { try Settings(sources) }
        let text = error?.description ?? ""
        #expect(text.contains("store.threads: '0' (from DAYBOOK_STORE_THREADS) is not allowed: integer, 1 to 256."))
        #expect(text.contains("environment: 'production'") && text.contains("dev, stage, prod"))
        #expect(text.contains("listen: 'nowhere'"))
        #expect(text.contains("Did you mean DAYBOOK_STREAM_BUDGET_MIB?"))
    }

    @Test(arguments: [
        (["data": ""], "data: '' (from flag) is not allowed: a folder."),
        (["model.url": "nope"], "model.url: 'nope'"), (["model.url": "ftp://x"], "an http:// or https:// address"),
        (["model.name": ""], "model.name: ''"), (["trusted_proxies": "127.0.0.1, 10.0.0.0/8"], "not networks or names"),
        (["stream.budget_mib": "100"], "at least 128, twice stream.segment_mib"),
    ])
    func whatCannotWorkIsRefused(_ flags: [String: String], _ words: String) {
        let error = #expect(throws: SettingsInvalid.self) { try Settings(SettingsSources(flags: flags)) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }

    @Test func withoutAModelItsAddressDoesNotMatter() throws {
        _ = try Settings(SettingsSources(flags: ["model.kind": "none", "model.url": "", "model.name": ""]))
    }

    @Test func proxiesAreComparedAsTheSystemWritesThem() throws {
        let settings = try Settings(SettingsSources(flags: ["trusted_proxies": "127.0.0.1, 0:0:0:0:0:0:0:1"]))
        #expect(settings.trustedProxies == ["127.0.0.1", "::1"])
    }

    @Test(arguments: [
        (#"{"model":{"timeout_s":true}}"#, "model.timeout_s: true"), (#"{"data":["a"]}"#, #"data: ["a"]"#),
        (#"{"data":"a","data":"b"}"#, "data: it stands twice"), ("[1]", "not a JSON object"),
        ("{", "not a JSON object"),
    ])
    func aFileThatCannotBeMeantIsRefused(_ text: String, _ words: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var sources = SettingsSources()
        sources.load(file: path)
        let error = #expect(throws: SettingsInvalid.self) { try Settings(sources) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }

    @Test func aFileIsReadToItsEndWhateverIsWrong() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
        try Data(
            #"{"data":null,"log":{"level":"debug","level":"info"},"store":{"threads":0},"model":{"timeout_s":[1]}}"#
                .utf8
        ).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var sources = SettingsSources()
        sources.load(file: path)
        let error = #expect(throws: SettingsInvalid.self) { try Settings(sources) }
        #expect(error?.problems.map(\.key).sorted() == ["data", "log.level", "model.timeout_s", "store.threads"])
    }

    @Test func aFileIsReadWithItsNumbers() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
        try Data("\u{FEFF}{\"model\":{\"timeout_s\":90},\"data\":\"/d\"}".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var sources = SettingsSources()
        sources.load(file: path)
        let settings = try Settings(sources)
        #expect(settings.model.timeoutSeconds == 90 && settings.dataFolder == "/d")
    }

    @Test func secretsAreNotShown() throws {
        let settings = try Settings(SettingsSources(environment: ["DAYBOOK_MODEL_API_KEY": "sk-very-secret"]))
        #expect(settings.model.apiKey == "sk-very-secret")
        #expect(!settings.effective.map(\.shownValue).contains("sk-very-secret"))
    }

    @Test func anIPv6AddressIsUnderstood() throws {
        let settings = try Settings(SettingsSources(flags: ["listen": "[::1]:0"]))
        #expect(settings.listen.host == "::1" && settings.listen.port == 0)
    }

    @Test func everySettingIsDocumentedOnce() {
        let definitions = Settings.definitions
        #expect(Set(definitions.map(\.key)).count == definitions.count)
        #expect(definitions.allSatisfy { $0.purpose.count > 10 })
    }
}
