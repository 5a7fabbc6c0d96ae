extension Tensor {
  /// The maximum over windows of 2 x 2 with stride 2 of images (N, H, W, C); odd borders are dropped.
  package func maxPooled() -> Tensor {
    precondition(rank == 4 && shape[1] > 1 && shape[2] > 1, "images of shape \(shape) are too small to pool")
    let source = contiguous()
    let pooledShape = [shape[0], shape[1] / 2, shape[2] / 2, shape[3]]
    var positions = [Int32](repeating: 0, count: pooledShape.product)
    let pooled = Tensor(shape: pooledShape) { out in
      withExtendedLifetime(source) {
        Self.pool(source.base, shape: shape, into: out, positions: &positions)
      }
    }
    let (original, kept) = (shape, positions)
    return pooled.recorded([self]) { pass in [pass.upstream.scattered(to: kept, in: original)] }
  }

  /// The mean over height and width of images (N, H, W, C), giving (N, C).
  package func globallyAveraged() -> Tensor { mean(overAxes: [1, 2]) }

  /// Puts each number at its position in a tensor of zeros: the adjoint of taking them from there.
  private func scattered(to positions: [Int32], in whole: [Int]) -> Tensor {
    let source = contiguous()
    let original = shape
    return Tensor(shape: whole) { out in
      out.update(repeating: 0, count: whole.product)
      withExtendedLifetime(source) {
        let base = source.base
        for (index, position) in positions.enumerated() { out[Int(position)] += base[index] }
      }
    }
    .recorded([self]) { pass in [pass.upstream.gathered(from: positions, as: original)] }
  }

  /// Takes the numbers at the given positions: the adjoint of `scattered`.
  private func gathered(from positions: [Int32], as newShape: [Int]) -> Tensor {
    let source = contiguous()
    let original = shape
    return Tensor(shape: newShape) { out in
      withExtendedLifetime(source) {
        let base = source.base
        for (index, position) in positions.enumerated() { out[index] = base[Int(position)] }
      }
    }
    .recorded([self]) { pass in [pass.upstream.scattered(to: positions, in: original)] }
  }

  /// Of equal elements in a window the first one, in row order, wins.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func pool(
    _ x: UnsafePointer<Scalar>, shape: [Int], into out: UnsafeMutablePointer<Scalar>, positions: inout [Int32]
  ) {
    let (height, width, channels) = (shape[1], shape[2], shape[3])
    var target = 0
    for n in 0..<shape[0] {
      for y in 0..<height / 2 {
        for column in 0..<width / 2 {
          let corner = ((n * height + 2 * y) * width + 2 * column) * channels
          for c in 0..<channels {
            var best = corner + c
            for candidate in [
              corner + channels + c, corner + width * channels + c, corner + (width + 1) * channels + c,
            ]
            where x[candidate] > x[best] { best = candidate }
            out[target] = x[best]
            positions[target] = Int32(truncatingIfNeeded: best)
            target += 1
          }
        }
      }
    }
  }
}
