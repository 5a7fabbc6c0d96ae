extension Tensor {
  package static func + (a: Tensor, b: Tensor) -> Tensor {
    combine(.add, a, b) { pass in [pass.upstream, pass.upstream] }
  }

  package static func - (a: Tensor, b: Tensor) -> Tensor {
    combine(.subtract, a, b) { pass in [pass.upstream, pass.needs[1] ? -pass.upstream : nil] }
  }

  package static func * (a: Tensor, b: Tensor) -> Tensor {
    combine(.multiply, a, b) { pass in
      [
        pass.needs[0] ? pass.upstream * pass.inputs[1] : nil,
        pass.needs[1] ? pass.upstream * pass.inputs[0] : nil,
      ]
    }
  }

  package static func / (a: Tensor, b: Tensor) -> Tensor {
    combine(.divide, a, b) { pass in
      let (a, b) = (pass.inputs[0], pass.inputs[1])
      return [
        pass.needs[0] ? pass.upstream / b : nil,
        pass.needs[1] ? -(pass.upstream * a / (b * b)) : nil,
      ]
    }
  }

  package static func + (a: Tensor, b: Scalar) -> Tensor { a + Tensor(b) }
  package static func - (a: Tensor, b: Scalar) -> Tensor { a - Tensor(b) }
  package static func * (a: Tensor, b: Scalar) -> Tensor { a * Tensor(b) }
  package static func / (a: Tensor, b: Scalar) -> Tensor { a / Tensor(b) }

  package static prefix func - (x: Tensor) -> Tensor {
    x.mapped(.negate) { pass in [-pass.upstream] }
  }

  package func exponential() -> Tensor {
    mapped(.exponential) { pass in [pass.upstream * pass.inputs[0].exponential()] }
  }

  package func logarithm() -> Tensor {
    mapped(.logarithm) { pass in [pass.upstream / pass.inputs[0]] }
  }

  package func squareRoot() -> Tensor {
    mapped(.squareRoot) { pass in [pass.upstream / (pass.inputs[0].squareRoot() * 2)] }
  }

  package func hyperbolicTangent() -> Tensor {
    mapped(.hyperbolicTangent) { pass in
      let y = pass.inputs[0].hyperbolicTangent()
      return [pass.upstream * (Tensor(1) - y * y)]
    }
  }

  /// The positive part, max(x, 0). Its derivative at 0 is 0, and its second derivative 0 everywhere.
  package func rectified() -> Tensor {
    mapped(.rectify) { pass in
      if pass.keepsGraph {
        return [pass.upstream * pass.inputs[0].detached().step()]
      }
      let x = pass.inputs[0].contiguous()
      let upstream = pass.upstream.contiguous()
      return [
        Tensor(shape: x.shape) { out in
          withExtendedLifetime((x, upstream)) {
            Kernels.maskByPositive(x.base, upstream.base, into: out, count: x.count)
          }
        }
      ]
    }
  }

  /// 1 where a constant is positive, else 0.
  func step() -> Tensor { mapped(.step) { _ in [nil] } }

  private func mapped(_ operation: Kernels.Unary, rule: @escaping GraphNode<Scalar>.Rule) -> Tensor {
    let dense = contiguous()
    return Tensor(shape: shape) { out in
      withExtendedLifetime(dense) { Kernels.apply(operation, dense.base, into: out, count: count) }
    }
    .recorded([self], rule: rule)
  }

  /// Both operands are broadcast to a common shape, and their gradients summed back to their own.
  private static func combine(
    _ operation: Kernels.Binary, _ a: Tensor, _ b: Tensor, rule: @escaping GraphNode<Scalar>.Rule
  ) -> Tensor {
    let shape = commonShape(a.shape, b.shape)
    let result = Tensor(shape: shape) { out in
      let left = a.broadcast(to: shape).contiguous()
      if b.count == 1 {
        let number = b.scalar
        Kernels.inParts(shape.product) { part in
          withExtendedLifetime(left) {
            Kernels.apply(
              operation, left.base + part.lowerBound, scalar: number, into: out + part.lowerBound,
              count: part.count)
          }
        }
      } else if b.shape == shape {
        let right = b.contiguous()
        Kernels.inParts(shape.product) { part in
          withExtendedLifetime((left, right)) {
            let start = part.lowerBound
            Kernels.apply(
              operation, left.base + start, right.base + start, into: out + start, rows: 1, inner: part.count)
          }
        }
      } else if isSuffix(b.shape, of: shape) {
        let right = b.contiguous()
        withExtendedLifetime((left, right)) {
          Kernels.apply(
            operation, left.base, right.base, into: out, rows: shape.product / right.count, inner: right.count
          )
        }
      } else {
        let right = b.broadcast(to: shape).contiguous()
        withExtendedLifetime((left, right)) {
          Kernels.apply(operation, left.base, right.base, into: out, rows: 1, inner: shape.product)
        }
      }
    }
    let (shapeA, shapeB) = (a.shape, b.shape)
    if shapeA == shape && shapeB == shape { return result.recorded([a, b], rule: rule) }
    return result.recorded([a, b]) { pass in
      let gradients = rule(pass)
      return [gradients[0]?.summed(to: shapeA), gradients[1]?.summed(to: shapeB)]
    }
  }

  /// Whether `part` is a tail of `whole` after dropping its leading axes of length 1.
  private static func isSuffix(_ part: [Int], of whole: [Int]) -> Bool {
    let trimmed = Array(part.drop { $0 == 1 })
    return !trimmed.isEmpty && whole.count >= trimmed.count && Array(whole.suffix(trimmed.count)) == trimmed
  }

  private static func commonShape(_ a: [Int], _ b: [Int]) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    let left = [Int](repeating: 1, count: rank - a.count) + a
    let right = [Int](repeating: 1, count: rank - b.count) + b
    return zip(left, right).map { x, y in
      precondition(x == y || x == 1 || y == 1, "tensors of shapes \(a) and \(b) do not fit together")
      return max(x, y)
    }
  }
}
