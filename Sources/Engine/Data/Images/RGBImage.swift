/// A color picture: `height * width * 3` bytes, row by row, red, green, blue.
package struct RGBImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package private(set) var pixels: [UInt8]

  /// A picture of one color; sides below 1 become 1.
  package init(width: Int, height: Int, gray: UInt8) {
    self.width = max(1, width)
    self.height = max(1, height)
    pixels = [UInt8](repeating: gray, count: self.width * self.height * 3)
  }

  /// - Throws: `DatasetError` unless there are `height * width * 3` bytes.
  package init(width: Int, height: Int, pixels: [UInt8]) throws(DatasetError) {
    guard width > 0, height > 0 else { throw .imageSizeOutOfRange(height: height, width: width) }
    let area = width.multipliedReportingOverflow(by: height)
    guard !area.overflow, pixels.count % 3 == 0, pixels.count / 3 == area.partialValue else {
      throw .pixelCountMismatch(shape: [1, height, width, 3], found: pixels.count)
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// For decoders, which allocate by the sizes they were told.
  init(checkedPixels: [UInt8], width: Int, height: Int) {
    pixels = checkedPixels
    self.width = width
    self.height = height
  }

  /// Red, green, blue at column `x` of row `y`, which are inside the picture.
  package subscript(_ x: Int, _ y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    get {
      let start = (y * width + x) * 3
      return (pixels[start], pixels[start + 1], pixels[start + 2])
    }
    set {
      let start = (y * width + x) * 3
      pixels[start] = newValue.red
      pixels[start + 1] = newValue.green
      pixels[start + 2] = newValue.blue
    }
  }
}
