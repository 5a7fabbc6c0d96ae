import TestSupport
import Testing

@testable import Engine

/// Convolutions with stride 2 by fewer multiplications, and by patches, against the definition in double precision.
@Suite("Convolutions that halve") struct HalvingConvolutionTests {
  private func arguments(_ images: Int, _ size: Int, _ inputs: Int, _ outputs: Int) -> [Tensor<Float>] {
    var random = RandomSource(seed: 7)
    return [
      Tensor(normalWithShape: [images, size, size, inputs], random: &random),
      Tensor(normalWithShape: [outputs, inputs, 3, 3], random: &random),
      Tensor(normalWithShape: [images, size / 2, size / 2, outputs], random: &random),
    ]
  }

  /// The output before its rectifier, and the gradients of image and weight.
  private func expected(_ arguments: [Tensor<Float>]) -> [Tensor<Double>] {
    let (image, weight) = (arguments[0].inDouble.asVariable(), arguments[1].inDouble.asVariable())
    let output = image.convolved(with: weight, stride: 2, padding: 1)
    return [output.detached()]
      + gradients(of: [output], upstream: [arguments[2].inDouble], withRespectTo: [image, weight])
  }

  /// By tiles and by definition.
  @Test(arguments: [
    (5, 8, 32, 16), (3, 4, 16, 48), (2, 16, 16, 16), (3, 12, 16, 32), (1, 8, 256, 128), (2, 2, 16, 32),
    (2, 14, 16, 16),
  ])
  func `the output and both gradients`(_ images: Int, _ size: Int, _ inputs: Int, _ outputs: Int) throws {
    let arguments = arguments(images, size, inputs, outputs)
    let expected = expected(arguments)
    let convolution = try #require(HalvingConvolution(inputSize: size, inputs: inputs, outputs: outputs))
    let rows = convolution.rows(of: convolution.layout(of: SquareImages(arguments[0])))
    let upstream = SquareImages(arguments[2])
    let weight = arguments[1]
    let weights = convolution.outputGroups.map { convolution.transformed(weight.sliced(axis: 0, $0)) }
    let turned = convolution.inputGroups.map { convolution.transformedForImageGradient(weight, of: $0) }
    let output = convolution.rectifiedOutput(of: rows, by: weights)
    expectClose(output.tensor, expected[0].rectified(), tolerance: 5e-6)
    let ofImage = convolution.imageGradient(upstream: upstream, by: turned)
    expectClose(ofImage.tensor, expected[1], tolerance: 5e-6)
    expectClose(convolution.weightGradient(of: rows, upstream: upstream), expected[2], tolerance: 5e-6)
  }

  @Test(arguments: [8, 4]) func `some of the images, in any order`(_ size: Int) throws {
    let arguments = arguments(6, size, 32, 16)
    let chosen = [4, 0, 4, 3, 5]
    func some(_ images: Tensor<Float>) -> Tensor<Float> {
      .concatenated(chosen.map { images.sliced(axis: 0, $0..<$0 + 1) }, axis: 0)
    }
    let convolution = try #require(HalvingConvolution(inputSize: size, inputs: 32, outputs: 16))
    let upstream = SquareImages(some(arguments[2]))
    let results = [
      convolution.rows(of: convolution.layout(of: SquareImages(arguments[0])), images: chosen),
      convolution.rows(of: convolution.layout(of: SquareImages(some(arguments[0])))),
    ].map { rows in
      [
        convolution.rectifiedOutput(of: rows, by: [convolution.transformed(arguments[1])]).tensor,
        convolution.weightGradient(of: rows, upstream: upstream),
      ].map(\.scalars)
    }
    #expect(results[0] == results[1])
  }

  @Test func `rows of the weight's gradient are told as they come`() throws {
    let arguments = arguments(2, 8, 16, 80)
    let convolution = try #require(HalvingConvolution(inputSize: 8, inputs: 16, outputs: 80))
    var told: [Float] = []
    let gradient = convolution.weightGradient(
      of: convolution.rows(of: convolution.layout(of: SquareImages(arguments[0]))),
      upstream: SquareImages(arguments[2])
    ) { rows, gradient in told += gradient.sliced(axis: 0, rows).scalars }
    #expect(told == gradient.scalars)
  }

  @Test func `other sizes and channels have no such form`() {
    #expect(HalvingConvolution(inputSize: 8, inputs: 16, outputs: 24) == nil)
    #expect(HalvingConvolution(inputSize: 8, inputs: 8, outputs: 16) == nil)
    #expect(HalvingConvolution(inputSize: 7, inputs: 16, outputs: 16) == nil)
    #expect(HalvingConvolution(inputSize: 0, inputs: 16, outputs: 16) == nil)
  }

  @Test(arguments: [(1, 8, 32, 16), (1, 4, 16, 48), (3, 8, 16, 32)])
  func `patches of few images`(_ images: Int, _ size: Int, _ inputs: Int, _ outputs: Int) {
    let arguments = arguments(images, size, inputs, outputs)
    let expected = expected(arguments)
    let patches = Patches(of: arguments[0])
    /// (n, h, w, channels) as [channel][position].
    func byChannel(_ images: Tensor<Double>) -> Tensor<Double> {
      images.reshaped(to: [images.count / images.shape[3], images.shape[3]]).transposed.contiguous()
    }
    func positions(_ values: Tensor<Float>, _ count: Int) -> Tensor<Float> {
      values.sliced(axis: 1, 0..<count).contiguous()
    }
    func multiplied(_ patches: Patches) -> Tensor<Float> {
      Patches.multiplied([patches], rows: outputs) { arguments[1].sliced(axis: 0, $1) }[0]
    }
    let output = multiplied(patches)
    expectClose(positions(output, patches.positions), byChannel(expected[0]), tolerance: 2e-6)
    let dense = byChannel(arguments[2].inDouble).scalars
    let upstream = Tensor(
      (0..<output.count).map { place in
        let (channel, position) = (place / output.shape[1], place % output.shape[1])
        return position < patches.positions ? Float(dense[channel * patches.positions + position]) : 0
      }, shape: output.shape)
    expectClose(
      positions(Patches.foldedBack([patches], [upstream], by: [arguments[1]])[0], images * size * size),
      byChannel(expected[1]), tolerance: 2e-6)
    let gradient = EpisodeTerms.OfEncoder.factored(FactoredGradient(patches, upstream))
    let ones = Tensor<Float>(repeating: 1, shape: arguments[1].shape)
    let rows = Tensor<Float>(shape: arguments[1].shape) { out in
      for first in stride(from: 0, to: outputs, by: 16) {
        gradient.write(rows: first..<first + 16, times: ones, into: out + first * patches.length)
      }
    }
    expectClose(rows, expected[2], tolerance: 2e-6)
    // Images that lie channel by channel give the same patches.
    let again = Patches(
      of: Tensor(
        byChannel(arguments[0].inDouble).scalars.map { Float($0) }, shape: [inputs, images * size * size]),
      images: images, size: size)
    #expect(multiplied(again).scalars == output.scalars)
  }
}
