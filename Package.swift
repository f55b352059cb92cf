// swift-tools-version:6.0
// One small module a C library, values above them, the pipeline above those: imports point one way,
// from `clickd` down to the C modules (docs/architecture.md, "Layout").
import PackageDescription

// Exclusive access is proved by the sanitizer runs, not checked at run time: the checks were 3 % of intake. Swift 6.0 with
// them off destroys what cannot be copied while a class still uses it (seen on Debian 13: a double free), so it keeps them.
#if compiler(>=6.3)
    let unchecked: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
#else
    let unchecked: [SwiftSetting] = []
#endif
let warningsAreErrors: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])] + unchecked

// What reads bytes from outside in C and C++ checks its stack and, where the compiler knows a buffer's size, its bounds;
// the programs resolve their symbols at start, so that nothing that is called through can be overwritten
// (packaging/test/hardening looks at the result).
let hardenedC: [CSetting] = [
    .unsafeFlags(["-fstack-protector-strong"]), .define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release)),
]
let hardenedCxx: [CXXSetting] = [
    .unsafeFlags(["-fstack-protector-strong"]), .define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release)),
]
let boundAtStart: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

/// A module of Swift code under Sources/.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: warningsAreErrors)
}

/// The tests of one module, under Tests/<name>Tests.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: warningsAreErrors)
}

let package = Package(
    name: "clickd",
    products: [
        .executable(name: "clickd", targets: ["clickd"]), .executable(name: "clickd-web", targets: ["clickd-web"]),
    ],
    targets: [
        // C libraries from Debian: module maps, and shims where Swift cannot call them as they are.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CMongoc", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CSimdJSON", cxxSettings: hardenedCxx, linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CTomlPlusPlus", cxxSettings: hardenedCxx),
        .target(name: "CLinux", cSettings: hardenedC),

        // Wrappers: handles, errors, remedies.
        module("Linux", ["CLinux"]),
        module("SQLite", ["CSQLite", "Linux"]),
        module("Kafka", ["CRdKafka", "Linux"]),
        module("Mongo", ["CMongoc", "JSON"]),
        module("JSON", ["CSimdJSON"]),
        module("LZ4", ["CLZ4"]),
        module("TOML", ["CTomlPlusPlus"]),
        module("Systemd", ["CSystemd"]),
        module("Metrics", ["Linux"]),
        module("HTTP", ["CMicrohttpd", "CZlib", "Linux", "Metrics"]),

        // The product.
        module("Events", ["JSON"]),
        module("Settings", ["TOML", "Linux"]),
        module("Rollups", ["Events", "Linux", "Mongo", "JSON"]),
        module(
            "Pipeline",
            ["Events", "Settings", "Linux", "Metrics", "SQLite", "Kafka", "Mongo", "JSON", "LZ4", "Rollups"]),
        module("Reports", ["Rollups", "Events", "JSON", "Linux", "Mongo"]),
        module("ReportsAPI", ["Reports", "Rollups", "Events", "JSON", "Linux", "Mongo"]),
        module("OData", ["Reports", "Rollups", "Events", "JSON", "Linux", "Mongo"]),
        module(
            "Operator",
            [
                "Pipeline", "Rollups", "Events", "Settings", "Systemd", "Linux", "JSON", "Kafka", "Mongo", "SQLite",
                "HTTP", "Metrics",
            ]),
        module("Collector", ["HTTP", "Events", "Settings", "Linux", "JSON", "Metrics"]),
        module(
            "Web",
            [
                "Collector", "HTTP", "Operator", "Pipeline", "Events", "Settings", "Systemd", "Linux", "JSON", "Mongo",
                "Reports", "ReportsAPI", "OData", "Metrics",
            ]),
        .executableTarget(
            name: "clickd", dependencies: ["Operator"], swiftSettings: warningsAreErrors, linkerSettings: boundAtStart),
        .executableTarget(
            name: "bench-reports", dependencies: ["ReportsAPI", "Reports", "Rollups", "Events", "Mongo", "Linux"],
            path: "Benchmarks/reports", swiftSettings: warningsAreErrors),
        .executableTarget(
            name: "clickd-web", dependencies: ["Web"], swiftSettings: warningsAreErrors, linkerSettings: boundAtStart),

        .target(
            name: "TestSupport", dependencies: ["Linux", "JSON", "Kafka", "Mongo"], path: "Tests/Support",
            swiftSettings: warningsAreErrors),
        .target(
            name: "Agreement", dependencies: ["JSON", "Mongo"], path: "Tests/Agreement",
            swiftSettings: warningsAreErrors),
        .target(name: "CPowerLoss", dependencies: ["CSQLite"], path: "Tests/PowerLoss/vfs"),
        .executableTarget(
            name: "power-loss", dependencies: ["CPowerLoss", "Pipeline", "SQLite", "Linux"],
            path: "Tests/PowerLoss/campaign", swiftSettings: warningsAreErrors),
        .target(name: "MockKafka", dependencies: ["Kafka"], path: "Tests/MockKafka", swiftSettings: warningsAreErrors),
        tests("Linux", ["Linux"]),
        tests("SQLite", ["SQLite", "Linux"]),
        tests("Kafka", ["Kafka", "MockKafka"]),
        tests("Mongo", ["Mongo", "JSON"]),
        tests("JSON", ["JSON"]),
        tests("LZ4", ["LZ4"]),
        tests("TOML", ["TOML"]),
        tests("Systemd", ["Systemd", "Linux"]),
        tests("HTTP", ["HTTP", "Linux"]),
        tests("Metrics", ["Metrics", "Linux"]),
        tests("Collector", ["Collector", "Web", "Events", "Settings", "JSON", "Linux"]),
        tests("Events", ["Events", "JSON"]),
        tests("Reports", ["Reports", "ReportsAPI", "Rollups", "Events", "Mongo", "JSON", "Linux"]),
        tests("OData", ["OData", "Reports", "ReportsAPI", "Rollups", "Events", "Mongo", "JSON", "Linux"]),
        tests("Settings", ["Settings", "Linux"]),
        tests(
            "Pipeline",
            ["Pipeline", "Events", "Settings", "JSON", "SQLite", "Linux", "Kafka", "Mongo", "MockKafka", "Agreement"]),
        tests("Operator", ["Operator", "Events", "JSON", "Linux"]),
        tests(
            "Integration",
            [
                "Pipeline", "Operator", "Kafka", "Mongo", "JSON", "HTTP", "Linux", "Events", "Rollups", "Reports",
                "ReportsAPI", "OData",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)

// Built by `make fuzz` alone: the fuzzer brings a main of its own, and everything is instrumented for it.
if Context.environment["CLICKD_FUZZER"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Pipeline", "Operator", "Collector", "OData", "Settings", "Events", "TOML", "SQLite", "Mongo", "JSON",
                "Linux",
                "Agreement",
            ],
            path: "Tests/Fuzz/targets", swiftSettings: warningsAreErrors + [.unsafeFlags(["-parse-as-library"])]))
}
