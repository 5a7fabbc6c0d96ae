import TestSupport
import Testing

@testable import Engine

/// oneDNN's three products, in single precision, against the plain loops in double precision.
@Suite("Convolution backend") struct ConvolutionBackendTests {
  /// Sums of at most a few hundred products of normal numbers.
  private static let tolerance = 2e-6

  struct Case: Sendable, CustomTestStringConvertible {
    var batch: Int
    var height: Int
    var width: Int
    var inputs: Int
    var outputs: Int
    var kernel = 3
    var stride = 1
    var padding = 1
    var testDescription: String {
      "\(batch)x\(height)x\(width), \(inputs) to \(outputs), kernel \(kernel), stride \(stride), padding \(padding)"
    }
  }

  static let cases = [
    Case(batch: 1, height: 1, width: 1, inputs: 1, outputs: 1),
    Case(batch: 1, height: 1, width: 1, inputs: 4, outputs: 8, stride: 2),
    Case(batch: 1, height: 8, width: 8, inputs: 3, outputs: 8),
    Case(batch: 3, height: 7, width: 5, inputs: 2, outputs: 3, stride: 2),
    Case(batch: 2, height: 9, width: 6, inputs: 1, outputs: 5),
    Case(batch: 2, height: 8, width: 8, inputs: 16, outputs: 32, stride: 2),
    Case(batch: 1, height: 6, width: 6, inputs: 17, outputs: 13),
    Case(batch: 5, height: 4, width: 4, inputs: 32, outputs: 16),
    Case(batch: 2, height: 5, width: 7, inputs: 3, outputs: 2, stride: 3),
    Case(batch: 1, height: 5, width: 5, inputs: 4, outputs: 6, stride: 2, padding: 0),
    Case(batch: 2, height: 6, width: 5, inputs: 7, outputs: 3, kernel: 1, stride: 2, padding: 0),
    Case(batch: 1, height: 5, width: 6, inputs: 2, outputs: 4, kernel: 2, padding: 0),
  ]

  /// A view of some weights; what it is made from has `count` times as many channels both ways.
  enum WeightView: CaseIterable, Sendable {
    case dense, first, last, everySecond, exchanged

    func apply<Scalar>(to weight: Tensor<Scalar>, outputs: Int, inputs: Int) -> Tensor<Scalar> {
      func slice(_ count: Int, of length: Int) -> AxisSlice {
        switch self {
        case .dense, .first, .exchanged: AxisSlice(count: count)
        case .last: AxisSlice(start: length - count, count: count)
        case .everySecond: AxisSlice(start: length > 2 * count ? 1 : 0, count: count, step: 2)
        }
      }
      let source = self == .exchanged ? weight.permuted([1, 0, 2, 3]) : weight
      let whole = [AxisSlice(count: weight.shape[2]), AxisSlice(count: weight.shape[3])]
      let view = source.sliced(
        [slice(outputs, of: source.shape[0]), slice(inputs, of: source.shape[1])] + whole)
      return self == .dense ? view.contiguous() : view
    }
  }

  /// Output, and the gradients to image and weight.
  private func products<Scalar>(
    _ item: Case, _ view: WeightView, image: Tensor<Scalar>, weight: Tensor<Scalar>, upstream: Tensor<Scalar>
  ) -> [Tensor<Scalar>] {
    let image = image.asVariable()
    let weight = view.apply(to: weight, outputs: item.outputs, inputs: item.inputs).asVariable()
    let output = image.convolved(with: weight, stride: item.stride, padding: item.padding)
    return [output] + gradients(of: (output * upstream).sum(), withRespectTo: [image, weight])
  }

