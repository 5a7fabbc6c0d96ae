import Foundation

/// The program of the Swift toolchain that explains a crash, which Swift's runtime looks for when a process starts.
///
/// A program that carries the runtime in itself cannot tell where the toolchain is, so the kernelspec does.
enum CrashReporter {
  /// The variable for processes whose report goes into a log, where colours and questions are out of place; none
  /// where there is no toolchain, because the runtime would complain at every start.
  static func variables(path: String) -> [String: String] {
    guard let program = program(path: path) else { return [:] }
    return ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,swift-backtrace=\(program)"]
  }

  /// It lies beside the `swift` that is first on `path`, a list of folders as in `PATH`.
  private static func program(path: String) -> String? {
    for folder in path.split(separator: ":") {
      let swift = URL(fileURLWithPath: "\(folder)/swift").resolvingSymlinksInPath()
      guard FileManager.default.isExecutableFile(atPath: swift.path) else { continue }
      let toolchain = swift.deletingLastPathComponent().deletingLastPathComponent()
      let programs = ["swift-backtrace-static", "swift-backtrace"]
        .map { toolchain.appendingPathComponent("libexec/swift/linux/\($0)").path }
      return programs.first(where: FileManager.default.isExecutableFile)
    }
    return nil
  }
}
