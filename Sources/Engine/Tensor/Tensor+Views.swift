/// A part of one axis: `count` elements from `start`, every `step`-th.
package struct AxisSlice: Sendable, Hashable {
  package var start: Int
  package var count: Int
  package var step: Int

  package init(start: Int = 0, count: Int, step: Int = 1) {
    self.start = start
    self.count = count
    self.step = step
  }
}

extension Tensor {
  /// The same tensor, stored in row-major order without gaps.
  package func contiguous() -> Tensor {
    if isContiguous { return self }
    let dense = Tensor(shape: shape) { out in
      withExtendedLifetime(self) { Kernels.gather(base, shape: shape, strides: strides, into: out) }
    }
    return Tensor(shape: shape, strides: dense.strides, offset: 0, storage: dense.storage, node: node)
  }

  /// The same numbers in row-major order under another shape of the same size.
  package func reshaped(to newShape: [Int]) -> Tensor {
    precondition(newShape.product == count, "a tensor of shape \(shape) cannot take the shape \(newShape)")
    if newShape == shape { return self }
    let dense = contiguous()
    let original = shape
    return Tensor(
      shape: newShape, strides: newShape.rowMajorStrides, offset: dense.offset, storage: dense.storage,
      node: nil
    )
    .recorded([self]) { pass in [pass.upstream.reshaped(to: original)] }
  }

  /// A view with its axes in another order.
  package func permuted(_ axes: [Int]) -> Tensor {
    precondition(axes.sorted() == Array(shape.indices), "\(axes) does not order \(rank) axes")
    var inverse = axes
    for (position, axis) in axes.enumerated() { inverse[axis] = position }
    return Tensor(
      shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] }, offset: offset, storage: storage,
      node: nil
    )
    .recorded([self]) { [inverse] pass in [pass.upstream.permuted(inverse)] }
  }

  /// A view of a matrix with rows and columns exchanged.
  package var transposed: Tensor { permuted([1, 0]) }

  /// A view of a part of the tensor, one slice an axis.
  package func sliced(_ slices: [AxisSlice]) -> Tensor {
    precondition(slices.count == rank, "\(slices.count) slices for \(rank) axes")
    for (axis, slice) in slices.enumerated() {
      let last = slice.start + (slice.count - 1) * slice.step
      precondition(
        slice.start >= 0 && slice.count > 0 && slice.step > 0 && last < shape[axis],
        "\(slice) lies outside axis \(axis) of shape \(shape)")
    }
    let whole = shape
    return Tensor(
      shape: slices.map(\.count),
      strides: zip(strides, slices).map { $0 * $1.step },
      offset: offset + zip(strides, slices).reduce(0) { $0 + $1.0 * $1.1.start },
      storage: storage, node: nil
    )
    .recorded([self]) { pass in [pass.upstream.placed(at: slices, in: whole)] }
  }

  /// A view of `range` of one axis.
  package func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    var slices = shape.map { AxisSlice(count: $0) }
    slices[axis] = AxisSlice(start: range.lowerBound, count: range.count)
    return sliced(slices)
  }

  /// A tensor of shape `whole` that holds this one at `slices` and zeros elsewhere: the adjoint of slicing.
  func placed(at slices: [AxisSlice], in whole: [Int]) -> Tensor {
    let dense = contiguous()
    let targetStrides = whole.rowMajorStrides
    return Tensor(shape: whole) { out in
      out.update(repeating: 0, count: whole.product)
      let start = zip(targetStrides, slices).reduce(0) { $0 + $1.0 * $1.1.start }
      withExtendedLifetime(dense) {
        Kernels.scatter(
          dense.base, shape: shape, strides: zip(targetStrides, slices).map { $0 * $1.step },
          into: out + start)
      }
    }
    .recorded([self]) { pass in [pass.upstream.sliced(slices)] }
  }

  /// One axis enlarged by zeros at its end, or cut, to `count`.
  package func fitted(axis: Int, to count: Int) -> Tensor {
    if count <= shape[axis] { return count == shape[axis] ? self : sliced(axis: axis, 0..<count) }
    var whole = shape
    whole[axis] = count
    return placed(at: shape.map { AxisSlice(count: $0) }, in: whole)
  }

  /// Tensors put one after the other along an axis; their other axes agree.
  package static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    precondition(!parts.isEmpty, "nothing to concatenate")
    var whole = parts[0].shape
    whole[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    var end = 0
    let ranges = parts.map { part in
      end += part.shape[axis]
      return end - part.shape[axis]..<end
    }
    let strides = whole.rowMajorStrides
    return Tensor(shape: whole) { out in
      for (part, range) in zip(parts, ranges) {
        let dense = part.contiguous()
        withExtendedLifetime(dense) {
          Kernels.scatter(
            dense.base, shape: dense.shape, strides: strides, into: out + range.lowerBound * strides[axis])
        }
      }
    }
    .recorded(parts) { pass in ranges.map { pass.upstream.sliced(axis: axis, $0) } }
  }

  /// A view in which axes of length 1, and missing leading axes, are repeated to give `target`.
  func broadcast(to target: [Int]) -> Tensor {
    if target == shape { return self }
    let lead = target.count - rank
    precondition(lead >= 0, "a tensor of shape \(shape) cannot be broadcast to \(target)")
    var newStrides = [Int](repeating: 0, count: target.count)
    for axis in shape.indices {
      precondition(
        shape[axis] == target[lead + axis] || shape[axis] == 1,
        "a tensor of shape \(shape) cannot be broadcast to \(target)")
      newStrides[lead + axis] = shape[axis] == 1 ? 0 : strides[axis]
    }
    let original = shape
    return Tensor(shape: target, strides: newStrides, offset: offset, storage: storage, node: nil)
      .recorded([self]) { pass in [pass.upstream.summed(to: original)] }
  }
}
