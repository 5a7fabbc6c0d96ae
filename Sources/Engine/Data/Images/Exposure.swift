/// How ink on paper is caught: the lightness of both, uneven light, and noise.
struct Exposure {
  /// One number a channel, of 255.
  private let ink: [Float]
  private let paper: [Float]
  /// Change of the paper's lightness across the image, to the right and downwards.
  private let gradient: (x: Float, y: Float)
  /// Standard deviation of the noise, of 255.
  private let noise: Double

  /// - Parameter channels: 1 or 3.
  init(channels: Int, random: inout RandomSource) {
    func color(lightness: Double) -> [Float] {
      if channels == 1 { return [Float(lightness)] }
      // Tints that add up to nothing keep the lightness.
      let (red, blue) = (random.uniform(in: -30...30), random.uniform(in: -30...30))
      return [red, -(red + blue) / 2, blue].map { Float(lightness + $0) }
    }
    // Lightness of ink and paper differ by 90 at least, so that every picture can be read.
    let contrast = random.uniform(in: 90...220)
    let darker = random.uniform(in: 0...(255 - contrast))
    let isInkDark = random.uniform() < 0.5
    ink = color(lightness: isInkDark ? darker : darker + contrast)
    paper = color(lightness: isInkDark ? darker + contrast : darker)
    let isPlain = random.uniform() < 0.5
    let slope = (x: Float(random.uniform(in: -40...40)), y: Float(random.uniform(in: -40...40)))
    gradient = isPlain ? (0, 0) : slope
    noise = random.uniform(in: 0...8)
  }

  /// `size * size * channels` bytes.
  ///
  /// - Parameter coverage: how much of each pixel is ink, 0 to 1, row by row.
  func picture(of coverage: [Float], size: Int, random: inout RandomSource) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size * ink.count)
    for y in 0..<size {
      for x in 0..<size {
        let across = (Float(x) + 0.5) / Float(size) - 0.5
        let down = (Float(y) + 0.5) / Float(size) - 0.5
        let light = across * gradient.x + down * gradient.y
        let covered = coverage[y * size + x]
        // One number a pixel: noise of the light, not of the color.
        let grain = Float(random.normal() * noise)
        for (ink, paper) in zip(ink, paper) {
          let value = (1 - covered) * (paper + light) + covered * ink + grain
          pixels.append(UInt8(min(255, max(0, value.rounded()))))
        }
      }
    }
    return pixels
  }
}
