// swift-tools-version: 6.2
import PackageDescription

/// Every module of ours is compiled under the same rules; `make check` adds warnings-as-errors and the arrow check.
let rules: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (Context.environment["DAYBOOK_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : [])

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")

/// A module of ours: its folder under `Sources/` and what it may import. The table in `Sources/README.md` says the same.
func module(_ path: String, _ dependencies: [Target.Dependency]) -> Target {
    let name = String(path.split(separator: "/").last!)
    return .target(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: rules)
}

let package = Package(
    name: "daybook",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "daybook", targets: ["daybook"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // C libraries, each behind a module of its own.
        .systemLibrary(
            name: "CDuckDB", path: "Sources/Adapters/CDuckDB", pkgConfig: "duckdb"),
        .systemLibrary(
            name: "CZlib", path: "Sources/Domain/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CZstd", path: "Sources/Domain/CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .systemLibrary(
            name: "CArgon2", path: "Sources/Flow/CArgon2", pkgConfig: "libargon2",
            providers: [.apt(["libargon2-dev"]), .brew(["argon2"])]),
        .systemLibrary(
            name: "CXXHash", path: "Sources/Domain/CXXHash", pkgConfig: "libxxhash",
            providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
        .target(
            name: "CJSONTape", path: "Sources/Domain/CJSONTape",
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CChecksum", path: "Sources/Domain/CChecksum"),
        .target(name: "CDigest", dependencies: [crypto], path: "Sources/Domain/CDigest"),
        .target(
            name: "CSQLiteSettings", path: "Sources/Adapters/CSQLiteSettings",
            linkerSettings: [.linkedLibrary("sqlite3")]),

        // Domain
        module("Domain/Events", ["CXXHash", crypto]),
        module("Domain/Wire", ["Events", "CJSONTape", "CZlib", "CZstd"]),
        module("Domain/Ports", ["Events"]),

        // Edge, the part that every layer writes to
        module("Edge/Telemetry", ["Events", logging]),

        // Flow
        module("Flow/Intake", ["Events", "Wire", "Ports", "Telemetry", logging]),
        module("Flow/Submissions", ["Events", "Wire", "Ports", "Telemetry", crypto]),
        module("Flow/Processing", ["Events", "Wire", "Ports", "Telemetry", logging]),
        module("Flow/Analytics", ["Events", "Ports", "Telemetry", crypto, logging]),
        module("Flow/Days", ["Events", "Wire", "Ports", "Telemetry", "CDigest", crypto, logging]),
        module("Flow/Analysis", ["Events", "Wire", "Ports", "Telemetry", "Days", logging]),
        module("Flow/Exports", ["Events", "Ports", "Telemetry", crypto, logging]),
        module("Flow/Jobs", ["Events", "Ports", "Telemetry", crypto, logging]),
        module("Flow/Accounts", ["Events", "Ports", "Telemetry", "CArgon2", crypto]),

        // Adapters
        module("Adapters/SegmentLogStream", ["Events", "Ports", "Telemetry", "CChecksum", logging]),
        module("Adapters/SQLiteLedger", ["Events", "Ports", "Telemetry", "CSQLiteSettings", grdb, sqlite, logging]),
        module("Adapters/DuckDBEventStore", ["Events", "Ports", "Telemetry", "CDuckDB"]),
        module("Adapters/OllamaLanguageModel", ["Events", "Ports", "Telemetry", httpClient, nioCore, nioHTTP1]),
        module("Adapters/OpenAILanguageModel", ["Events", "Ports", "Telemetry", httpClient, nioCore, nioHTTP1]),
        module("Adapters/DirectoryFiles", ["Events", "Ports", crypto]),
        module("Adapters/DuckDBTableFiles", ["Events", "Ports", "CDuckDB"]),
        module("Adapters/SystemPorts", ["Events", "Ports"]),

        // Edge
        module(
            "Edge/HTTPServer",
            [
                "Events", "Wire", "Ports", "Telemetry", "Intake", "Submissions", "Processing", "Analytics", "Days",
                "Analysis", "Exports", "Jobs", "Accounts", hummingbird, hummingbirdCore, nioCore, nioHTTP1,
                nioHTTPTypes, logging,
                crypto,
                httpTypes,
                lifecycle,
            ]),

        // App
        module("App/Settings", ["Events", "Wire", configuration]),
        module("App/ServerClient", ["Events", "Ports", "CZlib", httpClient, nioCore, nioHTTP1, nioPosix]),
        module("App/Simulator", ["Events", "Ports", "ServerClient"]),
        module("App/LeadImport", ["Events", "Ports", "Wire", "ServerClient"]),
        module("App/Bench", ["Events", "Ports", "ServerClient"]),
        module(
            "App/SignalBench",
            [
                "Events", "Ports", "Telemetry", "Submissions", "Days", "Analysis", "SQLiteLedger", "SystemPorts",
                "Simulator",
            ]),
        module(
            "App/Assembly",
            [
                "Events", "Wire", "Ports", "Telemetry", "Intake", "Submissions", "Processing", "Analytics", "Days",
                "Analysis", "Exports", "Jobs", "Accounts", "SegmentLogStream", "SQLiteLedger", "DuckDBEventStore",
                "OllamaLanguageModel", "OpenAILanguageModel", "DirectoryFiles", "DuckDBTableFiles", "SystemPorts",
                "HTTPServer", "Settings",
                hummingbird, lifecycle, unixSignals, logging, httpClient, nioPosix,
            ]),
        .executableTarget(
            name: "daybook",
            dependencies: [
                "Events", "Ports", "Telemetry", "Days", "Exports", "Accounts", "Settings", "Assembly", "Simulator",
                "LeadImport", "Bench", "SignalBench", "ServerClient", "SystemPorts", arguments, logging,
            ],
            path: "Sources/App/daybook", swiftSettings: rules),

        // Tests
        .target(
            name: "SimulatedDisk", dependencies: ["SegmentLogStream"], path: "Tests/SimulatedDisk", swiftSettings: rules
        ),
        tests("EventsTests", ["Events"]),
        tests("WireTests", ["Wire", "Events", "CZlib", "CZstd"]),
        tests("IntakeTests", ["Intake", "Events", "Wire", "Ports", "Telemetry", "SystemPorts", "CZlib"]),
        tests(
            "SubmissionsTests",
            ["Submissions", "Events", "Ports", "Telemetry", "SQLiteLedger", "SystemPorts", grdb]),
        tests("ProcessingTests", ["Processing", "Events", "Wire", "Ports", "Telemetry", "SystemPorts"]),
        tests("AnalyticsTests", ["Analytics", "Events", "Ports", "Telemetry", "DuckDBEventStore", "SystemPorts"]),
        tests(
            "DaysTests",
            ["Days", "Events", "Ports", "SQLiteLedger", "SystemPorts", "Telemetry", "CDigest", grdb, crypto]),
        tests(
            "AnalysisTests",
            [
                "Analysis", "Days", "Events", "Ports", "OllamaLanguageModel", "OpenAILanguageModel", "SQLiteLedger",
                "SystemPorts", "Telemetry", httpClient, nioCore, nioPosix, nioHTTP1,
            ]),
        tests(
            "ExportsTests",
            [
                "Exports", "Events", "Ports", "Telemetry", "SQLiteLedger", "DirectoryFiles", "DuckDBTableFiles",
                "SystemPorts", crypto,
            ]),
        tests("JobsTests", ["Jobs", "Events", "Ports", "Telemetry", "SQLiteLedger", "DirectoryFiles", "SystemPorts"]),
        tests(
            "AccountsTests", ["Accounts", "Submissions", "Events", "Ports", "Telemetry", "SQLiteLedger", "SystemPorts"]),
        tests(
            "PortContractTests",
            [
                "Events", "Ports", "Telemetry", "SegmentLogStream", "SQLiteLedger", "DuckDBEventStore", "CDuckDB",
                "SystemPorts", "SimulatedDisk", grdb,
            ]),
        tests(
            "HTTPServerTests",
            [
                "HTTPServer", "Accounts", "Intake", "Submissions", "Days", "Analysis", "Jobs", "DirectoryFiles",
                "Events",
                "Ports",
                "Telemetry", "SQLiteLedger", "SystemPorts",
                hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird"), httpTypes, nioCore, crypto,
                nioEmbedded, nioHTTPTypes,
            ]),
        tests("SettingsTests", ["Settings"]),
        tests("SimulatorTests", ["Simulator", "ServerClient", "Events", "SystemPorts"]),
        tests("BenchTests", ["Bench", "Events"]),
        tests(
            "SimulationTests",
            [
                "Events", "Wire", "Ports", "Telemetry", "Intake", "Submissions", "Processing", "Days",
                "SegmentLogStream",
                "SQLiteLedger", "DuckDBEventStore", "SystemPorts", "SimulatedDisk",
            ]),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
