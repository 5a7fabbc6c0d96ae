/// The datasets of the demo world: small tasks that anyone can make, as counterparts of the paper's.
///
/// All images are of one size. `source` is divided into ten tasks, of which eight are for meta-training and two for
/// meta-validation; the other sets are never seen before meta-test.
package enum DemoSet: String, Sendable, CaseIterable {
  /// The counterpart of Tiny ImageNet: 200 classes, in ten parts of 20.
  case source
  // Unseen sets.
  case digits
  case georgian
  case textures
  case strokes
  // Unseen sets across domains.
  case spectrograms
  case land
  case leaves

  /// Pixels on each side.
  package static let imageSize = 16
  /// Parts of the source set.
  package static let parts = 10
  private static let seed: UInt64 = 1

  /// What the pictures are, in a few words.
  package var meaning: String {
    switch self {
    case .source: "200 Latin, Greek and Cyrillic letters, digits and signs, in ten splits"
    case .digits: "handwritten digits, scanned"
    case .georgian: "letters of a script that the source set has not"
    case .textures: "twenty procedural textures, gray"
    case .strokes: "twenty things drawn in a few strokes, 20 training images a class"
    case .spectrograms: "ten kinds of synthetic sounds, time against frequency"
    case .land: "ten kinds of procedural land from the air, in color"
    case .leaves: "drawn leaves of four outlines, sound or sick, in color"
    }
  }

  /// The splits of the source set: 0 to 7 are for meta-training, 8 and 9 for meta-validation.
  package static func split(_ part: Int) -> ClassSplit { ClassSplit(parts: parts, part: part, seed: seed) }

  /// Makes the set; the same on machines with the same fonts.
  ///
  /// - Parameters:
  ///   - part: one split of the source set; nil takes all classes.
  ///   - dataFolder: where the set-up put the handwritten digits.
  /// - Throws: `GlyphError`, `DigitsError`, `FileError`, `FileContentError`, `DatasetError`, `Cancelled`.
  package func dataset(
    part: Int? = nil, size: Int = imageSize, dataFolder: String, supervision: Supervision = Supervision()
  ) throws -> Dataset {
    func procedural(_ set: ProceduralSet, images: Int) throws -> Dataset {
      try set.dataset(
        size: size, imagesPerClass: images, testImagesPerClass: 30, seed: Self.seed, supervision: supervision)
    }
    func glyphs(_ script: Script, named name: String) throws -> Dataset {
      var dataset = try Glyphs.dataset(
        script: script, size: size, imagesPerClass: 60, testImagesPerClass: 30, channels: 1, seed: Self.seed,
        part: part.map(Self.split), supervision: supervision)
      dataset.name = name
      return dataset
    }
    switch self {
    case .source:
      return try glyphs(.latinGreekCyrillic, named: "source-glyphs" + (part.map { "-\($0)" } ?? ""))
    case .digits:
      var dataset = try Digits.dataset(dataFolder: dataFolder).resized(height: size, width: size)
      dataset.name = "handwritten-digits"
      return dataset
    case .georgian: return try glyphs(.georgian, named: "georgian-letters")
    case .textures: return try procedural(.textures, images: 100)
    case .strokes: return try procedural(.strokes, images: 20)
    case .spectrograms: return try procedural(.spectrograms, images: 60)
    case .land: return try procedural(.landPatterns, images: 60)
    case .leaves: return try procedural(.leaves, images: 60)
    }
  }
}
