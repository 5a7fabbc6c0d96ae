import CWinograd

/// What a task says in an episode, all but the students' part of the outer gradient as products.
struct EpisodeTerms: Sendable {
  /// The parts of the gradient with respect to a parameter before the step and to its rate: v - H (rate * v) and -v * g.
  struct Parts<Outer: Sendable, Inner: Sendable>: Sendable {
    /// v, the gradient with respect to the adapted parameter.
    var outer: Outer
    /// g, the step's gradient.
    var inner: Inner
    /// -H (rate * v), where H is the Hessian of the step's loss; nil for zero.
    var bent: Inner?
  }

  enum OfEncoder: Sendable {
    case dense(Tensor<Float>)
    case factored(FactoredGradient)

    /// Some rows of rate * gradient.
    func write(rows: Range<Int>, times rate: Tensor<Float>, into product: UnsafeMutablePointer<Float>) {
      let length = rate.count / rate.shape[0]
      withExtendedLifetime((self, rate)) {
        let rate = rate.base + rows.lowerBound * length
        switch self {
        case .dense(let gradient):
          dass_dense_direction(
            rate, gradient.base + rows.lowerBound * length, rows.count * length, product)
        case .factored(let gradient):
          withUnsafePointer(to: gradient.factors(from: rows.lowerBound)[0]) {
            dass_direction(rate, $0, rows.count, length, product)
          }
        }
      }
    }
  }

  var loss: Double
  /// By the parameters' names.
  var head: [String: Parts<Tensor<Float>, Tensor<Float>>] = [:]
  var encoders: [String: Parts<OfEncoder, FactoredGradient>] = [:]
}

/// The gradients with respect to parameters and rates, added up over tasks.
struct EpisodeSums {
  let parameters: TensorDictionary<Float>
  let rates: TensorDictionary<Float>

  /// With any content, for `add` to begin with.
  init(like parameters: TensorDictionary<Float>) {
    func room() -> TensorDictionary<Float> {
      parameters.mapped { Tensor<Float>(uninitialized: $0.shape) }
    }
    (self.parameters, rates) = (room(), room())
  }

  /// Adds tasks in their order.
  ///
  /// - Parameter accumulates: whether there were tasks before.
  func add(_ tasks: [EpisodeTerms], accumulates: Bool) {
    for name in parameters.names {
      let (parameter, rate) = (parameters[name], rates[name])
      let ofEncoder = tasks.compactMap { $0.encoders[name] }
      if ofEncoder.isEmpty {
        add(tasks.compactMap { $0.head[name] }, to: parameter, rate, accumulates)
      } else {
        add(ofEncoder, to: parameter, rate, accumulates)
      }
    }
  }

  private func add(
    _ tasks: [EpisodeTerms.Parts<Tensor<Float>, Tensor<Float>>], to parameter: Tensor<Float>,
    _ rate: Tensor<Float>, _ accumulates: Bool
  ) {
    if !accumulates {
      for sum in [parameter, rate] { sum.mutableBase.update(repeating: 0, count: sum.count) }
    }
    for parts in tasks {
      withExtendedLifetime(parts) {
        Kernels.add(parts.outer.base, to: parameter.mutableBase, count: parameter.count)
        Kernels.subtractProduct(
          parts.outer.base, parts.inner.base, from: rate.mutableBase, count: parameter.count)
        guard let bent = parts.bent else { return }
        Kernels.add(bent.base, to: parameter.mutableBase, count: bent.count)
      }
    }
  }

  /// Rows of a weight that a thread takes at a time.
  private static let blockRows = 16

  private func add(
    _ tasks: [EpisodeTerms.Parts<EpisodeTerms.OfEncoder, FactoredGradient>], to parameter: Tensor<Float>,
    _ rate: Tensor<Float>, _ accumulates: Bool
  ) {
    let (rows, length) = (parameter.shape[0], parameter.count / parameter.shape[0])
    withExtendedLifetime(tasks) {
      Workers.share(rows / Self.blockRows) { block in
        let first = block * Self.blockRows
        let terms = tasks.map { self.terms(of: $0, from: first, length: length) }
        dass_add_terms(
          terms, terms.count, Self.blockRows, length, accumulates ? 1 : 0,
          parameter.mutableBase + first * length, rate.mutableBase + first * length)
      }
    }
  }

  /// For C; valid as long as `parts` lives.
  private func terms(
    of parts: EpisodeTerms.Parts<EpisodeTerms.OfEncoder, FactoredGradient>, from row: Int, length: Int
  ) -> dass_terms {
    var terms = dass_terms()
    switch parts.outer {
    case .dense(let tensor): terms.outer = UnsafePointer(tensor.base + row * length)
    case .factored(let gradient): terms.outer_factors = gradient.factors(from: row)[0]
    }
    terms.inner = parts.inner.factors(from: row)[0]
    let bent = parts.bent?.factors(from: row) ?? []
    terms.bent_count = bent.count
    if let first = bent.first, let last = bent.last {
      precondition(first.patches == terms.inner.patches, "a step bends by way of its own patches first")
      terms.bent = (first, last)
    }
    return terms
  }
}
