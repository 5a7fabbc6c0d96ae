/// Why a task could not be made from the fonts of the machine.
package enum GlyphError: Error, Sendable, Equatable {
  case sizeOutOfRange(Int)
  case classesOutOfRange(Int, script: String, available: Int)
  case imagesOutOfRange(Int)
  case noRasterizer
  /// `found` is the number of faces that draw all characters.
  case tooFewFonts(script: String, found: Int)
  case drawingFailed(character: Unicode.Scalar, face: String)
}

extension GlyphError: ExplainedError {
  package var problem: String {
    switch self {
    case .sizeOutOfRange(let size):
      "glyphs of \(size) x \(size) pixels; sizes from \(Glyphs.sizes.lowerBound) to "
        + "\(Glyphs.sizes.upperBound) are possible"
    case .classesOutOfRange(let count, let script, let available):
      "\(count) classes of “\(script)”, which has \(available) characters; 2 to \(available) are possible"
    case .imagesOutOfRange(let count):
      "\(count) images a class; \(Glyphs.imagesPerClassRange.lowerBound) to "
        + "\(Glyphs.imagesPerClassRange.upperBound) are possible"
    case .noRasterizer: "FreeType, which draws the characters, did not start"
    case .tooFewFonts(let script, let found):
      "\(found == 1 ? "one installed font draws" : "\(found) installed fonts draw") all characters of "
        + "“\(script)”; a task needs two, one to train on and one to test on"
    case .drawingFailed(let character, let face): "the font “\(face)” failed to draw “\(character)”"
    }
  }

  package var advice: String? {
    switch self {
    case .tooFewFonts: "Install fonts (“make setup” installs those the project uses), or take another script"
    default: nil
    }
  }
}
