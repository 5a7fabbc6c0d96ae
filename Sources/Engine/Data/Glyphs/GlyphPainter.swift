import Foundation

/// Turns a character of a face into a small picture with random variations, as a camera might have caught it.
struct GlyphPainter {
  /// Pixels on each side.
  let size: Int
  /// 1 or 3.
  let channels: Int

  /// Everything that is drawn by chance, in the order the numbers are taken from the source.
  private struct Variation {
    var shape: GlyphShape
    /// The longer side of the largest character as a share of the image.
    var extent: Double
    /// Shift as a share of the image.
    var offset: (x: Double, y: Double)
    /// Weight of the neighbors on each side in the blur.
    var blur: Float
    var ink: [Float]
    var paper: [Float]
    /// Change of the paper's lightness across the image, to the right and downwards.
    var gradient: (x: Float, y: Float)
    /// Standard deviation of the noise, of 255.
    var noise: Double
  }

  /// `size * size * channels` bytes, or nil if the face cannot draw the character.
  func paint(
    _ character: Unicode.Scalar, from member: FontSelection.Member, random: inout RandomSource
  ) -> [UInt8]? {
    let variation = draw(from: &random)
    guard let extent = member.face.extent(of: character) else { return nil }
    // Half way between one size for all characters, which would make small ones unreadable, and a size of its
    // own for each, which would make alike those that differ in size only.
    let relative = (Double(extent) / Double(member.largestExtent)).squareRoot()
    let side = Double(size)
    guard
      let coverage = member.face.coverage(
        of: character, size: size, extent: variation.extent * relative * side, shape: variation.shape,
        offset: (variation.offset.x * side, variation.offset.y * side))
    else { return nil }
    return compose(blurred(coverage, weight: variation.blur), variation, random: &random)
  }

  private func draw(from random: inout RandomSource) -> Variation {
    let angle = random.uniform(in: -0.2...0.2)
    let shear = random.uniform(in: -0.2...0.2)
    let stretch = exp(random.uniform(in: -0.12...0.12))
    // Rotation after shear after stretch.
    let (cosine, sine) = (cos(angle), sin(angle))
    let shape = GlyphShape(
      xx: cosine * stretch, xy: (cosine * shear - sine) / stretch, yx: sine * stretch,
      yy: (sine * shear + cosine) / stretch)
    let extent = random.uniform(in: 0.68...0.9)
    let offset = (x: random.uniform(in: -0.06...0.06), y: random.uniform(in: -0.06...0.06))
    let blur = Float(random.uniform() < 0.5 ? random.uniform(in: 0...0.2) : 0)
    // Lightness of ink and paper differ by 90 at least, so that every picture can be read.
    let contrast = random.uniform(in: 90...220)
    let darker = random.uniform(in: 0...(255 - contrast))
    let isInkDark = random.uniform() < 0.5
    let ink = color(lightness: isInkDark ? darker : darker + contrast, random: &random)
    let paper = color(lightness: isInkDark ? darker + contrast : darker, random: &random)
    let isPlain = random.uniform() < 0.5
    let gradient = (x: Float(random.uniform(in: -40...40)), y: Float(random.uniform(in: -40...40)))
    let noise = random.uniform(in: 0...8)
    return Variation(
      shape: shape, extent: extent, offset: offset, blur: blur, ink: ink, paper: paper,
      gradient: isPlain ? (0, 0) : gradient, noise: noise)
  }

  private func color(lightness: Double, random: inout RandomSource) -> [Float] {
    if channels == 1 { return [Float(lightness)] }
    // Tints that add up to nothing keep the lightness.
    let (red, blue) = (random.uniform(in: -30...30), random.uniform(in: -30...30))
    return [red, -(red + blue) / 2, blue].map { Float(lightness + $0) }
  }

  /// A blur by (weight, 1 - 2 weight, weight) along rows and columns; outside the image is paper.
  private func blurred(_ coverage: [UInt8], weight: Float) -> [Float] {
    let source = coverage.map { Float($0) / 255 }
    if weight == 0 { return source }
    func pass(_ input: [Float], step: Int, position: (Int) -> Int) -> [Float] {
      input.indices.map { index in
        let along = position(index)
        let before = along > 0 ? input[index - step] : 0
        let after = along < size - 1 ? input[index + step] : 0
        return weight * (before + after) + (1 - 2 * weight) * input[index]
      }
    }
    let rows = pass(source, step: 1) { $0 % size }
    return pass(rows, step: size) { $0 / size }
  }

  private func compose(
    _ coverage: [Float], _ variation: Variation, random: inout RandomSource
  ) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size * channels)
    for y in 0..<size {
      for x in 0..<size {
        let across = (Float(x) + 0.5) / Float(size) - 0.5
        let down = (Float(y) + 0.5) / Float(size) - 0.5
        let light = across * variation.gradient.x + down * variation.gradient.y
        let ink = coverage[y * size + x]
        // One number a pixel: noise of the light, not of the color.
        let noise = Float(random.normal() * variation.noise)
        for channel in 0..<channels {
          let value = (1 - ink) * (variation.paper[channel] + light) + ink * variation.ink[channel] + noise
          pixels.append(UInt8(min(255, max(0, value.rounded()))))
        }
      }
    }
    return pixels
  }
}
