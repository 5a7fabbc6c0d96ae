import TestSupport
import Testing

@testable import Engine

/// OpenBLAS on every kind of view, in both precisions, against sums in plain loops.
@Suite("Matrix products") struct MatrixProductTests {
  enum View: CaseIterable, Sendable {
    case dense, transposed, slicedColumns, slicedRows, everySecondRow, everySecondColumn, transposedSlice,
      repeatedRow, repeatedColumn

    /// A view of shape rows x columns of new random numbers.
    func make<Scalar: TensorScalar>(_ rows: Int, _ columns: Int, _ random: inout RandomSource) -> Tensor<
      Scalar
    > {
      func draw(_ rows: Int, _ columns: Int) -> Tensor<Scalar> {
        Tensor(normalWithShape: [rows, columns], random: &random)
      }
      let (r, c) = (rows, columns)
      return switch self {
      case .dense: draw(r, c)
      case .transposed: draw(c, r).transposed
      case .slicedColumns: draw(r, c + 3).sliced(axis: 1, 2..<c + 2)
      case .slicedRows: draw(r + 2, c).sliced(axis: 0, 1..<r + 1)
      case .everySecondRow:
        draw(2 * r, c).sliced([AxisSlice(start: 1, count: r, step: 2), AxisSlice(count: c)])
      case .everySecondColumn: draw(r, 2 * c).sliced([AxisSlice(count: r), AxisSlice(count: c, step: 2)])
      case .transposedSlice:
        draw(2 * c, r + 1).sliced([AxisSlice(count: c, step: 2), AxisSlice(start: 1, count: r)]).transposed
      case .repeatedRow: draw(1, c).broadcast(to: [r, c])
      case .repeatedColumn: draw(r, 1).broadcast(to: [r, c])
      }
    }
  }

  private func expected<Scalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Double> {
    let (rows, inner, columns) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (a.scalars.map { Double($0) }, b.scalars.map { Double($0) })
    var product = [Double](repeating: 0, count: rows * columns)
    for r in 0..<rows {
      for c in 0..<columns {
        for k in 0..<inner { product[r * columns + c] += x[r * inner + k] * y[k * columns + c] }
      }
    }
    return Tensor(product, shape: [rows, columns])
  }

  @Test(arguments: View.allCases, View.allCases) func views(_ left: View, _ right: View) {
    for (rows, inner, columns) in [(3, 4, 5), (1, 4, 3), (3, 1, 2), (4, 3, 1), (1, 1, 1), (17, 33, 9)] {
      var random = RandomSource(seed: 1)
      let a: Tensor<Float> = left.make(rows, inner, &random)
      let b: Tensor<Float> = right.make(inner, columns, &random)
      expectClose(a.times(b), expected(a, b), tolerance: 1e-6, "\(rows)x\(inner)x\(columns)")
      let c: Tensor<Double> = left.make(rows, inner, &random)
      let d: Tensor<Double> = right.make(inner, columns, &random)
      expectClose(c.times(d), expected(c, d), tolerance: 1e-14, "\(rows)x\(inner)x\(columns)")
    }
  }
}
