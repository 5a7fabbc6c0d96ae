import Engine

/// A picture as the DEC VT340 draws it, six rows at a time (DEC's manual "VT330/VT340 Programmer Reference", vol. 2).
///
/// Colours are those of a cube of 6 x 6 x 6 with a scale of grays between, which figures come close to.
enum SixelPicture {
  private static let levels = 6
  private static let grays = 32

  /// The escape sequence that shows `picture`; one pixel of the picture is one of the terminal.
  static func text(_ picture: RGBImage) -> String {
    let places = (0..<picture.height).map { y in (0..<picture.width).map { x in place(picture[x, y]) } }
    // P2 = 1: pixels that nothing is drawn on stay as they are. The raster's pixels are square.
    var text = "\u{1B}P0;1q\"1;1;\(picture.width);\(picture.height)"
    for place in Set(places.joined()).sorted() {
      let (red, green, blue) = percents(of: place)
      text += "#\(place);2;\(red);\(green);\(blue)"
    }
    for top in stride(from: 0, to: picture.height, by: 6) {
      text += band(places[top..<min(top + 6, picture.height)], width: picture.width) + "-"
    }
    return text + "\u{1B}\\"
  }

  /// Six rows, drawn over each other once for each of their colours.
  private static func band(_ rows: ArraySlice<[Int]>, width: Int) -> String {
    let passes = Set(rows.joined()).sorted().map { place -> String in
      var pass = "#\(place)"
      var last: UInt8 = 0
      var count = 0
      func flush() {
        let sign = String(UnicodeScalar(63 + last))
        // A repetition is written out where that is shorter.
        pass += count > 3 ? "!\(count)\(sign)" : String(repeating: sign, count: count)
      }
      for x in 0..<width {
        var bits: UInt8 = 0
        for (row, places) in rows.enumerated() where places[x] == place { bits |= 1 << row }
        if bits != last, count > 0 {
          flush()
          count = 0
        }
        last = bits
        count += 1
      }
      // What is empty to the end need not be said.
      if last != 0 { flush() }
      return pass
    }
    return passes.joined(separator: "$")
  }

  /// The number of the nearest colour.
  private static func place(_ color: (red: UInt8, green: UInt8, blue: UInt8)) -> Int {
    func level(_ value: UInt8, of count: Int) -> Int { (Int(value) * (count - 1) + 127) / 255 }
    let (red, green, blue) = color
    if max(red, green, blue) - min(red, green, blue) < 8 {
      return levels * levels * levels + level(green, of: grays)
    }
    return (level(red, of: levels) * levels + level(green, of: levels)) * levels + level(blue, of: levels)
  }

  private static func percents(of place: Int) -> (Int, Int, Int) {
    let cube = levels * levels * levels
    if place >= cube {
      let gray = ((place - cube) * 100 + (grays - 1) / 2) / (grays - 1)
      return (gray, gray, gray)
    }
    let step = 100 / (levels - 1)
    return (place / (levels * levels) * step, place / levels % levels * step, place % levels * step)
  }
}
