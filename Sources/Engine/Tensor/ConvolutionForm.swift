/// How a convolution of a batch, or its gradient, is computed. The forms give the same numbers up to rounding.
package enum ConvolutionForm: String, Sendable, CaseIterable, CustomStringConvertible {
  /// By the library, which multiplies as often as the definition does.
  case direct
  /// Winograd's F(2x2, 3x3), with 4 multiplications an output in place of 9.
  case winograd2 = "F(2x2)"
  /// Winograd's F(4x4, 3x3), with 2.25.
  case winograd4 = "F(4x4)"

  /// Outputs of a tile, both ways; 0 where there are no tiles.
  var tile: Int {
    switch self {
    case .direct: 0
    case .winograd2: 2
    case .winograd4: 4
    }
  }

  package var description: String { rawValue }
}

extension ConvolutionGeometry {
  /// The form for all three products, by sizes alone: the largest tile that fills the image without rest, where
  /// transforms take less time than they save.
  package var form: ConvolutionForm { form(isTransformedBefore: false) }

  /// - Parameter isTransformedBefore: whether the weights are there in Winograd's form, so that fewer images pay.
  func form(isTransformedBefore: Bool) -> ConvolutionForm {
    let channels = min(inputChannels, outputChannels)
    guard kernel == 3, stride == 1, padding == 1, channels >= Self.fewestChannels,
      min(height, width) * channels >= Self.leastProduct,
      batch * height * width >= (isTransformedBefore ? Self.fewestPrepared : Self.fewestPositions)
    else { return .direct }
    func fills(_ tile: Int) -> Bool { height % tile == 0 && width % tile == 0 }
    return fills(4) ? .winograd4 : fills(2) ? .winograd2 : .direct
  }

  /// Of a vector of the narrower kernels.
  private static let fewestChannels = 8
  /// Of an image's side and channels. No layer of the demo world's students reaches it (8 channels at 16 pixels): what was
  /// measured there stays the same to the last bit.
  private static let leastProduct = 160
  /// Images times pixels of a chunk, below which transforms of weights take too large a share.
  static let fewestPositions = 512
  private static let fewestPrepared = 128
}
