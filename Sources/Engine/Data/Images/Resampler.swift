/// Brings images from one size to another by bilinear interpolation, widened to an average over the covered
/// area where the image shrinks.
///
/// Each output pixel is a weighted mean of input pixels under a triangle whose half-width is one input pixel,
/// or the shrinking factor if that is larger; rows and columns are treated one after the other. Images of the
/// paper's loaders were made the same way.
struct Resampler: Sendable {
  private let source: (height: Int, width: Int)
  private let target: (height: Int, width: Int)
  private let rows: [Taps]
  private let columns: [Taps]

  /// The input positions an output position is made of: consecutive ones from `start`.
  private struct Taps {
    var start: Int
    var weights: [Float]
  }

  /// All sides are positive.
  init(from source: (height: Int, width: Int), to target: (height: Int, width: Int)) {
    self.source = source
    self.target = target
    rows = Self.taps(from: source.height, to: target.height)
    columns = Self.taps(from: source.width, to: target.width)
  }

  /// Appends one resampled image to `output`; `input` holds `height * width * channels` bytes.
  func append(_ input: UnsafeBufferPointer<UInt8>, channels: Int, to output: inout [UInt8]) {
    guard source != target else {
      output += input
      return
    }
    let narrowRow = target.width * channels
    var narrow = [Float](repeating: 0, count: source.height * narrowRow)
    for y in 0..<source.height {
      let line = y * source.width * channels
      for (x, taps) in columns.enumerated() {
        for channel in 0..<channels {
          var sum: Float = 0
          var position = line + taps.start * channels + channel
          for weight in taps.weights {
            sum += weight * Float(input[position])
            position += channels
          }
          narrow[y * narrowRow + x * channels + channel] = sum
        }
      }
    }
    var line = [Float](repeating: 0, count: narrowRow)
    for taps in rows {
      for index in line.indices { line[index] = 0 }
      for (step, weight) in taps.weights.enumerated() {
        let start = (taps.start + step) * narrowRow
        for index in 0..<narrowRow { line[index] += weight * narrow[start + index] }
      }
      for value in line { output.append(UInt8(min(255, max(0, value + 0.5)))) }
    }
  }

  private static func taps(from source: Int, to target: Int) -> [Taps] {
    let scale = Double(source) / Double(target)
    let reach = max(1, scale)
    return (0..<target).map { position in
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int((center - reach + 0.5).rounded(.down)))
      let end = min(source, Int((center + reach + 0.5).rounded(.down)))
      var weights = (start..<max(end, start + 1)).map { max(0, 1 - abs(Double($0) + 0.5 - center) / reach) }
      let total = weights.reduce(0, +)
      // A triangle that touches no pixel's middle cannot occur, but a division by zero would be a trap.
      if total > 0 { weights = weights.map { $0 / total } }
      return Taps(start: start, weights: weights.map { Float($0) })
    }
  }
}

extension ImageSet {
  /// The same images at another size.
  ///
  /// - Throws: `DatasetError` if a side is out of range.
  package func resized(height: Int, width: Int) throws(DatasetError) -> ImageSet {
    guard (1...Self.largestSide).contains(height), (1...Self.largestSide).contains(width) else {
      throw .imageSizeOutOfRange(height: height, width: width)
    }
    if height == self.height && width == self.width { return self }
    let resampler = Resampler(from: (self.height, self.width), to: (height, width))
    var resized: [UInt8] = []
    resized.reserveCapacity(count * height * width * channels)
    pixels.withUnsafeBufferPointer { buffer in
      for index in 0..<count {
        resampler.append(
          UnsafeBufferPointer(rebasing: buffer[pixelRange(of: index)]), channels: channels, to: &resized)
      }
    }
    return ImageSet(
      checkedPixels: resized, count: count, height: height, width: width, channels: channels, labels: labels)
  }
}

extension RGBImage {
  /// The same picture at another size; sides below 1 become 1.
  package func resized(width: Int, height: Int) -> RGBImage {
    let (width, height) = (max(1, width), max(1, height))
    var resized: [UInt8] = []
    resized.reserveCapacity(width * height * 3)
    let resampler = Resampler(from: (self.height, self.width), to: (height, width))
    pixels.withUnsafeBufferPointer { resampler.append($0, channels: 3, to: &resized) }
    return RGBImage(checkedPixels: resized, width: width, height: height)
  }
}
