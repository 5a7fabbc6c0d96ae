import TestSupport
import Testing

@testable import Engine

/// Values of operations that are easy to work out by hand, on views and in long sums.
@Suite("Tensors") struct TensorTests {
  private let matrix = Tensor<Float>((0..<24).map { Float($0) }, shape: [4, 6])

  @Test func `views show the right numbers without a copy`() {
    let part = matrix.sliced([AxisSlice(start: 1, count: 2, step: 2), AxisSlice(start: 5, count: 1)])
    #expect(part.scalars == [11, 23])
    #expect(part.storage === matrix.storage)
    #expect(matrix.transposed.sliced(axis: 0, 1..<3).scalars == [1, 7, 13, 19, 2, 8, 14, 20])
    #expect(matrix.transposed.storage === matrix.storage)
    #expect(matrix.sliced(axis: 0, 1..<2).reshaped(to: [2, 3]).storage === matrix.storage)
    #expect(matrix.sliced(axis: 1, 2..<4).reshaped(to: [2, 4]).scalars == [2, 3, 8, 9, 14, 15, 20, 21])
    let row = Tensor<Float>([1, 2, 3], shape: [3]).broadcast(to: [2, 3])
    #expect(row.scalars == [1, 2, 3, 1, 2, 3])
    #expect(row.strides == [0, 1])
  }

  @Test func `concatenation along each axis`() {
    let (a, b) = (
      matrix.sliced([AxisSlice(count: 2), AxisSlice(count: 2)]), Tensor<Float>(repeating: -1, shape: [2, 1])
    )
    #expect(Tensor.concatenated([a, b], axis: 1).scalars == [0, 1, -1, 6, 7, -1])
    #expect(Tensor.concatenated([a, a.transposed], axis: 0).scalars == [0, 1, 6, 7, 0, 6, 1, 7])
    #expect(a.fitted(axis: 1, to: 3).scalars == [0, 1, 0, 6, 7, 0])
    #expect(a.fitted(axis: 0, to: 1).scalars == [0, 1])
  }

  @Test func `every pair of shapes that broadcasts`() {
    let shapes = [[], [1], [3], [1, 3], [2, 1], [2, 3], [4, 1, 1], [1, 2, 1], [4, 2, 3]]
    var random = RandomSource(seed: 1)
    for left in shapes {
      for right in shapes {
        let a = Tensor<Float>(normalWithShape: left, random: &random)
        let b = Tensor<Float>(normalWithShape: right, random: &random)
        let rank = max(left.count, right.count)
        let common = zip(
          [Int](repeating: 1, count: rank - left.count) + left,
          [Int](repeating: 1, count: rank - right.count) + right
        ).map { max($0, $1) }
        let (x, y) = (a.broadcast(to: common).scalars, b.broadcast(to: common).scalars)
        for (found, expected) in [
          (a + b, zip(x, y).map { $0 + $1 }), (a - b, zip(x, y).map { $0 - $1 }),
          (a * b, zip(x, y).map { $0 * $1 }), (a / b, zip(x, y).map { $0 / $1 }),
        ] {
          #expect(found.shape == common)
          #expect(found.scalars == expected)
        }
      }
    }
  }

  @Test func `sums over every choice of axes`() {
    let x = Tensor<Double>((0..<24).map { Double($0 * $0) }, shape: [2, 3, 4])
    for axes in [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2], [2, 0]] {
      for view in [x, x.permuted([2, 0, 1]).permuted([1, 2, 0])] {
        let kept = (0..<3).filter { !axes.contains($0) }
        var expected = [Double](repeating: 0, count: kept.map { x.shape[$0] }.product)
        for (place, value) in x.scalars.enumerated() {
          let index = [place / 12, place / 4 % 3, place % 4]
          expected[kept.reduce(0) { $0 * x.shape[$1] + index[$1] }] += value
        }
        let found = view.summed(overAxes: axes)
        #expect(found.shape == kept.map { x.shape[$0] })
        #expect(found.scalars == expected)
        #expect(
          view.summed(overAxes: axes, keepingAxes: true).shape
            == (0..<3).map { axes.contains($0) ? 1 : x.shape[$0] })
      }
    }
  }

  /// Added one after the other in single precision, a million tenths come to 100,958. Here only runs of 64 are,
  /// which all round alike.
  @Test func `long sums are as exact as short ones`() {
    let tenths = Tensor<Float>(repeating: 0.1, shape: [1_000_000])
    #expect(abs(tenths.sum().scalar / 100_000 - 1) < 1e-6)
    #expect(abs(tenths.reshaped(to: [500_000, 2]).mean(overAxes: [0]).scalars[1] / 0.1 - 1) < 1e-6)
    let run = Tensor<Float>(repeating: 0.1, shape: [64]).sum().scalar
    #expect(tenths.sum().scalar == run * 15_625)
  }

  @Test func `batch statistics far from zero`() {
    var random = RandomSource(seed: 1)
    let x = Tensor<Float>(normalWithShape: [16, 16, 16, 2], mean: 1000, random: &random)
    let ones = Tensor<Float>(repeating: 1, shape: [2])
    let batch = x.normalizedConvolution(weight: .identity(2), scale: ones, shift: ones, epsilon: 1e-5)
    let exact = x.inDouble.normalizedConvolution(
      weight: .identity(2), scale: ones.inDouble, shift: ones.inDouble, epsilon: 1e-5)
    expectClose(batch.variance, exact.variance, tolerance: 1e-5)
    // Rounding of the images themselves: 1000 / 2^24 of a deviation of 1.
    expectClose(batch.output, exact.output, tolerance: 1e-4)
  }

  @Test func `a batch of one pixel is its shift`() {
    let x = Tensor<Float>([5, -3], shape: [1, 1, 1, 2])
    let shift = Tensor<Float>([1, 2], shape: [2])
    let batch = x.normalizedConvolution(weight: .identity(2), scale: shift, shift: shift, epsilon: 1e-5)
    expectClose(batch.output, shift.reshaped(to: [1, 1, 1, 2]), tolerance: 1e-3)
    #expect(batch.variance.scalars == [0, 0])
  }

  @Test func `log-softmax of large values`() {
    let x = Tensor<Float>([1000, 999, -1000, 0, 0, 0], shape: [2, 3])
    let exact = x.inDouble.logSoftmax()
    expectClose(x.logSoftmax(), exact, tolerance: 1e-6)
    #expect(abs(exact.scalars[0] + 0.31326168751822286) < 1e-12)  // -log(1 + exp(-1))
    #expect(exact.scalars[2] < -1999)
    #expect(x.rowArgmax() == [0, 0])
    #expect(Tensor<Float>([1, 3, 3, 2], shape: [1, 4]).rowArgmax() == [1])
  }

  @Test func `odd borders are dropped when pooling`() {
    let image = Tensor<Float>((0..<15).map { Float(($0 * 7) % 15) }, shape: [1, 3, 5, 1])
    #expect(image.maxPooled().scalars == [12, 14])
  }

  /// Blocks of memory are used again, also those of another size class and from several threads.
  @Test func `recycled memory holds nothing of before`() throws {
    let sums = try Workers.map(pieces: 64, workers: 4) { piece -> Bool in
      let size = 900 + piece * 37
      let x = Tensor<Float>(repeating: Float(piece), shape: [size])
      let y = (x + x) - x
      let padded = y.reshaped(to: [1, size]).fitted(axis: 1, to: size + 50)
      return padded.scalars == [Float](repeating: Float(piece), count: size)
        + [Float](repeating: 0, count: 50)
    }
    #expect(sums == [Bool](repeating: true, count: 64))
  }
}
