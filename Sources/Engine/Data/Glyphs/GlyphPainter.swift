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
    var exposure: Exposure
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
    return variation.exposure.picture(
      of: blurred(coverage, weight: variation.blur), size: size, random: &random)
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
    return Variation(
      shape: shape, extent: extent, offset: offset, blur: blur,
      exposure: Exposure(channels: channels, random: &random))
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
}
