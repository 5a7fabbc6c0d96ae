import TestSupport
import Testing

@testable import Engine

/// The kernels of scoring against the definition in double precision.
@Suite("Convolutions with shared weights") struct SharedWeightConvolutionTests {
  private typealias Convolution = SharedWeightConvolution

  /// Sizes that fit tiles and that do not, channels that fill groups and that do not, students narrower than teachers.
  static let cases: [(form: SharedWeightConvolution.Form, size: Int, images: Int, from: Int, to: Int)] = [
    (.winograd4, 8, 3, 16, 32), (.winograd4, 7, 2, 5, 3), (.winograd4, 1, 1, 1, 1),
    (.winograd4, 16, 5, 33, 47),
    (.winograd2, 8, 3, 16, 32), (.winograd2, 2, 7, 3, 17), (.winograd2, 5, 2, 20, 8), (.direct, 8, 3, 16, 32),
    (.direct, 3, 4, 7, 35), (.direct, 1, 13, 2, 1),
  ]

  @Test(arguments: cases, [false, true])
  func `a prefix of the weights, with bias, shortcut and rectifier`(
    _ sizes: (form: SharedWeightConvolution.Form, size: Int, images: Int, from: Int, to: Int), adds: Bool
  ) {
    check(sizes.form, stride: 1, size: sizes.size, images: sizes.images, sizes.from, sizes.to, adds: adds)
  }

  @Test(
    arguments: [
      (8, 3, 16, 32), (2, 13, 5, 3), (6, 2, 33, 20), (7, 2, 16, 17), (16, 3, 20, 40), (1, 3, 4, 4),
    ],
    [SharedWeightConvolution.Form.direct, .halving2, .halving4])
  func `stride 2`(_ sizes: (Int, Int, Int, Int), form: SharedWeightConvolution.Form) {
    for adds in [false, true] {
      check(form, stride: 2, size: sizes.0, images: sizes.1, sizes.2, sizes.3, adds: adds)
    }
  }

  private func check(
    _ form: SharedWeightConvolution.Form, stride: Int, size: Int, images: Int, _ inputs: Int, _ outputs: Int,
    adds: Bool
  ) {
    var random = RandomSource(seed: 5)
    let weight = Tensor<Float>(normalWithShape: [outputs + 9, inputs + 4, 3, 3], random: &random)
    let bias = Tensor<Float>(normalWithShape: [outputs + 9], random: &random)
    let image = Tensor<Float>(normalWithShape: [images, size, size, inputs], random: &random)
    let outputSize = (size + stride - 1) / stride
    let kept = max(1, outputs / 2)
    let shortcut = Tensor<Float>(normalWithShape: [images, outputSize, outputSize, kept], random: &random)

    let memory = WorkingMemory(
      floats: Convolution.Weights.count(form: form, inputs: inputs + 4, outputs: outputs + 9)
        + Convolution.padded(outputs + 9))
    let packed = Convolution.Weights(
      form: form, stride: stride, inputs: inputs + 4, outputs: outputs + 9, base: memory.base,
      bias: memory.base + memory.floats - Convolution.padded(outputs + 9))
    Convolution.pack(weight, bias: bias, into: packed)
    let (from, to, added) = (
      PaddedImages(image), PaddedImages(images, outputSize, outputs), PaddedImages(shortcut)
    )
    let scratch = WorkingMemory(floats: 1 << 14)
    Convolution.run(
      packed, inputs: inputs, outputs: outputs, from: from.images, to: to.images,
      adding: adds ? Convolution.Addend(images: added.images, channels: kept) : nil,
      scratch: Convolution.Scratch(base: scratch.base, floats: scratch.floats))

    let view = weight.sliced(axis: 0, 0..<outputs).sliced(axis: 1, 0..<inputs)
    var expected = image.inDouble.convolved(with: view.inDouble, stride: stride, padding: 1)
    expected = expected + bias.sliced(axis: 0, 0..<outputs).inDouble
    if adds { expected = expected + shortcut.inDouble.fitted(axis: 3, to: outputs) }
    expectClose(to.tensor, expected.rectified(), tolerance: form.tile == 4 ? 1e-5 : 2e-6)
    #expect(to.paddingIsZero)
    withExtendedLifetime(memory) {}
  }

