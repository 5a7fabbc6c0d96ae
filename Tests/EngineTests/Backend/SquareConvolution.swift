@testable import Engine

extension ConvolutionGeometry {
  /// Of square images, padded so that a stride of one keeps their size.
  static func square(
    batch: Int, size: Int, inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: batch, height: size, width: size, inputChannels: inputs, outputChannels: outputs, kernel: kernel,
      stride: stride, padding: kernel / 2)
  }
}
