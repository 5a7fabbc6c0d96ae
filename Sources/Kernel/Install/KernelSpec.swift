import Engine
import Foundation

/// What Jupyter needs to know to start this kernel: the content of a `kernel.json`.
struct KernelSpec: Sendable, Equatable {
  var displayName: String
  /// The absolute path of the program.
  var executable: String
  /// Variables set for the kernel, beside those it inherits.
  var environment: [String: String]

  var json: JSON {
    let defaults = CrashReporter.variables(path: ProcessInfo.processInfo.environment["PATH"] ?? "")
    let variables = defaults.merging(environment) { _, chosen in chosen }
    return [
      "argv": [.string(executable), "kernel", "{connection_file}"],
      "display_name": .string(displayName),
      "language": .string(KernelInfo.languageName),
      "interrupt_mode": "message",
      "kernel_protocol_version": .string(Header.protocolVersion),
      "env": .object(variables.mapValues { .string($0) }),
      "metadata": [
        "debugger": false, "supported_encryption": ZeroMQSocket.canEncrypt ? ["curve"] : [],
      ],
    ]
  }
}

/// The folder that holds a kernel's `kernel.json` and logos.
struct KernelSpecFolder: Sendable, Equatable {
  /// Where Jupyter looks for kernels (Jupyter's documentation, "Kernel specs").
  enum Place: Sendable, Equatable {
    case user
    /// The active virtual environment.
    case environment
    case prefix(String)
  }

  var path: String
  /// Where the Python of the same place keeps its packages, one folder a version.
  private var libraries: String
  private var place: Place

  private static let logos = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]

  /// - Throws: `InstallError` for a name that Jupyter refuses, or without an active environment.
  init(name: String, place: Place, environment: [String: String]) throws(InstallError) {
    let letters = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard letters, !name.isEmpty, name != ".", name != ".." else { throw .invalidName(name) }
    self.place = place
    func variable(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
    let data: String
    switch place {
    case .user:
      let folders = UserFolders(environment: environment)
      libraries = folders.home + "/.local/lib"
      data = variable("JUPYTER_DATA_DIR") ?? folders.data + "/jupyter"
    case .environment:
      guard let prefix = variable("VIRTUAL_ENV") ?? variable("CONDA_PREFIX") else {
        throw .noEnvironment
      }
      libraries = prefix + "/lib"
      data = prefix + "/share/jupyter"
    case .prefix(let prefix):
      libraries = prefix + "/lib"
      data = prefix + "/share/jupyter"
    }
    path = URL(fileURLWithPath: data + "/kernels/" + name).standardizedFileURL.path
  }

  /// Whether Jupyter's Python in this place has the package `dass-jupyter`, and with it a lexer of Pygments.
  var hasPythonPackage: Bool {
    let files = FileManager.default
    let versions = (try? files.contentsOfDirectory(atPath: libraries)) ?? []
    return versions.contains { version in
      ["site-packages", "dist-packages"].contains {
        files.fileExists(atPath: "\(libraries)/\(version)/\($0)/dass_jupyter/lexer.py")
      }
    }
  }

  /// The folder of the environment's packages, where they are made for the Python that the kernel embeds; nil for a
  /// kernel of the user's, which belongs to no environment.
  var pythonPackages: String? {
    let folder = URL(fileURLWithPath: "\(libraries)/python\(PythonRuntime.version)/site-packages")
      .standardizedFileURL
    return place != .user && FileManager.default.fileExists(atPath: folder.path) ? folder.path : nil
  }

  private var specPath: String { path + "/kernel.json" }

  /// Writes the folder; `resources` is where the logos are, if they were found. Returns the copied logos.
  /// - Throws: `InstallError`.
  func write(_ spec: KernelSpec, resources: String?) throws(InstallError) -> [String] {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      var copied: [String] = []
      for logo in Self.logos {
        guard let resources, let image = FileManager.default.contents(atPath: resources + "/" + logo) else {
          continue
        }
        try image.write(to: URL(fileURLWithPath: path + "/" + logo), options: .atomic)
        copied.append(logo)
      }
      // Last, so that Jupyter never sees a kernel that is half there.
      try Data(spec.json.encoded(pretty: true) + [0x0A])
        .write(to: URL(fileURLWithPath: specPath), options: .atomic)
      return copied
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
  }

  /// Removes the folder.
  /// - Throws: `InstallError`, also if the folder belongs to another kernel.
  func remove() throws(InstallError) {
    _ = try installedProgram()
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
  }

  /// The program that the installed `kernel.json` starts.
  /// - Throws: `InstallError` if there is none, or it is another kernel's.
  func installedProgram() throws(InstallError) -> String {
    guard let data = FileManager.default.contents(atPath: specPath) else { throw .notInstalled(path: path) }
    guard let spec = try? JSON(parsing: data), spec["language"]?.stringValue == KernelInfo.languageName,
      let program = spec["argv"]?[0]?.stringValue
    else { throw .otherKernel(path: path) }
    return program
  }
}