  @Test func `pooling keeps the first channels`() {
    var random = RandomSource(seed: 6)
    let image = Tensor<Float>(normalWithShape: [3, 6, 6, 20], random: &random)
    let (from, to) = (PaddedImages(image), PaddedImages(3, 3, 24))
    Convolution.pool(from.images, to: to.images, kept: 18, channels: 24)
    expectClose(
      to.tensor, image.fitted(axis: 3, to: 18).fitted(axis: 3, to: 24).maxPooled(), tolerance: 0)
    #expect(to.paddingIsZero)
  }

  @Test func `the form with the fewest multiplications is found`() {
    func form(_ size: Int, _ stride: Int, _ largestTile: Int = 4) -> Convolution.Form {
      .fewestMultiplications(size: size, stride: stride, largestTile: largestTile)
    }
    #expect(
      [1, 2, 3, 4, 5, 6, 8, 16, 64].map { form($0, 1) } == [
        .direct, .winograd2, .winograd4, .winograd4, .winograd2, .winograd2, .winograd4, .winograd4,
        .winograd4,
      ])
    #expect(
      [1, 2, 3, 4, 5, 6, 8].map { form($0, 2) } == [
        .direct, .halving2, .direct, .halving4, .direct, .halving2, .halving4,
      ])
    #expect([form(8, 2, 2), form(8, 2, 0)] == [.halving2, .direct])
    #expect([form(8, 1, 2), form(8, 1, 0)] == [.winograd2, .direct])
  }

  @Test func `layers with few inputs are not halved by transforms`() {
    func form(inputs: Int, stride: Int) -> Convolution.Form { .best(size: 8, stride: stride, inputs: inputs) }
    #expect([3, 8, 24, 31].allSatisfy { form(inputs: $0, stride: 2) == .direct })
    #expect([32, 48, 256].allSatisfy { form(inputs: $0, stride: 2) == .halving4 })
    #expect([8, 32].allSatisfy { form(inputs: $0, stride: 1) == .winograd4 })
  }
}

/// Images in the layout of the kernels: groups of channels filled up, and rubbish where nothing was written.
private final class PaddedImages {
  private let memory: WorkingMemory
  private let addresses: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  private let shape: [Int]
  let images: SharedWeightConvolution.Images

  init(_ count: Int, _ size: Int, _ channels: Int) {
    let padded = SharedWeightConvolution.padded(channels)
    shape = [count, size, size, channels]
    memory = WorkingMemory(floats: count * size * size * padded)
    memory.base.update(repeating: 77, count: memory.floats)
    addresses = .allocate(capacity: count)
    for image in 0..<count { addresses[image] = memory.base + image * size * size * padded }
    images = SharedWeightConvolution.Images(
      addresses: addresses, count: count, size: size, pixelStride: padded)
  }

  convenience init(_ tensor: Tensor<Float>) {
    self.init(tensor.shape[0], tensor.shape[1], tensor.shape[3])
    let (values, channels) = (tensor.scalars, tensor.shape[3])
    for pixel in 0..<values.count / channels {
      for channel in 0..<channels {
        memory.base[pixel * images.pixelStride + channel] = values[pixel * channels + channel]
      }
    }
  }

  deinit { addresses.deallocate() }

  private var pixels: Int { shape[0] * shape[1] * shape[2] }

  var tensor: Tensor<Float> {
    Tensor(
      (0..<pixels).flatMap { pixel in (0..<shape[3]).map { memory.base[pixel * images.pixelStride + $0] } },
      shape: shape)
  }

  var paddingIsZero: Bool {
    (0..<pixels).allSatisfy { pixel in
      (shape[3]..<images.pixelStride).allSatisfy { memory.base[pixel * images.pixelStride + $0] == 0 }
    }
  }
}
