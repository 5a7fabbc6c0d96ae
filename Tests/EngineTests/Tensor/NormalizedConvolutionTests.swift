import TestSupport
import Testing

@testable import Engine

/// The fused layer against the same layer in plain operations, on batches that are cut into chunks.
@Suite("Normalized convolution") struct NormalizedConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch: Int
    var size: Int
    var inputs: Int
    var outputs: Int
    var stride = 1
    /// Channels of the shortcut, if there is one.
    var shortcut: Int?

    var testDescription: String {
      "\(batch)x\(size)x\(size), \(inputs) to \(outputs), stride \(stride), shortcut \(shortcut ?? 0)"
    }
  }

  static let cases = [
    Case(batch: 16, size: 16, inputs: 8, outputs: 8), Case(batch: 15, size: 16, inputs: 3, outputs: 20),
    Case(batch: 16, size: 16, inputs: 16, outputs: 32, stride: 2, shortcut: 16),
    Case(batch: 24, size: 12, inputs: 32, outputs: 16, shortcut: 32),
    Case(batch: 8, size: 16, inputs: 16, outputs: 48, shortcut: 48),
    Case(batch: 64, size: 4, inputs: 64, outputs: 64, shortcut: 64),
    Case(batch: 13, size: 5, inputs: 7, outputs: 5),
  ]

  /// Output, mean, variance, and the gradients of all arguments.
  private func results<Scalar: TensorScalar>(
    of item: Case, _ arguments: [Tensor<Scalar>], upstream: Tensor<Scalar>, isPlain: Bool
  ) -> [Tensor<Scalar>] {
    let variables = arguments.map { $0.asVariable() }
    let shortcut = item.shortcut.map { _ in variables[4] }
    let batch: NormalizedBatch<Scalar>
    if isPlain {
      let y = variables[0].convolved(with: variables[1], stride: item.stride, padding: 1)
      let mean = y.mean(overAxes: [0, 1, 2])
      let variance = ((y - mean) * (y - mean)).mean(overAxes: [0, 1, 2])
      var sum = (y - mean) / (variance + Scalar(1e-5)).squareRoot() * variables[2] + variables[3]
      if let shortcut { sum = sum + shortcut.fitted(axis: 3, to: item.outputs) }
      batch = NormalizedBatch(output: sum.rectified(), mean: mean, variance: variance)
    } else {
      batch = variables[0].normalizedConvolution(
        weight: variables[1], stride: item.stride, scale: variables[2], shift: variables[3], adding: shortcut,
        epsilon: 1e-5)
    }
    return [batch.output, batch.mean, batch.variance]
      + gradients(of: (batch.output * upstream).sum(), withRespectTo: variables)
  }

  @Test(arguments: cases) func fusedAndPlain(_ item: Case) {
    var random = RandomSource(seed: 1)
    let size = item.size / item.stride + (item.stride > 1 ? item.size % 2 : 0)
    let output = [item.batch, size, size, item.outputs]
    let shapes =
      [
        [item.batch, item.size, item.size, item.inputs], [item.outputs, item.inputs, 3, 3], [item.outputs],
        [item.outputs],
      ] + (item.shortcut.map { [[item.batch, size, size, $0]] } ?? [])
    let arguments = shapes.map { Tensor<Float>(normalWithShape: $0, random: &random) }
    let upstream = Tensor<Float>(normalWithShape: output, random: &random)
    let fused = results(of: item, arguments, upstream: upstream, isPlain: false)
    let plain = results(
      of: item, arguments.map(\.inDouble), upstream: upstream.inDouble, isPlain: true)
    let names = ["output", "mean", "variance", "image", "weight", "scale", "shift", "shortcut"]
    for (name, pair) in zip(names, zip(fused, plain)) { expectClose(pair.0, pair.1, tolerance: 2e-5, name) }
  }

  @Test func `the number of chunks depends on sizes alone`() {
    func chunks(_ batch: Int, _ size: Int, _ channels: Int) -> Int {
      BatchChunks(.square(batch: batch, size: size, inputs: channels, outputs: channels)).count
    }
    #expect(chunks(64, 32, 8) == 8)
    #expect(chunks(64, 4, 64) == 2)
    #expect(chunks(64, 4, 32) == 4)
    #expect(chunks(64, 4, 8) == 1)
    #expect(chunks(50, 32, 16) == 5)
    #expect(chunks(61, 32, 16) == 1)
    #expect(chunks(1, 64, 32) == 1)
  }
}

extension Tensor {
  /// A 1 x 1 convolution that changes nothing.
  static func identity(_ channels: Int) -> Tensor {
    Tensor(
      (0..<channels * channels).map { $0 % (channels + 1) == 0 ? 1 : 0 }, shape: [channels, channels, 1, 1])
  }
}
