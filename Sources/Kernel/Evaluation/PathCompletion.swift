import Foundation

/// Files and folders that begin with what was typed between quotes.
struct PathCompletion {
  /// How much of what was typed stays: the folder with its slash.
  let keptBytes: Int
  let candidates: [CompletionCandidate]

  /// More would not help anyone choose.
  private static let maximumCount = 200

  /// - Parameter extensions: of the files to offer, without the dot; empty for all.
  init(typed: String, extensions: [String]) {
    let slash =
      typed.utf8.lastIndex(of: UInt8(ascii: "/")).map { typed.utf8.index(after: $0) } ?? typed.startIndex
    let folder = String(typed[..<slash])
    let start = String(typed[slash...])
    keptBytes = folder.utf8.count
    let path = folder.isEmpty ? "." : NSString(string: folder).expandingTildeInPath
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: path)) ?? []
    var found: [CompletionCandidate] = []
    for name in names.sorted() where name.hasPrefix(start) && (!name.hasPrefix(".") || start.hasPrefix(".")) {
      var isFolder: ObjCBool = false
      _ = files.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
      let suffix = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
      // A name with quotes or control characters would not be read back as it is.
      let isPlain = name.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0 != "\"" && $0 != "'" && $0 != "\\"
      }
      guard isPlain, isFolder.boolValue || extensions.isEmpty || extensions.contains(suffix) else { continue }
      found.append(
        CompletionCandidate(
          text: isFolder.boolValue ? name + "/" : name, kind: "path",
          signature: isFolder.boolValue ? "folder" : "file"))
      if found.count == Self.maximumCount { break }
    }
    candidates = found
  }
}
