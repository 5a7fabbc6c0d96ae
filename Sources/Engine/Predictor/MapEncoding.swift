/// A map encoder of the accuracy predictor on many maps: two convolutions with stride 2 and rectifiers, then the mean over
/// the image. What the gradient needs again is kept from the way forward.
struct ManyMapsEncoding {
  /// The convolutions of an encoder, where the sizes of its maps allow them.
  struct Convolutions: Sendable {
    let first: HalvingConvolution
    let second: HalvingConvolution

    init?(mapSize: Int, channels: Int) {
      guard
        let first = HalvingConvolution(inputSize: mapSize, inputs: channels, outputs: channels / 2),
        let second = HalvingConvolution(inputSize: mapSize / 2, inputs: channels / 2, outputs: channels)
      else { return nil }
      (self.first, self.second) = (first, second)
    }
  }

  private let convolutions: Convolutions
  private let secondWeight: Tensor<Float>
  private let maps: HalvingConvolution.Tiles
  private let hidden: Tensor<Float>
  private let hiddenTiles: HalvingConvolution.Tiles
  private let output: Tensor<Float>

  /// - Parameters:
  ///   - maps: (n, h, w, channels) as tiles of the first convolution.
  ///   - firstWeight: some rows of the first convolution's weight, each of which is asked for once.
  init(
    _ convolutions: Convolutions, maps: HalvingConvolution.Tiles,
    firstWeight: (_ rows: Range<Int>) -> Tensor<Float>, secondWeight: Tensor<Float>
  ) {
    let (first, second) = (convolutions.first, convolutions.second)
    self.convolutions = convolutions
    self.secondWeight = secondWeight
    self.maps = maps
    hidden = withoutActuallyEscaping(firstWeight) { firstWeight in
      first.rectifiedOutput(
        of: maps, by: first.outputGroups.lazy.map { first.transformed(firstWeight($0)) })
    }
    hiddenTiles = second.tiles(of: hidden)
    output = second.rectifiedOutput(
      of: hiddenTiles,
      by: second.outputGroups.lazy.map { second.transformed(secondWeight.sliced(axis: 0, $0)) })
  }

  /// (n, channels)
  var features: Tensor<Float> { output.globallyAveraged() }

  /// The gradients of both weights.
  ///
  /// - Parameter upstream: of the features.
  func gradients(upstream: Tensor<Float>) -> [Tensor<Float>] {
    let (first, second) = (convolutions.first, convolutions.second)
    let outputUpstream = spread(upstream)
    let secondGradient = second.weightGradient(of: hiddenTiles, upstream: outputUpstream)
    let passed = second.imageGradient(
      upstream: outputUpstream,
      by: second.inputGroups.lazy.map { second.transformedForImageGradient(secondWeight, of: $0) })
    return [first.weightGradient(of: maps, upstream: passed.wherePositive(hidden)), secondGradient]
  }

  /// The gradient of the mean over the image and the rectifier before it.
  private func spread(_ upstream: Tensor<Float>) -> Tensor<Float> {
    let (images, pixels, channels) = (output.shape[0], output.shape[1] * output.shape[2], output.shape[3])
    let upstream = upstream.contiguous()
    return Tensor(shape: output.shape) { out in
      withExtendedLifetime((upstream, output)) {
        for image in 0..<images {
          let from = upstream.base + image * channels
          for pixel in 0..<pixels {
            let start = (image * pixels + pixel) * channels
            let (to, mask) = (out + start, output.base + start)
            for channel in 0..<channels {
              let value = from[channel] / Float(pixels)
              to[channel] = mask[channel] > 0 ? value : 0
            }
          }
        }
      }
    }
  }
}

/// A map encoder with weights transformed once, for predictions without gradients.
struct PreparedEncoder: Sendable {
  private let convolutions: ManyMapsEncoding.Convolutions
  private let first: [HalvingConvolution.Weight]
  private let second: [HalvingConvolution.Weight]

  init(_ convolutions: ManyMapsEncoding.Convolutions, weights: [Tensor<Float>]) {
    self.convolutions = convolutions
    first = Self.prepared(weights[0], for: convolutions.first)
    second = Self.prepared(weights[1], for: convolutions.second)
  }

  private static func prepared(
    _ weight: Tensor<Float>, for convolution: HalvingConvolution
  ) -> [HalvingConvolution.Weight] {
    let weight = weight.contiguous()
    return convolution.outputGroups.map { convolution.transformed(weight.sliced(axis: 0, $0)) }
  }

  /// Maps that are encoded together, so that what lies between does not grow with their number.
  private static let part = 64

  /// (n, h, w, channels) -> (n, channels)
  func features(of maps: Tensor<Float>) -> Tensor<Float> {
    let parts = stride(from: 0, to: maps.shape[0], by: Self.part).map { first in
      features(ofPart: maps.sliced(axis: 0, first..<min(first + Self.part, maps.shape[0])))
    }
    return parts.count == 1 ? parts[0] : .concatenated(parts, axis: 0)
  }

  private func features(ofPart maps: Tensor<Float>) -> Tensor<Float> {
    let hidden = convolutions.first.rectifiedOutput(
      of: convolutions.first.tiles(of: maps.contiguous()), by: first)
    return convolutions.second.rectifiedOutput(of: convolutions.second.tiles(of: hidden), by: second)
      .globallyAveraged()
  }
}

/// The same encoder on few maps, in the paper a teacher's single one, with second derivatives.
///
/// Numbers lie channel by channel, as `Patches` has them.
struct FewMapsEncoding {
  private let maps: Patches
  private let images: Int
  /// Pixels of a side after the first convolution.
  private let size: Int
  private let secondWeight: Tensor<Float>
  private let hidden: Tensor<Float>
  private let hiddenPatches: Patches
  private let output: Tensor<Float>

