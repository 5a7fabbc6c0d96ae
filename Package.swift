// swift-tools-version: 6.2
import PackageDescription

// Every target of ours is built in Swift 6 mode with warnings as errors. `package` is the widest access
// level used between our targets, so an import that would leak a C type is an error.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "DaSS",
  products: [
    .executable(name: "dass", targets: ["Kernel"]),
    .library(name: "Engine", targets: ["Engine"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    // One target per C library; Scripts/debian-packages.txt names the Debian package of each.
    .systemLibrary(name: "COpenBLAS", path: "Sources/CShims/COpenBLAS"),
    .systemLibrary(name: "COneDNN", path: "Sources/CShims/COneDNN"),
    .systemLibrary(name: "COpenSSL", path: "Sources/CShims/COpenSSL"),
    .systemLibrary(name: "CZlib", path: "Sources/CShims/CZlib"),
    .systemLibrary(name: "CPNG", path: "Sources/CShims/CPNG"),
    .systemLibrary(name: "CTurboJPEG", path: "Sources/CShims/CTurboJPEG"),
    .systemLibrary(name: "CFreeType", path: "Sources/CShims/CFreeType", pkgConfig: "freetype2"),
    // No pkgConfig: Debian's libzmq.pc carries flags that SwiftPM prohibits and warns about.
    .systemLibrary(name: "CZeroMQ", path: "Sources/CShims/CZeroMQ"),
    // A C target: Python.h must not be imported into Swift (its feature macros clash with Foundation's). It loads the
    // library itself.
    .target(name: "CPython", path: "Sources/CShims/CPython"),
    // A C target: the functions of libedit take variable arguments, which Swift cannot pass.
    .target(
      name: "CLineEditor", path: "Sources/CShims/CLineEditor", linkerSettings: [.linkedLibrary("edit")]),
    .target(name: "CProcess", path: "Sources/CShims/CProcess"),
    // A C target: the kernels are compiled for several instruction sets, which Swift has no way to say.
    .target(name: "CWinograd", path: "Sources/CShims/CWinograd"),

    .target(
      name: "Engine",
      dependencies: [
        "COpenBLAS", "COneDNN", "CWinograd", "COpenSSL", "CZlib", "CPNG", "CTurboJPEG", "CFreeType",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      // Found by the program itself: the accessor that SwiftPM generates ends the process where they are missing.
      resources: [.copy("Resources/Demo")],
      swiftSettings: strict),
    .executableTarget(
      name: "Kernel",
      dependencies: [
        "Engine", "CZeroMQ", "CPython", "CProcess", "CLineEditor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Engine"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "EngineTests", dependencies: ["Engine", "TestSupport"], exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "KernelTests", dependencies: ["Kernel", "Engine", "TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
