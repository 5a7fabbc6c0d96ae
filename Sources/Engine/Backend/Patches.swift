import CWinograd

/// Patches of 3x3 pixels, two pixels apart and with padding 1, of few images: with them a convolution is a product
/// that reads its weight, (outputs, inputs, 3, 3), as it lies.
///
/// With one image, as a teacher's map is, passing over the weights is what takes the time, and so nothing is worth doing
/// to them before. What comes out of a convolution lies channel by channel, [channel][position], filled up with
/// zeros to whole vectors of positions.
struct Patches: Sendable {
  private static let lanes = SharedWeightConvolution.lanes

  /// Of all images.
  let positions: Int
  /// Numbers of a patch: nine for each channel, as the weight has them.
  let length: Int
  /// [position][number], with zeros up to a multiple of four positions.
  private let rows: TensorStorage<Float>
  /// [vector of positions][number][position]; nil for so few positions that they would leave vectors empty.
  private let columns: TensorStorage<Float>?
  let images: Int
  private let size: Int

  /// Images that lie pixel by pixel: (n, size, size, channels), dense.
  init(of images: Tensor<Float>) {
    let (count, size, channels) = (images.shape[0], images.shape[1], images.shape[3])
    self = withExtendedLifetime(images) {
      Patches(
        images.base, images: count, size: size, channels: channels, channelStride: 1, pixelStride: channels)
    }
  }

  /// Images that lie channel by channel, as they come out of a convolution.
  init(of channels: Tensor<Float>, images: Int, size: Int) {
    self = withExtendedLifetime(channels) {
      Patches(
        channels.base, images: images, size: size, channels: channels.shape[0],
        channelStride: channels.shape[1], pixelStride: 1)
    }
  }

  private init(
    _ source: UnsafePointer<Float>, images: Int, size: Int, channels: Int, channelStride: Int,
    pixelStride: Int
  ) {
    self.images = images
    self.size = size
    positions = images * (size / 2) * (size / 2)
    length = 9 * channels
    let fours = (positions + 3) / 4
    rows = TensorStorage(count: 4 * fours * length)
    columns = fours > 1 ? TensorStorage(count: Self.padded(positions) * length) : nil
    for storage in [rows, columns].compactMap(\.self) {
      storage.pointer.update(repeating: 0, count: storage.count)
    }
    let (lanes, length) = (Self.lanes, length)
    forEachTap { position, tap, pixel in
      let row = rows.pointer + position * length + tap
      let from = source + pixel * pixelStride
      for channel in 0..<channels { row[9 * channel] = from[channel * channelStride] }
      guard let columns else { return }
      let column = columns.pointer + (position / lanes * length + tap) * lanes + position % lanes
      for channel in 0..<channels { column[9 * lanes * channel] = from[channel * channelStride] }
    }
  }

  static func padded(_ positions: Int) -> Int { (positions + lanes - 1) / lanes * lanes }

  /// Calls `body` for each position and tap within an image, with the number of the pixel through all images.
  private func forEachTap(_ body: (_ position: Int, _ tap: Int, _ pixel: Int) -> Void) {
    let half = size / 2
    for position in 0..<positions {
      let (image, y, x) = (position / (half * half), position / half % half * 2, position % half * 2)
      for tap in 0..<9 {
        let (row, column) = (y + tap / 3 - 1, x + tap % 3 - 1)
        guard row >= 0, column >= 0, row < size, column < size else { continue }
        body(position, tap, (image * size + row) * size + column)
      }
    }
  }

  // MARK: Products with some rows of a weight

  /// The convolution: some channels of what comes out.
  ///
  /// - Parameters:
  ///   - weight: the first of the rows.
  ///   - outputs: where the first of the channels goes.
  func multiply(
    _ weight: UnsafePointer<Float>, rows count: Int, into outputs: UnsafeMutablePointer<Float>
  ) {
    let padded = Self.padded(positions)
    withExtendedLifetime((rows, columns)) {
      guard let columns else {
        for row in 0..<count { (outputs + row * padded).update(repeating: 0, count: padded) }
        return dass_few_products(weight, length, count, rows.pointer, 4, outputs, padded)
      }
      dass_batch_product(
        Int32(Self.lanes), dass_rows(weight, every: length), count, length, columns.pointer,
        padded / Self.lanes, 0, outputs, padded)
    }
  }

