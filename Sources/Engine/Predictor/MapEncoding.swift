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
  private let maps: HalvingConvolution.Rows
  private let hidden: SquareImages
  private let hiddenRows: HalvingConvolution.Rows
  private let output: SquareImages

  /// - Parameters:
  ///   - maps: of the first convolution's layout.
  ///   - firstWeight: some rows of the first convolution's weight, each of which is asked for once.
  init(
    _ convolutions: Convolutions, maps: HalvingConvolution.Rows,
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
    hiddenRows = second.rows(of: second.layout(of: hidden))
    output = second.rectifiedOutput(
      of: hiddenRows,
      by: second.outputGroups.lazy.map { second.transformed(secondWeight.sliced(axis: 0, $0)) })
  }

  /// (n, channels)
  var features: Tensor<Float> { output.averaged() }

  /// The gradients of both weights.
  ///
  /// - Parameters:
  ///   - upstream: of the features.
  ///   - body: is called with the gradient of one convolution's weight when some more of its rows are there, in their order.
  func gradients(
    upstream: Tensor<Float>, _ body: (_ layer: Int, _ rows: Range<Int>, Tensor<Float>) -> Void
  ) -> [Tensor<Float>] {
    let (first, second) = (convolutions.first, convolutions.second)
    let outputUpstream = spread(upstream)
    let secondGradient = second.weightGradient(of: hiddenRows, upstream: outputUpstream) { body(1, $0, $1) }
    let passed = second.imageGradient(
      upstream: outputUpstream,
      by: second.inputGroups.lazy.map { second.transformedForImageGradient(secondWeight, of: $0) })
    let firstGradient = first.weightGradient(of: maps, upstream: passed.wherePositive(hidden)) {
      body(0, $0, $1)
    }
    return [firstGradient, secondGradient]
  }

  /// The gradient of the mean over the image and the rectifier before it.
  private func spread(_ upstream: Tensor<Float>) -> SquareImages {
    let (pixels, channels) = (output.size * output.size, output.channels)
    let upstream = upstream.contiguous()
    let result = SquareImages(count: output.count, size: output.size, channels: channels)
    withExtendedLifetime((upstream, output, result)) {
      for image in 0..<output.count {
        let from = upstream.base + image * channels
        for pixel in 0..<pixels {
          let (to, mask) = (result.at(pixel, image: image), output.at(pixel, image: image))
          for channel in 0..<channels {
            let value = from[channel] / Float(pixels)
            to[channel] = mask[channel] > 0 ? value : 0
          }
        }
      }
    }
    return result
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
    let hidden = output(of: SquareImages(maps), by: convolutions.first, first)
    return output(of: hidden, by: convolutions.second, second).averaged()
  }

  private func output(
    of images: SquareImages, by convolution: HalvingConvolution, _ weights: [HalvingConvolution.Weight]
  ) -> SquareImages {
    convolution.rectifiedOutput(of: convolution.rows(of: convolution.layout(of: images)), by: weights)
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
