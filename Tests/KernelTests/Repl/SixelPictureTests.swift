import Engine
import Testing

@testable import Kernel

@Suite struct SixelPictureTests {
  /// Reads the sequence as a terminal does: which colour of the palette, in percent, each pixel gets; -1 for none.
  private func drawn(_ text: String, width: Int, height: Int) throws -> [[[Int]]] {
    var pixels = [[[Int]]](repeating: [[Int]](repeating: [-1, -1, -1], count: width), count: height)
    var palette: [Int: [Int]] = [:]
    var (x, top, color) = (0, 0, 0)
    let start = try #require(text.firstIndex(of: "\""))
    var rest = text[start...].dropLast(2)
    func numbers() -> [Int] {
      let digits = rest.prefix { $0.isNumber || $0 == ";" }
      rest = rest.dropFirst(digits.count)
      return digits.split(separator: ";").compactMap { Int($0) }
    }
    while let sign = rest.popFirst() {
      switch sign {
      case "\"": #expect(numbers() == [1, 1, width, height])
      case "#":
        let found = numbers()
        color = found[0]
        if found.count == 5 { palette[color] = Array(found[2...]) }
      case "$": x = 0
      case "-": (x, top) = (0, top + 6)
      default:
        let count = sign == "!" ? numbers()[0] : 1
        let bits = try #require((sign == "!" ? rest.removeFirst() : sign).asciiValue) - 63
        for _ in 0..<count {
          for row in 0..<6 where bits & (1 << row) != 0 {
            pixels[top + row][x] = try #require(palette[color])
          }
          x += 1
        }
      }
    }
    return pixels
  }

  @Test func everyPixelIsDrawnInAColourNearItsOwn() throws {
    var picture = RGBImage(width: 40, height: 20, gray: 255)
    for y in 3..<17 { for x in 0..<30 { picture[x, y] = (UInt8(x * 8), UInt8(y * 12), 200) } }
    picture[39, 19] = (0, 0, 0)
    let text = SixelPicture.text(picture)
    #expect(text.hasPrefix("\u{1B}P0;1q\"1;1;40;20#"))
    #expect(text.hasSuffix("-\u{1B}\\"))
    let pixels = try drawn(text, width: 40, height: 20)
    for y in 0..<20 {
      for x in 0..<40 {
        let color = picture[x, y]
        for (found, wanted) in zip(pixels[y][x], [color.red, color.green, color.blue]) {
          // Half of a step of the cube.
          #expect(abs(Double(found) - Double(wanted) / 2.55) <= 10.5)
        }
      }
    }
    #expect(pixels[0][0] == [100, 100, 100] && pixels[19][39] == [0, 0, 0])
  }

  @Test func runsAreShort() {
    #expect(SixelPicture.text(RGBImage(width: 200, height: 6, gray: 0)).hasSuffix("#216!200~-\u{1B}\\"))
  }
}
