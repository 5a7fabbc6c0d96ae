import ArgumentParser
import Foundation

/// `dass install`: makes the kernel known to Jupyter.
struct InstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Makes the kernel known to Jupyter, or removes it again.")

  @Flag(help: "Install for this user (the default).")
  var user = false

  @Flag(help: "Install into the active virtual environment.")
  var sysPrefix = false

  @Option(help: ArgumentHelp("Install under this folder.", valueName: "folder"))
  var prefix: String?

  @Option(help: "The name that programs use.")
  var name = "dass"

  @Option(help: "The name that people see.")
  var displayName = "DaSS"

  @Option(help: ArgumentHelp("Set a variable for the kernel; may be repeated.", valueName: "key=value"))
  var env: [String] = []

  @Option(help: ArgumentHelp("The folder with the logos, if they are not found.", valueName: "folder"))
  var resources: String?

  @Flag(help: "Remove the kernel.")
  var uninstall = false

  @Flag(help: "Say whether this program is installed as the kernel, and change nothing.")
  var check = false

  func validate() throws {
    if [user, sysPrefix, prefix != nil].filter({ $0 }).count > 1 {
      throw ValidationError("--user, --sys-prefix and --prefix exclude each other.")
    }
    if uninstall, check { throw ValidationError("--uninstall and --check exclude each other.") }
    for assignment in env
    where assignment.firstIndex(of: "=") ?? assignment.startIndex == assignment.startIndex {
      throw ValidationError("--env takes KEY=VALUE, not '\(assignment)'.")
    }
  }

  func run() throws {
    let place: KernelSpecFolder.Place =
      if let prefix { .prefix(prefix) } else if sysPrefix { .environment } else { .user }
    let folder = try KernelSpecFolder(
      name: name, place: place, environment: ProcessInfo.processInfo.environment)
    let program = Self.ownProgram()
    if uninstall {
      try folder.remove()
      print("Removed \(folder.path)")
    } else if check {
      let installed = try folder.installedProgram()
      guard FileManager.default.isExecutableFile(atPath: installed) else {
        throw InstallError.missingProgram(installed)
      }
      guard installed == program else { throw InstallError.otherProgram(installed: installed, own: program) }
      print("Installed in \(folder.path)")
    } else {
      let lexer = folder.hasPythonPackage ? [(KernelInfo.lexerVariable, KernelInfo.languageName)] : []
      let packages = folder.pythonPackages.map { [(PythonRuntime.packagesVariable, $0)] } ?? []
      let variables =
        lexer + packages
        + env.compactMap { assignment in
          assignment.firstIndex(of: "=").map {
            (String(assignment[..<$0]), String(assignment[assignment.index(after: $0)...]))
          }
        }
      let spec = KernelSpec(
        displayName: displayName, executable: program,
        environment: Dictionary(variables, uniquingKeysWith: { _, last in last }))
      let logos = try folder.write(spec, resources: resources ?? Self.foundResources(near: program))
      print("Installed in \(folder.path)" + (logos.isEmpty ? " (no logos were found; see --resources)" : ""))
    }
  }

  /// The real path of this program, symbolic links resolved: links into a build folder come and go.
  private static func ownProgram() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? URL(fileURLWithPath: CommandLine.arguments.first ?? "dass").standardizedFileURL.path
  }

  /// The folder `kernelspec` of the checkout that the program was built in, or the one it was installed with.
  private static func foundResources(near program: String) -> String? {
    var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
    while folder.path != "/" {
      for candidate in ["kernelspec", "share/dass/kernelspec"] {
        let path = folder.appendingPathComponent(candidate).path
        if FileManager.default.fileExists(atPath: path + "/logo-svg.svg") { return path }
      }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }
}
