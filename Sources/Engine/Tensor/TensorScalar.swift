/// A floating-point type that tensors can hold: `Float` for work, `Double` for checking gradients.
///
/// The requirements are the operations for which each type has a backend of its own.
package protocol TensorScalar: BinaryFloatingPoint, Sendable {
  /// C = A B, with A (rows x inner) and B (inner x columns) given by their strides, C row-major.
  static func multiplyMatrices(
    _ a: MatrixOperand<Self>, _ b: MatrixOperand<Self>, into c: UnsafeMutablePointer<Self>)

  /// One of the three products of a convolution, made ready; see `ConvolutionProduct`.
  static func convolutionKernel(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, weightStrides: [Int]
  ) -> any ConvolutionKernel<Self>

  static func exponential(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self

  /// `out[column, row] = x[row, column]`, where the rows of `x` are `rowStride` numbers apart and those of `out` follow each other.
  static func turn(
    _ x: UnsafePointer<Self>, rows: Int, columns: Int, rowStride: Int, into out: UnsafeMutablePointer<Self>)
}

/// A matrix by address and strides, in elements; one of the strides must be 1.
package struct MatrixOperand<Scalar> {
  var base: UnsafePointer<Scalar>
  var rows: Int
  var columns: Int
  var rowStride: Int
  var columnStride: Int
}
