import Foundation

/// Where a user's files go (XDG base directory specification).
///
/// Foundation asks the system's list of users for the home folder; `HOME`, which every other program looks at, comes
/// first here.
struct UserFolders {
  let environment: [String: String]

  var home: String { absolute("HOME") ?? NSHomeDirectory() }
  var data: String { absolute("XDG_DATA_HOME") ?? home + "/.local/share" }
  var cache: String { absolute("XDG_CACHE_HOME") ?? home + "/.cache" }

  /// The specification says to ignore paths that are not absolute.
  private func absolute(_ variable: String) -> String? {
    environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
  }
}
