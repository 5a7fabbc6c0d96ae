extension RGBImage {
  /// Pixels of the largest image that is decoded: a small file can declare a huge one.
  package static let largestArea = 64_000_000

  /// Bytes of the largest image file that is read.
  private static let largestFile = 256 << 20

  /// Decodes a PNG or JPEG image, told apart by the content. Transparent parts become white.
  ///
  /// - Throws: `ImageFileError`.
  package init(decoding bytes: [UInt8]) throws(ImageFileError) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = try PNGCodec.decode(bytes)
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = try JPEGDecoder.decode(bytes)
    } else {
      throw .unknownFormat
    }
  }

  /// Reads a PNG or JPEG file.
  ///
  /// - Throws: `FileError`, or `FileContentError` with an `ImageFileError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path, limit: Self.largestFile)
    do {
      try self.init(decoding: bytes)
    } catch {
      throw FileContentError(path: path, cause: error)
    }
  }

  /// The picture as a PNG file: the same bytes for the same pixels.
  ///
  /// - Throws: `ImageFileError` if memory runs out.
  package func pngData() throws(ImageFileError) -> [UInt8] { try PNGCodec.encode(self) }

  /// Whether `width` x `height` is within what is decoded.
  static func checkSize(width: Int, height: Int) throws(ImageFileError) {
    let area = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !area.overflow, area.partialValue <= largestArea else {
      throw .tooLarge(width: width, height: height)
    }
  }
}
