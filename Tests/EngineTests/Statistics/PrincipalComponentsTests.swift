import Testing

@testable import Engine

@Suite("Principal components") struct PrincipalComponentsTests {
  @Test func `points of a plane keep their distances`() {
    // Coordinates along (3, 4) / 5 and (-4, 3) / 5, all zero on average.
    let plane: [(x: Double, y: Double)] = [(-4, 1), (-1, -2), (0, 1), (2, 1), (3, -1)]
    let rows = plane.flatMap { point -> [Double] in
      let first: Double = 0.6 * point.x - 0.8 * point.y
      let second: Double = 0.8 * point.x + 0.6 * point.y
      return [first + 7, second - 2, 5]
    }
    let found = PrincipalComponents(Tensor(rows, shape: [5, 3]))
    func square(_ points: [(x: Double, y: Double)], _ one: Int, _ other: Int) -> Double {
      let x = points[one].x - points[other].x
      let y = points[one].y - points[other].y
      return x * x + y * y
    }
    for one in 0..<5 {
      for other in 0..<5 {
        #expect(abs(square(found.points, one, other) - square(plane, one, other)) < 1e-12)
      }
    }
    #expect(abs(found.explained.x + found.explained.y - 1) < 1e-12)
    #expect(found.explained.x > found.explained.y)
    // The largest coordinate of an axis is positive.
    let xs: [Double] = found.points.map { $0.x }
    #expect((xs.max() ?? 0) > -(xs.min() ?? 0))
  }

  @Test func `rows that do not vary lie in one point`() {
    let found = PrincipalComponents(Tensor(repeating: 3, shape: [4, 2]))
    #expect(found.points.allSatisfy { $0.x == 0 && $0.y == 0 })
    #expect(found.explained == (0, 0))
  }
}
