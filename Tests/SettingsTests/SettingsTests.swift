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
