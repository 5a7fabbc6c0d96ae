import TestSupport
import Testing

@testable import Engine

/// Convolutions of batches in Winograd's forms, against the plain loops in double precision and against oneDNN.
@Suite("Winograd's convolutions of batches") struct WinogradConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch: Int
    var height: Int
    var width: Int
    var inputs: Int
    var outputs: Int
    var form = ConvolutionForm.winograd4

    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(
        batch: batch, height: height, width: width, inputChannels: inputs, outputChannels: outputs, kernel: 3,
        stride: 1, padding: 1)
    }

    var testDescription: String { "\(batch)x\(height)x\(width), \(inputs) to \(outputs), \(form)" }
  }

  static let cases = [
    Case(batch: 1, height: 4, width: 4, inputs: 8, outputs: 8),
    Case(batch: 1, height: 2, width: 2, inputs: 8, outputs: 8, form: .winograd2),
    Case(batch: 2, height: 8, width: 4, inputs: 16, outputs: 16),
    Case(batch: 3, height: 4, width: 12, inputs: 9, outputs: 23),
    Case(batch: 3, height: 6, width: 10, inputs: 23, outputs: 9, form: .winograd2),
    Case(batch: 5, height: 8, width: 8, inputs: 40, outputs: 17),
    Case(batch: 2, height: 16, width: 16, inputs: 12, outputs: 33),
    Case(batch: 2, height: 16, width: 16, inputs: 33, outputs: 70, form: .winograd2),
    Case(batch: 40, height: 4, width: 4, inputs: 32, outputs: 15),
    Case(batch: 3, height: 20, width: 20, inputs: 24, outputs: 24),
  ]

  /// The output and both gradients by one kernel a product, for an image, a weight and an upstream.
  private func products<Scalar>(
    _ item: Case, _ arguments: [Tensor<Scalar>], strides: [Int],
    by kernel: (ConvolutionProduct, [Int]) -> any ConvolutionKernel<Scalar>
  ) -> [Tensor<Scalar>] {
    let shapes = [item.geometry.outputShape, item.geometry.inputShape, item.geometry.weightShape]
    let results = shapes.map { Tensor<Scalar>(uninitialized: $0) }
    func run<K: ConvolutionKernel<Scalar>>(
      _ kernel: K, input: Tensor<Scalar>, weight: UnsafeMutablePointer<Scalar>, output: Tensor<Scalar>
    ) { kernel.run(input: input.mutableBase, packed: weight, output: output.mutableBase) }
    let (image, weight, upstream) = (arguments[0], arguments[1], arguments[2])
    let forward = kernel(.forward, strides)
    let packed = PackedWeight(weight, for: forward)
    run(forward, input: image, weight: packed.pointer, output: results[0])
    let data = kernel(.dataGradient, strides)
    let turned = PackedWeight(weight, for: data)
    run(data, input: results[1], weight: turned.pointer, output: upstream)
    let gradient = kernel(.weightGradient, item.geometry.weightShape.rowMajorStrides)
    let room = TensorStorage<Scalar>(count: gradient.packedCount ?? results[2].count)
    run(gradient, input: image, weight: room.pointer, output: upstream)
    if gradient.packedCount == nil {
      results[2].mutableBase.update(from: room.pointer, count: results[2].count)
    } else {
      gradient.unpack(room.pointer, into: results[2].mutableBase)
    }
    return withExtendedLifetime((arguments, packed, turned)) { results }
  }

  /// F(4x4) rounds about ten times as much as the definition, F(2x2) hardly more.
  @Test(arguments: cases, [false, true])
  func `the three products`(_ item: Case, isPrefix: Bool) throws {
    var random = RandomSource(seed: 3)
    let (inputs, outputs) = (item.inputs + (isPrefix ? 5 : 0), item.outputs + (isPrefix ? 2 : 0))
    let whole = Tensor<Float>(normalWithShape: [outputs, inputs, 3, 3], random: &random)
    let weight = whole.sliced(axis: 0, 0..<item.outputs).sliced(axis: 1, 0..<item.inputs)
    let arguments = [
      Tensor<Float>(normalWithShape: item.geometry.inputShape, random: &random), weight,
      Tensor<Float>(normalWithShape: item.geometry.outputShape, random: &random),
    ]
    let found = products(item, arguments, strides: weight.strides) { product, strides in
      WinogradConvolution(product, item.geometry, form: item.form, weightStrides: strides)
        ?? OneDNN.kernel(product, item.geometry, weightStrides: strides)
    }
    let dense = item.geometry.weightShape.rowMajorStrides
    let expected = products(item, arguments.map(\.inDouble), strides: dense) { product, strides in
      ReferenceConvolution<Double>(product: product, geometry: item.geometry, weightStrides: strides)
    }
    #expect(
      WinogradConvolution(.forward, item.geometry, form: item.form, weightStrides: weight.strides) != nil)
    for (name, pair) in zip(["output", "image gradient", "weight gradient"], zip(found, expected)) {
      expectClose(pair.0, pair.1, tolerance: item.form == .winograd4 ? 2e-5 : 3e-6, name)
    }
  }

  /// A batch that is cut into chunks, through the differentiable operation.
  @Test func `chunks of a batch, with rising order`() {
    var random = RandomSource(seed: 5)
    let image = Tensor<Float>(normalWithShape: [16, 16, 16, 12], random: &random)
    let weight = Tensor<Float>(normalWithShape: [20, 12, 3, 3], random: &random)
    func results<Scalar>(_ image: Tensor<Scalar>, _ weight: Tensor<Scalar>) -> [Tensor<Scalar>] {
      let (image, weight) = (image.asVariable(), weight.asVariable())
      let y = image.convolved(with: weight, padding: 1)
      let first = gradients(of: (y * y).sum(), withRespectTo: [image, weight], keepGraph: true)
      let mixed = (first[0] * first[0]).sum() + (first[1] * first[1]).sum()
      return [y] + first + gradients(of: mixed, withRespectTo: [image, weight])
    }
    for (found, expected) in zip(results(image, weight), results(image.inDouble, weight.inDouble)) {
      expectClose(found, expected, tolerance: 2e-5)
    }
  }

  /// What is no number must not be lost: a training that diverged would go unnoticed.
  @Test func `no number stays none`() {
    var random = RandomSource(seed: 6)
    var scalars = Tensor<Float>(normalWithShape: [8, 16, 16, 12], random: &random).scalars
    scalars[777] = .nan
    let weight = Tensor<Float>(normalWithShape: [12, 12, 3, 3], random: &random)
    let y = Tensor(scalars, shape: [8, 16, 16, 12]).convolved(with: weight, padding: 1)
    #expect(y.scalars.contains { $0.isNaN })
  }

  // MARK: Which form

  private func forms(of network: Architecture, size: Int) -> [String] {
    var side = size
    var lines: [String] = []
    for layer in network.layers {
      let geometry = ConvolutionGeometry.square(
        batch: 64, size: side, inputs: layer.inputChannels, outputs: layer.outputChannels,
        kernel: layer.kernel, stride: layer.stride)
      lines.append("\(layer.inputChannels)-\(layer.outputChannels)@\(side) \(geometry.form)")
      side = geometry.outputHeight
    }
    return lines.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  @Test func `the forms of a teacher's layers`() throws {
    let narrow = try #require(Architecture(text: "8-8/16-16/32-32/64-64"))
    #expect(
      forms(of: narrow, size: 32) == [
        "3-8@32 direct", "8-8@32 F(4x4)", "8-16@32 direct", "16-16@16 F(4x4)", "16-32@16 direct",
        "32-32@8 F(4x4)", "32-64@8 direct", "64-64@4 F(4x4)",
      ])
  }

  /// Measured results of the demo world come with the program, and must be the same to the last bit.
  @Test func `the demo world's networks stay with the library`() {
    var random = RandomSource(seed: 1)
    let space = ResNetSpace.demo
    for network in [space.teacher] + (0..<200).map({ _ in space.sample(random: &random) }) {
      #expect(forms(of: network, size: 16).allSatisfy { $0.hasSuffix("direct") })
    }
  }

  @Test func `few images, odd sides and strides stay with the library`() {
    func form(_ batch: Int, _ size: Int, _ channels: Int, stride: Int = 1, kernel: Int = 3) -> ConvolutionForm
    {
      ConvolutionGeometry.square(
        batch: batch, size: size, inputs: channels, outputs: channels, kernel: kernel, stride: stride
      ).form
    }
    #expect(form(64, 16, 16) == .winograd4)
    #expect(form(64, 6, 64) == .winograd2)
    #expect(form(64, 7, 64) == .direct)
    #expect(form(64, 16, 16, stride: 2) == .direct)
    #expect(form(64, 16, 16, kernel: 1) == .direct)
    #expect(form(64, 32, 7) == .direct)
    #expect(form(1, 16, 16) == .direct)
    #expect(form(2, 16, 16) == .winograd4)
  }
}
