import CWinograd
import Foundation

extension Float: TensorScalar {
  package static func multiplyMatrices(
    _ a: MatrixOperand<Float>, _ b: MatrixOperand<Float>, into c: UnsafeMutablePointer<Float>
  ) {
    OpenBLAS.multiply(a, b, into: c)
  }

  package static func convolutionKernel(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, weightStrides: [Int]
  ) -> any ConvolutionKernel<Float> {
    WinogradConvolution(product, geometry, form: geometry.form, weightStrides: weightStrides)
      ?? OneDNN.kernel(product, geometry, weightStrides: weightStrides)
  }

  package static func exponential(_ x: Float) -> Float { Foundation.exp(x) }
  package static func logarithm(_ x: Float) -> Float { Foundation.log(x) }
  package static func hyperbolicTangent(_ x: Float) -> Float { Foundation.tanh(x) }

  package static func turn(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, into out: UnsafeMutablePointer<Float>
  ) {
    dass_turn(x, rowStride, rows, columns, out, rows)
  }
}

extension Double: TensorScalar {
  package static func multiplyMatrices(
    _ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, into c: UnsafeMutablePointer<Double>
  ) {
    OpenBLAS.multiply(a, b, into: c)
  }

  /// oneDNN convolves no doubles, so the plain reference serves them: doubles are for checks only.
  package static func convolutionKernel(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, weightStrides: [Int]
  ) -> any ConvolutionKernel<Double> {
    ReferenceConvolution<Double>(product: product, geometry: geometry, weightStrides: weightStrides)
  }

  package static func exponential(_ x: Double) -> Double { Foundation.exp(x) }
  package static func logarithm(_ x: Double) -> Double { Foundation.log(x) }
  package static func hyperbolicTangent(_ x: Double) -> Double { Foundation.tanh(x) }

  package static func turn(
    _ x: UnsafePointer<Double>, rows: Int, columns: Int, rowStride: Int,
    into out: UnsafeMutablePointer<Double>
  ) {
    for row in 0..<rows {
      for column in 0..<columns { out[column * rows + row] = x[row * rowStride + column] }
    }
  }
}
