/// Random changes to training images.
package struct Augmentation: Sendable, Hashable {
  /// Mirrors every second image, on average.
  package var flips: Bool
  /// Shifts by up to this many pixels either way; the border that appears is black.
  package var cropPadding: Int

  package init(flips: Bool, cropPadding: Int) {
    self.flips = flips
    self.cropPadding = cropPadding
  }

  package static let none = Augmentation(flips: false, cropPadding: 0)

  /// The paper's: mirrored, and shifted by an eighth of the size.
  package static func paper(imageSize: Int) -> Augmentation {
    Augmentation(flips: true, cropPadding: imageSize / 8)
  }

  package var isNone: Bool { self == .none }
}

/// A batch ready for a network.
package struct ImageBatch: Sendable {
  /// (N, S, S, 3), values in -1...1: scaled to 0...1, then normalized with mean and deviation 0.5.
  package var images: Tensor<Float>
  package var labels: [Int]
  /// Positions of the images in their set.
  package var indices: [Int]
  /// How each image was changed: equal numbers for equal changes by one augmentation.
  package var changes: [Int]

  /// - Parameter changes: nil for images as they are stored.
  init(images: Tensor<Float>, labels: [Int], indices: [Int], changes: [Int]? = nil) {
    self.images = images
    self.labels = labels
    self.indices = indices
    self.changes = changes ?? indices.map { _ in 0 }
  }
}

/// Turns stored images into batches.
package struct ImageBatches: Sendable {
  private let pixels: [UInt8]
  private let size: Int
  private let channels: Int
  package let labels: [Int]

  /// - Parameter images: square images of the size that the network takes.
  package init(_ images: ImageSet) {
    pixels = images.pixels
    size = images.height
    channels = images.channels
    labels = images.labels
  }

  package var count: Int { labels.count }

  /// Batches of one epoch in a random order. The last partial batch is dropped, as the paper's code does, unless
  /// it is the only one.
  func shuffledIndices(batchSize: Int, random: inout RandomSource) -> [[Int]] {
    let order = (0..<count).shuffled(using: &random)
    let size = min(batchSize, count)
    return stride(from: 0, through: count - size, by: size).map { Array(order[$0..<$0 + size]) }
  }

  /// All images in order, none dropped.
  func orderedIndices(batchSize: Int) -> [[Int]] {
    stride(from: 0, to: count, by: batchSize).map { Array($0..<min($0 + batchSize, count)) }
  }

  package func batch(_ indices: [Int]) -> ImageBatch {
    var unused = RandomSource(seed: 0)
    return batch(indices, augmentation: .none, random: &unused)
  }

  package func batch(_ indices: [Int], augmentation: Augmentation, random: inout RandomSource) -> ImageBatch {
    let changes = indices.map { _ in
      augmentation.isNone ? Change.none : Change(augmentation, random: &random)
    }
    let images = Tensor<Float>(shape: [indices.count, size, size, 3]) { out in
      pixels.withUnsafeBufferPointer { pixels in
        for (position, index) in indices.enumerated() {
          write(
            pixels, image: index, change: changes[position], into: out + position * size * size * 3)
        }
      }
    }
    return ImageBatch(
      images: images, labels: indices.map { labels[$0] }, indices: indices,
      changes: changes.map { $0.number(within: augmentation.cropPadding) })
  }

  private struct Change {
    var shiftX: Int
    var shiftY: Int
    var isFlipped: Bool

    /// Tells it from all others with shifts of up to `padding` pixels.
    func number(within padding: Int) -> Int {
      let (x, y, side) = (shiftX + padding, shiftY + padding, 2 * padding + 1)
      return 2 * (y * side + x) + (isFlipped ? 1 : 0)
    }

    static var none: Change { Change(shiftX: 0, shiftY: 0, isFlipped: false) }

    init(shiftX: Int, shiftY: Int, isFlipped: Bool) {
      self.shiftX = shiftX
      self.shiftY = shiftY
      self.isFlipped = isFlipped
    }

    init(_ augmentation: Augmentation, random: inout RandomSource) {
      let padding = augmentation.cropPadding
      shiftX = random.integer(below: 2 * padding + 1) - padding
      shiftY = random.integer(below: 2 * padding + 1) - padding
      isFlipped = augmentation.flips && random.next() & 1 == 1
    }
  }

  /// A gray image fills all three channels.
  private func write(
    _ pixels: UnsafeBufferPointer<UInt8>, image: Int, change: Change, into out: UnsafeMutablePointer<Float>
  ) {
    let start = image * size * size * channels
    for y in 0..<size {
      for x in 0..<size {
        let target = out + (y * size + x) * 3
        let sourceY = y + change.shiftY
        let sourceX = (change.isFlipped ? size - 1 - x : x) + change.shiftX
        guard sourceY >= 0, sourceY < size, sourceX >= 0, sourceX < size else {
          for channel in 0..<3 { target[channel] = -1 }
          continue
        }
        let source = start + (sourceY * size + sourceX) * channels
        for channel in 0..<3 {
          let value = pixels[source + (channels == 3 ? channel : 0)]
          target[channel] = Float(value) / 127.5 - 1
        }
      }
    }
  }
}
