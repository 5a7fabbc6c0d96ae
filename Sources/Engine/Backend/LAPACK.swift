import COpenBLAS

/// Eigenvalues by the LAPACK that OpenBLAS holds.
enum LAPACK {
  /// The eigenvalues of a symmetric matrix, ascending; NaN where the matrix holds what is no number.
  static func eigenvalues(ofSymmetric matrix: Tensor<Double>) -> [Double] {
    decomposed(matrix, withVectors: false).values
  }

  /// Eigenvalues, ascending, and the eigenvector of unit length of each; NaN where the matrix holds what is no number.
  static func eigenvectors(ofSymmetric matrix: Tensor<Double>) -> (values: [Double], vectors: [[Double]]) {
    let (values, numbers) = decomposed(matrix, withVectors: true)
    let size = values.count
    return (values, (0..<size).map { Array(numbers[$0 * size..<($0 + 1) * size]) })
  }

  private static func decomposed(
    _ matrix: Tensor<Double>, withVectors: Bool
  ) -> (values: [Double], numbers: [Double]) {
    let size = matrix.shape[0]
    precondition(matrix.shape == [size, size], "a matrix of shape \(matrix.shape) has no eigenvalues")
    var numbers = matrix.scalars
    let undefined = [Double](repeating: .nan, count: size)
    guard numbers.allSatisfy(\.isFinite) else { return (undefined, numbers.map { _ in .nan }) }
    var values = [Double](repeating: 0, count: size)
    var order = blasint(size)
    var leading = blasint(max(size, 1))
    var length = blasint(max(34 * size, 1))
    var work = [Double](repeating: 0, count: Int(length))
    var status: blasint = 0
    // Values only ("N") or vectors too ("V"), from the upper triangle.
    dsyev_(withVectors ? "V" : "N", "U", &order, &numbers, &leading, &values, &work, &length, &status)
    return status == 0 ? (values, numbers) : (undefined, numbers.map { _ in .nan })
  }
}