  @Test(arguments: cases, WeightView.allCases) func threeProducts(_ item: Case, _ view: WeightView) {
    var random = RandomSource(seed: 1)
    let image = Tensor<Float>(
      normalWithShape: [item.batch, item.height, item.width, item.inputs], random: &random)
    let channels = 2 * max(item.inputs, item.outputs) + 1
    let weight = Tensor<Float>(
      normalWithShape: [channels, channels, item.kernel, item.kernel], random: &random)
    let shape = ConvolutionGeometry(
      batch: item.batch, height: item.height, width: item.width, inputChannels: item.inputs,
      outputChannels: item.outputs, kernel: item.kernel, stride: item.stride, padding: item.padding
    ).outputShape
    let upstream = Tensor<Float>(normalWithShape: shape, random: &random)
    let found = products(item, view, image: image, weight: weight, upstream: upstream)
    let expected = products(
      item, view, image: image.inDouble, weight: weight.inDouble, upstream: upstream.inDouble)
    for (name, pair) in zip(["output", "image gradient", "weight gradient"], zip(found, expected)) {
      expectClose(pair.0, pair.1, tolerance: Self.tolerance, name)
    }
  }

  /// The reference itself against sums done by hand.
  @Test func theReferenceByHand() {
    let image = Tensor<Double>([1, 2, 3, 4], shape: [1, 2, 2, 1]).asVariable()
    let weight = Tensor<Double>([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 1, 3, 3]).asVariable()
    let output = image.convolved(with: weight, padding: 1)
    // Top left: 5*1 + 6*2 + 8*3 + 9*4; the window's center is the pixel.
    #expect(output.scalars == [77, 67, 47, 37])
    let found = gradients(of: output.sliced(axis: 2, 0..<1).sum(), withRespectTo: [image, weight])
    // Of the left column's two outputs: 5 + 2, 6 + 3, 8 + 5 and 9 + 6.
    let (imageGradient, weightGradient): ([Double], [Double]) = (
      [7, 9, 13, 15], [0, 1, 2, 0, 4, 6, 0, 3, 4]
    )
    #expect(found[0].scalars == imageGradient)
    #expect(found[1].scalars == weightGradient)
  }

  /// The weight of a second-order product may be a gradient that is one number repeated.
  @Test func aRepeatedNumberAsWeight() {
    var random = RandomSource(seed: 2)
    let image = Tensor<Float>(normalWithShape: [1, 4, 4, 3], random: &random)
    let weight = Tensor<Float>(2).broadcast(to: [5, 3, 3, 3])
    let expected = image.inDouble.convolved(with: weight.inDouble, padding: 1)
    expectClose(image.convolved(with: weight, padding: 1), expected, tolerance: Self.tolerance)
  }

  @Test func secondOrderInSinglePrecision() {
    func mixed<Scalar>(_ image: Tensor<Scalar>, _ weight: Tensor<Scalar>) -> [Tensor<Scalar>] {
      let (image, weight) = (image.asVariable(), weight.asVariable())
      let y = image.convolved(with: weight, stride: 2, padding: 1)
      let first = gradients(of: (y * y).sum(), withRespectTo: [image, weight], keepGraph: true)
      return gradients(of: first[0].sum() + first[1].sum(), withRespectTo: [image, weight])
    }
    var random = RandomSource(seed: 3)
    let image = Tensor<Float>(normalWithShape: [2, 5, 5, 3], random: &random)
    let weight = Tensor<Float>(normalWithShape: [4, 3, 3, 3], random: &random)
    for (found, expected) in zip(mixed(image, weight), mixed(image.inDouble, weight.inDouble)) {
      expectClose(found, expected, tolerance: Self.tolerance)
    }
  }

  @Test func manyThreadsAtOnce() throws {
    var random = RandomSource(seed: 4)
    let image = Tensor<Float>(normalWithShape: [2, 8, 8, 8], random: &random)
    let weight = Tensor<Float>(normalWithShape: [16, 8, 3, 3], random: &random)
    let expected = image.convolved(with: weight, padding: 1).scalars
    let found = try Workers.map(pieces: 40, workers: 8) { _ in
      image.convolved(with: weight, padding: 1).scalars
    }
    #expect(found.allSatisfy { $0 == expected })
  }
}

extension Tensor<Float> {
  var inDouble: Tensor<Double> { Tensor<Double>(scalars.map(Double.init), shape: shape) }
}
