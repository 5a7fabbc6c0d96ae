/// Tasks made from the fonts of the machine: telling the characters of a script apart.
///
/// The test part is drawn from families of fonts that the training part never shows, so its accuracy measures
/// whether the shape of a character was learned.
package enum Glyphs {
  /// The sizes of images that can be made, in pixels on each side.
  package static let sizes = 8...256
  package static let imagesPerClassRange = 1...10_000

  /// Renders a task; the same arguments give the same pixels on machines with the same fonts and FreeType.
  ///
  /// - Parameters:
  ///   - script: The characters to tell apart.
  ///   - size: Pixels on each side.
  ///   - classes: How many characters, from the first; nil takes all.
  ///   - imagesPerClass: Training images of each class.
  ///   - testImagesPerClass: Test images of each class; nil takes a third of `imagesPerClass`, at least 10.
  ///   - channels: 3 for color, 1 for gray.
  ///   - part: Only the classes of one part of a class-wise split, as `Dataset.split` makes it of the whole set,
  ///     but without rendering the others.
  ///   - fontFolders: Searched with everything below them.
  /// - Throws: `GlyphError`, `DatasetError`, `Cancelled`.
  package static func dataset(
    script: Script, size: Int = 32, classes: Int? = nil, imagesPerClass: Int = 60,
    testImagesPerClass: Int? = nil, channels: Int = 3, seed: UInt64 = 1, part: ClassSplit? = nil,
    fontFolders: [String] = ["/usr/share/fonts"], supervision: Supervision = Supervision()
  ) throws -> Dataset {
    let available = script.characters
    let classCount = classes ?? available.count
    guard sizes.contains(size) else { throw GlyphError.sizeOutOfRange(size) }
    guard (2...available.count).contains(classCount) else {
      throw GlyphError.classesOutOfRange(classCount, script: script.rawValue, available: available.count)
    }
    let testCount = testImagesPerClass ?? max(10, imagesPerClass / 3)
    for count in [imagesPerClass, testCount] where !imagesPerClassRange.contains(count) {
      throw GlyphError.imagesOutOfRange(count)
    }
    guard channels == 1 || channels == 3 else { throw DatasetError.unsupportedChannels(channels) }
    guard let library = FontLibrary() else { throw GlyphError.noRasterizer }

    let characters = Array(available.prefix(classCount))
    let selection = try FontSelection(
      paths: FontSelection.installedFonts(below: fontFolders), characters: characters, library: library,
      cancellation: supervision.cancellation)
    let parts = try split(selection.families, script: script, seed: seed)
    let chosen = try part.map { try $0.classes(of: characters.count).map { characters[$0] } } ?? characters
    let studio = Studio(
      characters: chosen, painter: GlyphPainter(size: size, channels: channels), seed: seed,
      supervision: supervision)
    return try Dataset(
      name: script.rawValue + (part.map { "-\($0.part)" } ?? ""),
      origin: origin(script: script, parts: parts, seed: seed, version: library.version)
        + (part.map { "; " + $0.note } ?? ""),
      classNames: chosen.map { String($0) },
      train: studio.render("train", families: parts.train, imagesPerClass: imagesPerClass),
      test: studio.render("test", families: parts.test, imagesPerClass: testCount))
  }

  private typealias Parts = (train: [FontSelection.Family], test: [FontSelection.Family])

  /// A quarter of the families, drawn by `seed`, goes to the test part; the only family is divided by faces.
  private static func split(
    _ families: [FontSelection.Family], script: Script, seed: UInt64
  ) throws(GlyphError) -> Parts {
    var random = RandomSource(seed: seed, stream: "glyph fonts")
    var families = families
    if families.count == 1 {
      families = families[0].members.map { FontSelection.Family(name: families[0].name, members: [$0]) }
    }
    guard families.count >= 2 else {
      throw .tooFewFonts(script: script.rawValue, found: families.count)
    }
    let order = families.indices.shuffled(using: &random)
    let held = max(1, families.count / 4)
    return (order[held...].sorted().map { families[$0] }, order[..<held].sorted().map { families[$0] })
  }

  private static func origin(script: Script, parts: Parts, seed: UInt64, version: String) -> String {
    func list(_ families: [FontSelection.Family]) -> String {
      var counts: [String: Int] = [:]
      for member in families.flatMap(\.members) { counts[member.face.family, default: 0] += 1 }
      return counts.sorted { $0.key < $1.key }
        .map { $0.value == 1 ? $0.key : "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }
    func count(_ families: [FontSelection.Family]) -> Int { families.reduce(0) { $0 + $1.members.count } }
    return
      "characters of “\(script.rawValue)” rendered by FreeType \(version) with seed \(seed) from installed "
      + "fonts, each under its own license; \(count(parts.train)) faces to train on: \(list(parts.train)); "
      + "\(count(parts.test)) others to test on: \(list(parts.test))"
  }
}

/// Renders the images of one part after the other.
private struct Studio {
  let characters: [Unicode.Scalar]
  let painter: GlyphPainter
  let seed: UInt64
  let supervision: Supervision

  func render(
    _ part: String, families: [FontSelection.Family], imagesPerClass: Int
  ) throws -> ImageSet {
    let imageSize = painter.size * painter.size * painter.channels
    var pixels: [UInt8] = []
    pixels.reserveCapacity(characters.count * imagesPerClass * imageSize)
    for (label, character) in characters.enumerated() {
      supervision.progress.report(
        ProgressEvent(stage: "rendering \(part) images", completed: label, total: characters.count))
      // A stream for each class: its images stay the same when classes are added.
      var random = RandomSource(seed: seed, stream: "glyphs \(part) \(character.value)")
      for _ in 0..<imagesPerClass {
        try supervision.cancellation.check()
        // Families first, so that one with many weights does not drown the others.
        let family = families[random.integer(below: families.count)]
        let member = family.members[random.integer(below: family.members.count)]
        guard let image = painter.paint(character, from: member, random: &random) else {
          throw GlyphError.drawingFailed(
            character: character, face: "\(member.face.family) \(member.face.style)")
        }
        pixels += image
      }
    }
    supervision.progress.report(
      ProgressEvent(
        stage: "rendering \(part) images", completed: characters.count, total: characters.count))
    return try ImageSet(
      pixels: pixels, count: characters.count * imagesPerClass, height: painter.size, width: painter.size,
      channels: painter.channels,
      labels: characters.indices.flatMap { [Int](repeating: $0, count: imagesPerClass) })
  }
}
