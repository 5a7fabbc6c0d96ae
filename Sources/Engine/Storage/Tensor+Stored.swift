/// Tensors as files of other programs hold them.
extension Tensor where Scalar == Float {
  /// From PyTorch's layout N, C, H, W to the engine's N, H, W, C.
  init(channelsFirst values: [Float], shape: [Int]) {
    self = Tensor(values, shape: shape).permuted([0, 2, 3, 1]).contiguous()
  }

  /// As it is.
  func stored(_ name: String) -> SafeTensors.Tensor {
    SafeTensors.Tensor(name: name, shape: shape, values: scalars)
  }

  /// Images or maps in PyTorch's layout N, C, H, W.
  func storedChannelsFirst(_ name: String) -> SafeTensors.Tensor { permuted([0, 3, 1, 2]).stored(name) }
}
