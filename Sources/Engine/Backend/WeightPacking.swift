import CWinograd

extension SharedWeightConvolution {
  /// Writes a layer's weights (O, C, 3, 3) in the layout of its form, transformed once for all students.
  static func pack(_ weight: Tensor<Float>, bias: Tensor<Float>, into packed: Weights) {
    let dense = weight.contiguous()
    withExtendedLifetime((dense, bias)) {
      var weights = dass_batch_weights(
        base: dense.mutableBase, outputs: packed.outputs, inputs: packed.inputs,
        output_stride: packed.inputs * 9, input_stride: 9, is_turned: 0)
      let tile = Int32(packed.form.tile)
      for panel in 0..<packed.panels {
        switch packed.form {
        case .direct: pack(panel: panel, of: dense.base, into: packed)
        case .winograd2, .winograd4, .winograd8:
          dass_batch_pack(Int32(lanes), tile, &weights, panel, packed.base)
        case .halving2, .halving4: dass_halving_pack(tile, &weights, panel, packed.base, packed.matrixStride)
        }
      }
      packed.bias.update(repeating: 0, count: padded(packed.outputs))
      packed.bias.update(from: bias.base, count: packed.outputs)
    }
  }

  /// [tap][input][lane]
  private static func pack(panel: Int, of weight: UnsafePointer<Float>, into packed: Weights) {
    let channels = min(lanes, packed.outputs - panel * lanes)
    let first = weight + panel * lanes * packed.inputs * 9
    let target = packed.base + panel * packed.panelStride
    target.update(repeating: 0, count: packed.panelStride)
    for channel in 0..<channels {
      for input in 0..<packed.inputs {
        let kernel = first + (channel * packed.inputs + input) * 9
        for tap in 0..<9 { target[tap * packed.matrixStride + input * lanes + channel] = kernel[tap] }
      }
    }
  }
}
