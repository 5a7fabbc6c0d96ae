import Engine

/// Why a kernel cannot be installed, removed or used.
enum InstallError: Error, Sendable, Equatable {
  case invalidName(String)
  case noEnvironment
  case cannotWrite(path: String, reason: String)
  case notInstalled(path: String)
  case otherKernel(path: String)
  case missingProgram(String)
  case otherProgram(installed: String, own: String)
}

extension InstallError: ExplainedError {
  var problem: String {
    switch self {
    case .invalidName(let name): "\"\(name)\" is no name for a kernel"
    case .noEnvironment: "no virtual environment is active"
    case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
    case .notInstalled(let path): "no kernel is installed in \(path)"
    case .otherKernel(let path): "the kernel in \(path) is not this one"
    case .missingProgram(let path): "the installed kernel starts \(path), which does not exist"
    case .otherProgram(let installed, let own): "the installed kernel starts \(installed), not \(own)"
    }
  }

  var advice: String? {
    switch self {
    case .invalidName: "Use letters, digits, dots, dashes and underscores"
    case .noEnvironment: "Activate one, or use --user or --prefix FOLDER"
    case .cannotWrite: "Choose another place with --user or --prefix FOLDER"
    case .notInstalled, .missingProgram, .otherProgram: "Run dass install"
    case .otherKernel: "Choose another name with --name"
    }
  }
}
