import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct KernelSpecTests {
  private let spec = KernelSpec(displayName: "DaSS", executable: "/opt/dass", environment: ["A": "b"])

  private func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "/dass-test-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test func theSpecNamesTheProgramAndItsSettings() {
    let json = spec.json
    #expect(json["argv"] == ["/opt/dass", "kernel", "{connection_file}"])
    #expect(json["interrupt_mode"] == "message")
    #expect(json["language"] == "dass")
    #expect(json["env"]?["A"] == "b")
    #expect(json["metadata"]?["supported_encryption"] == (ZeroMQSocket.canEncrypt ? ["curve"] : []))
  }

  @Test func theToolchainsCrashReporterIsNamedWhereThereIsOne() throws {
    try withTemporaryFolder { root in
      let reporter = root + "/usr/libexec/swift/linux/swift-backtrace"
      for program in [root + "/usr/bin/swift", reporter] {
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(
          FileManager.default.createFile(
            atPath: program, contents: Data(), attributes: [.posixPermissions: 0o755]))
      }
      try FileManager.default.createSymbolicLink(
        atPath: root + "/swift", withDestinationPath: root + "/usr/bin/swift")
      #expect(CrashReporter.variables(path: "/nowhere") == [:])
      let found = try #require(CrashReporter.variables(path: "/nowhere:\(root)")["SWIFT_BACKTRACE"])
      #expect(
        found.hasSuffix(
          ",color=no,interactive=no,swift-backtrace=\(NSString(string: reporter).standardizingPath)"))
    }
  }

  @Test func placesAreThoseThatJupyterLooksIn() throws {
    func path(_ place: KernelSpecFolder.Place, _ environment: [String: String]) throws -> String {
      try KernelSpecFolder(name: "dass", place: place, environment: environment).path
    }
    #expect(try path(.user, ["JUPYTER_DATA_DIR": "/data"]) == "/data/kernels/dass")
    #expect(try path(.user, ["XDG_DATA_HOME": "/xdg"]) == "/xdg/jupyter/kernels/dass")
    #expect(try path(.user, ["HOME": "/h", "XDG_DATA_HOME": "x"]) == "/h/.local/share/jupyter/kernels/dass")
    #expect(try path(.user, [:]).hasSuffix("/.local/share/jupyter/kernels/dass"))
    #expect(try path(.prefix("/p"), ["JUPYTER_DATA_DIR": "/data"]) == "/p/share/jupyter/kernels/dass")
    #expect(try path(.environment, ["VIRTUAL_ENV": "/v"]) == "/v/share/jupyter/kernels/dass")
    #expect(throws: InstallError.noEnvironment) { try path(.environment, [:]) }
  }

  @Test(arguments: ["", "..", "a b", "a/b", "né"])
  func namesThatJupyterRefusesAreRefused(name: String) {
    #expect(throws: InstallError.invalidName(name)) {
      try KernelSpecFolder(name: name, place: .user, environment: [:])
    }
  }

  @Test func aKernelIsWrittenFoundAndRemoved() throws {
    try withTemporaryFolder { root in
      let resources = root + "/resources"
      try FileManager.default.createDirectory(atPath: resources, withIntermediateDirectories: true)
      try Data([1, 2]).write(to: URL(fileURLWithPath: resources + "/logo-svg.svg"))
      let folder = try KernelSpecFolder(name: "dass", place: .prefix(root), environment: [:])
      #expect(throws: InstallError.notInstalled(path: folder.path)) { try folder.installedProgram() }
      #expect(try folder.write(spec, resources: resources) == ["logo-svg.svg"])
      #expect(FileManager.default.contents(atPath: folder.path + "/logo-svg.svg") == Data([1, 2]))
      #expect(try folder.installedProgram() == "/opt/dass")
      // Installing again replaces what is there.
      #expect(try folder.write(spec, resources: nil) == [])
      try folder.remove()
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }

  @Test func thePythonPackageOfAPlaceIsFound() throws {
    try withTemporaryFolder { root in
      let folder = try KernelSpecFolder(name: "dass", place: .prefix(root), environment: [:])
      #expect(!folder.hasPythonPackage)
      let package = root + "/lib/python3.11/site-packages/dass_jupyter"
      try FileManager.default.createDirectory(atPath: package, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: package + "/lexer.py"))
      #expect(folder.hasPythonPackage)
    }
  }

  @Test func thePackagesOfAnEnvironmentAreFound() throws {
    try withTemporaryFolder { root in
      let packages = root + "/lib/python3.11/site-packages"
      let folder = try KernelSpecFolder(name: "dass", place: .prefix(root), environment: [:])
      #expect(folder.pythonPackages == nil)
      try FileManager.default.createDirectory(atPath: packages, withIntermediateDirectories: true)
      #expect(folder.pythonPackages == URL(fileURLWithPath: packages).standardizedFileURL.path)
      let user = try KernelSpecFolder(
        name: "dass", place: .user, environment: ["HOME": root + "/lib/..", "XDG_DATA_HOME": root])
      #expect(user.pythonPackages == nil)
    }
  }

  @Test func anotherKernelIsLeftAlone() throws {
    try withTemporaryFolder { root in
      let folder = try KernelSpecFolder(name: "python3", place: .prefix(root), environment: [:])
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      try Data(#"{"argv": ["python"], "language": "python"}"#.utf8)
        .write(to: URL(fileURLWithPath: folder.path + "/kernel.json"))
      #expect(throws: InstallError.otherKernel(path: folder.path)) { try folder.remove() }
    }
  }
}
