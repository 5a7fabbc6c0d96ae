import COpenBLAS

/// Matrix products by OpenBLAS, the only file that knows it.
///
/// OpenBLAS always works with one thread here: the products of this program are small, and its own workers
/// already keep every core busy (two OpenBLAS threads were slower than two workers with one each).
enum OpenBLAS {
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  static func multiply(
    _ a: MatrixOperand<Float>, _ b: MatrixOperand<Float>, into c: UnsafeMutablePointer<Float>
  ) {
    _ = singleThreaded
    let (m, n, k) = (blasint(a.rows), blasint(b.columns), blasint(a.columns))
    cblas_sgemm(
      CblasRowMajor, a.transposition, b.transposition, m, n, k, 1, a.base, a.leadingDimension, b.base,
      b.leadingDimension, 0, c, max(n, 1))
  }

  static func multiply(
    _ a: MatrixOperand<Double>, _ b: MatrixOperand<Double>, into c: UnsafeMutablePointer<Double>
  ) {
    _ = singleThreaded
    let (m, n, k) = (blasint(a.rows), blasint(b.columns), blasint(a.columns))
    cblas_dgemm(
      CblasRowMajor, a.transposition, b.transposition, m, n, k, 1, a.base, a.leadingDimension, b.base,
      b.leadingDimension, 0, c, max(n, 1))
  }
}

extension MatrixOperand {
  /// A row-major matrix has unit column stride; anything else is passed as the transpose of one.
  private var isRowMajor: Bool { columnStride == 1 && (rows == 1 || rowStride >= columns) }

  fileprivate var transposition: CBLAS_TRANSPOSE { isRowMajor ? CblasNoTrans : CblasTrans }

  fileprivate var leadingDimension: blasint {
    isRowMajor ? blasint(max(rows == 1 ? columns : rowStride, 1)) : blasint(max(columnStride, rows, 1))
  }
}
