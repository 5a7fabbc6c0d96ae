/// The loops behind the tensor operations, each specialized for both scalar types.
///
/// Buffers are dense and do not overlap.
enum Kernels {
  enum Unary { case negate, exponential, logarithm, squareRoot, hyperbolicTangent, rectify, step }
  enum Binary { case add, subtract, multiply, divide }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func apply<Scalar: TensorScalar>(
    _ operation: Unary, _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    switch operation {
    case .negate: for i in 0..<count { out[i] = -x[i] }
    case .exponential: for i in 0..<count { out[i] = Scalar.exponential(x[i]) }
    case .logarithm: for i in 0..<count { out[i] = Scalar.logarithm(x[i]) }
    case .squareRoot: for i in 0..<count { out[i] = x[i].squareRoot() }
    case .hyperbolicTangent: for i in 0..<count { out[i] = Scalar.hyperbolicTangent(x[i]) }
    // Written so that what is no number stays none: otherwise a training that diverged would go unnoticed.
    case .rectify: for i in 0..<count { out[i] = x[i] <= 0 ? 0 : x[i] }
    case .step: for i in 0..<count { out[i] = x[i] <= 0 ? 0 : 1 }
    }
  }

  /// `out[r, i] = a[r, i] op b[i]` for `rows` rows; with one row, both operands simply have the same size.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func apply<Scalar: TensorScalar>(
    _ operation: Binary, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
    into out: UnsafeMutablePointer<Scalar>, rows: Int, inner: Int
  ) {
    for row in 0..<rows {
      let a = a + row * inner
      let out = out + row * inner
      switch operation {
      case .add: for i in 0..<inner { out[i] = a[i] + b[i] }
      case .subtract: for i in 0..<inner { out[i] = a[i] - b[i] }
      case .multiply: for i in 0..<inner { out[i] = a[i] * b[i] }
      case .divide: for i in 0..<inner { out[i] = a[i] / b[i] }
      }
    }
  }

  /// `out[i] = a[i] op b` for a single number `b`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func apply<Scalar: TensorScalar>(
    _ operation: Binary, _ a: UnsafePointer<Scalar>, scalar b: Scalar,
    into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    switch operation {
    case .add: for i in 0..<count { out[i] = a[i] + b }
    case .subtract: for i in 0..<count { out[i] = a[i] - b }
    case .multiply: for i in 0..<count { out[i] = a[i] * b }
    case .divide: for i in 0..<count { out[i] = a[i] / b }
    }
  }

  /// `out[i] = factor a[i] b[i] [+ base[i]]`; the result may take the place of `b`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func scaledProduct<Scalar: TensorScalar>(
    _ factor: Scalar, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, base: UnsafePointer<Scalar>?,
    into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    if let base {
      for i in 0..<count { out[i] = factor * a[i] * b[i] + base[i] }
    } else {
      for i in 0..<count { out[i] = factor * a[i] * b[i] }
    }
  }

  /// The sum of arrays, added in their order.
  static func sum<Scalar: TensorScalar>(
    _ parts: [UnsafePointer<Scalar>], into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    inParts(count) { range in
      if out != parts[0] {
        (out + range.lowerBound).update(from: parts[0] + range.lowerBound, count: range.count)
      }
      for part in parts.dropFirst() {
        add(part + range.lowerBound, to: out + range.lowerBound, count: range.count)
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func add<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, to out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    for i in 0..<count { out[i] += x[i] }
  }

  /// `out[i] -= a[i] b[i]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func subtractProduct<Scalar: TensorScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, from out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    for i in 0..<count { out[i] -= a[i] * b[i] }
  }

  /// Shares the elements of large arrays out among threads.
  static func inParts(_ count: Int, _ body: @escaping (Range<Int>) -> Void) {
    let size = 1 << 15
    guard count > 2 * size else { return body(0..<count) }
    Workers.share((count + size - 1) / size) { part in body(part * size..<min((part + 1) * size, count)) }
  }

  /// The gradient of a rectifier: 0 where `x` is not positive, else `upstream`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func maskByPositive<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, _ upstream: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>,
    count: Int
  ) {
    // Both loads come before the choice, which lets the loop be vectorized.
    for i in 0..<count {
      let (value, gradient) = (x[i], upstream[i])
      out[i] = value <= 0 ? 0 : gradient
    }
  }

  /// `out[o, i] = sum over r of x[o, r, i]`.
  ///
  /// Runs of 64 terms are added in the scalar type and the runs in double, so that a long sum rounds no worse
  /// than a run does.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func sum<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, outer: Int, reduced: Int, inner: Int
  ) {
    let run = 64
    withUnsafeTemporaryAllocation(of: Double.self, capacity: inner) { totals in
      withUnsafeTemporaryAllocation(of: Scalar.self, capacity: inner) { partial in
        guard let totals = totals.baseAddress, let partial = partial.baseAddress else { return }
        for o in 0..<outer {
          let block = x + o * reduced * inner
          totals.initialize(repeating: 0, count: inner)
          for start in stride(from: 0, to: reduced, by: run) {
            partial.initialize(repeating: 0, count: inner)
            for r in start..<min(start + run, reduced) {
              let row = block + r * inner
              for i in 0..<inner { partial[i] += row[i] }
            }
            for i in 0..<inner { totals[i] += Double(partial[i]) }
          }
          for i in 0..<inner { out[o * inner + i] = Scalar(totals[i]) }
        }
      }
    }
  }

  /// `out[o] = max over r of x[o, r]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func maximum<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, outer: Int, reduced: Int
  ) {
    for o in 0..<outer {
      var best = x[o * reduced]
      for r in 1..<max(reduced, 1) { best = Swift.max(best, x[o * reduced + r]) }
      out[o] = best
    }
  }

  /// Copies a strided array into a dense one.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func gather<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, shape: [Int], strides: [Int], into out: UnsafeMutablePointer<Scalar>
  ) {
    guard let innerCount = shape.last, let innerStride = strides.last else {
      out.pointee = x.pointee
      return
    }
    let outer = shape.dropLast().reduce(1, *)
    guard innerCount > 0, outer > 0 else { return }
    if shape.count == 2, strides[0] == 1 {
      return Scalar.turn(x, rows: innerCount, columns: outer, rowStride: innerStride, into: out)
    }
    var index = [Int](repeating: 0, count: shape.count - 1)
    var source = 0
    for row in 0..<outer {
      let target = out + row * innerCount
      if innerStride == 1 {
        target.update(from: x + source, count: innerCount)
      } else {
        for i in 0..<innerCount { target[i] = x[source + i * innerStride] }
      }
      var axis = shape.count - 2
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// Copies a dense array into the strided part of another: `out[strided position] = x[position]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func scatter<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, shape: [Int], strides: [Int], into out: UnsafeMutablePointer<Scalar>
  ) {
    let innerCount = shape.last ?? 1
    let innerStride = strides.last ?? 1
    let outer = shape.dropLast().reduce(1, *)
    guard innerCount > 0, outer > 0 else { return }
    var index = [Int](repeating: 0, count: Swift.max(shape.count - 1, 0))
    var target = 0
    for row in 0..<outer {
      let source = x + row * innerCount
      for i in 0..<innerCount { out[target + i * innerStride] = source[i] }
      var axis = shape.count - 2
      while axis >= 0 {
        index[axis] += 1
        target += strides[axis]
        if index[axis] < shape[axis] { break }
        target -= index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
