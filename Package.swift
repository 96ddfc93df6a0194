// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with. Across modules the optimiser sees a function's body only if it is told to.
let common: [SwiftSetting] = [
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // An async function runs where its caller does, without asking the task at each call where that is.
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// The targets that touch neither C nor a file: there, `unsafe` doesn't appear at all.
let pure: [SwiftSetting] = common + [.strictMemorySafety()]

/// Tests reach into everything, C structures included.
let tests: [SwiftSetting] = common

/// How the gateway is linked: by lld, since the default linker keeps a table of relocations and every symbol's name in
/// memory, a megabyte and a half; functions that came out the same are kept once, and those that every call runs through
/// stand together (Tests/Benchmarks/link-order), which spares 3 MiB and some 7 % of a call's CPU. The libraries' functions are
/// looked up at the start: later, that takes the libraries' tables again, and the table of these addresses could be written to.
let release: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=lld", "-Xlinker", "--icf=safe", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker",
      "-z", "-Xlinker", "now", "-Xlinker", "--no-export-dynamic", "-Xlinker",
      "--symbol-ordering-file=\(Context.packageDirectory)/Sources/connection-gateway/link-order.txt", "-Xlinker",
      "--no-warn-symbol-ordering",
    ], .when(platforms: [.linux], configuration: .release))
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "connection-gateway",
  products: [
    .executable(name: "connection-gateway", targets: ["connection-gateway"]),
    .executable(name: "opensearch-simulator", targets: ["opensearch-simulator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
  ],
  targets: [
    // C, each library imported by one Swift target alone.
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),

    // What libmicrohttpd receives, before it sees it.
    .target(name: "CReceive"),

    // Where the program and its libraries lie in memory.
    .target(name: "CSegments"),

    // The pure core, lowest first.
    .target(name: "Clocks", swiftSettings: pure),
    .target(name: "Digest", dependencies: ["COpenSSL"], swiftSettings: common),
    .target(name: "SigV4", dependencies: ["Digest", "Clocks"], swiftSettings: pure),
    .target(name: "IPAddresses", swiftSettings: common),
    .target(
      name: "GatewayCore", dependencies: ["SigV4", "Digest", "Clocks", "IPAddresses", httpTypes],
      swiftSettings: pure),

    // The edges.
    .target(name: "Threads", swiftSettings: common),
    .target(
      name: "HTTPListener",
      dependencies: ["CMicroHTTPD", "CReceive", "GatewayCore", "Clocks", "IPAddresses", "Threads", httpTypes],
      swiftSettings: common),
    .target(
      name: "CurlTransport", dependencies: ["CCurl", "GatewayCore", "Clocks", "Threads", httpTypes],
      swiftSettings: common),
    .target(
      name: "AuditLog", dependencies: ["GatewayCore", "Digest", "Clocks", "Threads", logging],
      swiftSettings: common),
    .target(name: "AWSSettings", dependencies: ["GatewayCore"], swiftSettings: pure),
    .target(
      name: "AWSCredentials", dependencies: ["AWSSettings", "GatewayCore", "SigV4", "Clocks", "Threads", httpTypes],
      swiftSettings: common),
    .target(
      name: "OpenSearchClient",
      dependencies: ["GatewayCore", "AWSSettings", "AWSCredentials", "SigV4", "Digest", "Clocks", httpTypes],
      swiftSettings: pure),

    // The service and what starts it.
    .target(
      name: "GatewayServer",
      dependencies: [
        "GatewayCore", "HTTPListener", "OpenSearchClient", "CurlTransport", "AWSSettings", "AWSCredentials",
        "AuditLog", "Digest", "SigV4", "Clocks", "Threads", "IPAddresses", "CSegments", httpTypes, logging,
      ],
      resources: [
        .embedInCode("Resources/openapi.json"), .embedInCode("Resources/page-start.html"),
        .embedInCode("Resources/page-end.html"), .embedInCode("Resources/page-style.sha256"),
      ],
      swiftSettings: common),
    .executableTarget(
      name: "connection-gateway",
      dependencies: [
        "GatewayServer", "GatewayCore", "AuditLog", "Digest", "Clocks", "Threads", "IPAddresses", logging,
        argumentParser,
      ],
      exclude: ["link-order.txt"], swiftSettings: common, linkerSettings: release),
    .executableTarget(
      name: "opensearch-simulator",
      dependencies: [
        "GatewayCore", "HTTPListener", "IPAddresses", "SigV4", "Digest", "Clocks", httpTypes, logging,
        argumentParser,
      ],
      swiftSettings: common),

    // What the tests share.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: tests),

    // Tests of the core.
    .testTarget(name: "ClocksTests", dependencies: ["Clocks"], swiftSettings: tests),
    .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: tests),
    .testTarget(name: "IPAddressesTests", dependencies: ["IPAddresses"], swiftSettings: tests),
    .testTarget(name: "SigV4Tests", dependencies: ["SigV4", "Digest", "Clocks"], swiftSettings: tests),
    .testTarget(
      name: "GatewayCoreTests",
      dependencies: ["GatewayCore", "Digest", "Clocks", "IPAddresses", "TestSupport", httpTypes],
      swiftSettings: tests),
    .testTarget(
      name: "AWSSettingsTests", dependencies: ["AWSSettings", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "AWSCredentialsTests",
      dependencies: [
        "AWSCredentials", "AWSSettings", "GatewayCore", "SigV4", "Clocks", "Threads", "TestSupport", httpTypes,
      ],
      swiftSettings: tests),
    .testTarget(
      name: "OpenSearchClientTests",
      dependencies: [
        "OpenSearchClient", "AWSSettings", "AWSCredentials", "GatewayCore", "SigV4", "Clocks", "TestSupport", httpTypes,
      ],
      swiftSettings: tests),

    // Tests of the edges.
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: tests),
    .testTarget(
      name: "GatewayServerTests",
      dependencies: [
        "GatewayServer", "GatewayCore", "AWSSettings", "AWSCredentials", "HTTPListener", "AuditLog", "Digest", "Clocks",
        "Threads", "IPAddresses", "TestSupport", httpTypes, logging,
      ],
      swiftSettings: tests),
    .testTarget(
      name: "HTTPListenerTests",
      dependencies: ["HTTPListener", "GatewayCore", "Clocks", "IPAddresses", "Threads", "TestSupport", httpTypes],
      swiftSettings: tests),
    .testTarget(
      name: "CurlTransportTests",
      dependencies: ["CurlTransport", "GatewayCore", "Clocks", "Threads", "TestSupport", httpTypes],
      swiftSettings: tests),
    .testTarget(
      name: "AuditLogTests",
      dependencies: ["AuditLog", "GatewayCore", "Digest", "Clocks", "Threads", "TestSupport", logging],
      swiftSettings: tests),
  ]
)

// For Tests/Fuzz/run: every target of ours tells libFuzzer which ways an input takes.
if Context.environment["FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "GatewayCore", "HTTPListener", "OpenSearchClient", "AWSCredentials", "AWSSettings", "AuditLog", "SigV4",
        "Digest", "Clocks", "IPAddresses", httpTypes,
      ],
      path: "Tests/Fuzz", exclude: ["seeds", "run"],
      swiftSettings: tests,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]))
  for target in package.targets {
    target.swiftSettings? += [.unsafeFlags(["-O", "-sanitize=fuzzer,address"])]
  }
}
