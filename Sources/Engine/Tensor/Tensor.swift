/// An immutable array of numbers with a shape, and, where gradients are wanted, the operation that made it.
///
/// Images and feature maps are laid out as batch, height, width, channels (NHWC), convolution weights as
/// output channels, input channels, height, width (OIHW, as PyTorch stores them). A tensor may be a strided
/// view of another one's numbers: students' weights are views of their teacher's.
///
/// Shapes that do not fit are errors of this program and stop it with a sentence; everything that comes from
/// a person or a file is checked before it becomes a tensor operation.
package struct Tensor<Scalar: TensorScalar>: Sendable {
  package let shape: [Int]
  /// Distance between neighbors along each axis, in elements.
  let strides: [Int]
  let offset: Int
  let storage: TensorStorage<Scalar>
  /// The operation that made this tensor; nil for constants.
  let node: GraphNode<Scalar>?

  init(shape: [Int], strides: [Int], offset: Int, storage: TensorStorage<Scalar>, node: GraphNode<Scalar>?) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.storage = storage
    self.node = node
  }

  /// A constant whose numbers are written by `fill`, which must write all of them.
  init(shape: [Int], filledBy fill: (UnsafeMutablePointer<Scalar>) -> Void) {
    let storage = TensorStorage<Scalar>(count: shape.product)
    fill(storage.pointer)
    self.init(shape: shape, strides: shape.rowMajorStrides, offset: 0, storage: storage, node: nil)
  }

  /// A constant with the given numbers in row-major order.
  package init(_ scalars: [Scalar], shape: [Int]) {
    precondition(scalars.count == shape.product, "\(scalars.count) numbers do not fill the shape \(shape)")
    self.init(shape: shape) { out in
      scalars.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { out.update(from: base, count: source.count) }
      }
    }
  }

  /// A constant filled with one number.
  package init(repeating value: Scalar, shape: [Int]) {
    self.init(shape: shape) { $0.update(repeating: value, count: shape.product) }
  }

  /// A constant without axes.
  package init(_ value: Scalar) { self.init(repeating: value, shape: []) }

  /// Normally distributed numbers.
  package init(
    normalWithShape shape: [Int], mean: Double = 0, standardDeviation: Double = 1, random: inout RandomSource
  ) {
    self.init(
      (0..<shape.product).map { _ in Scalar(mean + standardDeviation * random.normal()) }, shape: shape)
  }

  /// Uniformly distributed numbers.
  package init(uniformWithShape shape: [Int], in range: ClosedRange<Double>, random: inout RandomSource) {
    self.init((0..<shape.product).map { _ in Scalar(random.uniform(in: range)) }, shape: shape)
  }

  package var count: Int { shape.product }
  package var rank: Int { shape.count }

  /// Whether the numbers lie in row-major order without gaps.
  var isContiguous: Bool { strides == shape.rowMajorStrides }

  /// The address of the first element; valid while the tensor lives.
  var base: UnsafePointer<Scalar> { UnsafePointer(storage.pointer + offset) }

  /// All numbers in row-major order.
  package var scalars: [Scalar] {
    let dense = contiguous()
    return withExtendedLifetime(dense) { Array(UnsafeBufferPointer(start: dense.base, count: count)) }
  }

  /// The only number of a tensor with one element.
  package var scalar: Scalar {
    precondition(count == 1, "a tensor of shape \(shape) is not a single number")
    return withExtendedLifetime(self) { base.pointee }
  }

  /// The same numbers, cut off from the operation that made them.
  package func detached() -> Tensor {
    node == nil ? self : Tensor(shape: shape, strides: strides, offset: offset, storage: storage, node: nil)
  }

  /// The same numbers as the start of a computation whose gradient can be asked for.
  package func asVariable() -> Tensor {
    Tensor(shape: shape, strides: strides, offset: offset, storage: storage, node: GraphNode.leaf())
  }

  /// The same numbers with the operation that made them, if any of its inputs can be differentiated.
  func recorded(_ inputs: [Tensor], rule: @escaping GraphNode<Scalar>.Rule) -> Tensor {
    guard inputs.contains(where: { $0.node != nil }) else { return self }
    return Tensor(
      shape: shape, strides: strides, offset: offset, storage: storage,
      node: GraphNode(inputs: inputs, rule: rule))
  }
}

extension [Int] {
  /// The number of elements of a tensor with this shape.
  package var product: Int { reduce(1, *) }

  /// Distances between neighbors for a tensor with this shape that is stored row by row without gaps.
  var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for axis in indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
    return strides
  }
}
