import CFreeType

/// FreeType, opened; faces keep it alive. For one thread at a time.
final class FontLibrary {
  fileprivate let handle: FT_Library

  init?() {
    var library: FT_Library?
    guard FT_Init_FreeType(&library) == 0, let library else { return nil }
    handle = library
  }

  deinit { FT_Done_FreeType(handle) }

  /// For instance `2.12.1`.
  var version: String {
    var (major, minor, patch) = (FT_Int(0), FT_Int(0), FT_Int(0))
    FT_Library_Version(handle, &major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }
}

/// One face of a font file: a weight and slant of a family, as outlines.
final class FontFace {
  private let library: FontLibrary
  private let handle: FT_Face
  let family: String
  let style: String

  /// Pixels of the em square outlines are loaded at: large against the images, so that rounding to 1/64 pixel
  /// does not show, and small enough for the rasterizer's 16-bit coordinates.
  private static let emSize: FT_UInt = 256

  /// Nil if the file is no scalable font with a Unicode character map.
  init?(path: String, library: FontLibrary) {
    var face: FT_Face?
    guard FT_New_Face(library.handle, path, 0, &face) == 0, let face else { return nil }
    // FT_FACE_FLAG_SCALABLE is a macro with a cast, which Swift does not import.
    guard face.pointee.face_flags & 1 != 0, FT_Select_Charmap(face, FT_ENCODING_UNICODE) == 0,
      FT_Set_Pixel_Sizes(face, 0, Self.emSize) == 0
    else {
      FT_Done_Face(face)
      return nil
    }
    self.library = library
    handle = face
    family = face.pointee.family_name.map { String(cString: $0) } ?? path
    style = face.pointee.style_name.map { String(cString: $0) } ?? ""
  }

  deinit { FT_Done_Face(handle) }

  /// Whether the face has a drawing for every one of `characters`; looks at the character map only.
  func maps(_ characters: [Unicode.Scalar]) -> Bool {
    characters.allSatisfy { FT_Get_Char_Index(handle, FT_ULong($0.value)) != 0 }
  }

  /// The longer side of the character's drawing in 1/64 pixel, or nil if it is missing or blank.
  func extent(of character: Unicode.Scalar) -> Int? {
    guard load(character) else { return nil }
    var box = FT_BBox()
    guard FT_Outline_Get_BBox(&handle.pointee.glyph.pointee.outline, &box) == 0 else { return nil }
    let extent = max(box.xMax - box.xMin, box.yMax - box.yMin)
    return extent > 0 ? extent : nil
  }

  /// How much of each pixel of a square image the character covers, 0 to 255, row by row from the top.
  ///
  /// The drawing is turned and sheared by `shape`, brought to `extent` pixels on its longer side, and its middle
  /// put `offset` pixels (right, up) off the middle of the image. Nil if it is missing or blank.
  func coverage(
    of character: Unicode.Scalar, size: Int, extent: Double, shape: GlyphShape = GlyphShape(),
    offset: (x: Double, y: Double) = (0, 0)
  ) -> [UInt8]? {
    guard load(character) else { return nil }
    let outline = withUnsafeMutablePointer(to: &handle.pointee.glyph.pointee.outline) { $0 }
    transform(outline, shape)
    var box = FT_BBox()
    guard FT_Outline_Get_BBox(outline, &box) == 0 else { return nil }
    let longest = max(box.xMax - box.xMin, box.yMax - box.yMin)
    guard longest > 0 else { return nil }
    let scale = extent * 64 / Double(longest)
    transform(outline, GlyphShape(xx: scale, xy: 0, yx: 0, yy: scale))
    let middle = Double(size) * 32
    let x = middle + offset.x * 64 - Double(box.xMin + box.xMax) * scale / 2
    let y = middle + offset.y * 64 - Double(box.yMin + box.yMax) * scale / 2
    FT_Outline_Translate(outline, FT_Pos(x.rounded()), FT_Pos(y.rounded()))

    var pixels = [UInt8](repeating: 0, count: size * size)
    let result = pixels.withUnsafeMutableBufferPointer { buffer in
      var bitmap = FT_Bitmap()
      bitmap.rows = UInt32(size)
      bitmap.width = UInt32(size)
      // Positive: the first row is the top one.
      bitmap.pitch = Int32(size)
      bitmap.buffer = buffer.baseAddress
      bitmap.num_grays = 256
      bitmap.pixel_mode = UInt8(FT_PIXEL_MODE_GRAY.rawValue)
      return FT_Outline_Get_Bitmap(library.handle, outline, &bitmap)
    }
    return result == 0 ? pixels : nil
  }

  /// Puts the character's outline, without hinting, into the face's glyph slot.
  private func load(_ character: Unicode.Scalar) -> Bool {
    let index = FT_Get_Char_Index(handle, FT_ULong(character.value))
    let flags = FT_Int32(FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP)
    guard index != 0, FT_Load_Glyph(handle, index, flags) == 0, let slot = handle.pointee.glyph else {
      return false
    }
    return slot.pointee.format == FT_GLYPH_FORMAT_OUTLINE && slot.pointee.outline.n_points > 0
  }

  private func transform(_ outline: UnsafeMutablePointer<FT_Outline>, _ shape: GlyphShape) {
    func fixed(_ value: Double) -> FT_Fixed { FT_Fixed((value * 65536).rounded()) }
    var matrix = FT_Matrix(
      xx: fixed(shape.xx), xy: fixed(shape.xy), yx: fixed(shape.yx), yy: fixed(shape.yy))
    FT_Outline_Transform(outline, &matrix)
  }
}

/// A linear map of the plane: (x, y) becomes (xx x + xy y, yx x + yy y).
struct GlyphShape: Sendable {
  var xx = 1.0
  var xy = 0.0
  var yx = 0.0
  var yy = 1.0
}
