/// One distillation task as the predictor sees it: the teacher, its accuracy, and measured students.
package struct TaskInputs<Scalar: TensorScalar>: Sendable {
  package var name: String
  /// The teacher's own map, (1, h, w, channels).
  package var teacherMap: Tensor<Scalar>
  /// The teacher's architecture code, (1, length).
  package var teacherCode: Tensor<Scalar>
  /// In 0...1.
  package var teacherAccuracy: Double
  package var students: StudentInputs<Scalar>
  /// Measured accuracies of the students after distillation, in 0...1.
  package var accuracies: [Double]
  /// What a predictor adapts to, apart from the students above; nil for the teacher's own accuracy.
  package var support: SupportPairs<Scalar>?

  package init(
    name: String, teacherMap: Tensor<Scalar>, teacherCode: Tensor<Scalar>, teacherAccuracy: Double,
    students: StudentInputs<Scalar>, accuracies: [Double]
  ) {
    self.name = name
    self.teacherMap = teacherMap
    self.teacherCode = teacherCode
    self.teacherAccuracy = teacherAccuracy
    self.students = students
    self.accuracies = accuracies
  }

  var teacherPair: SupportPairs<Scalar> {
    SupportPairs(teacherMap: teacherMap, teacherCode: teacherCode, teacherAccuracy: teacherAccuracy)
  }
}

/// Adaptation of a predictor to a task by a few known accuracies, in the paper the teacher's own alone (Eq. 6).
package struct GuidedAdaptation: Sendable {
  package var predictor: any PredictorFunction
  /// Gradient steps; the paper takes one.
  package var steps: Int

  package init(predictor: any PredictorFunction, steps: Int = 1) {
    self.predictor = predictor
    self.steps = steps
  }

  /// phi' = phi - alpha * gradient of the mean of (f(s, t; phi) - y)^2 over the support's pairs of s and y; in the paper
  /// the teacher is its own student s, and y its accuracy.
  ///
  /// - Parameter rates: alpha, a learned tensor of each parameter's shape.
  package func adapt<Scalar>(
    _ parameters: TensorDictionary<Scalar>, rates: TensorDictionary<Scalar>, to support: SupportPairs<Scalar>,
    teacherMap: Tensor<Scalar>
  ) -> TensorDictionary<Scalar> {
    let support = Support(pairs: support, teacherMap: teacherMap)
    return (0..<steps).reduce(parameters) { parameters, _ in
      innerStep(from: parameters, on: support, keepGraph: false).moved(by: rates.ordered)
    }
  }

  /// The loss of a task after adaptation, and its gradients: mean squared error over its students (paper, Eq. 7).
  ///
  /// With v the gradient with respect to the adapted parameters, that with respect to the parameters before a step is
  /// v - H (alpha * v), and that with respect to alpha is -v * g, where g is the step's gradient and H the
  /// Hessian of its loss. So only the pass over the support, in the paper one sample, needs second derivatives.
  ///
  /// - Parameter isFirstOrder: whether H counts as zero.
  package func outerGradients<Scalar>(
    of task: TaskInputs<Scalar>, parameters: TensorDictionary<Scalar>, rates: TensorDictionary<Scalar>,
    isFirstOrder: Bool = false
  ) -> OuterGradients<Scalar> {
    let support = Support(pairs: task.support ?? task.teacherPair, teacherMap: task.teacherMap)
    let rates = rates.ordered
    var taken: [InnerStep<Scalar>] = []
    var adapted = parameters
    for _ in 0..<steps {
      let step = innerStep(from: adapted, on: support, keepGraph: !isFirstOrder)
      taken.append(step)
      adapted = step.moved(by: rates)
    }
    let variables = adapted.mapped { $0.asVariable() }
    let predicted = predictor.predict(task.students, teacherMap: task.teacherMap, parameters: variables)
    let loss = Self.meanSquaredError(predicted, task.accuracies)
    var forParameters = gradients(of: loss, withRespectTo: variables.ordered)
    var forRates = rates.map { Tensor<Scalar>(repeating: 0, shape: $0.shape) }
    for (index, step) in taken.reversed().enumerated() {
      let products = zip(forParameters, step.gradients).map { $0.scaledProduct(-1, with: $1) }
      forRates = index == 0 ? products : zip(forRates, products).map { $0 + $1 }
      guard !isFirstOrder else { continue }
      let bent = gradients(
        of: step.gradients, upstream: zip(rates, forParameters).map { $0.scaledProduct(1, with: $1) },
        withRespectTo: step.variables.ordered)
      forParameters = zip(forParameters, bent).map { $0 - $1 }
    }
    return OuterGradients(loss: Double(loss.scalar), parameters: forParameters, rates: forRates)
  }

  private struct Support<Scalar: TensorScalar> {
    var pairs: SupportPairs<Scalar>
    var teacherMap: Tensor<Scalar>
  }

  /// The parameters before a step, and the gradient of the inner loss there.
  private struct InnerStep<Scalar: TensorScalar> {
    var variables: TensorDictionary<Scalar>
    var gradients: [Tensor<Scalar>]

    func moved(by rates: [Tensor<Scalar>]) -> TensorDictionary<Scalar> {
      variables.replacing(
        with: zip(variables.ordered, zip(rates, gradients)).map { parameter, pair in
          pair.0.scaledProduct(-1, with: pair.1, addedTo: parameter)
        })
    }
  }

  private func innerStep<Scalar>(
    from parameters: TensorDictionary<Scalar>, on support: Support<Scalar>, keepGraph: Bool
  ) -> InnerStep<Scalar> {
    let variables = parameters.mapped { $0.asVariable() }
    let predicted = predictor.predict(
      support.pairs.students, teacherMap: support.teacherMap, parameters: variables)
    let loss = Self.meanSquaredError(predicted, support.pairs.accuracies)
    return InnerStep(
      variables: variables,
      gradients: gradients(of: loss, withRespectTo: variables.ordered, keepGraph: keepGraph))
  }

  static func meanSquaredError<Scalar>(_ predicted: Tensor<Scalar>, _ targets: [Double]) -> Tensor<Scalar> {
    let error = predicted - Tensor(targets.map { Scalar($0) }, shape: [targets.count])
    return (error * error).mean()
  }
}

/// A task's loss after adaptation and its gradients, one tensor a parameter and one a rate.
package struct OuterGradients<Scalar: TensorScalar>: Sendable {
  package var loss: Double
  package var parameters: [Tensor<Scalar>]
  package var rates: [Tensor<Scalar>]
}

extension Tensor {
  /// `factor` times the product element by element, added to `base` where there is one: a constant, in one pass over
  /// the numbers.
  func scaledProduct(_ factor: Scalar, with other: Tensor, addedTo base: Tensor? = nil) -> Tensor {
    precondition(shape == other.shape, "tensors of shapes \(shape) and \(other.shape) do not fit together")
    let (a, b, base) = (contiguous(), other.contiguous(), base?.contiguous())
    let result = Tensor(uninitialized: shape)
    Kernels.inParts(count) { part in
      let start = part.lowerBound
      Kernels.scaledProduct(
        factor, a.base + start, b.base + start, base: base.map { $0.base + start },
        into: result.mutableBase + start, count: part.count)
    }
    return result
  }
}
