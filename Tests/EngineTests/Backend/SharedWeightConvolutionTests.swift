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
    (.winograd8, 8, 3, 16, 32), (.winograd8, 7, 2, 5, 3), (.winograd8, 1, 1, 1, 1),
    (.winograd8, 16, 5, 33, 47),
    (.winograd8, 19, 2, 16, 20),
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

    let layer = PackedLayer(weight, bias: bias, form: form, stride: stride)
    let (from, to, added) = (
      PaddedImages(image), PaddedImages(images, outputSize, outputs), PaddedImages(shortcut)
    )
    layer.run(
      from: from.images,
      to: [
        Convolution.Branch(
          inputs: inputs, outputs: outputs, images: to.images,
          addend: adds ? Convolution.Addend(images: added.images, channels: kept) : nil)
      ])

    let view = weight.sliced(axis: 0, 0..<outputs).sliced(axis: 1, 0..<inputs)
    var expected = image.inDouble.convolved(with: view.inDouble, stride: stride, padding: 1)
    expected = expected + bias.sliced(axis: 0, 0..<outputs).inDouble
    if adds { expected = expected + shortcut.inDouble.fitted(axis: 3, to: outputs) }
    expectClose(to.tensor, expected.rectified(), tolerance: form.tile >= 4 ? 1e-5 : 2e-6)
    #expect(to.paddingIsZero)
  }

  @Test func pooling() {
    var random = RandomSource(seed: 6)
    let image = Tensor<Float>(normalWithShape: [3, 6, 6, 20], random: &random)
    let (from, to) = (PaddedImages(image), PaddedImages(3, 3, 20))
    Convolution.pool(from.images, to: to.images, channels: 20)
    expectClose(to.tensor, image.maxPooled(), tolerance: 0)
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
    #expect(
      [4, 5, 7, 8, 12, 16, 64].map { form($0, 1, 8) } == [
        .winograd4, .winograd8, .winograd8, .winograd8, .winograd4, .winograd8, .winograd8,
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

  @Test func `large tiles are for large images`() {
    func form(_ size: Int, _ largestTile: Int) -> Convolution.Form {
      .best(size: size, stride: 1, inputs: 64, largestTile: largestTile)
    }
    #expect([8, 16, 32, 64].map { form($0, 8) } == [.winograd4, .winograd4, .winograd8, .winograd8])
    #expect([form(64, 4), form(64, 2), form(64, 0)] == [.winograd4, .winograd2, .direct])
  }

  /// Students of several widths share what their last convolutions read, and a layer may write past the caches.
  @Test(arguments: SharedWeightConvolution.Form.allCases.filter { !$0.halves })
  func `branches come out as they would alone`(_ form: SharedWeightConvolution.Form) {
    var random = RandomSource(seed: 7)
    let (size, images, widths) = (8, 3, [5, 16, 37])
    let weight = Tensor<Float>(normalWithShape: [40, 40, 3, 3], random: &random)
    let image = Tensor<Float>(normalWithShape: [images, size, size, 37], random: &random)
    let layer = PackedLayer(
      weight, bias: Tensor(normalWithShape: [40], random: &random), form: form, stride: 1)
    let from = PaddedImages(image)
    func outputs(_ widths: [Int], isFar: Bool) -> [Tensor<Float>] {
      let targets = widths.map { PaddedImages(images, size, $0) }
      layer.run(
        from: from.images,
        to: zip(widths, targets).map {
          Convolution.Branch(inputs: $0, outputs: $0, images: $1.images, isFar: isFar)
        })
      for target in targets { #expect(target.paddingIsZero) }
      return targets.map(\.tensor)
    }
    let together = outputs(widths, isFar: true)
    for (width, result) in zip(widths, together) {
      #expect(result.scalars == outputs([width], isFar: false)[0].scalars)
    }
  }
}

/// A layer's weights in a form, and little room for tiles, so that they come in several parts.
private final class PackedLayer {
  private typealias Convolution = SharedWeightConvolution
  private let memory: WorkingMemory
  private let scratch = WorkingMemory(floats: 1 << 14)
  private let weights: SharedWeightConvolution.Weights

  init(_ weight: Tensor<Float>, bias: Tensor<Float>, form: SharedWeightConvolution.Form, stride: Int) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let count = Convolution.Weights.count(form: form, inputs: inputs, outputs: outputs)
    memory = WorkingMemory(floats: count + Convolution.padded(outputs))
    weights = Convolution.Weights(
      form: form, stride: stride, inputs: inputs, outputs: outputs, base: memory.base,
      bias: memory.base + count)
    Convolution.pack(weight, bias: bias, into: weights)
  }

  func run(from images: SharedWeightConvolution.Images, to branches: [SharedWeightConvolution.Branch]) {
    Convolution.run(
      weights, from: images, to: branches,
      scratch: Convolution.Scratch(base: scratch.base, floats: scratch.floats))
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
