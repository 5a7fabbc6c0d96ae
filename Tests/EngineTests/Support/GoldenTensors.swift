import TestSupport

@testable import Engine

/// A stored tensor as the engine holds it.
func tensor(_ stored: SafeTensors.Tensor) -> Tensor<Float> {
  Tensor(stored.values, shape: stored.shape)
}

/// Stored images or maps, which are N, C, H, W, in the engine's N, H, W, C.
func image(_ stored: SafeTensors.Tensor) -> Tensor<Float> {
  tensor(stored).permuted([0, 2, 3, 1]).contiguous()
}
