extension Tensor {
  /// The products of matrices pair by pair: (n, rows, inner) times (n, inner, columns) gives (n, rows, columns).
  package func timesEach(_ other: Tensor) -> Tensor {
    precondition(
      rank == 3 && other.rank == 3 && shape[0] == other.shape[0] && shape[2] == other.shape[1],
      "stacks of matrices of shapes \(shape) and \(other.shape) cannot be multiplied")
    let (left, right) = (contiguous(), other.contiguous())
    let (number, rows, inner, columns) = (shape[0], shape[1], shape[2], other.shape[2])
    return Tensor(shape: [number, rows, columns]) { out in
      withExtendedLifetime((left, right)) {
        for place in 0..<number {
          Scalar.multiplyMatrices(
            MatrixOperand(
              base: left.base + place * rows * inner, rows: rows, columns: inner, rowStride: inner,
              columnStride: 1),
            MatrixOperand(
              base: right.base + place * inner * columns, rows: inner, columns: columns, rowStride: columns,
              columnStride: 1), into: out + place * rows * columns)
        }
      }
    }
    .recorded([self, other]) { pass in
      [
        pass.needs[0] ? pass.upstream.timesEach(pass.inputs[1].permuted([0, 2, 1])) : nil,
        pass.needs[1] ? pass.inputs[0].permuted([0, 2, 1]).timesEach(pass.upstream) : nil,
      ]
    }
  }

  /// The softmax along the last axis, safe for large values.
  package func softmax() -> Tensor { logSoftmax().exponential() }

  /// 1 / (1 + exp(-x)), safe for large values of both signs.
  package func logistic() -> Tensor { ((self / 2).hyperbolicTangent() + 1) / 2 }

  /// A matrix with each row divided by its length, which must not be zero.
  package func withUnitRows() -> Tensor {
    self / (self * self).summed(overAxes: [1], keepingAxes: true).squareRoot()
  }
}
