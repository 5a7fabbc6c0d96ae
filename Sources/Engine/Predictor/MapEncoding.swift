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

extension Tensor<Float> {
  /// These numbers where the others are positive, and zeros elsewhere.
  func wherePositive(_ mask: Tensor<Float>) -> Tensor<Float> {
    Tensor(shape: shape) { out in
      withExtendedLifetime((self, mask)) {
        Kernels.maskByPositive(mask.base, base, into: out, count: count)
      }
    }
  }
}
