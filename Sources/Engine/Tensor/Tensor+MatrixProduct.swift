extension Tensor {
  /// The product of two matrices, (rows x inner) times (inner x columns). Transposed views cost no copy.
  package func times(_ other: Tensor) -> Tensor {
    precondition(
      rank == 2 && other.rank == 2 && shape[1] == other.shape[0],
      "matrices of shapes \(shape) and \(other.shape) cannot be multiplied")
    let left = withUnitStride()
    let right = other.withUnitStride()
    return Tensor(shape: [shape[0], other.shape[1]]) { out in
      withExtendedLifetime((left, right)) {
        Scalar.multiplyMatrices(left.matrixOperand, right.matrixOperand, into: out)
      }
    }
    .recorded([self, other]) { pass in
      [
        pass.needs[0] ? pass.upstream.times(pass.inputs[1].transposed) : nil,
        pass.needs[1] ? pass.inputs[0].transposed.times(pass.upstream) : nil,
      ]
    }
  }

  /// A linear layer, x W^T + b, with the weight as PyTorch stores it (outputs x inputs).
  package func linear(weight: Tensor, bias: Tensor) -> Tensor { times(weight.transposed) + bias }

  private func withUnitStride() -> Tensor {
    strides.contains(1) && !strides.contains(0) ? self : contiguous()
  }

  private var matrixOperand: MatrixOperand<Scalar> {
    MatrixOperand(
      base: base, rows: shape[0], columns: shape[1], rowStride: strides[0], columnStride: strides[1])
  }
}
