import CPNG

/// PNG through libpng's simplified interface, which returns errors instead of jumping over Swift's frames.
enum PNGCodec {
  static func decode(_ bytes: [UInt8]) throws(ImageFileError) -> RGBImage {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0 else {
      throw .damaged(format: "PNG", reason: message(of: image))
    }
    let (width, height) = (Int(image.width), Int(image.height))
    try RGBImage.checkSize(width: width, height: height)
    image.format = png_uint_32(PNG_FORMAT_RGB)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    var white = png_color(red: 255, green: 255, blue: 255)
    guard png_image_finish_read(&image, &white, &pixels, 0, nil) != 0 else {
      throw .damaged(format: "PNG", reason: message(of: image))
    }
    return RGBImage(checkedPixels: pixels, width: width, height: height)
  }

  static func encode(_ picture: RGBImage) throws(ImageFileError) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(picture.width)
    image.height = png_uint_32(picture.height)
    image.format = png_uint_32(PNG_FORMAT_RGB)
    defer { png_image_free(&image) }
    // A bound on the compressed size: deflate never adds more than a few bytes a block, and a row one byte.
    var size = png_alloc_size_t(picture.pixels.count + picture.pixels.count / 1000 + picture.height + 4096)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    guard png_image_write_to_memory(&image, &bytes, &size, 0, picture.pixels, 0, nil) != 0 else {
      throw .notEncodable(reason: message(of: image))
    }
    bytes.removeLast(bytes.count - Int(size))
    return bytes
  }

  /// libpng leaves its message in a fixed array, closed by a zero.
  private static func message(of image: png_image) -> String {
    let text = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return text.isEmpty ? "no reason given" : text
  }
}
