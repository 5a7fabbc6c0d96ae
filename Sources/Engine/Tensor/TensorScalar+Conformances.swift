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

  package static func takeSquareRoots(_ x: UnsafeMutablePointer<Float>, count: Int) {
    dass_square_roots(x, count)
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

  package static func takeSquareRoots(_ x: UnsafeMutablePointer<Double>, count: Int) {
    for i in 0..<count { x[i].formSquareRoot() }
  }
}