  /// The convolutions of all `patches`, each with a weight of which some rows are asked for at a time, and once: those of one patch
  /// after the other, so that what they have in common passes by once. Shared out among threads.
  static func multiplied(
    _ patches: [Patches], rows count: Int,
    by weight: @escaping (_ number: Int, _ rows: Range<Int>) -> Tensor<Float>
  ) -> [Tensor<Float>] {
    let outputs = patches.map { Tensor<Float>(uninitialized: [count, padded($0.positions)]) }
    Workers.share((count + 31) / 32) { block in
      let rows = block * 32..<min(block * 32 + 32, count)
      for (number, patches) in patches.enumerated() {
        let some = weight(number, rows)
        withExtendedLifetime(some) {
          patches.multiply(
            some.base, rows: rows.count,
            into: outputs[number].mutableBase + rows.lowerBound * padded(patches.positions))
        }
      }
    }
    return outputs
  }

  /// The gradient of patches, [position][number], adding up over channels.
  ///
  /// - Parameters:
  ///   - upstream: the first of the channels, [channel][position].
  ///   - accumulates: whether to add to what is there.
  func multiplyBack(
    _ upstream: UnsafePointer<Float>, by weight: UnsafePointer<Float>, rows count: Int, accumulates: Bool,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    dass_batch_product_gradient(
      Int32(Self.lanes), dass_rows(upstream, every: Self.padded(positions)), count,
      positions, weight, length,
      length / Self.lanes, accumulates ? 1 : 0, gradient)
  }

  /// The gradient of the images, [channel][pixel], from that of their patches.
  func folded(_ gradient: UnsafePointer<Float>) -> Tensor<Float> {
    let padded = Self.padded(images * size * size)
    let result = Tensor<Float>(repeating: 0, shape: [length / 9, padded])
    let target = result.mutableBase
    forEachTap { position, tap, pixel in
      let row = gradient + position * length + tap
      for channel in 0..<length / 9 { target[channel * padded + pixel] += row[9 * channel] }
    }
    return result
  }

  /// The gradients of the images of all `patches` with one weight, which passes by once for some positions at a time, or with one
  /// each.
  static func foldedBack(
    _ patches: [Patches], _ upstreams: [Tensor<Float>], by weights: [Tensor<Float>]
  ) -> [Tensor<Float>] {
    if weights.count == 1 { return foldedBack(patches, upstreams, by: weights[0]) }
    return patches.indices.map { foldedBack([patches[$0]], [upstreams[$0]], by: weights[$0])[0] }
  }

  private static func foldedBack(
    _ patches: [Patches], _ upstreams: [Tensor<Float>], by weight: Tensor<Float>
  ) -> [Tensor<Float>] {
    let firsts = patches.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.positions) }
    let (positions, channels) = (firsts[patches.count], weight.shape[0])
    let length = weight.count / channels
    let joint = Tensor<Float>(shape: [channels, positions]) { joint in
      for (number, upstream) in upstreams.enumerated() {
        for channel in 0..<channels {
          (joint + channel * positions + firsts[number]).update(
            from: upstream.base + channel * upstream.shape[1], count: patches[number].positions)
        }
      }
    }
    let gradient = TensorStorage<Float>(count: positions * length)
    return withExtendedLifetime((upstreams, joint, weight, gradient)) {
      Workers.share((positions + 15) / 16) { block in
        let some = block * 16..<min(block * 16 + 16, positions)
        dass_batch_product_gradient(
          Int32(lanes), dass_rows(joint.base + some.lowerBound, every: positions), channels,
          some.count, weight.base, length,
          length / lanes, 0, gradient.pointer + some.lowerBound * length)
      }
      return Workers.$cancellation.withValue(nil) {
        Workers.shareMap(patches.count) { patches[$0].folded(gradient.pointer + firsts[$0] * length) }
      }
    }
  }

  /// What the gradient of some rows of the weight is a product of; valid as long as this and the upstream live.
  ///
  /// - Parameter upstream: [position][channel], from the first of the channels on.
  func factors(_ upstream: UnsafePointer<Float>, channels: Int) -> dass_factors {
    dass_factors(
      upstream: upstream, upstream_stride: channels, patches: UnsafePointer(rows.pointer),
      positions: positions)
  }
}