  /// - Parameters:
  ///   - maps: patches of (n, h, w, channels).
  ///   - mapSize: h and w.
  ///   - firstWeight: some rows of the first convolution's weight, each of which is asked for once.
  init(
    _ maps: Patches, images: Int, mapSize: Int, firstWeight: (_ rows: Range<Int>) -> Tensor<Float>,
    secondWeight: Tensor<Float>
  ) {
    self.maps = maps
    self.images = images
    self.secondWeight = secondWeight
    size = mapSize / 2
    hidden = maps.multiplied(rows: secondWeight.shape[1], by: firstWeight).rectified()
    hiddenPatches = Patches(of: hidden, images: images, size: size)
    output = hiddenPatches.multiplied(by: secondWeight).rectified()
  }

  private var pixels: Int { size / 2 * (size / 2) }

  /// (n, channels)
  var features: Tensor<Float> { averaged(output) }

  private func averaged(_ output: Tensor<Float>) -> Tensor<Float> {
    output.sliced(axis: 1, 0..<images * pixels).contiguous()
      .reshaped(to: [output.shape[0], images, pixels]).mean(overAxes: [2]).transposed.contiguous()
  }

  /// What has come back to the outputs of both convolutions.
  struct Upstream {
    fileprivate let hidden: Tensor<Float>
    fileprivate let output: Tensor<Float>
  }

  /// - Parameter upstream: of the features, (n, channels).
  func upstream(of upstream: Tensor<Float>) -> Upstream {
    let output = spread(upstream)
    let passed = hiddenPatches.foldedBack(output, by: secondWeight)
    return Upstream(hidden: passed.wherePositive(hidden), output: output)
  }

  func gradients(_ upstream: Upstream) -> [FactoredGradient] {
    [FactoredGradient(maps, upstream.hidden), FactoredGradient(hiddenPatches, upstream.output)]
  }

  /// The gradient of the mean over the image and the rectifier before it.
  private func spread(_ upstream: Tensor<Float>) -> Tensor<Float> {
    let padded = output.shape[1]
    let upstream = upstream.contiguous()
    return Tensor<Float>(shape: output.shape) { out in
      withExtendedLifetime((upstream, output)) {
        out.update(repeating: 0, count: output.count)
        for channel in 0..<output.shape[0] {
          for position in 0..<images * pixels where output.base[channel * padded + position] > 0 {
            out[channel * padded + position] =
              upstream.base[position / pixels * output.shape[0] + channel] / Float(pixels)
          }
        }
      }
    }
  }

  // MARK: Second derivatives

  /// How everything changes when the weights move in some direction: R-operators (Pearlmutter, "Fast exact
  /// multiplication by the Hessian", 1994). Directions are taken in row by row, as they pass by, and never kept.
  final class Motion {
    private let encoding: FewMapsEncoding
    private let upstream: Upstream
    private let hidden: Tensor<Float>
    private let output: Tensor<Float>
    /// Of the patches of the hidden images' gradient.
    private let passed: TensorStorage<Float>
    private var hiddenPatches: Patches?

    init(_ encoding: FewMapsEncoding, upstream: Upstream) {
      self.encoding = encoding
      self.upstream = upstream
      hidden = Tensor(uninitialized: encoding.hidden.shape)
      output = Tensor(uninitialized: encoding.output.shape)
      passed = TensorStorage(count: encoding.hiddenPatches.positions * encoding.hiddenPatches.length)
    }

    /// Takes in rows of the direction of one convolution's weight, in their order.
    func move(_ layer: Int, rows: Range<Int>, by direction: UnsafePointer<Float>) {
      guard layer == 1 else {
        return encoding.maps.multiply(
          direction, rows: rows.count, into: hidden.mutableBase + rows.lowerBound * hidden.shape[1])
      }
      let start = rows.lowerBound * output.shape[1]
      encoding.hiddenPatches.multiply(direction, rows: rows.count, into: output.mutableBase + start)
      encoding.hiddenPatches.multiplyBack(
        upstream.output.base + start, by: direction, rows: rows.count, accumulates: rows.lowerBound > 0,
        into: passed.pointer)
    }

    /// How the features move, once all rows were taken in.
    func features() -> Tensor<Float> {
      let patches = Patches(
        of: hidden.wherePositive(encoding.hidden), images: encoding.images, size: encoding.size)
      hiddenPatches = patches
      return encoding.averaged(
        (output + patches.multiplied(by: encoding.secondWeight)).wherePositive(encoding.output))
    }

    /// How the gradients of both weights move: the product of the Hessian with the direction.
    ///
    /// - Parameter upstream: how the gradient of the features moves.
    func gradients(upstream moved: Tensor<Float>) -> [FactoredGradient] {
      let output = encoding.spread(moved)
      let back =
        encoding.hiddenPatches.foldedBack(output, by: encoding.secondWeight)
        + encoding.hiddenPatches.folded(passed.pointer)
      var second = FactoredGradient(encoding.hiddenPatches, output)
      if let hiddenPatches { second.add(hiddenPatches, upstream.output) }
      return [FactoredGradient(encoding.maps, back.wherePositive(encoding.hidden)), second]
    }
  }
}

extension Tensor<Float> {
  /// These numbers where the others are positive, and zeros elsewhere.
  fileprivate func wherePositive(_ mask: Tensor<Float>) -> Tensor<Float> {
    Tensor(shape: shape) { out in
      withExtendedLifetime((self, mask)) {
        Kernels.maskByPositive(mask.base, base, into: out, count: count)
      }
    }
  }
}
