extension SharedWeightConvolution {
  /// Writes a layer's weights (O, C, 3, 3) in the layout of its form, transformed once for all students.
  static func pack(_ weight: Tensor<Float>, bias: Tensor<Float>, into packed: Weights) {
    let dense = weight.contiguous()
    withExtendedLifetime((dense, bias)) {
      for panel in 0..<packed.panels { pack(panel: panel, of: dense.base, into: packed) }
      packed.bias.update(repeating: 0, count: padded(packed.outputs))
      packed.bias.update(from: bias.base, count: packed.outputs)
    }
  }

  private typealias Lanes = SIMD16<Float>

  private static func pack(panel: Int, of weight: UnsafePointer<Float>, into packed: Weights) {
    let channels = min(lanes, packed.outputs - panel * lanes)
    let first = weight + panel * lanes * packed.inputs * 9
    let target = UnsafeMutableRawPointer(packed.base + panel * packed.panelStride)
    func store(_ value: Lanes, position: Int, input: Int) {
      target.storeBytes(
        of: value,
        toByteOffset: (position * packed.positionStride + input * lanes) * MemoryLayout<Float>.stride,
        as: Lanes.self)
    }
    for input in 0..<packed.inputs {
      var taps = (Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes())
      withUnsafeMutableBytes(of: &taps) { bytes in
        let lanesOfTaps = bytes.bindMemory(to: Float.self)
        for channel in 0..<channels {
          let kernel = first + (channel * packed.inputs + input) * 9
          for tap in 0..<9 { lanesOfTaps[tap * lanes + channel] = kernel[tap] }
        }
      }
      let rows = ((taps.0, taps.1, taps.2), (taps.3, taps.4, taps.5), (taps.6, taps.7, taps.8))
      switch packed.form {
      case .direct:
        for (row, values) in [rows.0, rows.1, rows.2].enumerated() {
          store(values.0, position: 3 * row, input: input)
          store(values.1, position: 3 * row + 1, input: input)
          store(values.2, position: 3 * row + 2, input: input)
        }
      case .winograd2:
        let columns = (
          spread2(rows.0.0, rows.1.0, rows.2.0), spread2(rows.0.1, rows.1.1, rows.2.1),
          spread2(rows.0.2, rows.1.2, rows.2.2)
        )
        for y in 0..<4 {
          let line = spread2(columns.0[y], columns.1[y], columns.2[y])
          for x in 0..<4 { store(line[x], position: 4 * y + x, input: input) }
        }
      case .winograd4:
        let columns = (
          spread4(rows.0.0, rows.1.0, rows.2.0), spread4(rows.0.1, rows.1.1, rows.2.1),
          spread4(rows.0.2, rows.1.2, rows.2.2)
        )
        for y in 0..<6 {
          let line = spread4(columns.0[y], columns.1[y], columns.2[y])
          for x in 0..<6 { store(line[x], position: 6 * y + x, input: input) }
        }
      }
    }
  }

  /// G g for F(2, 3).
  private static func spread2(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> InlineArray<4, Lanes> {
    let ends = (a + c) * 0.5
    let middle = b * 0.5
    return [a, ends + middle, ends - middle, c]
  }

  /// G g for F(4, 3).
  private static func spread4(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> InlineArray<6, Lanes> {
    let ends = (a + c) * (-1 / 6)
    let middle = b * (1 / 6)
    let far = a * (1 / 24) + c * (1 / 6)
    let half = b * (1 / 12)
    return [a * 0.25, ends - middle, ends + middle, far + half, far - half, c]
  }
}
