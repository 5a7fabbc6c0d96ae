import Foundation

/// What commands share for as long as the program runs: places and services outside the session.
struct Environment: Sendable {
  /// Data that the set-up fetched: the handwritten digits.
  var dataDirectory: URL
  /// Where results that took long are kept; may be deleted at any time.
  var cacheDirectory: URL
  /// The program's version.
  var version: String
  /// What an earlier kernel of the notebook left behind when it ended in the middle of a cell.
  var leftover: SessionJournal.Entry?

  init(dataDirectory: URL, cacheDirectory: URL, version: String) {
    self.dataDirectory = dataDirectory
    self.cacheDirectory = cacheDirectory
    self.version = version
  }
}

extension Environment {
  /// The usual places; `DASS_DATA` and `DASS_CACHE` name others.
  static var standard: Environment {
    let variables = ProcessInfo.processInfo.environment
    let folders = UserFolders(environment: variables)
    func folder(_ variable: String, else standard: String) -> URL {
      let path = variables[variable].flatMap { $0.isEmpty ? nil : $0 }
      return URL(fileURLWithPath: path ?? standard, isDirectory: true)
    }
    return Environment(
      dataDirectory: folder("DASS_DATA", else: folders.data + "/dass"),
      cacheDirectory: folder("DASS_CACHE", else: folders.cache + "/dass"),
      version: KernelInfo.version)
  }
}
