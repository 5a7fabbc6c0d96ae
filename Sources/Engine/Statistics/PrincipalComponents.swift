/// Rows of numbers seen in the plane of their largest variation (Pearson, 1901).
package struct PrincipalComponents: Sendable {
  /// For each row its place in the plane.
  package let points: [(x: Double, y: Double)]
  /// The fractions of the variance along both axes.
  package let explained: (x: Double, y: Double)

  /// - Parameter rows: (n, d) with n > 1. Takes time n² d, so it is for some hundreds of rows. The sign of an axis is
  ///   chosen so that its largest coordinate is positive.
  package init(_ rows: Tensor<Double>) {
    let count = rows.shape[0]
    let centered = rows - rows.mean(overAxes: [0], keepingAxes: true)
    // Inner products of rows have the eigenvalues of the covariance, and their eigenvectors are the coordinates.
    let products = centered.times(centered.transposed)
    let (values, vectors) = LAPACK.eigenvectors(ofSymmetric: products)
    let total = values.reduce(0, +)
    func coordinates(_ place: Int) -> [Double] {
      guard values.indices.contains(place), values[place] > 0 else {
        return [Double](repeating: 0, count: count)
      }
      let vector = vectors[place]
      let largest = vector.max { abs($0) < abs($1) } ?? 1
      let length = values[place].squareRoot() * (largest < 0 ? -1 : 1)
      return vector.map { $0 * length }
    }
    func fraction(_ place: Int) -> Double {
      values.indices.contains(place) && total > 0 ? max(values[place], 0) / total : 0
    }
    points = Array(zip(coordinates(count - 1), coordinates(count - 2))).map { (x: $0, y: $1) }
    explained = (fraction(count - 1), fraction(count - 2))
  }
}
