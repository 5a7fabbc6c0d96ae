import COpenBLAS

/// Eigenvalues by the LAPACK that OpenBLAS holds.
enum LAPACK {
  /// The eigenvalues of a symmetric matrix, ascending; NaN where the matrix holds what is no number.
  static func eigenvalues(ofSymmetric matrix: Tensor<Double>) -> [Double] {
    let size = matrix.shape[0]
    precondition(matrix.shape == [size, size], "a matrix of shape \(matrix.shape) has no eigenvalues")
    var numbers = matrix.scalars
    guard numbers.allSatisfy(\.isFinite) else { return [Double](repeating: .nan, count: size) }
    var values = [Double](repeating: 0, count: size)
    var order = blasint(size)
    var leading = blasint(max(size, 1))
    var length = blasint(max(34 * size, 1))
    var work = [Double](repeating: 0, count: Int(length))
    var status: blasint = 0
    // Values only ("N"), from the upper triangle.
    dsyev_("N", "U", &order, &numbers, &leading, &values, &work, &length, &status)
    return status == 0 ? values : [Double](repeating: .nan, count: size)
  }
}
