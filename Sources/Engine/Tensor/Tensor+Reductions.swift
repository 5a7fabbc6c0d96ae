extension Tensor {
  /// The sum over all elements, a tensor without axes.
  package func sum() -> Tensor { summed(overAxes: Array(shape.indices)) }

  /// The mean over all elements, a tensor without axes.
  package func mean() -> Tensor { sum() / Scalar(count) }

  /// The sum over some axes, which disappear, or stay with length 1.
  package func summed(overAxes axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let reduced = Set(axes)
    let kept = shape.indices.filter { !reduced.contains($0) }
    let keptShape = kept.map { shape[$0] }
    let unitShape = shape.indices.map { reduced.contains($0) ? 1 : shape[$0] }
    let resultShape = keepingAxes ? unitShape : keptShape
    guard !axes.isEmpty else { return self }

    // Reduced axes that lie together are summed in place; others are first moved to the end.
    let sorted = axes.sorted()
    let together = sorted.count == sorted[sorted.count - 1] - sorted[0] + 1
    let dense = (together ? self : detached().permuted(kept + sorted)).contiguous()
    let first = together ? sorted[0] : kept.count
    let outer = dense.shape[..<first].reduce(1, *)
    let length = dense.shape[first..<first + sorted.count].reduce(1, *)
    let inner = dense.shape[(first + sorted.count)...].reduce(1, *)
    let original = shape
    return Tensor(shape: resultShape) { out in
      withExtendedLifetime(dense) {
        Kernels.sum(dense.base, into: out, outer: outer, reduced: length, inner: inner)
      }
    }
    .recorded([self]) { pass in [pass.upstream.reshaped(to: unitShape).broadcast(to: original)] }
  }

  /// The mean over some axes.
  package func mean(overAxes axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let number = axes.reduce(1) { $0 * shape[$1] }
    return summed(overAxes: axes, keepingAxes: keepingAxes) / Scalar(number)
  }

  /// The adjoint of broadcasting: sums over the axes along which `target` was repeated.
  func summed(to target: [Int]) -> Tensor {
    if shape == target { return self }
    let lead = rank - target.count
    let repeated = shape.indices.filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
    return summed(overAxes: Array(repeated)).reshaped(to: target)
  }

  /// The largest element of each row of the last axis, as a constant with that axis of length 1.
  func rowMaximum() -> Tensor {
    let dense = contiguous()
    let length = shape[rank - 1]
    return Tensor(shape: shape.dropLast() + [1]) { out in
      withExtendedLifetime(dense) {
        Kernels.maximum(dense.base, into: out, outer: count / length, reduced: length)
      }
    }
  }

  /// The logarithm of the softmax along the last axis, safe for large values.
  package func logSoftmax() -> Tensor {
    let shifted = self - rowMaximum()
    return shifted - shifted.exponential().summed(overAxes: [rank - 1], keepingAxes: true).logarithm()
  }

  /// For each row of a matrix, the column of its largest element (the first of equals).
  package func rowArgmax() -> [Int] {
    let width = shape[rank - 1]
    let values = scalars
    return (0..<count / width).map { row in
      var best = 0
      for column in 1..<width where values[row * width + column] > values[row * width + best] {
        best = column
      }
      return best
    }
  }
}
