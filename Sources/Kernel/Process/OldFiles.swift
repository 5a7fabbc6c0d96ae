import Foundation

/// Files that are kept for a while in case that somebody wants to look at them.
enum OldFiles {
  /// Removes the files of `folder` whose names end in `suffix` and that nothing was written to for `age` seconds.
  static func remove(from folder: String, suffix: String, olderThan age: TimeInterval) {
    let oldest = Date(timeIntervalSinceNow: -age)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasSuffix(suffix) {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      if let date = attributes?[.modificationDate] as? Date, date < oldest {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }
}
