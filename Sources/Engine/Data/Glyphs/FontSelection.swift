import Foundation

/// The faces that draw all characters of a task, sorted into families.
///
/// A face is left out if it lacks a character or draws a blank, or if it is not legible: fonts of mathematical or
/// decorative signs answer to letters with other drawings. A face is legible when most of its characters
/// resemble the average drawing of their class over all faces more than that of any other class.
struct FontSelection {
  /// Faces of one design; all go to the same part of a dataset.
  struct Family {
    var name: String
    var members: [Member]
  }

  /// A face with the longest side of its largest character, in 1/64 pixel, to keep relative sizes.
  struct Member {
    var face: FontFace
    var largestExtent: Int
    /// Upright drawings of the characters, one after the other, side by `Self.previewSize`.
    var preview: [UInt8]
  }

  var families: [Family]

  private static let previewSize = 12
  private static let legibleShare = 0.6
  /// Mean difference of two previews, of 255, under which two families are one design under two names (as
  /// Arimo and Liberation Sans are).
  private static let sameDesign = 6

  /// Looks through the font files at `paths`, in that order.
  ///
  /// - Throws: `Cancelled`.
  init(
    paths: [String], characters: [Unicode.Scalar], library: FontLibrary, cancellation: CancellationToken
  ) throws(Cancelled) {
    var members: [Member] = []
    var previews: Set<[UInt8]> = []
    for path in paths {
      try cancellation.check()
      guard let face = FontFace(path: path, library: library), face.maps(characters),
        let member = Self.member(face, characters: characters),
        // The same drawings under two paths would be the same face twice.
        previews.insert(member.preview).inserted
      else { continue }
      members.append(member)
    }
    families = Self.families(of: Self.legible(members, characterCount: characters.count))
  }

  /// All font files below the folders that Debian and people's own fonts use, sorted by path.
  static func installedFonts(below folders: [String] = ["/usr/share/fonts"]) -> [String] {
    var paths: [String] = []
    for folder in folders {
      guard let names = FileManager.default.enumerator(atPath: folder) else { continue }
      for case let name as String in names {
        let lowercase = name.lowercased()
        if lowercase.hasSuffix(".ttf") || lowercase.hasSuffix(".otf") { paths.append(folder + "/" + name) }
      }
    }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func member(_ face: FontFace, characters: [Unicode.Scalar]) -> Member? {
    var largest = 0
    var preview: [UInt8] = []
    for character in characters {
      guard let extent = face.extent(of: character),
        let drawing = face.coverage(of: character, size: previewSize, extent: Double(previewSize))
      else { return nil }
      largest = max(largest, extent)
      preview += drawing
    }
    return Member(face: face, largestExtent: largest, preview: preview)
  }

  private static func legible(_ members: [Member], characterCount: Int) -> [Member] {
    let area = previewSize * previewSize
    var totals = [Int](repeating: 0, count: characterCount * area)
    for member in members {
      for (position, value) in member.preview.enumerated() { totals[position] += Int(value) }
    }
    let means = totals.map { Int32($0 / max(1, members.count)) }
    return members.filter { member in
      let drawing = member.preview.map { Int32($0) }
      let matches = (0..<characterCount).count { own in
        func distance(to other: Int) -> Int32 {
          var sum: Int32 = 0
          for pixel in 0..<area { sum &+= abs(drawing[own * area + pixel] &- means[other * area + pixel]) }
          return sum
        }
        let ownDistance = distance(to: own)
        return (0..<characterCount).allSatisfy { $0 == own || distance(to: $0) > ownDistance }
      }
      return Double(matches) >= legibleShare * Double(characterCount)
    }
  }

  /// Groups faces that share a family's name or a design, directly or through others, in the order of the first
  /// face of each group.
  private static func families(of members: [Member]) -> [Family] {
    // Element i is a face of the same group at a position before i, or i itself for the first face of a group.
    var parents = Array(members.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index { index = parents[index] }
      return index
    }
    for (index, member) in members.enumerated() {
      for earlier in 0..<index {
        let (mine, other) = (root(index), root(earlier))
        if mine == other { continue }
        if members[earlier].face.family == member.face.family || resembles(members[earlier], member) {
          parents[max(mine, other)] = min(mine, other)
        }
      }
    }
    var groups: [Int: Family] = [:]
    for (index, member) in members.enumerated() {
      groups[root(index), default: Family(name: member.face.family, members: [])].members.append(member)
    }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func resembles(_ one: Member, _ other: Member) -> Bool {
    let limit = sameDesign * one.preview.count
    var difference = 0
    // Most pairs are far apart and exceed the limit early.
    for start in stride(from: 0, to: one.preview.count, by: previewSize * previewSize) {
      for position in start..<start + previewSize * previewSize {
        difference &+= abs(Int(one.preview[position]) &- Int(other.preview[position]))
      }
      if difference >= limit { return false }
    }
    return true
  }
}
