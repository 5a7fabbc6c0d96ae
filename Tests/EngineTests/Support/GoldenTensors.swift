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

/// Stored tensors by name.
func dictionary(_ group: [String: SafeTensors.Tensor]) -> TensorDictionary<Float> {
  TensorDictionary(group.sorted { $0.key < $1.key }.map { ($0.key, tensor($0.value)) })
}

func integers(_ json: JSON?) -> [Int] { json?.arrayValue?.compactMap(\.intValue) ?? [] }

/// The teacher of the files `network`, `remapping` and `proxies`: widths 4, 8, 12, 16, three blocks a stage.
func goldenTeacher() throws -> (ResNet, NetworkWeights<Float>) {
  let network = ResNet(Architecture(stages: [4, 8, 12, 16].map { [$0, $0, $0] }), classes: 5)
  let file = SafeTensors(
    tensors: try Golden("network").group("weights").map {
      SafeTensors.Tensor(name: $0.key, shape: $0.value.shape, values: $0.value.values)
    })
  return (network, try NetworkWeights(file, network: network))
}
