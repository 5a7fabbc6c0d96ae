/// The sizes of a two-dimensional convolution with a square kernel.
///
/// Output height = (height + 2 padding - kernel) / stride + 1, rounded down; the width likewise.
package struct ConvolutionGeometry: Sendable, Hashable {
  package var batch: Int
  package var height: Int
  package var width: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var kernel: Int
  package var stride: Int
  package var padding: Int

  var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
  var outputWidth: Int { (width + 2 * padding - kernel) / stride + 1 }

  var inputShape: [Int] { [batch, height, width, inputChannels] }
  var outputShape: [Int] { [batch, outputHeight, outputWidth, outputChannels] }
  var weightShape: [Int] { [outputChannels, inputChannels, kernel, kernel] }

  /// Multiply-adds of one product, borders counted as if they were inside (the field's convention).
  package var multiplyAdds: Int {
    batch * outputHeight * outputWidth * outputChannels * inputChannels * kernel * kernel
  }
}

/// The three bilinear products of a convolution. Each is the derivative of the other two.
package enum ConvolutionProduct: Hashable, Sendable {
  /// input, weight -> output
  case forward
  /// output gradient, weight -> input gradient
  case dataGradient
  /// input, output gradient -> weight gradient
  case weightGradient
}

/// One product to compute, by addresses.
///
/// Images are dense NHWC. A weight that is read may be any strided view in the order OIHW; a weight gradient
/// is written dense in that order.
package struct ConvolutionCall<Scalar> {
  let product: ConvolutionProduct
  let geometry: ConvolutionGeometry
  /// Input image, or its gradient where `product` is `.dataGradient`.
  let input: UnsafeMutablePointer<Scalar>
  /// Weight, or its gradient where `product` is `.weightGradient`.
  let weight: UnsafeMutablePointer<Scalar>
  let weightStrides: [Int]
  /// Output, or its gradient where `product` is not `.forward`.
  let output: UnsafeMutablePointer<Scalar>
}
